//! `OpenMetrics` 1.0.0 with timestamps: heads once, then the samples of one report of one day after another.
//!
//! The samples of a family do not stand together, because a file of months could then only be written twice over.
//! `promtool` does not ask for it: it asks that the samples of each series come in the order of time.

use std::collections::HashSet;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::family::{AnyFamily, Kind};
use crate::samples::{Buckets, Reading, Samples, whole, write_labels};

/// What ends a text: without it `promtool` takes nothing of it.
pub(super) const END: &str = "# EOF\n";

/// Writes what is said of a family once.
pub(super) fn write_head(text: &mut String, family: &dyn AnyFamily) {
    let name = family.name().strip_suffix("_total").unwrap_or(family.name());
    let help = family.help().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let _ = writeln!(text, "# TYPE {name} {}\n# HELP {name} {help}", family.kind().word());
}

/// The samples of one report of one operation in one day, as text.
pub(super) struct DayText {
    text: String,
    /// The label `operation`, as it is written.
    context: String,
    /// The day's first second; the one before it still belongs to the totals of the day before.
    begun: Timestamp,
    /// The moment of the newest samples.
    newest: Option<Timestamp>,
    /// The totals that were written, by their family's position and their labels.
    born: HashSet<(usize, Box<str>)>,
}

impl DayText {
    /// The text of a day that begins at `start`.
    pub(super) fn new(operation: &str, start: Timestamp) -> Self {
        let mut context = String::new();
        write_labels(&mut context, &["operation"], &[operation]);
        let begun = start.saturating_add(jiff::SignedDuration::from_secs(1)).unwrap_or(start);
        Self { text: String::new(), context, begun, newest: None, born: HashSet::new() }
    }

    /// Adds what is known at this moment. A total that is new was 0 when the day began, and at the moment before.
    pub(super) fn add(&mut self, at: Timestamp, samples: &Samples) {
        for (position, sheet) in samples.sheets().iter().enumerate() {
            let family = sheet.family();
            for (labels, reading) in sheet.samples() {
                if family.kind() != Kind::Gauge && self.born.insert((position, labels.into())) {
                    let mut nothing = reading.clone();
                    nothing.set_to_zero();
                    for at in std::iter::once(self.begun).chain(self.newest) {
                        self.write(family, labels, &nothing, at);
                    }
                }
                self.write(family, labels, reading, at);
            }
        }
        self.newest = Some(at);
    }

    /// All of it.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn write(&mut self, family: &dyn AnyFamily, labels: &str, reading: &Reading, at: Timestamp) {
        match reading {
            Reading::Number(value) => self.line(family, "", labels, None, *value, at),
            Reading::Histogram(buckets) => {
                let Buckets { bounds, cumulative, sum } = &**buckets;
                for (position, count) in cumulative.iter().enumerate() {
                    // The specification's way to write a bound, 5.0 for 5.
                    let bound = bounds.get(position).map_or_else(|| "+Inf".to_owned(), |bound| format!("{bound:?}"));
                    self.line(family, "_bucket", labels, Some(&bound), whole(*count), at);
                }
                self.line(family, "_count", labels, None, whole(cumulative.last().copied().unwrap_or(0)), at);
                self.line(family, "_sum", labels, None, *sum, at);
            }
        }
    }

    fn line(
        &mut self,
        family: &dyn AnyFamily,
        suffix: &str,
        labels: &str,
        le: Option<&str>,
        value: f64,
        at: Timestamp,
    ) {
        let (text, name, context) = (&mut self.text, family.name(), &self.context);
        let _ = write!(text, "{name}{suffix}{{{context}");
        if !labels.is_empty() {
            let _ = write!(text, ",{labels}");
        }
        if let Some(le) = le {
            let _ = write!(text, ",le=\"{le}\"");
        }
        let _ = writeln!(text, "}} {value} {}", at.as_second());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::{Counter, Families, Gauge, Histogram};
    use crate::samples::Distribution;

    static CALLS: Counter<1> = Counter::new("calls_total", "Calls \"so far\".", ["skill"]);
    static SHARE: Gauge<0> = Gauge::new("share_ratio", "A share.", []);
    static WAITS: Histogram<0> = Histogram::new("wait_seconds", "Waits.", []);
    static FAMILIES: Families = &[&CALLS, &SHARE, &WAITS];

    #[test]
    fn totals_are_born_at_zero_and_gauges_are_not() {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let mut day = DayText::new("acme", at(0));
        let mut samples = Samples::of(FAMILIES, 100);
        samples.counter(&CALLS, ["a"], 2.0);
        day.add(at(1), &samples);
        samples.counter(&CALLS, ["b"], 3.0);
        samples.gauge(&SHARE, [], 0.5);
        day.add(at(2), &samples);
        let expected = "calls_total{operation=\"acme\",skill=\"a\"} 0 1\n\
             calls_total{operation=\"acme\",skill=\"a\"} 2 3600\n\
             calls_total{operation=\"acme\",skill=\"a\"} 2 7200\n\
             calls_total{operation=\"acme\",skill=\"b\"} 0 1\n\
             calls_total{operation=\"acme\",skill=\"b\"} 0 3600\n\
             calls_total{operation=\"acme\",skill=\"b\"} 3 7200\n\
             share_ratio{operation=\"acme\"} 0.5 7200\n";
        assert_eq!(day.into_text(), expected);
    }

    #[test]
    fn heads_and_bounds_are_written_as_the_specification_has_them() {
        let mut text = String::new();
        write_head(&mut text, &CALLS);
        assert_eq!(text, "# TYPE calls counter\n# HELP calls Calls \\\"so far\\\".\n");
        let mut samples = Samples::of(FAMILIES, 100);
        let mut waits = Distribution::default();
        waits.observe(&[5.0, 7.5], 6.0);
        samples.histogram(&WAITS, [], &[5.0, 7.5], &waits);
        let mut day = DayText::new("acme", Timestamp::UNIX_EPOCH);
        day.add(Timestamp::from_second(60).unwrap(), &samples);
        let text = day.into_text();
        for line in ["_bucket{operation=\"acme\",le=\"5.0\"} 0 60", "_bucket{operation=\"acme\",le=\"7.5\"} 1 60"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(
            text.ends_with("wait_seconds_count{operation=\"acme\"} 1 60\nwait_seconds_sum{operation=\"acme\"} 6 60\n")
        );
    }
}
