//! What is known of each total, in few bytes: there may be a million of them, and nearly all of them are plain numbers
//! that were never lowered and have long been born.
//!
//! Between answers marks are kept as bytes, to be read one behind the other. To find one by its labels they are opened,
//! which is done for a moment at each answer.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::Mark;
use super::opened::Opened;
use super::rows::Rows;
use crate::samples::Reading;

/// The marks of one report, by family and labels.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By the family's position.
    columns: Vec<Column>,
}

/// The marks of one family.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// Every total's labels and the highest number that was told, as [`Rows`] reads them.
    pub(super) rows: Box<[u8]>,
    pub(super) aside: Aside,
}

/// What is known of few totals only, by their rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    /// The highest that was told, where it is more than a number.
    histograms: HashMap<u32, Reading>,
    /// What was told last, where that is not the highest.
    told: HashMap<u32, Reading>,
    /// Until when zero is served, where it still is.
    ripe: HashMap<u32, Instant>,
    /// Those that are not served, because an answer has left them out.
    unserved: HashSet<u32>,
    /// Until when one is served that the newest answer has left out.
    leaves: HashMap<u32, Instant>,
}

impl Marks {
    pub(super) fn of(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    pub(super) fn clear(&mut self) {
        self.columns.clear();
    }

    /// The same marks, to be found by their labels.
    pub(super) fn opened(&self) -> Opened<'_> {
        Opened::of(&self.columns)
    }

    /// Lets those be served as they are that were served as zero until now; answers whether there were any.
    pub(super) fn ripen(&mut self, now: Instant) -> bool {
        let mut have_ripened = false;
        for Column { aside: Aside { ripe, .. }, .. } in &mut self.columns {
            have_ripened |= ripe.extract_if(|_, ripe| *ripe <= now).count() > 0;
            ripe.shrink_to_fit();
        }
        have_ripened
    }

    /// Serves those no longer that were to leave by now; answers whether there were any.
    pub(super) fn leave(&mut self, now: Instant) -> bool {
        let mut have_left = false;
        for Column { aside: Aside { leaves, unserved, .. }, .. } in &mut self.columns {
            let before = unserved.len();
            unserved.extend(leaves.extract_if(|_, leaves| *leaves <= now).map(|(row, _)| row));
            have_left |= unserved.len() > before;
        }
        have_left
    }

    /// Lets those that are served as zero be so until this moment.
    pub(super) fn set_ripe(&mut self, at: Instant) {
        self.columns.iter_mut().flat_map(|column| column.aside.ripe.values_mut()).for_each(|ripe| *ripe = at);
    }

    pub(super) fn ripe(&self) -> impl Iterator<Item = Instant> {
        self.columns.iter().flat_map(|column| column.aside.ripe.values().copied())
    }

    /// When what is served changes by itself: a zero becomes what it is, or what was left out leaves.
    pub(super) fn changes(&self) -> impl Iterator<Item = Instant> {
        self.columns.iter().flat_map(|Column { aside: Aside { ripe, leaves, unserved, .. }, .. }| {
            let ripe = ripe.iter().filter(|(row, _)| !unserved.contains(row)).map(|(_, ripe)| ripe);
            leaves.values().chain(ripe).copied()
        })
    }

    /// All of them: the family's position, the labels, and what is known.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, String, Mark)> {
        self.columns.iter().enumerate().flat_map(|(family, column)| {
            let mut rows = Rows::of(&column.rows);
            let next = move || rows.next().map(|(labels, high)| (labels.to_owned(), high));
            let rows = (0..).zip(std::iter::from_fn(next));
            rows.filter_map(move |(row, (labels, high))| Some((family, labels, column.aside.mark(row, high)?)))
        })
    }
}

impl Aside {
    /// Whether nothing is known of any total but a number.
    pub(super) fn is_empty(&self) -> bool {
        let Self { histograms, told, ripe, unserved, leaves } = self;
        histograms.is_empty() && told.is_empty() && ripe.is_empty() && unserved.is_empty() && leaves.is_empty()
    }

    /// Whether more is known of the total in this row than a number: that it was lowered, is not born, or not served.
    pub(super) fn knows(&self, row: u32) -> bool {
        let Self { histograms, told, ripe, unserved, leaves } = self;
        histograms.contains_key(&row)
            || told.contains_key(&row)
            || ripe.contains_key(&row)
            || unserved.contains(&row)
            || leaves.contains_key(&row)
    }

    /// What is known of the total in this row, whose highest number is this; not a number where it is more than one.
    pub(super) fn mark(&self, row: u32, high: f64) -> Option<Mark> {
        let high = if high.is_nan() { self.histograms.get(&row)?.clone() } else { Reading::Number(high) };
        let told = self.told.get(&row).cloned().unwrap_or_else(|| high.clone());
        Some(Mark { high, told, ripe: self.ripe.get(&row).copied(), is_served: !self.unserved.contains(&row) })
    }

    /// An answer has left out the total in this row. Answers whether it is served for a while all the same: `stays` tells,
    /// from when it ceases to be zero and when it was to leave, until when.
    pub(super) fn miss(
        &mut self,
        row: u32,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
    ) -> bool {
        if self.unserved.contains(&row) {
            return false;
        }
        let leaves = stays(self.ripe.get(&row).copied(), self.leaves.remove(&row));
        match leaves {
            Some(leaves) => drop(self.leaves.insert(row, leaves)),
            None => drop(self.unserved.insert(row)),
        }
        leaves.is_some()
    }

    /// Lets what is known of rows be known of where they stand now: in this order.
    pub(super) fn renumber(&mut self, order: &[u32]) {
        if order.is_sorted() {
            return;
        }
        let now: HashMap<u32, u32> = order.iter().copied().zip(0..).collect();
        let of = |row: u32| now.get(&row).copied().unwrap_or(row);
        move_rows(&mut self.histograms, of);
        move_rows(&mut self.told, of);
        move_rows(&mut self.ripe, of);
        move_rows(&mut self.leaves, of);
        self.unserved = self.unserved.iter().map(|row| of(*row)).collect();
    }

    /// Remembers what is to be known of this row beside its highest number, and answers that.
    pub(super) fn put(&mut self, row: u32, mark: Mark) -> f64 {
        let Mark { high, told, ripe, is_served } = mark;
        set(&mut self.leaves, row, None);
        if !is_served {
            self.unserved.insert(row);
        } else if !self.unserved.is_empty() {
            self.unserved.remove(&row);
        }
        set(&mut self.told, row, (told != high).then_some(told));
        set(&mut self.ripe, row, ripe);
        match high {
            Reading::Number(number) => number,
            Reading::Histogram(_) => {
                self.histograms.insert(row, high);
                f64::NAN
            }
        }
    }
}

fn move_rows<V>(known: &mut HashMap<u32, V>, of: impl Fn(u32) -> u32) {
    *known = std::mem::take(known).into_iter().map(|(row, value)| (of(row), value)).collect();
}

/// Remembers something of a row, or nothing. Most know nothing of any row, and need not look for one.
fn set<V>(known: &mut HashMap<u32, V>, row: u32, value: Option<V>) {
    match value {
        Some(value) => drop(known.insert(row, value)),
        None if known.is_empty() => {}
        None => drop(known.remove(&row)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::samples::Buckets;

    /// What a test puts: family, labels, the highest, the last, whether it is a histogram, and whether it is born.
    type Put = (usize, u8, u8, u8, bool, bool);

    fn mark((_, _, high, told, is_histogram, is_born): Put, now: Instant) -> Mark {
        let reading = |number: u8| {
            if is_histogram {
                Buckets { bounds: [1.0].into(), cumulative: [0, number.into()].into(), sum: 0.5 }.into()
            } else {
                Reading::Number(number.into())
            }
        };
        let ripe = (!is_born).then(|| now + Duration::from_secs(high.into()));
        Mark { high: reading(high), told: reading(told), ripe, is_served: is_born }
    }

    proptest! {
        #[test]
        fn they_are_a_map(
            answers in proptest::collection::vec(
                proptest::collection::vec(
                    (0..3_usize, 0..40_u8, any::<u8>(), any::<u8>(), any::<bool>(), any::<bool>()),
                    0..60,
                ),
                0..6,
            ),
            are_sorted in any::<bool>(),
        ) {
            let now = tokio::time::Instant::now();
            let (mut marks, mut map) = (Marks::default(), BTreeMap::new());
            let mut order: Vec<String> = Vec::new();
            for mut answer in answers {
                if are_sorted {
                    answer.sort_unstable_by_key(|put| put.1);
                }
                let mut opened = marks.opened();
                let mut told: Vec<String> = Vec::new();
                for put in answer {
                    let labels = "xy".repeat(put.1.into());
                    let known = map.get(&(put.0, labels.clone())).cloned();
                    opened.update(put.0, &labels, |found| {
                        assert_eq!(found, known);
                        Some(mark(put, now))
                    });
                    if put.0 == 0 && !told.contains(&labels) {
                        told.push(labels.clone());
                    }
                    map.insert((put.0, labels), mark(put, now));
                }
                marks = opened.closed();
                // What was told comes first.
                order.retain(|labels| !told.contains(labels));
                order.splice(..0, told);
            }
            prop_assert_eq!(marks.iter().count(), map.len());
            let told: BTreeMap<_, _> = marks.iter().map(|(family, labels, mark)| ((family, labels), mark)).collect();
            prop_assert_eq!(&told, &map);
            let mut opened = marks.opened();
            for ((family, labels), mark) in &map {
                prop_assert_eq!(opened.get(*family, labels), Some(mark.clone()));
            }
            prop_assert_eq!(opened.get(1, "y"), None);
            prop_assert_eq!(marks.ripe().max(), map.values().filter_map(|mark| mark.ripe).max());
            let changes = map.values().filter(|mark| mark.is_served).filter_map(|mark| mark.ripe).min();
            prop_assert_eq!(marks.changes().min(), changes);
            let seen: Vec<String> = marks.iter().filter(|(family, ..)| *family == 0).map(|(_, labels, _)| labels).collect();
            prop_assert_eq!(seen, order);
        }

        #[test]
        fn one_is_raised_only_where_it_is_next_and_a_number_that_is_not_lowered(
            puts in proptest::collection::vec((0..2_usize, 0..40_u8, any::<u8>(), any::<u8>(), any::<bool>(), any::<bool>()), 1..20),
            raised in proptest::collection::vec((0..20_usize, any::<u8>()), 0..20),
        ) {
            let now = tokio::time::Instant::now();
            let none = Marks::default();
            let mut opened = none.opened();
            let mut known = Vec::new();
            for put in puts {
                let (family, labels) = (put.0, "xy".repeat(put.1.into()));
                if !known.iter().any(|(of, other, _)| (*of, other) == (family, &labels)) {
                    // Half of them as they mostly are.
                    let plain = Mark { ripe: None, is_served: true, told: mark(put, now).high, ..mark(put, now) };
                    let mark = if put.1 % 2 == 0 { plain } else { mark(put, now) };
                    opened.update(family, &labels, |_| Some(mark.clone()));
                    known.push((family, labels, mark));
                }
            }
            let marks = opened.closed();
            let mut opened = marks.opened();
            let mut nexts = [0; 2];
            for (skipped, total) in raised {
                let family = skipped % 2;
                let of_family: Vec<usize> = (0..known.len()).filter(|at| known[*at].0 == family).collect();
                // Mostly the one that is next.
                let wanted = nexts[family] + usize::from(skipped == 0);
                let Some(at) = of_family.get(wanted) else { continue };
                let (_, labels, mark) = &mut known[*at];
                let total = f64::from(total);
                let plain = |number: f64| Mark { high: Reading::Number(number), told: Reading::Number(number), ripe: None, is_served: true };
                if let Some(before) = opened.raise(family, labels, total) {
                    prop_assert!(skipped != 0 && before <= total);
                    prop_assert_eq!(&*mark, &plain(before));
                    *mark = plain(total);
                    nexts[family] += 1;
                } else {
                    let is_plain = matches!(mark.high, Reading::Number(high) if high <= total && *mark == plain(high));
                    prop_assert!(skipped == 0 || !is_plain);
                    // From there on, none is.
                    nexts[family] = usize::MAX - 1;
                }
            }
            let told: BTreeMap<_, _> = opened.closed().iter().map(|(family, labels, mark)| ((family, labels), mark)).collect();
            prop_assert_eq!(told, known.into_iter().map(|(family, labels, mark)| ((family, labels), mark)).collect());
        }
    }
}
