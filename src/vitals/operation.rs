//! What is told about one operation: whether it answers, whether it is open, its day, its budget.

use jiff::Timestamp;

use super::report::seconds;
use crate::family::{Families, Gauge};
use crate::samples::{Samples, whole};

static UP: Gauge<0> = Gauge::new(
    "wolkvox_up",
    "Whether wolkvox answered the newest attempt of at least one report of the operation, 1 or 0.",
    [],
);
static INFO: Gauge<2> = Gauge::new(
    "wolkvox_operation_info",
    "An operation, its server and its time zone, always 1 (from the configuration).",
    ["server", "timezone"],
);
static OPEN: Gauge<0> = Gauge::new(
    "wolkvox_operation_open",
    "Whether the operation is inside its configured opening hours, 1 or 0; 1 where none are configured.",
    [],
);
static DAY_START: Gauge<0> = Gauge::new(
    "wolkvox_operation_day_start_timestamp_seconds",
    "The operation's local midnight that the totals of the day count from, in seconds since 1970.",
    [],
);
static TARGET: Gauge<1> = Gauge::new(
    "wolkvox_operation_service_level_target_ratio",
    "The configured share of calls to be answered within the threshold, 0 to 1.",
    ["threshold_seconds"],
);
static REQUIRED_AGENTS: Gauge<0> = Gauge::new(
    "wolkvox_operation_required_agents",
    "Agents on calls or ready for one that it takes to reach the configured service level, by Erlang C from arrivals and \
     handling time of the last half hour (for 5 minutes after a start not told, then of what was seen); taken for granted \
     are one pool, Poisson arrivals, exponential handling, and that nobody gives up, so it is too high where many do; 0 \
     without arrivals, absent while too little is known (reports skills and agents; polled).",
    [],
);
static BUDGET_LIMIT: Gauge<0> = Gauge::new(
    "wolkvox_exporter_budget_limit_requests",
    "Requests that this exporter may make in a civil day of the operation: licences x 1000 x quota_share.",
    [],
);
static BUDGET_USED: Gauge<0> = Gauge::new(
    "wolkvox_exporter_budget_used_requests",
    "Requests that this process has made in the operation's present civil day.",
    [],
);
static BUDGET_PLANNED: Gauge<0> = Gauge::new(
    "wolkvox_exporter_budget_planned_requests",
    "Requests that the configured intervals make in a day of 24 hours.",
    [],
);
static BUDGET_RESET: Gauge<0> = Gauge::new(
    "wolkvox_exporter_budget_reset_timestamp_seconds",
    "The operation's next local midnight, when its budget begins anew, in seconds since 1970.",
    [],
);

/// The families about an operation, in the order served.
pub const FAMILIES: Families = &[
    &UP,
    &INFO,
    &OPEN,
    &DAY_START,
    &TARGET,
    &REQUIRED_AGENTS,
    &BUDGET_LIMIT,
    &BUDGET_USED,
    &BUDGET_PLANNED,
    &BUDGET_RESET,
];

/// What is told about one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationVitals {
    /// Whether a report was answered; nothing before the first attempt.
    pub up: Option<bool>,
    /// The server's number or name.
    pub server: String,
    /// The zone's IANA name.
    pub timezone: String,
    /// Whether it is inside its opening hours.
    pub is_open: bool,
    /// The local midnight before.
    pub day_start: Timestamp,
    /// The local midnight to come.
    pub day_end: Timestamp,
    /// The configured service level: the share, and the seconds.
    pub target: (f64, u32),
    /// The agents that it takes to reach that, where enough is known.
    pub required_agents: Option<u32>,
    /// Requests allowed in a day, where somebody knows.
    pub budget_limit: Option<u64>,
    /// Requests made today.
    pub budget_used: u64,
    /// Requests planned in a day.
    pub budget_planned: u64,
}

impl OperationVitals {
    /// Says what all this measures.
    #[must_use]
    pub fn measure(&self) -> Samples {
        let mut samples = Samples::of(FAMILIES, usize::MAX);
        if let Some(up) = self.up {
            samples.gauge(&UP, [], f64::from(u8::from(up)));
        }
        samples.gauge(&INFO, [&self.server, &self.timezone], 1.0);
        samples.gauge(&OPEN, [], f64::from(u8::from(self.is_open)));
        samples.gauge(&DAY_START, [], seconds(self.day_start));
        let (share, threshold) = self.target;
        samples.gauge(&TARGET, [&threshold.to_string()], share);
        if let Some(agents) = self.required_agents {
            samples.gauge(&REQUIRED_AGENTS, [], f64::from(agents));
        }
        if let Some(limit) = self.budget_limit {
            samples.gauge(&BUDGET_LIMIT, [], whole(limit));
        }
        samples.gauge(&BUDGET_USED, [], whole(self.budget_used));
        samples.gauge(&BUDGET_PLANNED, [], whole(self.budget_planned));
        samples.gauge(&BUDGET_RESET, [], seconds(self.day_end));
        samples
    }
}
