//! What is known of each total, in few bytes: there may be a million of them, and nearly all of them are plain numbers
//! that were never lowered and have long been born.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use tokio::time::Instant;

use super::Mark;
use crate::samples::Reading;

/// The marks of one report, by family and labels.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By the family's position.
    columns: Vec<Column>,
}

/// Which marks were served at some moment.
pub(super) struct Served(Vec<Vec<bool>>);

/// The marks of one family.
#[derive(Debug, Default)]
struct Column {
    /// Every total's labels as the exposition writes them, one behind the other.
    labels: String,
    /// Where each total's labels end.
    ends: Vec<u32>,
    /// The totals by the hash of their labels.
    rows: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The highest that was told, where it is a number; not a number where it stands in `histograms`.
    highs: Vec<f64>,
    /// The highest that was told, where it is more than a number.
    histograms: HashMap<u32, Reading>,
    /// What was told last, where that is not the highest.
    told: HashMap<u32, Reading>,
    /// Until when zero is served, where it still is.
    ripe: HashMap<u32, Instant>,
    /// Whether the total is among those that are served.
    is_served: Vec<bool>,
    /// Until when it is, where the newest answer has left it out.
    leaves: HashMap<u32, Instant>,
}

impl Marks {
    pub(super) fn clear(&mut self) {
        self.columns.clear();
    }

    pub(super) fn get(&self, family: usize, labels: &str) -> Option<Mark> {
        let column = self.columns.get(family)?;
        column.mark(column.row(labels)?)
    }

    /// Puts a mark in place of the one before it, if there was one.
    pub(super) fn put(&mut self, family: usize, labels: &str, mark: Mark) {
        if self.columns.len() <= family {
            self.columns.resize_with(family + 1, Column::default);
        }
        if let Some(column) = self.columns.get_mut(family) {
            column.put(labels, mark);
        }
    }

    /// Gives back room that was set aside for more.
    pub(super) fn shrink(&mut self) {
        for column in &mut self.columns {
            column.labels.shrink_to_fit();
            column.ends.shrink_to_fit();
            column.highs.shrink_to_fit();
            column.is_served.shrink_to_fit();
        }
    }

    /// Lets those be served as they are that were served as zero until now; answers whether there were any.
    pub(super) fn ripen(&mut self, now: Instant) -> bool {
        let mut have_ripened = false;
        for column in &mut self.columns {
            have_ripened |= column.ripe.extract_if(|_, ripe| *ripe <= now).count() > 0;
        }
        have_ripened
    }

    /// Serves those no longer that were to leave by now; answers whether there were any.
    pub(super) fn leave(&mut self, now: Instant) -> bool {
        let mut have_left = false;
        for Column { leaves, is_served, .. } in &mut self.columns {
            for (row, _) in leaves.extract_if(|_, leaves| *leaves <= now) {
                set(is_served, row, false);
                have_left = true;
            }
        }
        have_left
    }

    /// Serves none any more; answers those that were served, to be compared with what will be.
    pub(super) fn take_served(&mut self) -> Served {
        let take = |column: &mut Column| {
            let none = vec![false; column.is_served.len()];
            std::mem::replace(&mut column.is_served, none)
        };
        Served(self.columns.iter_mut().map(take).collect())
    }

    /// Goes through those that were served before and are not now. `stays` tells, from when it ceases to be zero and when
    /// it was to leave, until when one is served all the same. Answers these: family, labels, and the highest told.
    pub(super) fn missed(
        &mut self,
        before: &Served,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
    ) -> Vec<(usize, String, Reading)> {
        let mut missed = Vec::new();
        for (family, (column, before)) in self.columns.iter_mut().zip(&before.0).enumerate() {
            for (row, _) in (0..).zip(before).filter(|(_, was_served)| **was_served) {
                if column.is_served.get(row as usize) != Some(&false) {
                    continue;
                }
                let left = column.leaves.remove(&row);
                let Some(stays) = stays(column.ripe.get(&row).copied(), left) else { continue };
                column.leaves.insert(row, stays);
                set(&mut column.is_served, row, true);
                if let Some((labels, mark)) = column.labels_of(row).zip(column.mark(row)) {
                    missed.push((family, labels.to_owned(), mark.high));
                }
            }
        }
        missed
    }

    /// Until when those are served that the newest answer has left out.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Instant> {
        self.columns.iter().flat_map(|column| column.leaves.values().copied())
    }

    /// Lets those that are served as zero be so until this moment.
    pub(super) fn set_ripe(&mut self, at: Instant) {
        self.columns.iter_mut().flat_map(|column| column.ripe.values_mut()).for_each(|ripe| *ripe = at);
    }

    pub(super) fn ripe(&self) -> impl Iterator<Item = Instant> {
        self.columns.iter().flat_map(|column| column.ripe.values().copied())
    }

    /// All of them: the family's position, the labels, and what is known.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &str, Mark)> {
        self.columns.iter().enumerate().flat_map(|(family, column)| {
            let rows = 0..u32::try_from(column.ends.len()).unwrap_or(u32::MAX);
            rows.filter_map(move |row| Some((family, column.labels_of(row)?, column.mark(row)?)))
        })
    }
}

impl Column {
    fn row(&self, labels: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(labels);
        self.rows.find(hash, |row| self.labels_of(*row) == Some(labels)).copied()
    }

    fn labels_of(&self, row: u32) -> Option<&str> {
        labels_of(&self.labels, &self.ends, row)
    }

    fn mark(&self, row: u32) -> Option<Mark> {
        let number = *self.highs.get(row as usize)?;
        let high = if number.is_nan() { self.histograms.get(&row)?.clone() } else { Reading::Number(number) };
        let told = self.told.get(&row).cloned().unwrap_or_else(|| high.clone());
        let is_served = self.is_served.get(row as usize).copied().unwrap_or_default();
        Some(Mark { high, told, ripe: self.ripe.get(&row).copied(), is_served })
    }

    fn put(&mut self, labels: &str, mark: Mark) {
        let Mark { high, told, ripe, is_served } = mark;
        let Some(row) = self.row(labels).or_else(|| self.add(labels)) else { return };
        if told == high {
            self.told.remove(&row);
        } else {
            self.told.insert(row, told);
        }
        match ripe {
            Some(ripe) => drop(self.ripe.insert(row, ripe)),
            None => drop(self.ripe.remove(&row)),
        }
        let number = match high {
            Reading::Number(number) => number,
            Reading::Histogram { .. } => {
                self.histograms.insert(row, high);
                f64::NAN
            }
        };
        set(&mut self.highs, row, number);
        set(&mut self.is_served, row, is_served);
        self.leaves.remove(&row);
    }

    /// Adds a total; there is no room for one beyond four billion, nor for labels of more than 4 GiB.
    fn add(&mut self, labels: &str) -> Option<u32> {
        let row = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.labels.len() + labels.len()).ok()?;
        self.labels.push_str(labels);
        self.ends.push(end);
        self.highs.push(0.0);
        self.is_served.push(false);
        let Self { labels: all, ends, rows, hasher, .. } = self;
        let rehash = |row: &u32| hasher.hash_one(labels_of(all, ends, *row).unwrap_or_default());
        rows.insert_unique(hasher.hash_one(labels), row, rehash);
        Some(row)
    }
}

fn set<T>(column: &mut [T], row: u32, value: T) {
    if let Some(place) = column.get_mut(row as usize) {
        *place = value;
    }
}

fn labels_of<'l>(labels: &'l str, ends: &[u32], row: u32) -> Option<&'l str> {
    let start = row.checked_sub(1).map_or(Some(0), |before| ends.get(before as usize).copied())?;
    labels.get(start as usize..*ends.get(row as usize)? as usize)
}

#[cfg(test)]
mod tests {
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
        fn they_are_a_map(puts in proptest::collection::vec((0..3_usize, 0..40_u8, any::<u8>(), any::<u8>(), any::<bool>(), any::<bool>()), 0..200)) {
            let now = tokio::time::Instant::now();
            let (mut marks, mut map) = (Marks::default(), std::collections::BTreeMap::new());
            for put in puts {
                let labels = "x".repeat(put.1.into());
                marks.put(put.0, &labels, mark(put, now));
                map.insert((put.0, labels), mark(put, now));
                marks.shrink();
            }
            let told: std::collections::BTreeMap<_, _> =
                marks.iter().map(|(family, labels, mark)| ((family, labels.to_owned()), mark)).collect();
            prop_assert_eq!(marks.iter().count(), map.len());
            prop_assert_eq!(&told, &map);
            for ((family, labels), mark) in &map {
                prop_assert_eq!(marks.get(*family, labels), Some(mark.clone()));
            }
            prop_assert_eq!(marks.get(1, "y"), None);
            prop_assert_eq!(marks.ripe().max(), map.values().filter_map(|mark| mark.ripe).max());
        }
    }
}
