//! Samples written as text: one page per report (or per subject of the engine's own) and operation.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;

use crate::samples::{Reading, Samples, write_labels};
use crate::vitals;

/// What one subject measured, encoded once: the lines of each of its families.
#[derive(Debug)]
pub struct Page {
    text: Bytes,
    /// Where each family's lines end in `text`, in the order of the families.
    ends: Box<[usize]>,
    /// When its totals began, in seconds since 1970.
    since: Option<Box<str>>,
}

impl Page {
    /// Writes samples as text 0.0.4, each with these labels in front of its own.
    #[must_use]
    pub fn of(samples: &Samples, names: &[&str], values: &[&str]) -> Self {
        let mut context = String::new();
        write_labels(&mut context, names, values);
        let mut text = String::with_capacity(samples.series() * 112);
        let mut ends = Vec::with_capacity(samples.sheets().len());
        for sheet in samples.sheets() {
            for (labels, reading) in sheet.samples() {
                write_reading(&mut text, sheet.family().name(), &context, labels, reading);
            }
            ends.push(text.len());
        }
        text.shrink_to_fit();
        Self { text: Bytes::from(text), ends: ends.into(), since: None }
    }

    /// The same page, which says (where its format can) that its totals began at this moment.
    #[must_use]
    pub fn counting_since(self, since: Timestamp) -> Self {
        Self { since: Some(vitals::seconds(since).to_string().into()), ..self }
    }

    /// When its totals began, in seconds since 1970.
    pub(super) fn since(&self) -> Option<&str> {
        self.since.as_deref()
    }

    /// The lines of the family at this position; empty where it measured nothing.
    pub(super) fn lines(&self, family: usize) -> &[u8] {
        let start = family.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let end = self.ends.get(family).copied();
        start.zip(end).and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    /// The same lines, shared.
    pub(super) fn shared_lines(&self, family: usize) -> Bytes {
        self.text.slice_ref(self.lines(family))
    }

    /// All lines, in the order of the families.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.text).expect("a page is made of text")
    }
}

fn write_reading(text: &mut String, name: &str, context: &str, labels: &str, reading: &Reading) {
    match reading {
        Reading::Number(value) => write_line(text, name, "", context, labels, None, *value),
        Reading::Histogram { bounds, cumulative, sum } => {
            for (position, count) in cumulative.iter().enumerate() {
                let bound = bounds.get(position).map_or_else(|| "+Inf".to_owned(), ToString::to_string);
                write_line(text, name, "_bucket", context, labels, Some(&bound), crate::samples::whole(*count));
            }
            let count = cumulative.last().copied().unwrap_or(0);
            write_line(text, name, "_sum", context, labels, None, *sum);
            write_line(text, name, "_count", context, labels, None, crate::samples::whole(count));
        }
    }
}

fn write_line(text: &mut String, name: &str, suffix: &str, context: &str, labels: &str, le: Option<&str>, value: f64) {
    text.push_str(name);
    text.push_str(suffix);
    let le = le.map(|bound| format!("le=\"{bound}\"")).unwrap_or_default();
    let mut bracket = '{';
    for part in [context, labels, &le] {
        if !part.is_empty() {
            text.push(bracket);
            text.push_str(part);
            bracket = ',';
        }
    }
    if bracket == ',' {
        text.push('}');
    }
    // Rust writes a float as Prometheus reads it: the shortest digits that give it back, without an exponent.
    let _ = writeln!(text, " {value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::{Counter, Families, Gauge, Histogram};
    use crate::samples::Distribution;

    static QUEUE: Gauge<1> = Gauge::new("queue", "Calls \\ waiting\nnow.", ["skill"]);
    static EMPTY: Counter<0> = Counter::new("empty_total", "Nothing.", []);
    static WAITS: Histogram<0> = Histogram::new("wait_seconds", "Waits.", []);
    static FAMILIES: Families = &[&QUEUE, &EMPTY, &WAITS];

    #[test]
    fn samples_are_written_family_by_family() {
        let mut samples = Samples::of(FAMILIES, 100);
        let mut waits = Distribution::default();
        for seconds in [1.0, 5.0, 5.5, 70.0] {
            waits.observe(&[5.0, 60.0], seconds);
        }
        samples.histogram(&WAITS, [], &[5.0, 60.0], &waits);
        samples.gauge(&QUEUE, ["a\"b\\c\nd"], 3.0);
        samples.gauge(&QUEUE, ["e"], f64::NAN);
        samples.gauge(&QUEUE, ["f"], 0.1);
        let page = Page::of(&samples, &["operation"], &["acme"]);
        let expected = [
            "queue{operation=\"acme\",skill=\"a\\\"b\\\\c\\nd\"} 3\nqueue{operation=\"acme\",skill=\"f\"} 0.1\n",
            "",
            "wait_seconds_bucket{operation=\"acme\",le=\"5\"} 2\nwait_seconds_bucket{operation=\"acme\",le=\"60\"} 3\n\
             wait_seconds_bucket{operation=\"acme\",le=\"+Inf\"} 4\nwait_seconds_sum{operation=\"acme\"} 81.5\n\
             wait_seconds_count{operation=\"acme\"} 4\n",
        ];
        for (position, lines) in expected.iter().enumerate() {
            assert_eq!(std::str::from_utf8(page.lines(position)), Ok(*lines));
        }
    }

    #[test]
    fn what_does_not_fit_under_the_limit_is_dropped_and_counted() {
        let mut samples = Samples::of(FAMILIES, 3);
        samples.gauge(&QUEUE, ["a"], 1.0);
        samples.histogram(&WAITS, [], &[5.0], &Distribution::default());
        samples.gauge(&QUEUE, ["b"], 1.0);
        assert_eq!((samples.series(), samples.dropped()), (2, 4));
    }
}
