//! `call_durations`: connected calls by length, with minutes and cost, `reports_manager.php?api=cdr_4`.
//!
//! - The data are one object with an entry per interval, not rows. An interval that is left out had no calls.
//! - The intervals are 0-5, 6-20, 21-60, 61-120 and above 120 whole seconds; "61-121" on the vendor's page is a slip,
//!   and both spellings of a key are understood. A total is never added in.
//! - `minutes` may be billed minutes, rounded up per call: the histogram's sum is those, not talk time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::family::{Counter, Families, Histogram};
use crate::report::{Ask, Asked, Endpoint, Report, Span, Urgency};
use crate::row::{Rejection, Row, Word};
use crate::samples::{Distribution, Samples};
use crate::spelling;
use crate::terms::Terms;
use crate::value::sum;
use crate::world::World;

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

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, _ask: &Ask) -> Result<(), Rejection> {
        // Each interval is a row of its own: a bad one takes only what needs all of them with it.
        let mut rejection = None;
        row.claim(|key, word| match Key::of(key) {
            Key::Interval(position) => {
                match Interval::read(word) {
                    Ok(interval) => facts.add(position, interval),
                    Err(reason) => rejection = Some(reason),
                }
                true
            }
            Key::Total => true,
            Key::Unknown => false,
        });
        facts.is_torn |= rejection.is_some();
        rejection.map_or(Ok(()), Err)
    }

    fn measure_nothing(samples: &mut Samples) {
        samples.histogram(&DURATION, [], &BOUNDS, &Distribution::default());
        for label in INTERVALS {
            samples.counter(&BILLED_SECONDS, [label], 0.0);
            samples.counter(&COST, [label], 0.0);
        }
    }

    fn measure(facts: &Facts, _terms: &Terms, samples: &mut Samples) {
        if facts.is_told && !facts.is_torn {
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

    fn simulate(world: &World, asked: &Asked<'_>) -> Value {
        let intervals = world.call_durations(&asked.period(world), asked.now);
        let all: u64 = intervals.iter().map(|interval| interval.calls).sum();
        if all == 0 {
            return Value::Null;
        }
        let [first, second, third, fourth, longest] = intervals.map(|interval| {
            json!({
                "calls": spelling::count(interval.calls),
                "minutes": spelling::grouped(interval.minutes),
                "cost": spelling::money(interval.cost_hundredths),
                "percentage": spelling::percentage(interval.calls, all),
            })
        });
        json!({
            "0_5_seg": first,
            "6_20_seg": second,
            "21_60_seg": third,
            "61_120_seg": fourth,
            "greater_than_121": longest,
        })
    }
}

/// What the answer says of each interval.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts {
    /// Whether any interval was told: an answer without one has no histogram, rather than one of zeros.
    is_told: bool,
    /// Whether an interval made no sense: what is cumulative over the intervals would be wrong without it.
    is_torn: bool,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::bodies::{expect, fold, measured, terms};

    #[test]
    fn intervals_become_a_histogram() {
        let lines = measured::<CallDurations>(&json!({
            "0_5_seg": {"calls":"41","minutes":"41","cost":"0.00","percentage":"6.40 %"},
            "6_20_seg": {"calls":"97","minutes":"97","cost":"12,50","percentage":"15.13 %"},
            "21_60_seg": {"calls":"160","minutes":"160.5","cost":"31.00","percentage":"24.96 %"},
            "61_121_seg": {"calls":"138","minutes":"251","cost":"40.10","percentage":"21.53 %"},
            "Greater_than_121 ": {"calls":"205","minutes":"1,204","cost":"210.75","percentage":"31.98 %"},
            "total": {"calls":"641","minutes":"1,753.5","cost":"294.35","percentage":"100 %"},
        }));
        expect(
            &lines,
            "wolkvox_call_duration_seconds_",
            &[
                r#"bucket{le="5"} 41"#,
                r#"bucket{le="20"} 138"#,
                r#"bucket{le="60"} 298"#,
                r#"bucket{le="120"} 436"#,
                r#"bucket{le="+Inf"} 641"#,
                "count 641",
                "sum 105210",
            ],
        );
        expect(
            &lines,
            "wolkvox_call_billed_seconds_total{interval=",
            &[r#""0-5"} 2460"#, r#""6-20"} 5820"#, r#""21-60"} 9630"#, r#""61-120"} 15060"#, r#""121+"} 72240"#],
        );
        expect(
            &lines,
            "wolkvox_call_cost_total{interval=",
            &[r#""0-5"} 0"#, r#""6-20"} 12.5"#, r#""21-60"} 31"#, r#""61-120"} 40.1"#, r#""121+"} 210.75"#],
        );
    }

    #[test]
    fn every_spelling_of_the_last_interval_is_the_same() {
        for key in ["greater_than_121", "greater_than_121_seg", "121_seg", "GREATER_THAN_121"] {
            let lines = measured::<CallDurations>(&json!({key: {"calls":"2","minutes":"8"}}));
            expect(&lines, "wolkvox_call_duration_seconds_bucket{le=\"120\"}", &[" 0"]);
            expect(&lines, "wolkvox_call_duration_seconds_count", &[" 2"]);
        }
    }

    #[test]
    fn an_unknown_key_is_counted_and_a_bad_interval_spoils_only_the_histogram() {
        let (lines, rejections, unknown) =
            fold::<CallDurations>(&terms(), &json!({"0_5_seg": {"calls":"1"}, "0_1_seg": {"calls":"7"}}));
        expect(&lines, "wolkvox_call_duration_seconds_count", &[" 1"]);
        assert_eq!((rejections, unknown), (vec![], 1));
        let torn =
            json!({"0_5_seg": {"calls":"1","minutes":"2"}, "6_20_seg": {"calls":"x","minutes":"3"}, "21_60_seg": "1"});
        let (lines, rejections, _) = fold::<CallDurations>(&terms(), &torn);
        assert_eq!(rejections.len(), 1);
        expect(&lines, "wolkvox_call_duration_seconds", &[]);
        expect(&lines, "wolkvox_call_billed_seconds_total", &[r#"{interval="0-5"} 120"#]);
        let (lines, _, _) = fold::<CallDurations>(&terms(), &json!({}));
        assert!(lines.is_empty(), "{lines:?}");
    }
}
