//! Samples written as text: one page per report (or per subject of the engine's own) and operation.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;

use crate::family::AnyFamily;
use crate::samples::{Reading, Samples, whole, write_labels};
use crate::vitals;

/// About how long a line is, for the room that is made for all of them.
const LINE: usize = 112;

/// What the room of a page's text is a multiple of.
const ROOM: usize = 8 << 10;

/// What one subject measured, encoded once: the lines of each of its families. A clone shares the text.
#[derive(Clone, Debug)]
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
        let mut text = String::with_capacity(samples.series() * LINE);
        let mut ends = Vec::with_capacity(samples.sheets().len());
        for sheet in samples.sheets() {
            let lines = Lines::of(sheet.family(), &context);
            for (labels, reading) in sheet.samples() {
                lines.write(&mut text, labels, reading);
            }
            ends.push(text.len());
        }
        Self { text: kept(text.as_bytes()), ends: ends.into(), since: None }
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

/// A text to be kept. Pages come and go and are of nearly the same length each time: room that is a multiple of this is
/// taken by the next one as it was left, where room of any length is broken up and never fits again.
fn kept(text: &[u8]) -> Bytes {
    let mut kept = Vec::with_capacity(text.len().next_multiple_of(ROOM));
    kept.extend_from_slice(text);
    kept.into()
}

/// How the lines of one family begin.
struct Lines {
    /// Up to the sample's own labels: name, bracket, context.
    plain: String,
    /// The same for the series of a histogram.
    bucket: String,
    sum: String,
    count: String,
    has_context: bool,
}

impl Lines {
    fn of(family: &dyn AnyFamily, context: &str) -> Self {
        let name = family.name();
        let opened = |suffix: &str| format!("{name}{suffix}{{{context}");
        let (plain, bucket, sum, count) = (opened(""), opened("_bucket"), opened("_sum"), opened("_count"));
        Self { plain, bucket, sum, count, has_context: !context.is_empty() }
    }

    fn write(&self, text: &mut String, labels: &str, reading: &Reading) {
        match reading {
            Reading::Number(value) => self.write_line(text, &self.plain, labels, None, *value),
            Reading::Histogram { bounds, cumulative, sum } => {
                let mut le = String::new();
                for (position, count) in cumulative.iter().enumerate() {
                    le.clear();
                    match bounds.get(position) {
                        Some(bound) => write_number(&mut le, *bound),
                        None => le.push_str("+Inf"),
                    }
                    self.write_line(text, &self.bucket, labels, Some(&le), whole(*count));
                }
                let count = cumulative.last().copied().unwrap_or(0);
                self.write_line(text, &self.sum, labels, None, *sum);
                self.write_line(text, &self.count, labels, None, whole(count));
            }
        }
    }

    fn write_line(&self, text: &mut String, opened: &str, labels: &str, le: Option<&str>, value: f64) {
        let mut has_labels = self.has_context;
        if !has_labels && labels.is_empty() && le.is_none() {
            text.push_str(opened.strip_suffix('{').unwrap_or(opened));
        } else {
            text.push_str(opened);
            if !labels.is_empty() {
                text.push_str(if has_labels { "," } else { "" });
                text.push_str(labels);
                has_labels = true;
            }
            if let Some(le) = le {
                text.push_str(if has_labels { ",le=\"" } else { "le=\"" });
                text.push_str(le);
                text.push('"');
            }
            text.push('}');
        }
        text.push(' ');
        write_number(text, value);
        text.push('\n');
    }
}

/// Writes a number as Prometheus reads it: the shortest digits that give it back, without an exponent.
fn write_number(text: &mut String, value: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    let integer = value as i64;
    // Most are whole, and written so in a third of the time. A zero may have a sign.
    if whole(integer.unsigned_abs()) == value.abs()
        && integer.unsigned_abs() < 1 << 53
        && (integer != 0 || value.is_sign_positive())
    {
        text.push_str(itoa::Buffer::new().format(integer));
        return;
    }
    // Neither so small nor so large that they would have an exponent. Two decimals are as near as one another only to a number
    // of few binary digits behind the point, at most 24 here; of them each way of writing takes one.
    let has_many_digits = (value * f64::from(1 << 24)).fract() != 0.0;
    if has_many_digits && (1e-4..1e15).contains(&value.abs()) {
        text.push_str(zmij::Buffer::new().format_finite(value));
    } else {
        let _ = write!(text, "{value}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn a_number_is_written_as_rust_writes_it(value in any::<f64>(), whole in -(1_i64 << 54)..1 << 54, decimals in 0_i32..20) {
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            let whole = whole as f64;
            for value in [value, whole, whole / 64.0, whole / 10_f64.powi(decimals), whole / 2_f64.powi(5 * decimals), 0.0, -0.0] {
                let mut text = String::new();
                write_number(&mut text, value);
                prop_assert_eq!(text, value.to_string());
            }
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
