//! Marks while an answer is entered: each is found by its labels, and what is known of it changes.
//!
//! Nearly every answer tells the totals of the one before in the same order, so that each is the next one, and is written
//! anew as it was but for its number. Once that is not so, all labels of the family lie side by side and are found by
//! their hashes, and the order of this answer is that of the next.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use tokio::time::Instant;

use super::Mark;
use super::marks::{Aside, Column, Marks};
use super::rows::{Rewriting, Row, Rows, Writing};

/// The marks of one report, to be found by family and labels.
#[derive(Debug)]
pub(super) struct Opened<'m> {
    /// By the family's position.
    columns: Vec<OpenColumn<'m>>,
}

#[derive(Debug)]
enum OpenColumn<'m> {
    /// All that were told until now were told in this order.
    InOrder(InOrder<'m>),
    SideBySide(SideBySide),
}

impl<'m> Opened<'m> {
    pub(super) fn of(columns: &'m [Column]) -> Self {
        Self { columns: columns.iter().map(|column| OpenColumn::InOrder(InOrder::of(column))).collect() }
    }

    /// What is known of this total.
    pub(super) fn get(&mut self, family: usize, labels: &str) -> Option<Mark> {
        let mut known = None;
        if self.columns.len() > family {
            self.update(family, labels, |mark| {
                known.clone_from(&mark);
                mark
            });
        }
        known
    }

    /// Lets what is known of this total, if anything, be changed; where it stays unknown, nothing is.
    pub(super) fn update(&mut self, family: usize, labels: &str, change: impl FnOnce(Option<Mark>) -> Option<Mark>) {
        if self.columns.len() <= family {
            self.columns.resize_with(family + 1, || OpenColumn::SideBySide(SideBySide::default()));
        }
        let Some(column) = self.columns.get_mut(family) else { return };
        if let OpenColumn::InOrder(in_order) = column {
            if in_order.is_at(labels) {
                return in_order.update(change);
            }
            *column = OpenColumn::SideBySide(in_order.side_by_side());
        }
        if let OpenColumn::SideBySide(column) = column {
            column.update(labels, change);
        }
    }

    /// Raises this total to what is told now, if it is told in the same place as before and nothing else is known of it
    /// than the number that it was, which is answered. Most are, and of them a [`Mark`] says no more.
    pub(super) fn raise(&mut self, family: usize, labels: &str, total: f64) -> Option<f64> {
        match self.columns.get_mut(family) {
            Some(OpenColumn::InOrder(column)) if column.is_at(labels) => column.raise(total),
            _ => None,
        }
    }

    /// Goes through those that are served and were not told. Answers what stays served for a while all the same: family,
    /// labels, and what is known. `stays` tells, from when one ceases to be zero and when it was to leave, until when.
    pub(super) fn missed(
        &mut self,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
    ) -> Vec<(usize, String, Mark)> {
        let mut missed = Vec::new();
        for (family, column) in self.columns.iter_mut().enumerate() {
            let miss = |labels: &str, mark| missed.push((family, labels.to_owned(), mark));
            match column {
                OpenColumn::InOrder(column) => column.each_missed(&stays, miss),
                OpenColumn::SideBySide(column) => column.each_missed(&stays, miss),
            }
        }
        missed
    }

    /// The same marks, in few bytes.
    pub(super) fn closed(self) -> Marks {
        Marks::of(self.columns.into_iter().map(OpenColumn::closed).collect())
    }
}

impl OpenColumn<'_> {
    fn closed(self) -> Column {
        match self {
            Self::InOrder(column) => column.closed(),
            Self::SideBySide(column) => column.closed(),
        }
    }
}

/// The marks of one family, as far as they were told in the order in which they are kept.
#[derive(Debug)]
struct InOrder<'m> {
    /// What was told, written anew.
    told: Rewriting,
    /// The first total that was not, and its row.
    next: Option<Row<'m>>,
    row: u32,
    /// What comes behind it, and its labels.
    rest: Rows<'m>,
    aside: Aside,
    /// Whether there is nothing aside.
    is_plain: bool,
}

impl<'m> InOrder<'m> {
    fn of(column: &'m Column) -> Self {
        let mut rest = Rows::of(&column.rows);
        let next = rest.read();
        let (aside, is_plain) = (column.aside.clone(), column.aside.is_empty());
        Self { told: Rewriting::of(&column.rows), next, row: 0, rest, aside, is_plain }
    }

    /// Whether these are the labels of the first that was not told.
    fn is_at(&self, labels: &str) -> bool {
        self.next.is_some() && self.rest.are_at(labels)
    }

    /// Lets what is known of the first that was not told be changed; it is told then.
    fn update(&mut self, change: impl FnOnce(Option<Mark>) -> Option<Mark>) {
        let Some(row) = self.next else { return };
        let changed = change(self.aside.mark(self.row, row.number));
        let number = changed.map_or(row.number, |mark| self.aside.put(self.row, mark));
        self.is_plain = self.aside.is_empty();
        self.go_on(row, number);
    }

    /// Raises the first that was not told, if it is no more than a number and not above this; answers what it was.
    fn raise(&mut self, total: f64) -> Option<f64> {
        let row = self.next.filter(|row| row.number <= total && (self.is_plain || !self.aside.knows(self.row)))?;
        self.go_on(row, total);
        Some(row.number)
    }

    fn go_on(&mut self, row: Row<'m>, number: f64) {
        self.told.add(row, number);
        self.next = self.rest.read();
        self.row += 1;
    }

    fn each_missed(
        &mut self,
        stays: impl Fn(Option<Instant>, Option<Instant>) -> Option<Instant>,
        mut miss: impl FnMut(&str, Mark),
    ) {
        let (mut rest, mut next) = (self.rest.clone(), self.next);
        let mut number = self.row;
        while let Some(row) = next {
            if self.aside.miss(number, &stays)
                && let Some((labels, mark)) = rest.labels().zip(self.aside.mark(number, row.number))
            {
                miss(labels, mark);
            }
            next = rest.read();
            number += 1;
        }
    }

    fn side_by_side(&mut self) -> SideBySide {
        let mut opened = SideBySide { aside: std::mem::take(&mut self.aside), ..SideBySide::default() };
        let mut told = self.told.rows();
        while let Some((labels, high)) = told.next() {
            if let Some(row) = opened.append(labels, high) {
                opened.set_told(row);
            }
        }
        opened.last = opened.told.last().copied().unwrap_or_default();
        while let Some(row) = self.next {
            opened.append(self.rest.labels().unwrap_or_default(), row.number);
            self.next = self.rest.read();
        }
        opened
    }

    fn closed(mut self) -> Column {
        while let Some(row) = self.next {
            self.told.add(row, row.number);
            self.next = self.rest.read();
        }
        Column { rows: self.told.finish(), aside: self.aside }
    }
}

/// The marks of one family, all labels side by side.
#[derive(Debug, Default)]
struct SideBySide {
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
    /// Lets what is known of a total be changed; it is told then, unless it stays unknown.
    fn update(&mut self, labels: &str, change: impl FnOnce(Option<Mark>) -> Option<Mark>) {
        let known = self.row(labels);
        let high = known.and_then(|row| self.highs.get(row as usize).copied());
        let mark = known.zip(high).and_then(|(row, high)| self.aside.mark(row, high));
        let Some(mark) = change(mark) else { return };
        let Some(row) = known.or_else(|| self.add(labels)) else { return };
        let number = self.aside.put(row, mark);
        if let Some(high) = self.highs.get_mut(row as usize) {
            *high = number;
        }
        self.set_told(row);
    }

    fn set_told(&mut self, row: u32) {
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
    fn closed(mut self) -> Column {
        let left_out = (0..).zip(&self.is_told).filter_map(|(row, is_told)| (!is_told).then_some(row));
        let order: Vec<u32> = self.told.iter().copied().chain(left_out).collect();
        let mut rows = Writing::default();
        for row in &order {
            let high = self.highs.get(*row as usize).copied().unwrap_or_default();
            rows.add(labels_of(&self.labels, &self.ends, *row).unwrap_or_default(), high);
        }
        self.aside.renumber(&order);
        Column { rows: rows.finish(), aside: self.aside }
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
