//! What may be asked for: every series' name, labels and values, from an exposition.

use std::collections::{BTreeMap, BTreeSet};

use exposition_checker::{Exposition, Kind};

/// Families that no panel shows, and why.
pub const UNUSED: &[(&str, &str)] = &[];

/// Values that an exporter may serve and the demonstration does not.
const RARE: &[(&str, &str, &str)] = &[("wolkvox_skill_service_level_base_info", "base", "unknown")];

/// Series that Prometheus makes itself.
const OWN: &[(&str, &[&str])] = &[
    ("ALERTS", &["alertname", "alertstate", "operation", "severity"]),
    ("up", &[]),
    ("scrape_duration_seconds", &[]),
    ("scrape_samples_scraped", &[]),
];

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// A literal, which fits everything.
    Any,
    /// A stretch of time, in seconds.
    Span,
    /// A moment, in seconds since 1970.
    Moment,
    /// Bytes.
    Bytes,
    /// A share from 0 to 1.
    Ratio,
    /// Seconds per second: heads of agents, cores of a processor.
    Heads,
    /// A count, or anything else without a unit.
    Plain,
    /// Not known.
    Unknown,
}

/// What is known of the series of one name.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) family: String,
    pub(crate) is_counter: bool,
    pub(crate) dimension: Dimension,
    /// Its labels with their values; no values where anything is possible.
    pub(crate) labels: BTreeMap<String, BTreeSet<String>>,
    /// Recorded by a rule: its labels are not known.
    pub(crate) is_recorded: bool,
}

/// Everything that may be asked for.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    entries: BTreeMap<String, Entry>,
}

impl Vocabulary {
    /// What an exposition has.
    #[must_use]
    pub fn of(exposition: &Exposition) -> Self {
        let mut vocabulary = Self::default();
        for (name, labels) in OWN {
            let labels = labels.iter().map(|label| ((*label).to_owned(), BTreeSet::new())).collect();
            vocabulary.enter(name, name, false, labels);
        }
        for family in &exposition.families {
            for sample in &family.samples {
                let mut labels: BTreeMap<String, BTreeSet<String>> =
                    vocabulary.entries.get(&sample.name).map(|entry| entry.labels.clone()).unwrap_or_default();
                for (label, value) in &sample.labels {
                    labels.entry(label.clone()).or_default().insert(value.clone());
                }
                vocabulary.enter(&sample.name, &family.name, family.kind != Kind::Gauge, labels);
            }
        }
        for (name, label, value) in RARE {
            let labels = vocabulary.entries.get_mut(*name).map(|entry| &mut entry.labels);
            if let Some(values) = labels.and_then(|labels| labels.get_mut(*label)) {
                values.insert((*value).to_owned());
            }
        }
        vocabulary
    }

    fn enter(&mut self, name: &str, family: &str, is_counter: bool, mut labels: BTreeMap<String, BTreeSet<String>>) {
        for label in ["instance", "job"] {
            labels.entry(label.to_owned()).or_default();
        }
        let dimension = dimension(name);
        let entry = Entry { family: family.to_owned(), is_counter, dimension, labels, is_recorded: false };
        self.entries.insert(name.to_owned(), entry);
    }

    /// Enters what a rule records.
    pub(crate) fn record(&mut self, name: &str) {
        let entry = Entry {
            family: name.to_owned(),
            is_counter: false,
            dimension: Dimension::Unknown,
            labels: BTreeMap::new(),
            is_recorded: true,
        };
        self.entries.insert(name.to_owned(), entry);
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The exporter's families.
    pub(crate) fn families(&self) -> BTreeSet<&str> {
        let own = self.entries.values().filter(|entry| !entry.is_recorded).map(|entry| entry.family.as_str());
        own.filter(|family| OWN.iter().all(|(name, _)| name != family)).collect()
    }
}

fn dimension(name: &str) -> Dimension {
    if name.ends_with("_bucket") || name.ends_with("_count") {
        return Dimension::Plain;
    }
    let name = name.trim_end_matches("_total").trim_end_matches("_sum");
    let ends: [(&str, Dimension); 4] = [
        ("_timestamp_seconds", Dimension::Moment),
        ("_seconds", Dimension::Span),
        ("_bytes", Dimension::Bytes),
        ("_ratio", Dimension::Ratio),
    ];
    if name == "process_start_time_seconds" {
        return Dimension::Moment;
    }
    ends.iter().find(|(end, _)| name.ends_with(end)).map_or(Dimension::Plain, |(_, dimension)| *dimension)
}
