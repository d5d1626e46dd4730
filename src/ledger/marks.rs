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
    pub(super) fn opened(&self) -> Opened {
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

    /// Until when those are served that the newest answer has left out.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Instant> {
        self.columns.iter().flat_map(|column| column.aside.leaves.values().copied())
    }

    /// Lets those that are served as zero be so until this moment.
    pub(super) fn set_ripe(&mut self, at: Instant) {
        self.columns.iter_mut().flat_map(|column| column.aside.ripe.values_mut()).for_each(|ripe| *ripe = at);
    }

    pub(super) fn ripe(&self) -> impl Iterator<Item = Instant> {
        self.columns.iter().flat_map(|column| column.aside.ripe.values().copied())
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

    /// Goes through those of one family, always in the same order until they are cleared: new ones come last.
    pub(super) fn each_of(&self, family: usize, mut visit: impl FnMut(&str, Mark)) {
        let Some(column) = self.columns.get(family) else { return };
        let (mut rows, mut row) = (Rows::of(&column.rows), 0);
        while let Some((labels, high)) = rows.next() {
            if let Some(mark) = column.aside.mark(row, high) {
                visit(labels, mark);
            }
            row += 1;
        }
    }
}

impl Aside {
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

    /// Remembers what is to be known of this row beside its highest number, and answers that.
    pub(super) fn put(&mut self, row: u32, mark: Mark) -> f64 {
        let Mark { high, told, ripe, is_served } = mark;
        self.leaves.remove(&row);
        if is_served {
            self.unserved.remove(&row);
        } else {
            self.unserved.insert(row);
        }
        if told == high {
            self.told.remove(&row);
        } else {
            self.told.insert(row, told);
        }
        match ripe {
            Some(ripe) => drop(self.ripe.insert(row, ripe)),
            None => drop(self.ripe.remove(&row)),
        }
        match high {
            Reading::Number(number) => number,
            Reading::Histogram { .. } => {
                self.histograms.insert(row, high);
                f64::NAN
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// What a test puts: family, labels, the highest, the last, whether it is a histogram, and whether it is born.
    type Put = (usize, u8, u8, u8, bool, bool);

    fn mark((_, _, high, told, is_histogram, is_born): Put, now: Instant) -> Mark {
        let reading = |number: u8| {
            if is_histogram {
                Reading::Histogram { bounds: [1.0].into(), cumulative: [0, number.into()].into(), sum: 0.5 }
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
        ) {
            let now = tokio::time::Instant::now();
            let (mut marks, mut map) = (Marks::default(), BTreeMap::new());
            let mut order: Vec<String> = Vec::new();
            for answer in answers {
                let mut opened = marks.opened();
                for put in answer {
                    let labels = "xy".repeat(put.1.into());
                    prop_assert_eq!(opened.get(put.0, &labels), map.get(&(put.0, labels.clone())).cloned());
                    opened.put(put.0, &labels, mark(put, now));
                    if put.0 == 0 && !order.contains(&labels) {
                        order.push(labels.clone());
                    }
                    map.insert((put.0, labels), mark(put, now));
                }
                marks = opened.closed();
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
            let mut seen = Vec::new();
            marks.each_of(0, |labels, _| seen.push(labels.to_owned()));
            prop_assert_eq!(seen, order);
        }
    }
}
