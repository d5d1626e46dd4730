//! What is wrong with histograms: buckets that do not ascend, do not add up, or are not all there.

use std::collections::HashMap;

use crate::exposition::{Family, Sample, written};
use crate::fault::{Fault, Wrong};
use crate::line::read_number;
use crate::rules::Rules;

/// One series of a histogram: the samples with the same labels beside `le`.
struct Series<'f> {
    labels: Vec<(&'f str, &'f str)>,
    /// The first of its lines.
    line: usize,
    buckets: Vec<Bucket<'f>>,
    sum: Option<f64>,
    count: Option<f64>,
}

#[derive(Clone, Copy)]
struct Bucket<'f> {
    le: &'f str,
    bound: f64,
    value: f64,
    line: usize,
}

/// Adds the faults of a histogram.
pub(crate) fn judge(family: &Family, rules: &Rules, faults: &mut Vec<Fault>) {
    let all = sort(family, faults);
    for series in &all {
        ascent(family, series, faults);
        parts(family, series, faults);
    }
    bounds(family, rules, &all, faults);
}

/// Sorts the samples into series, in the order of the text.
fn sort<'f>(family: &'f Family, faults: &mut Vec<Fault>) -> Vec<Series<'f>> {
    let mut all: Vec<Series<'f>> = Vec::new();
    let mut places = HashMap::new();
    for sample in &family.samples {
        let Some(part) = sample.name.strip_prefix(family.name.as_str()) else { continue };
        let mut labels: Vec<_> = sample.own_labels().collect();
        labels.sort_unstable();
        let place = *places.entry(labels.clone()).or_insert(all.len());
        if place == all.len() {
            all.push(Series { labels, line: sample.line, buckets: Vec::new(), sum: None, count: None });
        }
        let Some(series) = all.get_mut(place) else { continue };
        match part {
            "_bucket" => match bucket(family, sample) {
                Ok(bucket) => series.buckets.push(bucket),
                Err(wrong) => faults.push(Fault { line: sample.line, wrong }),
            },
            "_sum" => series.sum = series.sum.or(Some(sample.value)),
            "_count" => series.count = series.count.or(Some(sample.value)),
            _ => {}
        }
    }
    all
}

fn bucket<'f>(family: &Family, sample: &'f Sample) -> Result<Bucket<'f>, Wrong> {
    let le = sample.label("le").ok_or_else(|| Wrong::LeMissing(family.name.clone()))?;
    match read_number(le).filter(|bound| !bound.is_nan()) {
        Some(bound) => Ok(Bucket { le, bound, value: sample.value, line: sample.line }),
        None => Err(Wrong::LeNotANumber { family: family.name.clone(), le: le.to_owned() }),
    }
}

fn ascent(family: &Family, series: &Series<'_>, faults: &mut Vec<Fault>) {
    for (before, here) in series.buckets.iter().zip(series.buckets.iter().skip(1)) {
        // The same bound in the same spelling is a duplicate series, which is told as such.
        let is_duplicate = here.le == before.le;
        let (family, le) = (family.name.clone(), here.le.to_owned());
        if here.bound <= before.bound && !is_duplicate {
            faults.push(Fault { line: here.line, wrong: Wrong::BoundsNotAscending { family, le } });
        } else if here.value < before.value && !is_duplicate {
            faults.push(Fault { line: here.line, wrong: Wrong::NotCumulative { family, le } });
        }
    }
}

fn parts(family: &Family, series: &Series<'_>, faults: &mut Vec<Fault>) {
    let labels = written(series.labels.iter().copied());
    let inf = series.buckets.iter().find(|bucket| bucket.bound.is_infinite()).map(|bucket| bucket.value);
    let has_buckets = !series.buckets.is_empty();
    for (is_there, part) in [
        (has_buckets, "_bucket"),
        (inf.is_some() || !has_buckets, "bucket +Inf"),
        (series.sum.is_some(), "_sum"),
        (series.count.is_some(), "_count"),
    ] {
        if !is_there {
            let wrong = Wrong::PartMissing { family: family.name.clone(), labels: labels.clone(), part };
            faults.push(Fault { line: series.line, wrong });
        }
    }
    if let Some((inf, count)) = inf.zip(series.count)
        && inf.is_finite()
        && count.is_finite()
        && inf != count
    {
        let wrong = Wrong::CountDiffers { family: family.name.clone(), labels, inf, count };
        faults.push(Fault { line: series.line, wrong });
    }
}

/// Series whose bounds are not those of the first one that they should share them with.
fn bounds(family: &Family, rules: &Rules, all: &[Series<'_>], faults: &mut Vec<Fault>) {
    let mut firsts: HashMap<Vec<Option<&str>>, &Series<'_>> = HashMap::new();
    for series in all.iter().filter(|series| !series.buckets.is_empty()) {
        let value = |label: &String| series.labels.iter().find(|(name, _)| name == label).map(|(_, value)| *value);
        let first = *firsts.entry(rules.bounds_apart().iter().map(value).collect()).or_insert(series);
        // A missing +Inf is told as such.
        let finite = |series: &Series<'_>| -> Vec<f64> {
            series.buckets.iter().map(|bucket| bucket.bound).filter(|bound| bound.is_finite()).collect()
        };
        if finite(first) != finite(series) {
            let labels = written(series.labels.iter().copied());
            let wrong = Wrong::BoundsDiffer { family: family.name.clone(), labels, first: first.line };
            faults.push(Fault { line: series.line, wrong });
        }
    }
}
