//! The value of a sample: a number, or a histogram.

use serde::{Deserialize, Serialize};

/// Observations sorted into buckets, before they are made cumulative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// How many observations fell into each bucket, the last one being above every bound. Empty before the first.
    counts: Vec<u64>,
    /// The sum of all observations, in the family's unit.
    pub(super) sum: f64,
}

impl Distribution {
    /// Adds one observation to the first bucket whose upper bound is not below it.
    pub fn observe(&mut self, bounds: &[f64], value: f64) {
        let bucket = bounds.partition_point(|bound| *bound < value);
        self.add(bounds, bucket, 1, value);
    }

    /// Adds `count` observations, `sum` together, to the bucket at this position; position `bounds.len()` is above all.
    pub fn add(&mut self, bounds: &[f64], bucket: usize, count: u64, sum: f64) {
        self.counts.resize(bounds.len() + 1, 0);
        if let Some(slot) = self.counts.get_mut(bucket) {
            *slot += count;
            self.sum += sum;
        }
    }

    /// The cumulative count up to each bound; the last one, for `+Inf`, is the count of all.
    pub(super) fn cumulative(&self, bounds: &[f64]) -> Vec<u64> {
        let mut so_far = 0;
        (0..=bounds.len())
            .map(|bucket| {
                so_far += self.counts.get(bucket).copied().unwrap_or(0);
                so_far
            })
            .collect()
    }
}

/// The value of one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reading {
    /// A gauge's or counter's value.
    Number(f64),
    /// A histogram.
    Histogram(Box<Buckets>),
}

/// What a histogram says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buckets {
    /// Upper bounds, ascending, without `+Inf`.
    pub bounds: Box<[f64]>,
    /// Cumulative counts, one more than bounds; the last one is `+Inf`'s.
    pub cumulative: Box<[u64]>,
    /// Sum of the observations.
    pub sum: f64,
}

impl From<Buckets> for Reading {
    fn from(buckets: Buckets) -> Self {
        Self::Histogram(Box::new(buckets))
    }
}

impl Reading {
    /// Whether any number of this reading is below the same number of another.
    #[must_use]
    pub fn is_below(&self, other: &Self) -> bool {
        self.pairs(other).any(|(own, other)| own < other)
    }

    /// Whether this reading's own number, or its count, is below half of another's.
    #[must_use]
    pub fn is_below_half_of(&self, other: &Self) -> bool {
        self.pairs(other).last().is_some_and(|(own, other)| own < other / 2.0)
    }

    /// The value of a gauge or counter; of a histogram none, which is 0.
    #[must_use]
    pub fn number(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Histogram(_) => 0.0,
        }
    }

    /// Raises each number of this reading to the same number of another, where that is higher.
    pub fn raise_to(&mut self, other: &Self) {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => *own = own.max(*other),
            (Self::Histogram(own), Self::Histogram(other)) => {
                own.sum = own.sum.max(other.sum);
                for (own, other) in own.cumulative.iter_mut().zip(&other.cumulative) {
                    *own = (*own).max(*other);
                }
            }
            // One series has one kind of reading.
            _ => {}
        }
    }

    /// Sorts a histogram by the bounds of another, where those are not its own. What a bound that it did not have would
    /// count nobody knows: no less than the next lower one.
    pub fn sort_by(&mut self, other: &Self) {
        let (Self::Histogram(own), Self::Histogram(other)) = (self, other) else { return };
        let (Buckets { bounds, cumulative, .. }, wanted) = (&mut **own, &other.bounds);
        if bounds == wanted {
            return;
        }
        let up_to = |bound: &f64| {
            let below = bounds.partition_point(|own| own <= bound);
            below.checked_sub(1).and_then(|last| cumulative.get(last).copied()).unwrap_or(0)
        };
        let all = cumulative.last().copied().unwrap_or(0);
        *cumulative = wanted.iter().map(up_to).chain([all]).collect();
        bounds.clone_from(wanted);
    }

    /// Makes every number 0.
    pub fn set_to_zero(&mut self) {
        match self {
            Self::Number(value) => *value = 0.0,
            Self::Histogram(buckets) => {
                buckets.cumulative.fill(0);
                buckets.sum = 0.0;
            }
        }
    }

    /// The numbers of two readings side by side: the sum first, the count last.
    fn pairs<'r>(&'r self, other: &'r Self) -> impl Iterator<Item = (f64, f64)> + 'r {
        self.numbers().zip(other.numbers())
    }

    fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let (number, counts) = match self {
            Self::Number(value) => (*value, &[][..]),
            Self::Histogram(buckets) => (buckets.sum, &*buckets.cumulative),
        };
        std::iter::once(number).chain(counts.iter().map(|count| whole(*count)))
    }

    /// How many lines of the exposition this reading takes.
    #[must_use]
    pub fn series(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Histogram(buckets) => buckets.cumulative.len() + 2,
        }
    }
}

/// A count as a sample's value. Exact up to 2^53, which no day's calls reach.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, which no day's calls reach")]
pub const fn whole(count: u64) -> f64 {
    count as f64
}
