//! What is known of each total, in few bytes: there may be a million of them, and nearly all of them are plain numbers
//! that were never lowered and have long been born.
//!
//! Between answers labels are kept as bytes, to be read one behind the other, and numbers beside them. For an answer that
//! tells other totals than the one before they are opened, to be found by their labels.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::quality::RandomState;
use tokio::time::Instant;

use super::Mark;
use super::labels::Labels;
use super::opened::{OpenColumn, SideBySide};
use crate::samples::Reading;

/// The marks of one report, by family and labels.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By the family's position.
    columns: Vec<Column>,
    hasher: RandomState,
}

/// The marks of one family.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// The order of the newest answer, which told as many of the first rows; none where it is not known.
    pub(super) order: Option<Order>,
    /// Every total's labels, as [`Labels`] reads them.
    pub(super) labels: Box<[u8]>,
    /// The highest number that was told of each.
    pub(super) highs: Box<[f64]>,
    pub(super) aside: Aside,
}

/// Which totals of a family an answer tells, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) rows: usize,
    /// Of the labels of all. Two answers that differ have the same by a chance of one in 2^64, whatever wolkvox writes, for
    /// nobody knows what hashes begin with.
    hash: u64,
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
    pub(super) fn clear(&mut self) {
        self.columns.clear();
    }

    /// Takes out those of one family, to enter an answer: all labels that it tells, and how many they are.
    pub(super) fn open(&mut self, family: usize, labels: &str, rows: usize) -> OpenColumn {
        let order = Order { rows, hash: self.hasher.hash_one(labels) };
        OpenColumn::of(self.columns.get_mut(family).map(std::mem::take).unwrap_or_default(), order)
    }

    /// Puts those of one family in.
    pub(super) fn close(&mut self, family: usize, column: Column) {
        if self.columns.len() <= family {
            self.columns.resize_with(family + 1, Column::default);
        }
        if let Some(place) = self.columns.get_mut(family) {
            *place = column;
        }
    }

    /// Those of one family, to be found by their labels.
    pub(super) fn found(&self, family: usize) -> SideBySide {
        self.columns.get(family).map(SideBySide::of).unwrap_or_default()
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

    /// Serves those no longer that were to leave by now.
    pub(super) fn leave(&mut self, now: Instant) {
        for Column { aside: Aside { leaves, unserved, .. }, .. } in &mut self.columns {
            unserved.extend(leaves.extract_if(|_, leaves| *leaves <= now).map(|(row, _)| row));
        }
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
            let mut labels = Labels::of(&column.labels);
            let rows = (0..).zip(&column.highs);
            rows.filter_map(move |(row, high)| {
                Some((family, labels.next()?.to_owned(), column.aside.mark(row, *high)?))
            })
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
            Reading::Number(number) => {
                set(&mut self.histograms, row, None);
                number
            }
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

    /// What is known of a total that was never lowered, has long been born, and is served.
    fn plain(number: f64) -> Mark {
        let high = Reading::Number(number);
        Mark { told: high.clone(), high, ripe: None, is_served: true }
    }

    fn mark() -> impl Strategy<Value = Mark> {
        let now = Instant::now();
        let number = || any::<u8>().prop_map(f64::from);
        prop_oneof![
            5 => number().prop_map(plain),
            1 => (number(), number()).prop_map(|(high, told)| Mark { told: Reading::Number(told), ..plain(high) }),
            1 => number().prop_map(move |number| {
                let ripe = Some(now + Duration::from_secs(7));
                Mark { ripe, is_served: number > 99.0, ..plain(number) }
            }),
            1 => any::<u8>().prop_map(|count| {
                let high = Reading::from(Buckets { bounds: [1.0].into(), cumulative: [0, count.into()].into(), sum: 0.5 });
                Mark { told: high.clone(), high, ..plain(0.0) }
            }),
        ]
    }

    proptest! {
        #[test]
        fn they_are_a_map(
            // Most answers tell the same totals as the one before, in the same order.
            answers in proptest::collection::vec(
                (0..4_u8, proptest::collection::vec((0..3_usize, 0..40_u8), 0..30), proptest::collection::vec(mark(), 30)),
                0..8,
            ),
        ) {
            let (mut marks, mut map) = (Marks::default(), BTreeMap::<(usize, String), Mark>::new());
            let (mut told, mut order) = (Vec::new(), Vec::<String>::new());
            for (change, others, new) in answers {
                let is_as_before = change > 0 && !told.is_empty();
                if !is_as_before {
                    told = others;
                    let mut seen = HashSet::new();
                    told.retain(|total| change == 0 || seen.insert(*total));
                }
                let new: Vec<_> = told.iter().zip(new).map(|((family, total), mark)| (*family, format!("a=\"{total}\""), mark)).collect();
                for family in 0..3 {
                    let new: Vec<_> = new.iter().filter(|(of, ..)| *of == family).collect();
                    let labels: String = new.iter().map(|(_, labels, _)| labels.as_str()).collect();
                    let has_order = new.iter().map(|(_, labels, _)| labels).collect::<HashSet<_>>().len() == new.len();
                    let mut column = marks.open(family, &labels, new.len());
                    for (_, labels, mark) in &new {
                        let known = map.insert((family, labels.clone()), mark.clone());
                        let raised = match (&mark.high, mark) {
                            (Reading::Number(total), mark) if *mark == plain(*total) => column.raise(*total),
                            _ => None,
                        };
                        if let Some(before) = raised {
                            prop_assert_eq!(known, Some(plain(before)));
                            prop_assert!(before <= mark.high.number());
                            continue;
                        }
                        let could_be = known.as_ref().is_some_and(|known| {
                            [&mark.high, &known.high].iter().all(|reading| matches!(reading, Reading::Number(_)))
                                && *known == plain(known.high.number())
                                && *mark == plain(mark.high.number())
                                && known.high.number() <= mark.high.number()
                        });
                        prop_assert!(!(is_as_before && has_order && could_be), "{labels} was not raised");
                        column.update(labels, |found| {
                            assert_eq!(found, known);
                            Some(mark.clone())
                        });
                    }
                    marks.close(family, column.closed());
                }
                // What was told comes first.
                let mut first: Vec<String> = Vec::new();
                for (_, labels, _) in new.into_iter().filter(|(family, ..)| *family == 0) {
                    if !first.contains(&labels) {
                        first.push(labels);
                    }
                }
                order.retain(|labels| !first.contains(labels));
                order.splice(..0, first);
            }
            prop_assert_eq!(marks.iter().count(), map.len());
            let known: BTreeMap<_, _> = marks.iter().map(|(family, labels, mark)| ((family, labels), mark)).collect();
            prop_assert_eq!(&known, &map);
            for ((family, labels), mark) in &map {
                prop_assert_eq!(marks.found(*family).get(labels), Some(mark.clone()));
            }
            prop_assert_eq!(marks.found(1).get("a=\"nobody\""), None);
            prop_assert_eq!(marks.ripe().max(), map.values().filter_map(|mark| mark.ripe).max());
            let changes = map.values().filter(|mark| mark.is_served).filter_map(|mark| mark.ripe).min();
            prop_assert_eq!(marks.changes().min(), changes);
            let seen: Vec<String> = marks.iter().filter(|(family, ..)| *family == 0).map(|(_, labels, _)| labels).collect();
            prop_assert_eq!(seen, order);
        }
    }
}
