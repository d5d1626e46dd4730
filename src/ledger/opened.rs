//! Marks of one family while an answer is entered: each is found by its labels, and what is known of it changes.
//!
//! Nearly every answer tells the totals of the one before, in the same order: then each is the next one, and nothing has
//! to be found. Else all labels lie side by side and are found by their hashes, and the order of this answer is
//! expected of the next.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use tokio::time::Instant;

use super::Mark;
use super::labels::{Labels, Writing};
use super::marks::{Aside, Column, Order};

/// The marks of one family, opened for an answer.
#[derive(Debug)]
pub(super) enum OpenColumn {
    /// The answer tells what the one before told, in the same order.
    InOrder(InOrder),
    SideBySide(SideBySide),
}

impl OpenColumn {
    /// Opened for an answer of this order.
    pub(super) fn of(column: Column, order: Order) -> Self {
        if column.order == Some(order) {
            Self::InOrder(InOrder { is_plain: column.aside.is_empty(), column, next: 0 })
        } else {
            Self::SideBySide(SideBySide { order: Some(order), ..SideBySide::of(&column) })
        }
    }

    /// Raises the total that is told next to this, if the answer has the order of the one before and nothing else is known
    /// of it than the number that it was, which is answered. Nearly always it is so; a [`Mark`] says no more of it then.
    #[inline]
    pub(super) fn raise(&mut self, total: f64) -> Option<f64> {
        match self {
            Self::InOrder(column) => column.raise(total),
            Self::SideBySide(_) => None,
        }
    }

    /// Lets what is known of this total, if anything, be changed; it is told then. Where it stays unknown, nothing is.
    pub(super) fn update(&mut self, labels: &str, change: impl FnOnce(Option<Mark>) -> Option<Mark>) {
        match self {
            Self::InOrder(column) => column.update(change),
            Self::SideBySide(column) => column.update(labels, change),
        }
    }

    /// Goes through those that are served and were not told. Calls `miss` with what stays served for a while all the same:
    /// its labels, and what is known. `stays` tells, from when one ceases to be zero and when it was to leave, until when.
    pub(super) fn each_missed(
        &mut self,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
        miss: impl FnMut(&str, Mark),
    ) {
        match self {
            Self::InOrder(column) => column.each_missed(stays, miss),
            Self::SideBySide(column) => column.each_missed(stays, miss),
        }
    }

    /// The same marks, in few bytes.
    pub(super) fn closed(self) -> Column {
        match self {
            Self::InOrder(InOrder { column, .. }) => column,
            Self::SideBySide(column) => column.closed(),
        }
    }
}

/// Marks that are told in the order in which they are kept.
#[derive(Debug)]
pub(super) struct InOrder {
    column: Column,
    /// The row that is told next.
    next: u32,
    /// Whether nothing is known of any total but a number.
    is_plain: bool,
}

impl InOrder {
    #[inline]
    fn raise(&mut self, total: f64) -> Option<f64> {
        let Column { highs, aside, .. } = &mut self.column;
        let high = highs.get_mut(self.next as usize).filter(|high| **high <= total)?;
        if !self.is_plain && aside.knows(self.next) {
            return None;
        }
        self.next += 1;
        Some(std::mem::replace(high, total))
    }

    fn update(&mut self, change: impl FnOnce(Option<Mark>) -> Option<Mark>) {
        let Column { highs, aside, .. } = &mut self.column;
        let Some(high) = highs.get_mut(self.next as usize) else { return };
        if let Some(mark) = change(aside.mark(self.next, *high)) {
            *high = aside.put(self.next, mark);
            self.is_plain = aside.is_empty();
        }
        self.next += 1;
    }

    fn each_missed(
        &mut self,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
        mut miss: impl FnMut(&str, Mark),
    ) {
        let Column { labels, highs, aside, .. } = &mut self.column;
        let left_out = (0..).zip(highs).skip(self.next as usize);
        let missed: Vec<(u32, f64)> =
            left_out.filter(|(row, _)| aside.miss(*row, &stays)).map(|(row, high)| (row, *high)).collect();
        let (mut labels, mut behind) = (Labels::of(labels), 0);
        for (row, high) in missed {
            let labels = labels.nth((row - behind) as usize);
            behind = row + 1;
            if let Some((labels, mark)) = labels.zip(aside.mark(row, high)) {
                miss(labels, mark);
            }
        }
    }
}

/// Marks whose labels lie side by side, to be found by them.
#[derive(Debug, Default)]
pub(super) struct SideBySide {
    /// The order of the answer that they were opened for, if for one.
    order: Option<Order>,
    /// Every total's labels as the exposition writes them, one behind the other.
    labels: String,
    /// Where each total's labels end.
    ends: Vec<u32>,
    /// The highest that was told, where it is a number.
    highs: Vec<f64>,
    /// Whether the total was told since the marks were opened.
    is_told: Vec<bool>,
    /// The rows that were, in the order in which they were.
    told: Vec<u32>,
    aside: Aside,
    /// The totals by the hash of their labels; made when one is not where the one before it lets expect it.
    rows: Option<HashTable<u32>>,
    hasher: DefaultHashBuilder,
    /// The row that was found last.
    last: u32,
}

impl SideBySide {
    pub(super) fn of(column: &Column) -> Self {
        let mut opened = Self { aside: column.aside.clone(), ..Self::default() };
        let mut labels = Labels::of(&column.labels);
        for high in &column.highs {
            let Some(labels) = labels.next() else { break };
            opened.append(labels, *high);
        }
        opened
    }

    /// What is known of this total.
    pub(super) fn get(&mut self, labels: &str) -> Option<Mark> {
        let row = self.row(labels)?;
        self.aside.mark(row, *self.highs.get(row as usize)?)
    }

    /// Lets what is known of a total be changed; it is told then, unless it stays unknown.
    pub(super) fn update(&mut self, labels: &str, change: impl FnOnce(Option<Mark>) -> Option<Mark>) {
        let known = self.row(labels);
        let high = known.and_then(|row| self.highs.get(row as usize).copied());
        let mark = known.zip(high).and_then(|(row, high)| self.aside.mark(row, high));
        let Some(mark) = change(mark) else { return };
        let Some(row) = known.or_else(|| self.add(labels)) else { return };
        let number = self.aside.put(row, mark);
        if let Some(high) = self.highs.get_mut(row as usize) {
            *high = number;
        }
        if let Some(is_told) = self.is_told.get_mut(row as usize).filter(|is_told| !**is_told) {
            *is_told = true;
            self.told.push(row);
        }
    }

    fn each_missed(
        &mut self,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
        mut miss: impl FnMut(&str, Mark),
    ) {
        let Self { labels, ends, highs, is_told, aside, .. } = self;
        for ((row, high), _) in (0..).zip(highs).zip(is_told).filter(|(_, is_told)| !**is_told) {
            if aside.miss(row, &stays)
                && let Some((labels, mark)) = labels_of(labels, ends, row).zip(aside.mark(row, *high))
            {
                miss(labels, mark);
            }
        }
    }

    /// What was told comes first, in the order in which it was: that of the next answer, most likely.
    pub(super) fn closed(mut self) -> Column {
        let left_out = (0..).zip(&self.is_told).filter_map(|(row, is_told)| (!is_told).then_some(row));
        let rows: Vec<u32> = self.told.iter().copied().chain(left_out).collect();
        let mut labels = Writing::default();
        for row in &rows {
            labels.add(labels_of(&self.labels, &self.ends, *row).unwrap_or_default());
        }
        self.aside.renumber(&rows);
        Column {
            // An answer that tells one twice has no order.
            order: self.order.filter(|order| order.rows == self.told.len()),
            labels: labels.finish(),
            highs: rows.iter().map(|row| self.highs.get(*row as usize).copied().unwrap_or_default()).collect(),
            aside: self.aside,
        }
    }

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
        self.is_told.push(false);
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
