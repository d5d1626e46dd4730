//! What a text says, for tests to ask.

/// A whole exposition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposition {
    /// The families, in the order of the text.
    pub families: Vec<Family>,
}

/// A family: what HELP and TYPE say, and its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// What TYPE says.
    pub kind: Kind,
    /// What HELP says, unescaped.
    pub help: String,
    /// Its samples, in the order of the text.
    pub samples: Vec<Sample>,
    /// The line on which it begins.
    pub line: usize,
}

/// What a family is to Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A total that only grows.
    Counter,
    /// Cumulative buckets, with their sum and count.
    Histogram,
    /// The text does not say it, or not in one of these words; never in a clean text.
    Unknown,
}

/// A sample: one line of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name; a histogram's with `_bucket`, `_sum` or `_count`.
    pub name: String,
    /// Its labels, unescaped, in the order of the text.
    pub labels: Vec<(String, String)>,
    /// Its value.
    pub value: f64,
    /// The line on which it stands.
    pub line: usize,
}

impl Exposition {
    /// The names of the families, in the order of the text.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.families.iter().map(|family| family.name.as_str())
    }

    /// The family of this name.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// The value of the series with this name and exactly these labels, in any order. A part of a histogram is asked
    /// for by its own name, a bucket with its `le`.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples(name, labels).find(|sample| sample.labels.len() == labels.len()).map(|sample| sample.value)
    }

    /// The sum over all series with this name that have at least these labels; nothing where there is no such series.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples(name, labels).map(|sample| sample.value).reduce(|sum, value| sum + value)
    }

    /// How many series with this name have at least these labels.
    #[must_use]
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.samples(name, labels).count()
    }

    /// The samples with this name that have at least these labels, in the order of the text.
    pub fn samples(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &Sample> {
        self.all_samples().filter(move |sample| sample.name == name && sample.has(labels))
    }

    /// All samples, in the order of the text.
    pub fn all_samples(&self) -> impl Iterator<Item = &Sample> {
        self.families.iter().flat_map(|family| &family.samples)
    }
}

impl Sample {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }

    /// Whether it has all of these labels.
    #[must_use]
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == Some(value))
    }

    /// Its labels without `le`.
    pub(crate) fn own_labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().filter(|(name, _)| name != "le").map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Kind {
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "gauge" => Some(Self::Gauge),
            "counter" => Some(Self::Counter),
            "histogram" => Some(Self::Histogram),
            _ => None,
        }
    }
}

/// Labels as the text writes them, for messages.
pub(crate) fn written<'l>(labels: impl Iterator<Item = (&'l str, &'l str)>) -> String {
    labels.map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>().join(",")
}
