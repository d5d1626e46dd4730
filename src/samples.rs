//! What was measured, compactly: sheets of samples, one per family, before they are written as text.

use serde::{Deserialize, Serialize};

use crate::family::{AnyFamily, Counter, Families, Gauge, Histogram, Kind};

/// Observations sorted into buckets, before they are made cumulative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    /// How many observations fell into each bucket, the last one being above every bound. Empty before the first.
    counts: Vec<u64>,
    /// The sum of all observations, in the family's unit.
    sum: f64,
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
    fn cumulative(&self, bounds: &[f64]) -> Vec<u64> {
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

/// What one family measured: its label sets and their readings, compactly.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Sheet {
    family: &'static dyn AnyFamily,
    /// Every sample's labels as the exposition writes them (`a="1",b="2"`), one behind the other.
    labels: String,
    /// Where each sample's labels end in `labels`, and its reading.
    rows: Vec<(usize, Reading)>,
    /// The newest sample's labels up to the value of the last one. What is measured of one agent, say, begins alike.
    stem: String,
    /// Whether something in the stem is escaped.
    is_escaped: bool,
}

impl Sheet {
    fn of(family: &'static dyn AnyFamily) -> Self {
        Self { family, labels: String::new(), rows: Vec::new(), stem: String::new(), is_escaped: false }
    }

    #[inline]
    fn put<const N: usize>(&mut self, names: &[&str; N], values: &[&str; N], reading: Reading) {
        if let Some((last, values)) = values.split_last() {
            if !self.begins_alike(names, values) {
                self.begin(names, values);
            }
            self.labels.push_str(&self.stem);
            write_escaped(&mut self.labels, last);
            self.labels.push('"');
        }
        if self.rows.is_empty() {
            self.rows.reserve(64);
            self.labels.reserve(64 * 32);
        }
        self.rows.push((self.labels.len(), reading));
    }

    /// Whether the newest sample has these values, but for its last one.
    #[inline]
    fn begins_alike(&self, names: &[&str], values: &[&str]) -> bool {
        let mut rest = self.stem.as_bytes();
        if rest.is_empty() || self.is_escaped {
            return false;
        }
        for (name, value) in names.iter().zip(values) {
            let own = rest.get(name.len() + "=\"".len()..).and_then(|rest| rest.strip_prefix(value.as_bytes()));
            let Some(next) = own.and_then(|rest| rest.strip_prefix(b"\",")) else { return false };
            rest = next;
        }
        true
    }

    fn begin(&mut self, names: &[&str], values: &[&str]) {
        self.stem.clear();
        write_labels(&mut self.stem, names, values);
        let plain: usize = names.iter().zip(values).map(|(name, value)| name.len() + value.len() + "=\"\",".len()).sum();
        self.is_escaped = self.stem.len() + 1 > plain && !values.is_empty();
        if let Some(last) = names.get(values.len()) {
            self.stem.push_str(if values.is_empty() { "" } else { "," });
            self.stem.push_str(last);
            self.stem.push_str("=\"");
        }
    }

    /// The family that was measured.
    #[must_use]
    pub fn family(&self) -> &'static dyn AnyFamily {
        self.family
    }

    /// The readings, in the order in which they were put.
    pub fn readings(&self) -> impl ExactSizeIterator<Item = &Reading> + Clone {
        self.rows.iter().map(|(_, reading)| reading)
    }

    /// How many bytes the labels of all samples take.
    #[must_use]
    pub fn length_of_labels(&self) -> usize {
        self.labels.len()
    }

    /// The samples, in the order in which they were put: labels as the exposition writes them, and the reading.
    pub fn samples(&self) -> impl Iterator<Item = (&str, &Reading)> {
        let mut start = 0;
        self.rows.iter().map(move |(end, reading)| {
            let labels = self.labels.get(start..*end).unwrap_or_default();
            start = *end;
            (labels, reading)
        })
    }
}

/// What a report (or the engine about it) measured: one sheet per family, whole.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Samples {
    sheets: Vec<Sheet>,
    series: usize,
    limit: usize,
    dropped: u64,
    /// Where the sheet is that a sample was put into last.
    newest: usize,
}

impl Samples {
    /// Empty sheets for these families, for at most `limit` series; what comes after those is dropped and counted.
    #[must_use]
    pub fn of(families: Families, limit: usize) -> Self {
        Self { sheets: families.iter().copied().map(Sheet::of).collect(), series: 0, limit, dropped: 0, newest: 0 }
    }

    /// Puts a gauge's value; one that is not finite is left out, because it says nothing.
    pub fn gauge<const N: usize>(&mut self, family: &Gauge<N>, labels: [&str; N], value: f64) {
        self.put(family, &family.labels, &labels, Reading::Number(value));
    }

    /// Puts a counter's total.
    pub fn counter<const N: usize>(&mut self, family: &Counter<N>, labels: [&str; N], total: f64) {
        self.put(family, &family.labels, &labels, Reading::Number(total));
    }

    /// Puts a histogram that was sorted by these bounds.
    pub fn histogram<const N: usize>(
        &mut self,
        family: &Histogram<N>,
        labels: [&str; N],
        bounds: &[f64],
        distribution: &Distribution,
    ) {
        let cumulative = distribution.cumulative(bounds).into();
        let buckets = Buckets { bounds: bounds.into(), cumulative, sum: distribution.sum };
        self.put(family, &family.labels, &labels, buckets.into());
    }

    /// Puts a sample back whose labels are written already, into the family at this position.
    pub fn put_back(&mut self, family: usize, labels: &str, reading: Reading) {
        if !self.has_room(&reading) {
            return;
        }
        if let Some(sheet) = self.sheets.get_mut(family) {
            sheet.labels.push_str(labels);
            self.series += reading.series();
            sheet.rows.push((sheet.labels.len(), reading));
        }
    }

    /// Keeps those samples alone of which this says so: by the family's position and kind, and the labels.
    pub fn retain(&mut self, mut is_kept: impl FnMut(usize, Kind, &str) -> bool) {
        for (position, sheet) in self.sheets.iter_mut().enumerate() {
            let Sheet { family, labels, rows, .. } = std::mem::replace(sheet, Sheet::of(sheet.family));
            let mut start = 0;
            for (end, reading) in rows {
                let labels = labels.get(start..end).unwrap_or_default();
                start = end;
                if is_kept(position, family.kind(), labels) {
                    sheet.labels.push_str(labels);
                    sheet.rows.push((sheet.labels.len(), reading));
                } else {
                    self.series -= reading.series();
                }
            }
        }
    }

    /// Goes through all totals and lets each reading be changed: the family's position, the labels, the reading.
    pub fn revise_totals(&mut self, mut revise: impl FnMut(usize, &str, &mut Reading)) {
        let sheets = self.sheets.iter_mut().enumerate();
        for (position, sheet) in sheets.filter(|(_, sheet)| sheet.family.kind() != Kind::Gauge) {
            let mut start = 0;
            for (end, reading) in &mut sheet.rows {
                revise(position, sheet.labels.get(start..*end).unwrap_or_default(), reading);
                start = *end;
            }
        }
    }

    /// The sheets, in the order of the families.
    #[must_use]
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// How many series (lines of the exposition) are held.
    #[must_use]
    pub fn series(&self) -> usize {
        self.series
    }

    /// How many series did not fit under the limit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    #[inline]
    fn put<const N: usize>(
        &mut self,
        family: &dyn AnyFamily,
        names: &[&str; N],
        values: &[&str; N],
        reading: Reading,
    ) {
        if matches!(reading, Reading::Number(value) if !value.is_finite()) {
            return;
        }
        if !self.has_room(&reading) {
            return;
        }
        // A family is one static, so that its address is as good as its name. Most are put one behind the other.
        let is_its = |position: &usize| {
            self.sheets.get(*position).is_some_and(|sheet| std::ptr::addr_eq(sheet.family, family))
        };
        let place = [self.newest, self.newest + 1].into_iter().chain(0..self.sheets.len()).find(is_its);
        let Some((place, sheet)) = place.and_then(|place| Some((place, self.sheets.get_mut(place)?))) else {
            debug_assert!(false, "{} is not among the families of its report", family.name());
            return;
        };
        self.newest = place;
        self.series += reading.series();
        sheet.put(names, values, reading);
    }

    /// Whether a sample fits under the limit; one that does not is counted.
    fn has_room(&mut self, reading: &Reading) -> bool {
        let series = reading.series();
        let has_room = self.series + series <= self.limit;
        self.dropped += if has_room { 0 } else { series as u64 };
        has_room
    }
}

/// A count as a sample's value. Exact up to 2^53, which no day's calls reach.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, which no day's calls reach")]
pub const fn whole(count: u64) -> f64 {
    count as f64
}

/// Appends `name="value"` pairs, separated by commas, with the three escapes of the exposition formats.
pub fn write_labels(out: &mut String, names: &[&str], values: &[&str]) {
    for (position, (name, value)) in names.iter().zip(values).enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(name);
        out.push_str("=\"");
        write_escaped(out, value);
        out.push('"');
    }
}

#[inline]
fn write_escaped(out: &mut String, value: &str) {
    let mut rest = value;
    if may_have_special(value.as_bytes()) {
        while let Some(at) = memchr::memchr3(b'\\', b'"', b'\n', rest.as_bytes()) {
            let (plain, special) = rest.split_at(at);
            out.push_str(plain);
            let mut characters = special.chars();
            out.push_str(match characters.next() {
                Some('\\') => "\\\\",
                Some('"') => "\\\"",
                _ => "\\n",
            });
            rest = characters.as_str();
        }
    }
    out.push_str(rest);
}

/// Whether something may be to be escaped: eight bytes at a time, because values are shorter than what a search is made for.
#[inline]
fn may_have_special(value: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (value.first_chunk(), value.last_chunk()) {
        (Some(first), Some(last)) if value.len() <= 16 => flags(word(first)) | flags(word(last)) != 0,
        (Some(_), _) => true,
        (None, _) => match (value.first_chunk(), value.last_chunk()) {
            (Some(first), Some(last)) => flags(half(first) | half(last) << 32) != 0,
            _ => value.iter().any(|byte| matches!(byte, b'\\' | ..=b'"')),
        },
    }
}

/// The highest bit of each byte of a word that is a backslash or no higher than a quote, or above such a one.
const fn flags(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let backslashes = word ^ (ONES * b'\\' as u64);
    (word.wrapping_sub(ONES * (b'"' as u64 + 1)) & !word | backslashes.wrapping_sub(ONES) & !backslashes) & (ONES << 7)
}
