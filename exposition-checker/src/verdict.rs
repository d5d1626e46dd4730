//! What is wrong with what the text says: names, labels, series and values.

use std::collections::{BTreeSet, HashMap};

use crate::exposition::{Exposition, Family, Kind, Sample, written};
use crate::fault::{Fault, Wrong};
use crate::histogram;
use crate::read::PARTS;
use crate::rules::Rules;

/// Units that Prometheus has base units for, as names end in them.
const UNITS: [&str; 12] = [
    "percent",
    "percentage",
    "hours",
    "minutes",
    "milliseconds",
    "millis",
    "ms",
    "microseconds",
    "nanoseconds",
    "kilobytes",
    "megabytes",
    "bits",
];

/// Adds the faults of what was read.
pub(crate) fn judge(exposition: &Exposition, rules: &Rules, faults: &mut Vec<Fault>) {
    duplicates(exposition, faults);
    for family in &exposition.families {
        name(family, faults);
        labels(family, rules, faults);
        forbidden(family, rules, faults);
        for sample in &family.samples {
            if let Some(wrong) = value(family, sample) {
                faults.push(Fault { line: sample.line, wrong });
            }
        }
        if family.kind == Kind::Histogram {
            histogram::judge(family, rules, faults);
        }
    }
}

/// Series that stand twice. A label without a value is no label to Prometheus.
fn duplicates(exposition: &Exposition, faults: &mut Vec<Fault>) {
    let mut first_lines = HashMap::new();
    for sample in exposition.all_samples() {
        let mut labels: Vec<_> = sample.labels.iter().filter(|(_, value)| !value.is_empty()).collect();
        labels.sort();
        let first = *first_lines.entry((&sample.name, labels)).or_insert(sample.line);
        if first != sample.line {
            let labels = written(sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let wrong = Wrong::DuplicateSeries { name: sample.name.clone(), labels, first };
            faults.push(Fault { line: sample.line, wrong });
        }
    }
}

fn name(family: &Family, faults: &mut Vec<Fault>) {
    let name = &family.name;
    let mut tell = |line: usize, wrong: Wrong| faults.push(Fault { line, wrong });
    let is_total = name.ends_with("_total");
    match family.kind {
        Kind::Counter if !is_total => tell(family.line, Wrong::CounterSuffix(name.clone())),
        Kind::Gauge | Kind::Histogram if is_total => tell(family.line, Wrong::TotalSuffix(name.clone())),
        _ => {}
    }
    let is_part = |name: &str| PARTS.iter().any(|part| name.ends_with(part));
    let stray = family.samples.iter().find(|sample| match family.kind {
        Kind::Unknown => false,
        Kind::Histogram => sample.name == *name,
        Kind::Gauge | Kind::Counter => sample.name != *name,
    });
    match stray {
        _ if family.kind != Kind::Unknown && is_part(name) => tell(family.line, Wrong::PartSuffix(name.clone())),
        Some(sample) if family.kind == Kind::Histogram => tell(sample.line, Wrong::NotAPart(name.clone())),
        Some(sample) => tell(sample.line, Wrong::PartSuffix(sample.name.clone())),
        None => {}
    }
    let quantity = name.strip_suffix("_total").unwrap_or(name);
    let last_word = quantity.rsplit('_').next().unwrap_or_default();
    if let Some(unit) = UNITS.into_iter().find(|unit| *unit == last_word) {
        tell(family.line, Wrong::Unit { family: name.clone(), unit });
    }
}

fn labels(family: &Family, rules: &Rules, faults: &mut Vec<Fault>) {
    let mut told = BTreeSet::new();
    let mut first: Option<(usize, BTreeSet<&str>)> = None;
    for sample in &family.samples {
        let mut tell = |wrong: Wrong| faults.push(Fault { line: sample.line, wrong });
        let is_bucket = sample.name.ends_with("_bucket") && family.kind != Kind::Gauge && family.kind != Kind::Counter;
        let bound = sample.label("le");
        if bound.is_some() && !is_bucket && family.kind != Kind::Unknown {
            tell(Wrong::LeMisplaced(sample.name.clone()));
        }
        let names: BTreeSet<&str> = sample.own_labels().map(|(name, _)| name).collect();
        for label in &names {
            if !rules.allows(&family.name, label) && told.insert((*label).to_owned()) {
                tell(Wrong::LabelNotAllowed { family: family.name.clone(), label: (*label).to_owned() });
            }
        }
        match &first {
            None => first = Some((sample.line, names)),
            Some((_, before)) if *before == names => {}
            Some((first, before)) => {
                let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
                let (here, before) = (list(&names), list(before));
                tell(Wrong::LabelNamesDiffer { name: sample.name.clone(), here, before, first: *first });
            }
        }
    }
}

fn forbidden(family: &Family, rules: &Rules, faults: &mut Vec<Fault>) {
    let mut tell = |line: usize, place: &str, value: &str| {
        for text in rules.forbidden_in(value) {
            let (family, place, text) = (family.name.clone(), place.to_owned(), text.to_owned());
            faults.push(Fault { line, wrong: Wrong::Forbidden { family, place, text } });
        }
    };
    tell(family.line, "HELP", &family.help);
    for sample in &family.samples {
        for (name, value) in &sample.labels {
            tell(sample.line, &format!("the label {name}"), value);
        }
    }
}

fn value(family: &Family, sample: &Sample) -> Option<Wrong> {
    let name = || sample.name.clone();
    let is_never_negative = matches!(family.kind, Kind::Counter | Kind::Histogram) || family.name.ends_with("_ratio");
    if sample.value.is_nan() {
        Some(Wrong::Nan(name()))
    } else if sample.value.is_infinite() {
        Some(Wrong::Infinite(name()))
    } else if is_never_negative && sample.value < 0.0 {
        Some(Wrong::Negative(name()))
    } else if family.name.ends_with("_info") && sample.value != 1.0 {
        Some(Wrong::InfoNotOne(name()))
    } else {
        None
    }
}
