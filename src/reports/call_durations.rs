//! `call_durations`: connected calls by length, with minutes and cost, `reports_manager.php?api=cdr_4`.
//!
//! - The data are one object with an entry per interval, not rows. An interval that is left out had no calls.
//! - The intervals are 0-5, 6-20, 21-60, 61-120 and above 120 whole seconds; "61-121" on the vendor's page is a slip,
//!   and both spellings of a key are understood. A total is never added in.
//! - `minutes` may be billed minutes, rounded up per call: the histogram's sum is those, not talk time.

use std::time::Duration;

use crate::family::{Counter, Families, Histogram};
use crate::report::{Ask, Endpoint, Report, Span, Urgency};
use crate::row::{Rejection, Row, Word};
use crate::samples::{Distribution, Samples};
use crate::terms::Terms;
use crate::value::sum;

static DURATION: Histogram<0> = Histogram::new(
    "wolkvox_call_duration_seconds",
    "Connected calls of today by length in seconds; the sum is minutes x 60 and may be billed minutes, rounded up per \
     call (report call_durations, fields calls and minutes of each interval; polled).",
    [],
);
static BILLED_SECONDS: Counter<1> = Counter::new(
    "wolkvox_call_billed_seconds_total",
    "Seconds billed today by length of the call (report call_durations, field minutes x 60; polled).",
    ["interval"],
);
static COST: Counter<1> = Counter::new(
    "wolkvox_call_cost_total",
    "Cost of today's calls by length of the call, in the account's currency (report call_durations, field cost; polled).",
    ["interval"],
);

/// Upper bounds of the intervals in seconds; the last interval is above them all.
const BOUNDS: [f64; 4] = [5.0, 20.0, 60.0, 120.0];

/// The label of each interval.
const INTERVALS: [&str; 5] = ["0-5", "6-20", "21-60", "61-120", "121+"];

const INTERVAL_FIELDS: &[&str] = &["calls", "minutes", "cost", "percentage", "interval"];

/// The report `call_durations`.
pub(super) struct CallDurations;

impl Report for CallDurations {
    type Facts = Facts;

    const NAME: &'static str = "call_durations";
    const ENDPOINT: Endpoint = Endpoint { file: "reports_manager.php", api: "cdr_4" };
    const SPAN: Span = Span::Day;
    const URGENCY: Urgency = Urgency::Day;
    const INTERVAL: Duration = Duration::from_mins(5);
    const FAMILIES: Families = &[&DURATION, &BILLED_SECONDS, &COST];
    // The keys are intervals, each with an object of fields; `absorb` claims those that it knows.
    const FIELDS: &'static [&'static str] = &[];

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, _ask: &Ask<'_>) -> Result<(), Rejection> {
        let mut rejection = None;
        let mut told = *facts;
        row.claim(|key, word| match Key::of(key) {
            Key::Interval(position) => {
                match Interval::read(word) {
                    Ok(interval) => told.add(position, interval),
                    Err(reason) => rejection = Some(reason),
                }
                true
            }
            Key::Total => true,
            Key::Unknown => false,
        });
        if let Some(reason) = rejection {
            return Err(reason);
        }
        *facts = told;
        Ok(())
    }

    fn measure_nothing(samples: &mut Samples) {
        samples.histogram(&DURATION, [], &BOUNDS, &Distribution::default());
        for label in INTERVALS {
            samples.counter(&BILLED_SECONDS, [label], 0.0);
            samples.counter(&COST, [label], 0.0);
        }
    }

    fn measure(facts: &Facts, _terms: &Terms, samples: &mut Samples) {
        if facts.is_told {
            let mut durations = Distribution::default();
            for (position, interval) in facts.intervals.iter().enumerate() {
                durations.add(&BOUNDS, position, interval.calls.unwrap_or(0), interval.seconds.unwrap_or(0.0));
            }
            samples.histogram(&DURATION, [], &BOUNDS, &durations);
        }
        for (interval, label) in facts.intervals.iter().zip(INTERVALS) {
            if let Some(seconds) = interval.seconds {
                samples.counter(&BILLED_SECONDS, [label], seconds);
            }
            if let Some(cost) = interval.cost {
                samples.counter(&COST, [label], cost);
            }
        }
    }
}

/// What the answer says of each interval.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts {
    /// Whether any interval was told: an answer without one has no histogram, rather than one of zeros.
    is_told: bool,
    intervals: [Interval; INTERVALS.len()],
}

impl Facts {
    fn add(&mut self, position: usize, more: Interval) {
        self.is_told = true;
        if let Some(interval) = self.intervals.get_mut(position) {
            interval.calls = sum(interval.calls, more.calls);
            interval.seconds = sum(interval.seconds, more.seconds);
            interval.cost = sum(interval.cost, more.cost);
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Interval {
    calls: Option<u64>,
    /// Minutes x 60.
    seconds: Option<f64>,
    /// In the account's currency.
    cost: Option<f64>,
}

impl Interval {
    fn read(word: Word<'_>) -> Result<Self, Rejection> {
        let row = word.row(INTERVAL_FIELDS).ok_or(Rejection::NotAnObject)?;
        let minutes = row.amount("minutes")?;
        Ok(Self {
            calls: row.count("calls")?,
            seconds: minutes.map(|minutes| minutes * 60.0),
            cost: row.amount("cost")?,
        })
    }
}

/// What a key of the data means.
enum Key {
    Interval(usize),
    Total,
    Unknown,
}

impl Key {
    fn of(key: &str) -> Self {
        match key.trim().to_ascii_lowercase().as_str() {
            "0_5_seg" => Self::Interval(0),
            "6_20_seg" => Self::Interval(1),
            "21_60_seg" => Self::Interval(2),
            "61_120_seg" | "61_121_seg" => Self::Interval(3),
            "greater_than_121"
            | "greater_than_121_seg"
            | "greater_than_120"
            | "greater_than_120_seg"
            | "121_seg"
            | "121" => Self::Interval(4),
            "total" | "all" | "interval" => Self::Total,
            _ => Self::Unknown,
        }
    }
}
