//! Marks while an answer is entered or served: all labels side by side, so that each is found at once.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use tokio::time::Instant;

use super::Mark;
use super::marks::{Aside, Column, Marks};
use super::rows::{Rows, Writing};
use crate::samples::Reading;

/// The marks of one report, to be found by family and labels.
#[derive(Debug)]
pub(super) struct Opened {
    /// By the family's position.
    columns: Vec<OpenColumn>,
}

#[derive(Debug, Default)]
struct OpenColumn {
    /// Every total's labels as the exposition writes them, one behind the other.
    labels: String,
    /// Where each total's labels end.
    ends: Vec<u32>,
    /// The highest that was told, where it is a number.
    highs: Vec<f64>,
    /// Whether the total was put since the marks were opened.
    is_put: Vec<bool>,
    aside: Aside,
    /// The totals by the hash of their labels; made when one is not where the one before it lets expect it.
    rows: Option<HashTable<u32>>,
    hasher: DefaultHashBuilder,
    /// The row that was found last.
    last: u32,
}

impl Opened {
    pub(super) fn of(columns: &[Column]) -> Self {
        Self { columns: columns.iter().map(OpenColumn::of).collect() }
    }

    pub(super) fn get(&mut self, family: usize, labels: &str) -> Option<Mark> {
        let column = self.columns.get_mut(family)?;
        let row = column.row(labels)?;
        column.aside.mark(row, *column.highs.get(row as usize)?)
    }

    /// Puts a mark in place of the one before it, if there was one.
    pub(super) fn put(&mut self, family: usize, labels: &str, mark: Mark) {
        if self.columns.len() <= family {
            self.columns.resize_with(family + 1, OpenColumn::default);
        }
        let Some(column) = self.columns.get_mut(family) else { return };
        let Some(row) = column.row(labels).or_else(|| column.add(labels)) else { return };
        let number = column.aside.put(row, mark);
        if let Some(high) = column.highs.get_mut(row as usize) {
            *high = number;
        }
        if let Some(is_put) = column.is_put.get_mut(row as usize) {
            *is_put = true;
        }
    }

    /// Goes through those that are served and were not put. Answers what stays served for a while all the same: family,
    /// labels, and the highest told. `stays` tells, from when one ceases to be zero and when it was to leave, until when.
    pub(super) fn missed(
        &mut self,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
    ) -> Vec<(usize, String, Reading)> {
        let mut missed = Vec::new();
        for (family, column) in self.columns.iter_mut().enumerate() {
            let OpenColumn { labels, ends, highs, is_put, aside, .. } = column;
            for ((row, high), _) in (0..).zip(highs).zip(is_put).filter(|(_, is_put)| !**is_put) {
                if aside.miss(row, &stays)
                    && let Some((labels, mark)) = labels_of(labels, ends, row).zip(aside.mark(row, *high))
                {
                    missed.push((family, labels.to_owned(), mark.high));
                }
            }
        }
        missed
    }

    /// The same marks, in few bytes.
    pub(super) fn closed(self) -> Marks {
        Marks::of(self.columns.into_iter().map(OpenColumn::closed).collect())
    }
}

impl OpenColumn {
    fn of(column: &Column) -> Self {
        let mut opened = Self { aside: column.aside.clone(), ..Self::default() };
        let mut rows = Rows::of(&column.rows);
        while let Some((labels, high)) = rows.next() {
            opened.append(labels, high);
        }
        opened
    }

    fn closed(self) -> Column {
        let mut rows = Writing::default();
        for (row, high) in (0..).zip(&self.highs) {
            rows.add(labels_of(&self.labels, &self.ends, row).unwrap_or_default(), *high);
        }
        Column { rows: rows.finish(), aside: self.aside }
    }

    /// Answers tell series in the same order as the answer before, mostly.
    fn row(&mut self, labels: &str) -> Option<u32> {
        let (all, ends) = (&self.labels, &self.ends);
        let is_it = |row: u32| labels_of(all, ends, row) == Some(labels);
        let expected = [self.last, self.last + 1].into_iter().find(|row| is_it(*row));
        let row = expected.or_else(|| {
            let hash = self.hasher.hash_one(labels);
            let rows = self.rows.get_or_insert_with(|| table(all, ends, &self.hasher));
            rows.find(hash, |row| is_it(*row)).copied()
        })?;
        self.last = row;
        Some(row)
    }

    /// Adds a total that is not there yet.
    fn add(&mut self, labels: &str) -> Option<u32> {
        let row = self.append(labels, 0.0)?;
        let Self { labels: all, ends, rows, hasher, .. } = self;
        if let Some(rows) = rows {
            let rehash = |row: &u32| hasher.hash_one(labels_of(all, ends, *row).unwrap_or_default());
            rows.insert_unique(hasher.hash_one(labels), row, rehash);
        }
        self.last = row;
        Some(row)
    }

    /// There is no room for a total beyond four billion, nor for labels of more than 4 GiB.
    fn append(&mut self, labels: &str, high: f64) -> Option<u32> {
        let row = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.labels.len() + labels.len()).ok()?;
        self.labels.push_str(labels);
        self.ends.push(end);
        self.highs.push(high);
        self.is_put.push(false);
        Some(row)
    }
}

fn table(labels: &str, ends: &[u32], hasher: &DefaultHashBuilder) -> HashTable<u32> {
    let hash_of = |row: &u32| hasher.hash_one(labels_of(labels, ends, *row).unwrap_or_default());
    let mut rows = HashTable::with_capacity(ends.len() + 1);
    for (row, _) in (0..).zip(ends) {
        rows.insert_unique(hash_of(&row), row, hash_of);
    }
    rows
}

fn labels_of<'l>(labels: &'l str, ends: &[u32], row: u32) -> Option<&'l str> {
    let start = row.checked_sub(1).map_or(Some(0), |before| ends.get(before as usize).copied())?;
    labels.get(start as usize..*ends.get(row as usize)? as usize)
}
