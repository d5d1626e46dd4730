//! What was measured, compactly: sheets of samples, one per family, before they are written as text.

mod labels;
mod reading;

use self::labels::write_escaped;
use crate::family::{AnyFamily, Counter, Families, Gauge, Histogram, Kind};

pub use self::labels::write_labels;
pub use self::reading::{Buckets, Distribution, Reading, whole};

/// What one family measured: its label sets and their readings, compactly.
#[derive(Debug)]
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
    /// About how many samples are to come.
    expected: usize,
}

impl Sheet {
    fn of(family: &'static dyn AnyFamily) -> Self {
        Self { family, labels: String::new(), rows: Vec::new(), stem: String::new(), is_escaped: false, expected: 0 }
    }

    /// A family is one static, so that its address is as good as its name.
    #[inline]
    fn is_of(&self, family: &dyn AnyFamily) -> bool {
        std::ptr::addr_eq(self.family, family)
    }

    #[inline]
    fn put<const N: usize>(&mut self, names: &[&str; N], values: &[&str; N], reading: Reading) {
        if let Some((last, values)) = values.split_last() {
            self.begin(names, values);
            if self.rows.is_empty() {
                self.make_room(1);
            }
            self.put_last(last, reading);
        } else {
            self.rows.push((self.labels.len(), reading));
        }
    }

    /// Puts a sample whose labels begin as was said last, and end with this value.
    #[inline]
    fn put_last(&mut self, value: &str, reading: Reading) {
        self.labels.push_str(&self.stem);
        write_escaped(&mut self.labels, value);
        self.labels.push('"');
        self.rows.push((self.labels.len(), reading));
    }

    /// Makes room for so many times as many samples as are expected, whose labels begin about as was said last.
    #[inline(never)]
    fn make_room(&mut self, times: usize) {
        const VALUE: usize = "inbound\"".len();
        self.rows.reserve(self.expected * times);
        self.labels.reserve(self.expected * times * (self.stem.len() + VALUE));
    }

    /// Lets labels begin with these values.
    #[inline]
    fn begin(&mut self, names: &[&str], values: &[&str]) {
        if !self.begins_alike(names, values) {
            self.begin_anew(names, values);
        }
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

    #[inline(never)]
    fn begin_anew(&mut self, names: &[&str], values: &[&str]) {
        self.stem.clear();
        write_labels(&mut self.stem, names, values);
        let plain: usize =
            names.iter().zip(values).map(|(name, value)| name.len() + value.len() + "=\"\",".len()).sum();
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
    #[must_use]
    pub fn readings(&self) -> impl ExactSizeIterator<Item = &Reading> + Clone {
        self.rows.iter().map(|(_, reading)| reading)
    }

    /// The labels of all samples, one behind the other.
    #[must_use]
    pub fn labels(&self) -> &str {
        &self.labels
    }

    /// The samples, to let readings be changed.
    pub fn samples_mut(&mut self) -> impl Iterator<Item = (&str, &mut Reading)> {
        let (labels, mut start) = (&self.labels, 0);
        self.rows.iter_mut().map(move |(end, reading)| {
            let labels = labels.get(start..*end).unwrap_or_default();
            start = *end;
            (labels, reading)
        })
    }

    /// Keeps those samples alone of which this says so; answers how many series go.
    fn retain(&mut self, mut is_kept: impl FnMut(&str, &mut Reading) -> bool) -> usize {
        let Self { labels, rows, .. } = std::mem::replace(self, Self::of(self.family));
        let (mut start, mut gone) = (0, 0);
        for (end, mut reading) in rows {
            let labels = labels.get(start..end).unwrap_or_default();
            start = end;
            if is_kept(labels, &mut reading) {
                self.labels.push_str(labels);
                self.rows.push((self.labels.len(), reading));
            } else {
                gone += reading.series();
            }
        }
        gone
    }

    /// The samples, in the order in which they were put: labels as the exposition writes them, and the reading.
    pub fn samples(&self) -> impl Iterator<Item = (&str, &Reading)> {
        let (mut rest, mut start) = (self.labels.as_str(), 0);
        self.rows.iter().map(move |(end, reading)| {
            let labels;
            (labels, rest) = rest.split_at_checked(end - start).unwrap_or_default();
            start = *end;
            (labels, reading)
        })
    }
}

/// What a report (or the engine about it) measured: one sheet per family, whole.
#[derive(Debug)]
pub struct Samples {
    sheets: Vec<Sheet>,
    limit: Limit,
    /// Where the sheet is that a sample was put into last.
    newest: usize,
}

/// How many series there may be, and are.
#[derive(Debug)]
struct Limit {
    most: usize,
    held: usize,
    dropped: u64,
}

impl Limit {
    /// Whether a sample of so many series fits, and is counted among those held; one that does not is counted, too.
    #[inline]
    fn admits(&mut self, series: usize) -> bool {
        let fits = self.held + series <= self.most;
        if fits {
            self.held += series;
        } else {
            self.dropped += series as u64;
        }
        fits
    }
}

impl Samples {
    /// Empty sheets for these families, for at most `limit` series; what comes after those is dropped and counted.
    #[must_use]
    pub fn of(families: Families, limit: usize) -> Self {
        let limit = Limit { most: limit, held: 0, dropped: 0 };
        Self { sheets: families.iter().copied().map(Sheet::of).collect(), limit, newest: 0 }
    }

    /// About so many samples of each family that has any are to come: room is made for all at once.
    pub fn expect(&mut self, samples: usize) {
        for sheet in &mut self.sheets {
            sheet.expected = samples.min(self.limit.most);
        }
    }

    /// Puts a gauge's value; one that is not finite is left out, because it says nothing.
    pub fn gauge<const N: usize>(&mut self, family: &Gauge<N>, labels: [&str; N], value: f64) {
        self.put(family, &family.labels, &labels, Reading::Number(value));
    }

    /// Puts a counter's total.
    pub fn counter<const N: usize>(&mut self, family: &Counter<N>, labels: [&str; N], total: f64) {
        self.put(family, &family.labels, &labels, Reading::Number(total));
    }

    /// Puts totals of counters that differ in the value of the last label: the values before it, and each last one and its
    /// total.
    pub fn counters<'v, const N: usize, const M: usize>(
        &mut self,
        family: &Counter<N>,
        labels: [&str; M],
        totals: impl IntoIterator<Item = (&'v str, f64)>,
    ) {
        const { assert!(N == M + 1, "all labels but the last are the same") };
        self.turn_to(family);
        let Some(sheet) = self.sheets.get_mut(self.newest) else { return };
        sheet.begin(&family.labels, &labels);
        let totals = totals.into_iter();
        if sheet.rows.is_empty() {
            sheet.make_room(totals.size_hint().1.unwrap_or_default());
        }
        for (last, total) in totals.filter(|(_, total)| total.is_finite()) {
            if self.limit.admits(1) {
                sheet.put_last(last, Reading::Number(total));
            }
        }
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
        if let Some(sheet) = self.sheets.get_mut(family)
            && self.limit.admits(reading.series())
        {
            sheet.labels.push_str(labels);
            sheet.rows.push((sheet.labels.len(), reading));
        }
    }

    /// The sheets of totals, and the position of the family of each.
    pub fn totals_mut(&mut self) -> impl Iterator<Item = (usize, &mut Sheet)> {
        self.sheets.iter_mut().enumerate().filter(|(_, sheet)| sheet.family.kind() != Kind::Gauge)
    }

    /// Keeps those totals alone of which this says so, for the family's position: by the labels, and the reading, which may be
    /// changed.
    pub fn retain_totals<K: FnMut(&str, &mut Reading) -> bool>(&mut self, mut is_kept: impl FnMut(usize) -> K) {
        let mut gone = 0;
        for (family, sheet) in self.totals_mut() {
            gone += sheet.retain(is_kept(family));
        }
        self.limit.held -= gone;
    }

    /// The sheets, in the order of the families.
    #[must_use]
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// How many series (lines of the exposition) are held.
    #[must_use]
    pub fn series(&self) -> usize {
        self.limit.held
    }

    /// How many series did not fit under the limit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.limit.dropped
    }

    #[inline]
    fn put<const N: usize>(&mut self, family: &dyn AnyFamily, names: &[&str; N], values: &[&str; N], reading: Reading) {
        if matches!(reading, Reading::Number(value) if !value.is_finite()) {
            return;
        }
        self.turn_to(family);
        if let Some(sheet) = self.sheets.get_mut(self.newest)
            && self.limit.admits(reading.series())
        {
            sheet.put(names, values, reading);
        }
    }

    /// Turns to the sheet of this family.
    #[inline]
    fn turn_to(&mut self, family: &dyn AnyFamily) {
        if !self.sheets.get(self.newest).is_some_and(|sheet| sheet.is_of(family)) {
            self.look_for(family);
        }
    }

    #[inline(never)]
    fn look_for(&mut self, family: &dyn AnyFamily) {
        let is_its = |place: &usize| self.sheets.get(*place).is_some_and(|sheet| sheet.is_of(family));
        let place = [self.newest.wrapping_add(1)].into_iter().chain(0..self.sheets.len()).find(is_its);
        debug_assert!(place.is_some(), "{} is not among the families of its report", family.name());
        self.newest = place.unwrap_or(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static NONE: Gauge<0> = Gauge::new("none", "Without labels.", []);
    static ONE: Gauge<1> = Gauge::new("one", "With one.", ["a"]);
    static TWO: Counter<2> = Counter::new("two_total", "With two.", ["a", "bc"]);
    static THREE: Gauge<3> = Gauge::new("three", "With three.", ["a", "b", "c"]);
    static FAMILIES: Families = &[&NONE, &ONE, &TWO, &THREE];

    fn value() -> impl Strategy<Value = String> {
        prop_oneof!["[ab]{0,3}", r#"[ab"\\\n,= #!]{0,20}"#, r#"(b",|bc="|a="){0,3}"#, "[a-z0-9]{0,20}", any::<String>(),]
    }

    /// What labels are written as, character by character.
    fn written(labels: &[(&str, &str)]) -> String {
        let escape = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        labels.join(",")
    }

    proptest! {
        #[test]
        fn labels_are_written_whatever_was_written_before(
            values in proptest::collection::vec((value(), value(), value(), 0..4_usize), 0..20),
            expected in 0..40_usize,
        ) {
            let mut samples = Samples::of(FAMILIES, usize::MAX);
            samples.expect(expected);
            let mut wanted = vec![Vec::new(); FAMILIES.len()];
            let mut before = String::new();
            for (a, b, c, repeated) in &values {
                // Mostly the same agent as before, say.
                let a = if *repeated > 0 { before.clone() } else { a.clone() };
                let a = a.as_str();
                samples.gauge(&NONE, [], 1.0);
                samples.gauge(&ONE, [a], 1.0);
                samples.counters(&TWO, [a], [(b.as_str(), 1.0), (c.as_str(), 2.0)]);
                samples.counter(&TWO, [a, c], 3.0);
                samples.gauge(&THREE, [a, b, c], 1.0);
                wanted[0].push(String::new());
                wanted[1].push(written(&[("a", a)]));
                wanted[2].extend([b, c, c].map(|last| written(&[("a", a), ("bc", last)])));
                wanted[3].push(written(&[("a", a), ("b", b), ("c", c)]));
                before = a.to_owned();
            }
            for (sheet, wanted) in samples.sheets().iter().zip(&wanted) {
                let labels: Vec<_> = sheet.samples().map(|(labels, _)| labels).collect();
                prop_assert_eq!(&labels, wanted);
                prop_assert_eq!(sheet.labels().len(), wanted.iter().map(String::len).sum::<usize>());
            }
            prop_assert_eq!(samples.series(), wanted.iter().map(Vec::len).sum::<usize>());
        }

        #[test]
        fn of_many_counters_those_are_put_that_are_numbers_and_have_room(totals in proptest::collection::vec(any::<f64>(), 0..20), limit in 0..20_usize) {
            let names: Vec<String> = (0..totals.len()).map(|number| number.to_string()).collect();
            let [mut one_by_one, mut at_once] = [(); 2].map(|()| Samples::of(FAMILIES, limit));
            for (name, total) in names.iter().zip(&totals) {
                one_by_one.counter(&TWO, ["a", name], *total);
            }
            at_once.counters(&TWO, ["a"], names.iter().map(String::as_str).zip(totals));
            let told = |samples: &Samples| -> Vec<(String, Reading)> {
                samples.sheets()[2].samples().map(|(labels, reading)| (labels.to_owned(), reading.clone())).collect()
            };
            prop_assert_eq!(told(&one_by_one), told(&at_once));
            prop_assert_eq!((one_by_one.series(), one_by_one.dropped()), (at_once.series(), at_once.dropped()));
        }
    }
}
