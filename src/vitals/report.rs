//! What is told about one report of one operation: how old it is, and what asking for it took.

use std::time::Duration;

use jiff::Timestamp;

use crate::family::{Counter, Families, Gauge, Histogram};
use crate::row::Rejection;
use crate::samples::{Distribution, Samples, whole};
use crate::storage::SavedReport;
use crate::upstream::{Cause, Reply, Tally};

static SUCCESS: Gauge<0> = Gauge::new(
    "wolkvox_report_success",
    "Whether wolkvox answered the newest attempt at this report, 1 or 0; that nothing happened is an answer. 0 for all \
     reports once wolkvox refuses the token or the quota is spent.",
    [],
);
static LAST_SUCCESS: Gauge<0> = Gauge::new(
    "wolkvox_report_last_success_timestamp_seconds",
    "When the report was last answered, in seconds since 1970. The age of its data; never withdrawn.",
    [],
);
static LAST_ATTEMPT: Gauge<0> = Gauge::new(
    "wolkvox_report_last_attempt_timestamp_seconds",
    "When the report was last asked for, in seconds since 1970.",
    [],
);
static WINDOW_END: Gauge<0> = Gauge::new(
    "wolkvox_report_window_end_timestamp_seconds",
    "Up to when the newest answer speaks, in seconds since 1970.",
    [],
);
static INTERVAL: Gauge<0> = Gauge::new(
    "wolkvox_report_interval_seconds",
    "How often the report is asked for, in seconds. After three intervals without an answer its data are withdrawn.",
    [],
);
static DURATION: Gauge<0> =
    Gauge::new("wolkvox_report_duration_seconds", "How long the newest attempt took, in seconds.", []);
static ROWS: Gauge<0> = Gauge::new("wolkvox_report_rows", "How many rows the newest answer had.", []);

static REQUESTS: Counter<0> = Counter::new(
    "wolkvox_exporter_api_requests_total",
    "Requests made to wolkvox, answered or not. Each costs one of the operation's daily quota.",
    [],
);
static FAILURES: Counter<1> = Counter::new(
    "wolkvox_exporter_api_request_failures_total",
    "Requests to wolkvox that were not answered, by cause.",
    ["cause"],
);
static REQUEST_DURATION: Histogram<0> = Histogram::new(
    "wolkvox_exporter_api_request_duration_seconds",
    "How long requests to wolkvox took until the end of their answer, in seconds.",
    [],
);
static RESPONSE_BYTES: Counter<0> = Counter::new(
    "wolkvox_exporter_api_response_bytes_total",
    "Bytes of wolkvox's answers, after unpacking where they were compressed.",
    [],
);
static REJECTED_ROWS: Counter<1> = Counter::new(
    "wolkvox_exporter_rejected_rows_total",
    "Rows of wolkvox's answers that were not counted, by reason.",
    ["reason"],
);
static UNKNOWN_FIELDS: Counter<0> = Counter::new(
    "wolkvox_exporter_unknown_fields_total",
    "Fields in rows of wolkvox's answers that this exporter does not know and passed over.",
    [],
);
static CORRECTIONS: Counter<0> = Counter::new(
    "wolkvox_exporter_corrections_total",
    "Totals that wolkvox has lowered within a day; the highest that it told is served.",
    [],
);
static SKIPPED: Counter<1> = Counter::new(
    "wolkvox_exporter_skipped_polls_total",
    "Turns of the report that went by without a request, by reason.",
    ["reason"],
);
static SERIES: Gauge<0> =
    Gauge::new("wolkvox_exporter_series", "Series that the report's newest answer was made into.", []);
static DROPPED_SERIES: Counter<0> = Counter::new(
    "wolkvox_exporter_dropped_series_total",
    "Series left out of the report because of limits.series_per_report, counted anew at each answer.",
    [],
);

/// The families about a report, in the order served.
pub const FAMILIES: Families = &[
    &SUCCESS,
    &LAST_SUCCESS,
    &LAST_ATTEMPT,
    &WINDOW_END,
    &INTERVAL,
    &DURATION,
    &ROWS,
    &REQUESTS,
    &FAILURES,
    &REQUEST_DURATION,
    &RESPONSE_BYTES,
    &REJECTED_ROWS,
    &UNKNOWN_FIELDS,
    &CORRECTIONS,
    &SKIPPED,
    &SERIES,
    &DROPPED_SERIES,
];

/// Upper bounds of request durations in seconds: answers take one to two, and are given up at sixty.
const DURATION_BOUNDS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Why a turn went by without a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Other requests of the operation took too long.
    Late,
    /// The day's budget is needed for more urgent reports, or spent.
    Budget,
    /// wolkvox said that the operation's quota is spent.
    Quota,
    /// wolkvox refused the token.
    Auth,
}

impl Skip {
    const ALL: [Self; 4] = [Self::Late, Self::Budget, Self::Quota, Self::Auth];

    /// The value of the label `reason`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Budget => "budget",
            Self::Quota => "quota",
            Self::Auth => "auth",
        }
    }
}

/// What is told about one report of one operation.
#[derive(Debug)]
pub struct ReportVitals {
    interval: Duration,
    success: Option<bool>,
    last_success: Option<Timestamp>,
    last_attempt: Option<Timestamp>,
    window_end: Option<Timestamp>,
    duration: Option<Duration>,
    rows: Option<u64>,
    requests: u64,
    failures: [u64; Cause::ALL.len()],
    durations: Distribution,
    total: Tally,
    skipped: [u64; Skip::ALL.len()],
    series: Option<usize>,
    dropped: u64,
    corrections: u64,
}

impl ReportVitals {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            success: None,
            last_success: None,
            last_attempt: None,
            window_end: None,
            duration: None,
            rows: None,
            requests: 0,
            failures: [0; Cause::ALL.len()],
            durations: Distribution::default(),
            total: Tally::default(),
            skipped: [0; Skip::ALL.len()],
            series: None,
            dropped: 0,
            corrections: 0,
        }
    }

    /// A request was made at `asked`.
    pub fn replied(&mut self, asked: Timestamp, reply: &Reply) {
        self.requests += 1;
        self.last_attempt = Some(asked);
        self.duration = Some(reply.duration);
        self.durations.observe(&DURATION_BOUNDS, reply.duration.as_secs_f64());
        self.total.add(&reply.tally);
        if let Err(trouble) = &reply.outcome {
            self.failed(trouble.cause());
        }
    }

    /// The report was not answered.
    pub fn failed(&mut self, cause: Cause) {
        self.success = Some(false);
        for (count, known) in self.failures.iter_mut().zip(Cause::ALL) {
            *count += u64::from(known == cause);
        }
    }

    /// All that a turn asked for was answered, with so many rows together, for a window up to `end`.
    pub fn answered(&mut self, rows: u64, end: Timestamp) {
        self.success = Some(true);
        self.rows = Some(rows);
        self.window_end = Some(end);
    }

    /// The answer was made into samples, at this moment; so many totals were lowered so far.
    pub fn measured(&mut self, now: Timestamp, samples: &Samples, corrections: u64) {
        self.corrections = corrections;
        self.last_success = Some(now);
        self.series = Some(samples.series());
        self.dropped += samples.dropped();
    }

    /// Takes up what another process knew.
    pub fn resumed(&mut self, saved: &SavedReport, series: usize) {
        self.success = Some(true);
        self.last_attempt = saved.last_attempt;
        self.last_success = saved.last_success;
        self.duration = saved.duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        self.window_end = saved.window_end;
        self.rows = saved.rows;
        self.corrections = saved.corrections;
        self.series = Some(series);
    }

    /// Up to when the newest answer speaks.
    #[must_use]
    pub fn window_end(&self) -> Option<Timestamp> {
        self.window_end
    }

    /// The report's data are too old and no longer served.
    pub fn withdrawn(&mut self) {
        self.series = Some(0);
    }

    /// The whole operation was refused: no report of it would be answered.
    pub fn refused(&mut self) {
        self.success = Some(false);
    }

    /// Turns went by without a request.
    pub fn skipped(&mut self, reason: Skip, turns: u64) {
        for (count, one) in self.skipped.iter_mut().zip(Skip::ALL) {
            *count += if one == reason { turns } else { 0 };
        }
    }

    /// Whether the newest attempt was answered; nothing before the first.
    #[must_use]
    pub fn success(&self) -> Option<bool> {
        self.success
    }

    /// When the report was last answered.
    #[must_use]
    pub fn last_success(&self) -> Option<Timestamp> {
        self.last_success
    }

    /// When the report was last asked for.
    #[must_use]
    pub fn last_attempt(&self) -> Option<Timestamp> {
        self.last_attempt
    }

    /// How long the newest attempt took.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// How many rows the newest answer had.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }

    /// Says what all this measures.
    #[must_use]
    pub fn measure(&self) -> Samples {
        let mut samples = Samples::of(FAMILIES, usize::MAX);
        let moments =
            [(&LAST_SUCCESS, self.last_success), (&LAST_ATTEMPT, self.last_attempt), (&WINDOW_END, self.window_end)];
        for (family, moment) in moments {
            if let Some(moment) = moment {
                samples.gauge(family, [], seconds(moment));
            }
        }
        if let Some(success) = self.success {
            samples.gauge(&SUCCESS, [], f64::from(u8::from(success)));
        }
        samples.gauge(&INTERVAL, [], self.interval.as_secs_f64());
        if let Some(duration) = self.duration {
            samples.gauge(&DURATION, [], duration.as_secs_f64());
        }
        if let Some(rows) = self.rows {
            samples.gauge(&ROWS, [], whole(rows));
        }
        samples.counter(&REQUESTS, [], whole(self.requests));
        for (count, cause) in self.failures.iter().zip(Cause::ALL) {
            samples.counter(&FAILURES, [cause.label()], whole(*count));
        }
        samples.histogram(&REQUEST_DURATION, [], &DURATION_BOUNDS, &self.durations);
        samples.counter(&RESPONSE_BYTES, [], whole(self.total.bytes));
        for (count, reason) in self.total.rejected.iter().zip(Rejection::ALL) {
            samples.counter(&REJECTED_ROWS, [reason.label()], whole(*count));
        }
        samples.counter(&UNKNOWN_FIELDS, [], whole(self.total.unknown_fields));
        samples.counter(&CORRECTIONS, [], whole(self.corrections));
        for (count, reason) in self.skipped.iter().zip(Skip::ALL) {
            samples.counter(&SKIPPED, [reason.label()], whole(*count));
        }
        if let Some(series) = self.series {
            samples.gauge(&SERIES, [], whole(series as u64));
        }
        samples.counter(&DROPPED_SERIES, [], whole(self.dropped));
        samples
    }
}

/// A moment in seconds since 1970, to the millisecond.
#[must_use]
pub fn seconds(moment: Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay below 2^53")]
    let milliseconds = moment.as_millisecond() as f64;
    milliseconds / 1000.0
}
