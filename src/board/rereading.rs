//! A page read back: the samples that it was written from.
//!
//! A text says all that samples say, in half of their memory. Whoever needs them again later keeps the page, which the
//! board holds anyway.

use super::page::Page;
use crate::family::{Families, Kind};
use crate::samples::{Buckets, Reading, Samples, write_labels};

impl Page {
    /// The samples of these families that the page was written from, with these labels in front of their own.
    #[must_use]
    pub fn samples(&self, families: Families, names: &[&str], values: &[&str]) -> Samples {
        let mut context = String::new();
        write_labels(&mut context, names, values);
        let mut samples = Samples::of(families, usize::MAX);
        for (position, family) in families.iter().enumerate() {
            let lines = std::str::from_utf8(self.lines(position)).unwrap_or_default().split_terminator('\n');
            let lines = lines.filter_map(|line| Line::of(line, family.name(), &context));
            if family.kind() == Kind::Histogram {
                reread_histograms(lines, |labels, reading| samples.put_back(position, labels, reading));
            } else {
                for line in lines {
                    if let Ok(value) = line.value.parse() {
                        samples.put_back(position, line.labels, Reading::Number(value));
                    }
                }
            }
        }
        samples
    }
}

/// A line of one family.
struct Line<'l> {
    /// What stands behind the family's name: nothing, or which series of a histogram it is.
    suffix: &'l str,
    /// The sample's own labels, as they are written.
    labels: &'l str,
    value: &'l str,
}

impl<'l> Line<'l> {
    fn of(line: &'l str, name: &str, context: &str) -> Option<Self> {
        // A label's value may hold anything, a number neither a blank nor a bracket.
        let (series, value) = line.rsplit_once(' ')?;
        let rest = series.strip_prefix(name)?;
        let (suffix, labels) = rest.split_once('{').unwrap_or((rest, ""));
        let labels = labels.strip_suffix('}').unwrap_or(labels).strip_prefix(context)?;
        Some(Self { suffix, labels: labels.strip_prefix(',').unwrap_or(labels), value })
    }

    /// The labels without the bound of a bucket, which stands last, and the bound. Within a label's value no quote stands
    /// without a backslash before it.
    fn bucket(&self) -> Option<(&'l str, &'l str)> {
        let (labels, bound) = self.labels.strip_suffix('"')?.rsplit_once("le=\"")?;
        Some((labels.strip_suffix(',').unwrap_or(labels), bound))
    }
}

/// Puts the series of histograms together, which stand one behind the other.
fn reread_histograms<'l>(lines: impl Iterator<Item = Line<'l>>, mut put: impl FnMut(&str, Reading)) {
    let (mut bounds, mut cumulative, mut sum) = (Vec::new(), Vec::new(), 0.0);
    for line in lines {
        match line.suffix {
            "_bucket" => {
                cumulative.extend(line.value.parse::<u64>());
                bounds
                    .extend(line.bucket().and_then(|(_, bound)| bound.parse::<f64>().ok()).filter(|le| le.is_finite()));
            }
            "_sum" => sum = line.value.parse().unwrap_or(0.0),
            _ => {
                let (bounds, cumulative) = (std::mem::take(&mut bounds), std::mem::take(&mut cumulative));
                let buckets = Buckets { bounds: bounds.into(), cumulative: cumulative.into(), sum };
                put(line.labels, buckets.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::family::{Counter, Gauge, Histogram};
    use crate::samples::{Distribution, Sheet};

    static QUEUE: Gauge<1> = Gauge::new("queue", "Waiting.", ["role"]);
    static EMPTY: Counter<0> = Counter::new("empty_total", "Nothing.", []);
    static CALLS: Counter<2> = Counter::new("calls_total", "Calls.", ["a", "le_"]);
    static WAITS: Histogram<1> = Histogram::new("wait_seconds", "Waits.", ["scale"]);
    static ALONE: Histogram<0> = Histogram::new("alone_seconds", "Waits.", []);
    static FAMILIES: Families = &[&QUEUE, &EMPTY, &CALLS, &WAITS, &ALONE];

    fn told(samples: &Samples) -> Vec<(&str, Vec<(&str, &Reading)>)> {
        samples.sheets().iter().map(|sheet: &Sheet| (sheet.family().name(), sheet.samples().collect())).collect()
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z]{0,4}", r#"[",={}\\le \n]{0,12}"#, any::<String>()]
    }

    proptest! {
        #[test]
        fn a_page_says_what_it_was_written_from(
            operation in text(),
            has_operation in any::<bool>(),
            labels in proptest::collection::vec((text(), text(), any::<f64>()), 0..5),
            bounds in proptest::collection::btree_set(0_u16..500, 0..4),
            waits in proptest::collection::vec(0.0..600.0_f64, 0..5),
        ) {
            let bounds: Vec<f64> = bounds.into_iter().map(|bound| f64::from(bound) / 8.0).collect();
            let mut distribution = Distribution::default();
            for wait in &waits {
                distribution.observe(&bounds, *wait);
            }
            let mut samples = Samples::of(FAMILIES, usize::MAX);
            samples.counter(&EMPTY, [], 7.0);
            samples.histogram(&ALONE, [], &bounds, &distribution);
            for (one, other, value) in &labels {
                samples.gauge(&QUEUE, [one], *value);
                samples.counter(&CALLS, [one, other], value.abs());
                samples.histogram(&WAITS, [other], &bounds, &distribution);
            }
            let (names, values): (&[&str], &[&str]) = if has_operation { (&["operation"], &[&operation]) } else { (&[], &[]) };
            let page = Page::of(&samples, names, values);
            let reread = page.samples(FAMILIES, names, values);
            prop_assert_eq!(told(&reread), told(&samples));
            prop_assert_eq!(reread.series(), samples.series());
            let again = Page::of(&reread, names, values);
            prop_assert_eq!(again.text(), page.text());
        }
    }
}
