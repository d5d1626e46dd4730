//! What makes totals exact: high-water marks within a day, births at zero, and each day whole before the next.
//!
//! A ledger stands between what a report measured and what is served of it. Prometheus adds up the rises of a counter
//! and takes every fall for a new beginning; so a counter must fall only where a new count begins, must begin at zero
//! where it can be seen, and must not leave out the end of a day.

mod closing;
mod marks;
mod windows;

use std::time::Duration;

use jiff::civil::Date;
use tokio::time::Instant;

use crate::family::Kind;
use crate::samples::{Reading, Samples};

pub use self::closing::Closing;
use self::marks::Marks;
pub use self::windows::{RECENT, Stretch, WHOLE_EVERY, Windows, turns_per_whole};

/// How a report's totals begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// All at the operation's midnight, because that is what is asked for.
    AtMidnight,
    /// Each by itself, whenever wolkvox sets it back.
    BySelf,
}

/// The totals of one report of one operation.
#[derive(Debug)]
pub struct Ledger {
    beginning: Beginning,
    /// How long a new total is served as zero.
    birth: Duration,
    /// The day whose totals are entered; none before the first answer.
    day: Option<Date>,
    marks: Marks,
    corrections: u64,
}

/// What is known of one total.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// The highest that was told since the total began.
    pub high: Reading,
    /// What was told last.
    pub told: Reading,
    /// Until when zero is served.
    pub ripe: Option<Instant>,
}

impl Ledger {
    /// Nothing was told yet.
    #[must_use]
    pub fn new(beginning: Beginning, birth: Duration) -> Self {
        Self { beginning, birth, day: None, marks: Marks::default(), corrections: 0 }
    }

    /// The day whose totals are entered; none before the first answer.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        self.day
    }

    /// How many totals wolkvox has lowered so far.
    #[must_use]
    pub fn corrections(&self) -> u64 {
        self.corrections
    }

    /// Enters what was told of `day`.
    pub fn enter(&mut self, day: Date, samples: &mut Samples, now: Instant) {
        // After a start nobody knows whether a series was served before: a zero could count it twice.
        let is_first = self.day.is_none();
        let is_new_day = self.day.replace(day).is_some_and(|before| before != day);
        if is_new_day && self.beginning == Beginning::AtMidnight {
            self.marks.clear();
        }
        let ripe = (!is_first).then_some(now + self.birth);
        samples.revise(|family, kind, labels, reading| {
            if kind == Kind::Gauge {
                return;
            }
            let mark = match self.marks.get(family, labels) {
                Some(mut mark) => {
                    self.corrections += mark.enter(reading, self.beginning, is_new_day);
                    mark
                }
                None => Mark { high: reading.clone(), told: reading.clone(), ripe },
            };
            self.marks.put(family, labels, mark);
        });
        self.marks.shrink();
    }

    /// When all totals are served as they are, where some are served as zero.
    #[must_use]
    pub fn ripe_at(&self) -> Option<Instant> {
        self.marks.ripe().max()
    }

    /// All marks, to be saved: the family's position, the labels, and what is known.
    pub fn marks(&self) -> impl Iterator<Item = (usize, &str, Mark)> {
        self.marks.iter()
    }

    /// Takes up what another process knew.
    pub fn resume(&mut self, day: Option<Date>, corrections: u64, marks: impl Iterator<Item = (usize, String, Mark)>) {
        self.day = day;
        self.corrections = corrections;
        self.marks.clear();
        marks.for_each(|(family, labels, mark)| self.marks.put(family, &labels, mark));
        self.marks.shrink();
    }

    /// Puts into these samples, which were entered before, what is to be served of them now. Answers when something of
    /// it changes by itself.
    pub fn serve(&mut self, samples: &mut Samples, now: Instant) -> Option<Instant> {
        let mut next = None;
        samples.revise(|family, kind, labels, reading| {
            if kind == Kind::Gauge {
                return;
            }
            let Some(mut mark) = self.marks.get(family, labels) else { return };
            *reading = mark.high.clone();
            match mark.ripe {
                Some(ripe) if ripe > now => {
                    reading.set_to_zero();
                    next = Some(next.map_or(ripe, |next: Instant| next.min(ripe)));
                }
                Some(_) => {
                    mark.ripe = None;
                    self.marks.put(family, labels, mark);
                }
                None => {}
            }
        });
        next
    }
}

impl Mark {
    /// Takes in what is told now; answers 1 where that is less than what was told before.
    fn enter(&mut self, reading: &Reading, beginning: Beginning, is_new_day: bool) -> u64 {
        let has_fallen = reading.is_below(&self.told);
        self.told = reading.clone();
        // Counts that wolkvox keeps itself: they fall far where they begin anew, and a little where they are corrected.
        let is_beginning =
            beginning == Beginning::BySelf && has_fallen && (is_new_day || reading.is_below_half_of(&self.high));
        #[cfg(test)]
        let is_beginning = is_beginning && (is_new_day || !forgetting::OWN_RESETS.get());
        if is_beginning {
            self.high = reading.clone();
            return 0;
        }
        self.high.raise_to(reading);
        #[cfg(test)]
        if forgetting::MARKS.get() {
            self.high = reading.clone();
        }
        u64::from(has_fallen)
    }
}

/// Lets tests see what happens without one of the things that make totals exact.
#[cfg(test)]
pub(crate) mod forgetting {
    use std::cell::Cell;

    thread_local! {
        /// No high-water mark is kept.
        pub(crate) static MARKS: Cell<bool> = const { Cell::new(false) };
        /// The marks that are saved are what was told last.
        pub(crate) static SAVED_MARKS: Cell<bool> = const { Cell::new(false) };
        /// What is saved is served first.
        pub(crate) static ORDER: Cell<bool> = const { Cell::new(false) };
        /// A skill's counts begin anew only over midnight.
        pub(crate) static OWN_RESETS: Cell<bool> = const { Cell::new(false) };
    }
}
