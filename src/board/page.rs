//! Samples written as text: one page per report (or per subject of the engine's own) and operation.

use std::io::Write as _;

use bytes::Bytes;
use jiff::Timestamp;

use crate::family::AnyFamily;
use crate::samples::{Buckets, Reading, Samples, Sheet, whole, write_labels};
use crate::vitals;

/// What the room of a page's text is a multiple of. Pages come and go and are of nearly the same length each time: room
/// that is a multiple of this is taken by the next one as it was left, where room of any length is broken up and never
/// fits again.
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
        let mut sheets: Vec<_> =
            samples.sheets().iter().map(|sheet| (sheet, Lines::of(sheet.family(), &context))).collect();
        let room: usize = sheets.iter().map(|(sheet, lines)| lines.room(sheet)).sum();
        let mut text = Vec::with_capacity(room.next_multiple_of(ROOM));
        let mut ends = Vec::with_capacity(sheets.len());
        for (sheet, lines) in &mut sheets {
            let mut odd = None;
            for (labels, reading) in sheet.samples() {
                // One that was taken up from a state in which the family had other labels.
                let is_odd = labels.is_empty() == lines.has_own;
                let lines = if is_odd { odd.get_or_insert_with(|| lines.of_others()) } else { &mut *lines };
                lines.write(&mut text, labels.as_bytes(), reading);
            }
            ends.push(text.len());
        }
        text.shrink_to(text.len().next_multiple_of(ROOM));
        Self { text: text.into(), ends: ends.into(), since: None }
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

/// What is the same in all lines of one family's samples: of those that have labels of their own, or of those that have not.
struct Lines<'l> {
    name: &'static str,
    /// The labels before a sample's own.
    context: &'l str,
    has_own: bool,
    /// A gauge's or counter's line up to the sample's own labels.
    plain: String,
    /// The lines of histograms, prepared for those that are sorted as the first is.
    histogram: Option<HistogramLines>,
}

/// What is the same in all lines of histograms with the same bounds.
struct HistogramLines {
    bounds: Box<[f64]>,
    bucket: String,
    /// A bucket's line from its labels to the number: for each bound, and for `+Inf`.
    le: Vec<String>,
    sum: String,
    count: String,
}

impl<'l> Lines<'l> {
    fn of(family: &dyn AnyFamily, context: &'l str) -> Self {
        Self::with(family.name(), context, !family.labels().is_empty())
    }

    fn with(name: &'static str, context: &'l str, has_own: bool) -> Self {
        let lines = Self { name, context, has_own, plain: String::new(), histogram: None };
        Self { plain: lines.opened("", lines.has_labels()), ..lines }
    }

    fn has_labels(&self) -> bool {
        self.has_own || !self.context.is_empty()
    }

    /// The lines of samples without labels of their own, if these have some, and else with.
    #[cold]
    fn of_others(&self) -> Self {
        Self::with(self.name, self.context, !self.has_own)
    }

    /// A line up to the sample's own labels, with this behind the family's name.
    fn opened(&self, suffix: &str, has_labels: bool) -> String {
        let bracket = if has_labels { "{" } else { "" };
        let comma = if self.has_own && !self.context.is_empty() { "," } else { "" };
        [self.name, suffix, bracket, self.context, comma].concat()
    }

    /// About how many bytes these samples take, rather a few more than fewer: the numbers of one family are about as long as
    /// one another.
    fn room(&self, sheet: &Sheet) -> usize {
        const SOME: usize = 16;
        let room_of = |reading: &Reading| match reading {
            Reading::Number(value) => room_of(*value),
            Reading::Histogram(buckets) => {
                "_bucket,le=\"+Inf\"".len() + room_of(buckets.cumulative.last().copied().map_or(0.0, whole))
            }
        };
        let readings = sheet.readings();
        let Some(series) = readings.clone().next().map(Reading::series) else { return 0 };
        let some = readings.clone().step_by((readings.len() / SOME).max(1));
        let number = some.clone().map(room_of).sum::<usize>().div_ceil(some.len());
        let line = self.plain.len() + "} ".len() + number + "\n".len();
        series * (readings.len() * line + sheet.labels().len())
    }

    #[inline]
    fn write(&mut self, text: &mut Vec<u8>, labels: &[u8], reading: &Reading) {
        match reading {
            Reading::Number(value) => {
                text.extend_from_slice(self.plain.as_bytes());
                text.extend_from_slice(labels);
                if self.has_labels() {
                    text.extend_from_slice(b"} ");
                } else {
                    text.push(b' ');
                }
                write_number(text, *value);
                text.push(b'\n');
            }
            Reading::Histogram(buckets) => self.write_histogram(text, labels, buckets),
        }
    }

    #[inline(never)]
    fn write_histogram(&mut self, text: &mut Vec<u8>, labels: &[u8], buckets: &Buckets) {
        let Buckets { bounds, cumulative, sum } = buckets;
        let lines = match self.histogram.take() {
            Some(lines) if lines.bounds == *bounds => lines,
            _ => self.histogram_lines(bounds),
        };
        let counts = cumulative.iter().copied().map(whole);
        let closed = if self.has_labels() { "} " } else { " " };
        let values =
            [(&lines.sum, closed, *sum), (&lines.count, closed, counts.clone().next_back().unwrap_or_default())];
        let counts = counts.zip(&lines.le).map(|(count, le)| (&lines.bucket, le.as_str(), count));
        for (opened, closed, value) in counts.chain(values) {
            for part in [opened.as_bytes(), labels, closed.as_bytes()] {
                text.extend_from_slice(part);
            }
            write_number(text, value);
            text.push(b'\n');
        }
        self.histogram = Some(lines);
    }

    fn histogram_lines(&self, bounds: &[f64]) -> HistogramLines {
        let comma = if self.has_labels() { "," } else { "" };
        let closed = |bound: &str| format!("{comma}le=\"{bound}\"}} ");
        HistogramLines {
            bounds: bounds.into(),
            bucket: self.opened("_bucket", true),
            le: bounds.iter().map(|bound| closed(&bound.to_string())).chain([closed("+Inf")]).collect(),
            sum: self.opened("_sum", self.has_labels()),
            count: self.opened("_count", self.has_labels()),
        }
    }
}

/// How many characters a number takes, or a few more.
#[inline]
fn room_of(value: f64) -> usize {
    const FRACTION: usize = "0.12345678901234567".len();
    const MANTISSA: u32 = f64::MANTISSA_DIGITS - 1;
    // A digit holds three bits and a third.
    let bits = (value.abs().to_bits() >> MANTISSA).saturating_sub(1022);
    let digits = (bits * 5 / 16) as usize + 2;
    if as_whole(value).is_some() { digits } else { digits.max(FRACTION) }
}

/// The same number, if it is whole, not negative, and below 2^52.
#[inline]
fn as_whole(value: f64) -> Option<u64> {
    // From here on to the double of it, numbers are whole, and their lowest bits are how far they are from it.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    // A sign is the highest bit, and whatever is no number is above all numbers.
    if value.to_bits() >= WHOLE.to_bits() {
        return None;
    }
    let shifted = value + WHOLE;
    (shifted - WHOLE == value).then(|| shifted.to_bits() - WHOLE.to_bits())
}

/// Writes a number as Prometheus reads it: the shortest digits that give it back, without an exponent.
#[inline]
fn write_number(text: &mut Vec<u8>, value: f64) {
    // Most are whole, and written so in a third of the time.
    if let Some(integer) = as_whole(value) {
        text.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
    } else {
        write_fraction(text, value);
    }
}

#[inline(never)]
fn write_fraction(text: &mut Vec<u8>, value: f64) {
    const EIGHTHS: [&[u8]; 8] = [b"", b".125", b".25", b".375", b".5", b".625", b".75", b".875"];
    let magnitude = value.abs();
    // Neither so small nor so large that they would have an exponent.
    if !(1e-4..f64::from(1 << 28)).contains(&magnitude) {
        let _ = write!(text, "{value}");
    } else if let Some(eighths) = as_whole(magnitude * 8.0) {
        // Means of two, four or eight calls are many, and exact.
        let sign: &[u8] = if value < 0.0 { b"-" } else { b"" };
        text.extend_from_slice(sign);
        text.extend_from_slice(itoa::Buffer::new().format(eighths / 8).as_bytes());
        text.extend_from_slice(EIGHTHS.get((eighths % 8) as usize).copied().unwrap_or_default());
    } else if as_whole(magnitude * f64::from(1 << 24)).is_some() {
        // Two decimals are as near as one another only to a number of few binary digits behind the point, at most 24 here; of
        // them each way of writing takes one.
        let _ = write!(text, "{value}");
    } else {
        text.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
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

    #[test]
    fn a_sample_is_written_with_the_labels_that_it_has() {
        let waits = Buckets { bounds: [5.0].into(), cumulative: [1, 2].into(), sum: 9.5 };
        for (context, comma, opened, closed) in [("operation=\"acme\"", ",", "{", "}"), ("", "", "", "")] {
            let mut samples = Samples::of(FAMILIES, 100);
            samples.put_back(0, "skill=\"a\"", Reading::Number(1.0));
            samples.put_back(0, "", Reading::Number(2.0));
            samples.put_back(1, "", Reading::Number(3.0));
            samples.put_back(1, "a=\"b\"", Reading::Number(4.0));
            samples.put_back(2, "", waits.clone().into());
            samples.put_back(2, "a=\"b\"", waits.clone().into());
            let page = match context {
                "" => Page::of(&samples, &[], &[]),
                _ => Page::of(&samples, &["operation"], &["acme"]),
            };
            let expected = [
                format!("queue{{{context}{comma}skill=\"a\"}} 1\nqueue{opened}{context}{closed} 2\n"),
                format!("empty_total{opened}{context}{closed} 3\nempty_total{{{context}{comma}a=\"b\"}} 4\n"),
                format!(
                    "wait_seconds_bucket{{{context}{comma}le=\"5\"}} 1\nwait_seconds_bucket{{{context}{comma}le=\"+Inf\"}} 2\n\
                     wait_seconds_sum{opened}{context}{closed} 9.5\nwait_seconds_count{opened}{context}{closed} 2\n\
                     wait_seconds_bucket{{{context}{comma}a=\"b\",le=\"5\"}} 1\n\
                     wait_seconds_bucket{{{context}{comma}a=\"b\",le=\"+Inf\"}} 2\n\
                     wait_seconds_sum{{{context}{comma}a=\"b\"}} 9.5\nwait_seconds_count{{{context}{comma}a=\"b\"}} 2\n"
                ),
            ];
            for (position, lines) in expected.iter().enumerate() {
                assert_eq!(std::str::from_utf8(page.lines(position)), Ok(lines.as_str()));
            }
        }
    }

    proptest! {
        #[test]
        fn a_number_is_written_as_rust_writes_it(value in any::<f64>(), whole in -(1_i64 << 54)..1 << 54, small in -(1_i32 << 20)..1 << 20, decimals in 0_i32..20) {
            #[expect(clippy::cast_precision_loss, reason = "any number will do")]
            let whole = whole as f64;
            for value in [value, whole, whole / 64.0, whole / 10_f64.powi(decimals), whole / 2_f64.powi(5 * decimals), 0.0, -0.0, small.into(), f64::from(small) / 8.0, f64::from(small) / 100.0, f64::from(small) / 128.0, f64::from(1 << 28) + f64::from(small) / 4.0] {
                let mut text = Vec::new();
                write_number(&mut text, value);
                prop_assert_eq!(std::str::from_utf8(&text), Ok(&*value.to_string()));
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
