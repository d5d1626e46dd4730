//! What the status page and `/api/v1/status` tell: the state of each operation and report, as its poller last saw it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::upstream::Trouble;

/// A poller turns at least every second; silent for so long, it has stopped.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// The state of one operation.
#[derive(Clone, Debug, Serialize)]
pub struct OperationStatus {
    /// The name given in the configuration.
    pub operation: String,
    /// The server's number or name.
    pub server: String,
    /// The zone's IANA name.
    pub timezone: String,
    /// Whether it is inside its opening hours.
    pub open: bool,
    /// Whether wolkvox answers; nothing before the first attempt.
    pub up: Option<bool>,
    /// The budget of requests.
    pub budget: BudgetStatus,
    /// Its reports.
    pub reports: Vec<ReportStatus>,
}

/// The day's budget of requests.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetStatus {
    /// Requests allowed in a day, where somebody knows.
    pub limit: Option<u64>,
    /// Requests made today by this process.
    pub used: u64,
    /// Requests that the intervals make in a day.
    pub planned: u64,
    /// When the day ends.
    pub reset: Timestamp,
}

/// The state of one report.
#[derive(Clone, Debug, Serialize)]
pub struct ReportStatus {
    /// The report's name.
    pub report: &'static str,
    /// In one word.
    pub state: State,
    /// How often it is asked for, in seconds.
    pub interval_seconds: f64,
    /// When it was last asked for.
    pub last_attempt: Option<Timestamp>,
    /// When it was last answered.
    pub last_success: Option<Timestamp>,
    /// When it will be asked for next, about.
    pub next_attempt: Option<Timestamp>,
    /// Rows of the newest answer.
    pub rows: Option<u64>,
    /// What is wrong, if something is.
    pub trouble: Option<TroubleStatus>,
}

/// What is wrong with a report.
#[derive(Clone, Debug, Serialize)]
pub struct TroubleStatus {
    /// The label of the metric.
    pub cause: &'static str,
    /// What happened, in plain words.
    pub what: String,
    /// What can be done.
    pub advice: &'static str,
}

/// The state of a report in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not asked yet.
    Waiting,
    /// Answered, with data.
    Fresh,
    /// Answered: nothing happened.
    Empty,
    /// Not answered, the data before are still served.
    Aging,
    /// Not answered, and no data are served.
    Failing,
}

impl OperationStatus {
    /// Whether every report was attempted.
    fn is_ready(&self) -> bool {
        self.reports.iter().all(|report| report.state != State::Waiting)
    }
}

impl From<&Trouble> for TroubleStatus {
    fn from(trouble: &Trouble) -> Self {
        Self { cause: trouble.cause().label(), what: format!("wolkvox {trouble}"), advice: trouble.cause().advice() }
    }
}

/// One operation's status as others see it.
#[derive(Clone, Debug)]
pub struct Watch {
    status: watch::Receiver<OperationStatus>,
    pulse: Arc<Pulse>,
}

/// Where a poller tells its status.
#[derive(Debug)]
pub struct Teller {
    status: watch::Sender<OperationStatus>,
    pulse: Arc<Pulse>,
}

/// When a poller last turned.
#[derive(Debug)]
struct Pulse {
    begun: Instant,
    last_millisecond: AtomicU64,
}

impl Teller {
    /// A teller and what others see of it.
    #[must_use]
    pub fn new(status: OperationStatus) -> (Self, Watch) {
        let pulse = Arc::new(Pulse { begun: Instant::now(), last_millisecond: AtomicU64::new(0) });
        let (sender, receiver) = watch::channel(status);
        (Self { status: sender, pulse: Arc::clone(&pulse) }, Watch { status: receiver, pulse })
    }

    /// Tells a new status.
    pub fn tell(&self, status: OperationStatus) {
        self.status.send_replace(status);
    }

    /// The poller turns.
    pub fn turns(&self) {
        let millisecond = u64::try_from(self.pulse.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.pulse.last_millisecond.store(millisecond, Ordering::Relaxed);
    }
}

impl Watch {
    /// The newest status.
    #[must_use]
    pub fn status(&self) -> OperationStatus {
        self.status.borrow().clone()
    }

    /// Whether every report was attempted.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status.borrow().is_ready()
    }

    /// Whether the poller still turns.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let last = Duration::from_millis(self.pulse.last_millisecond.load(Ordering::Relaxed));
        self.status.has_changed().is_ok() && self.pulse.begun.elapsed().saturating_sub(last) < LONGEST_SILENCE
    }

    /// Waits until every report was attempted, or the poller has ended.
    pub async fn ready(&mut self) {
        // An error says that the poller has ended, which ends the waiting too.
        drop(self.status.wait_for(OperationStatus::is_ready).await);
    }
}
