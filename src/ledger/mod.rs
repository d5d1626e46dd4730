//! What makes totals exact: high-water marks within a day, births at zero, and each day whole before the next.
//!
//! A ledger stands between what a report measured and what is served of it. Prometheus adds up the rises of a counter
//! and takes every fall for a new beginning; so a counter must fall only where a new count begins, must begin at zero
//! where it can be seen, must not be gone before its last rise could be seen, and must not leave out the end of a day.

mod closing;
mod labels;
mod marks;
mod opened;
mod windows;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use tokio::time::Instant;

use crate::samples::{Reading, Samples};

pub use self::closing::{Closing, today, told_until};
use self::marks::Marks;
use self::opened::SideBySide;
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
    /// How long a new total is served as zero, and every value at least.
    birth: Duration,
    /// The day whose totals are entered; none before the first answer.
    day: Option<Date>,
    marks: Marks,
    corrections: u64,
    /// When what is served has changed last; none where another process may have changed it in its last moment.
    changed: Option<Instant>,
    /// Whether there are totals whose zeros nobody may have seen, and which are not served at present.
    is_withheld: bool,
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
    /// Whether it is among those that are served: an answer may leave out what an earlier one told.
    pub is_served: bool,
}

impl Ledger {
    /// Nothing was told yet.
    #[must_use]
    pub fn new(beginning: Beginning, birth: Duration) -> Self {
        Self { beginning, birth, day: None, marks: Marks::default(), corrections: 0, changed: None, is_withheld: false }
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

    /// Enters what was told of `day`, and puts into the samples what is to be served of it. `grown` is told by how much
    /// each total has grown: the family's position, the labels, and the growth.
    pub fn enter(&mut self, day: Date, samples: &mut Samples, now: Instant, mut grown: impl FnMut(usize, &str, f64)) {
        // After a start nobody knows whether a series was served before: a zero could count it twice.
        let is_first = self.day.is_none();
        let is_new_day = self.day.replace(day).is_some_and(|before| before != day);
        if is_new_day && self.beginning == Beginning::AtMidnight {
            self.marks.clear();
        }
        let born = now + self.birth;
        if std::mem::take(&mut self.is_withheld) {
            self.marks.set_ripe(born);
        }
        let mut missed = Vec::new();
        for (family, sheet) in samples.totals_mut() {
            let mut marks = self.marks.open(family, sheet.labels(), sheet.readings().len());
            for (labels, reading) in sheet.samples_mut() {
                if let Reading::Number(total) = reading
                    && let Some(before) = marks.raise(*total)
                {
                    grown(family, labels, *total - before);
                    continue;
                }
                marks.update(labels, |known| {
                    let before = known.as_ref().map_or(0.0, |mark| mark.high.number());
                    let mark = if let Some(mut mark) = known {
                        self.corrections += mark.enter(reading, self.beginning, is_new_day);
                        Mark { is_served: true, ..mark }
                    } else {
                        let ripe = (!is_first).then_some(born);
                        Mark { high: reading.clone(), told: reading.clone(), ripe, is_served: true }
                    };
                    // One that has fallen began anew, from 0.
                    let total = mark.high.number();
                    grown(family, labels, if total >= before { total - before } else { total });
                    *reading = mark.served(now);
                    Some(mark)
                });
            }
            marks.each_missed(
                |ripe, leaves| self.stays(ripe, leaves, now),
                |labels, mark| missed.push((family, labels.to_owned(), mark)),
            );
            self.marks.close(family, marks.closed());
        }
        for (family, labels, mark) in missed {
            samples.put_back(family, &labels, mark.served(now));
        }
        self.marks.ripen(now);
        self.changed = Some(now);
    }

    /// Until when a total is served that an answer of this moment has left out, if nobody may have seen yet what it came to.
    fn stays(&self, ripe: Option<Instant>, leaves: Option<Instant>, now: Instant) -> Option<Instant> {
        let was_seen = ripe.is_none() && self.changed.is_some_and(|changed| changed + self.birth <= now);
        let anew = (!was_seen).then(|| ripe.map_or(now, |ripe| ripe.max(now)) + self.birth);
        leaves.or(anew).filter(|leaves| *leaves > now)
    }

    /// Of samples that are served, lets totals that were zero for long enough be served as they are, and takes out those
    /// that the answer had left out, once they were served for long enough. What was saved before this still says otherwise:
    /// it must be saved anew before.
    pub fn ripen(&mut self, samples: &mut Samples, now: Instant) {
        self.marks.leave(now);
        if self.marks.ripen(now) {
            self.changed = Some(now);
        }
        self.fill(samples, now);
    }

    /// When all totals are served as they are, where some are served as zero.
    #[must_use]
    pub fn ripe_at(&self) -> Option<Instant> {
        self.marks.ripe().max()
    }

    /// All marks, to be saved: the family's position, the labels, and what is known.
    pub fn marks(&self) -> impl Iterator<Item = (usize, String, Mark)> {
        self.marks.iter()
    }

    /// Takes up what another process knew, and whether it is served at once.
    ///
    /// A total that was not ripe when it was saved was never served as more than zero. Nobody knows whether its zero was
    /// seen; so it is served for as long as that of a new one, from now on or from the next answer on.
    pub fn resume(
        &mut self,
        day: Option<Date>,
        corrections: u64,
        marks: impl Iterator<Item = (usize, String, Mark)>,
        is_served: bool,
        now: Instant,
    ) {
        (self.day, self.corrections, self.is_withheld) = (day, corrections, !is_served);
        let mut columns = BTreeMap::<usize, SideBySide>::new();
        for (family, labels, mark) in marks {
            columns.entry(family).or_default().update(&labels, |_| Some(mark));
        }
        self.marks.clear();
        for (family, column) in columns {
            self.marks.close(family, column.closed());
        }
        self.marks.set_ripe(now + self.birth);
        self.changed = is_served.then_some(now);
    }

    /// Nothing is served any more. What was zero until now is so again when it comes back: it may not have been seen.
    pub fn withhold(&mut self) {
        self.is_withheld = true;
    }

    /// Puts into these samples what is to be served of the totals that they are of, and takes out what is not.
    pub fn fill(&self, samples: &mut Samples, now: Instant) {
        samples.retain_totals(|family| {
            let mut marks = self.marks.found(family);
            move |labels, reading| {
                let mark = marks.get(labels).filter(|mark| mark.is_served);
                mark.is_some_and(|mark| {
                    *reading = mark.served(now);
                    true
                })
            }
        });
    }

    /// When something of what is served changes by itself.
    #[must_use]
    pub fn changes_at(&self) -> Option<Instant> {
        self.marks.changes().min()
    }
}

impl Mark {
    /// Takes in what is told now; answers 1 where that is less than what was told before.
    fn enter(&mut self, reading: &Reading, beginning: Beginning, is_new_day: bool) -> u64 {
        self.high.sort_by(reading);
        self.told.sort_by(reading);
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

    /// What is served of the total at this moment.
    fn served(&self, now: Instant) -> Reading {
        let mut served = self.high.clone();
        if self.ripe.is_some_and(|ripe| ripe > now) {
            served.set_to_zero();
        }
        served
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::family::{Counter, Families};

    static CALLS: Counter<1> = Counter::new("calls_total", "Calls.", ["agent"]);
    static FAMILIES: Families = &[&CALLS];
    const BIRTH: Duration = Duration::from_mins(1);

    fn told(totals: &[(&str, f64)]) -> Samples {
        let mut samples = Samples::of(FAMILIES, 100);
        for (agent, total) in totals {
            samples.counter(&CALLS, [agent], *total);
        }
        samples
    }

    /// What is served of what is told now.
    fn served(ledger: &mut Ledger, totals: &[(&str, f64)], now: Instant) -> Vec<f64> {
        let mut samples = told(totals);
        ledger.enter(date(2026, 6, 5), &mut samples, now, |_, _, _| {});
        numbers(&samples)
    }

    fn filled(ledger: &Ledger, mut samples: Samples, now: Instant) -> Vec<f64> {
        ledger.fill(&mut samples, now);
        numbers(&samples)
    }

    fn numbers(samples: &Samples) -> Vec<f64> {
        let readings = samples.sheets()[0].samples().map(|(_, reading)| match reading {
            Reading::Number(number) => *number,
            Reading::Histogram(_) => unreachable!("of counters"),
        });
        readings.collect()
    }

    /// A ledger that takes up what this one has saved.
    fn heir(ledger: &Ledger, is_served: bool, now: Instant) -> Ledger {
        let mut heir = Ledger::new(Beginning::AtMidnight, BIRTH);
        heir.resume(ledger.day(), 0, ledger.marks(), is_served, now);
        heir
    }

    #[test]
    fn a_new_total_is_served_as_zero_at_first() {
        let start = Instant::now();
        let mut ledger = Ledger::new(Beginning::AtMidnight, BIRTH);
        assert_eq!(served(&mut ledger, &[("a", 3.0)], start), [3.0], "who knows what was before the first answer");
        assert_eq!(served(&mut ledger, &[("a", 3.0), ("b", 2.0)], start + BIRTH), [3.0, 0.0]);
        assert_eq!(ledger.ripe_at(), Some(start + 2 * BIRTH));
        assert_eq!(served(&mut ledger, &[("a", 2.0), ("b", 4.0)], start + 2 * BIRTH), [3.0, 4.0]);
        assert_eq!((ledger.ripe_at(), ledger.corrections()), (None, 1));
    }

    #[test]
    fn a_zero_that_nobody_may_have_seen_is_served_again_after_a_restart() {
        let start = Instant::now();
        let mut ledger = Ledger::new(Beginning::AtMidnight, BIRTH);
        let totals = [("a", 3.0), ("b", 2.0)];
        served(&mut ledger, &totals[..1], start);
        served(&mut ledger, &totals, start);
        let later = start + 10 * BIRTH;

        let mut next = heir(&ledger, true, later);
        assert_eq!(filled(&next, told(&totals), later), [3.0, 0.0]);
        let mut samples = told(&totals);
        next.ripen(&mut samples, later + BIRTH);
        assert_eq!(numbers(&samples), [3.0, 2.0]);

        let mut withheld = heir(&ledger, false, later);
        assert_eq!(served(&mut withheld, &totals, later + 5 * BIRTH), [3.0, 0.0], "served from this answer on");
        assert_eq!(served(&mut withheld, &totals, later + 6 * BIRTH), [3.0, 2.0]);

        // What was ripe when it was saved may have been seen: a zero would count it twice.
        ledger.ripen(&mut told(&totals), later);
        assert_eq!(filled(&heir(&ledger, true, later), told(&totals), later), [3.0, 2.0]);
    }

    #[test]
    fn growth_is_what_a_total_has_gained_or_all_of_it_where_it_began_anew() {
        let (start, days) = (Instant::now(), [date(2026, 6, 5), date(2026, 6, 6)]);
        let growths = |beginning, answers: &[(Date, &[(&str, f64)])]| -> Vec<f64> {
            let mut ledger = Ledger::new(beginning, BIRTH);
            let mut enter = |(day, totals): &(Date, &[(&str, f64)])| {
                let mut sum = 0.0;
                ledger.enter(*day, &mut told(totals), start, |family, labels, growth| {
                    assert!(family == 0 && labels.starts_with("agent="));
                    sum += growth;
                });
                sum
            };
            answers.iter().map(&mut enter).collect()
        };
        let day = [
            (days[0], &[("a", 3.0), ("b", 4.0)][..]),
            (days[0], &[("a", 5.0), ("b", 4.0)]),
            (days[0], &[("c", 3.0)]),
            // One that returns, and one that was lowered.
            (days[0], &[("b", 6.0), ("a", 4.0)]),
            (days[1], &[("a", 9.0)]),
        ];
        assert_eq!(growths(Beginning::AtMidnight, &day), [7.0, 2.0, 3.0, 2.0, 9.0]);
        let falls = [(days[0], &[("a", 90.0)][..]), (days[0], &[("a", 100.0)]), (days[0], &[("a", 5.0)])];
        assert_eq!(growths(Beginning::BySelf, &falls), [90.0, 10.0, 5.0]);
    }

    proptest! {
        #[test]
        fn the_order_of_an_answer_tells_nothing(
            answers in proptest::collection::vec(
                (proptest::collection::btree_map(0..6_u8, 0..9_u8, 0..6), any::<bool>(), 0..90_u64, 0..20_u8, any::<u64>()),
                1..12,
            ),
            begins_by_itself in any::<bool>(),
        ) {
            let beginning = if begins_by_itself { Beginning::BySelf } else { Beginning::AtMidnight };
            let mut ledgers = [(); 2].map(|()| Ledger::new(beginning, BIRTH));
            let (mut now, mut day, mut before) = (Instant::now(), date(2026, 6, 5), BTreeMap::new());
            for (totals, are_others, seconds, midnight, seed) in answers {
                now += Duration::from_secs(seconds);
                if midnight == 0 {
                    day = day.tomorrow().unwrap();
                }
                // Mostly the same totals, which grow.
                if are_others || before.is_empty() {
                    before = totals;
                } else {
                    before.values_mut().zip(totals.values().chain(&[0; 6])).for_each(|(total, growth)| *total += growth);
                }
                let mut told_now: Vec<(String, f64)> = before.iter().map(|(agent, total)| (agent.to_string(), (*total).into())).collect();
                let mut seen = ledgers.iter_mut().enumerate().map(|(which, ledger)| {
                    if which == 1 {
                        fastrand::Rng::with_seed(seed).shuffle(&mut told_now);
                    }
                    let totals: Vec<(&str, f64)> = told_now.iter().map(|(agent, total)| (agent.as_str(), *total)).collect();
                    let (mut samples, mut growths) = (told(&totals), BTreeSet::new());
                    ledger.ripen(&mut Samples::of(FAMILIES, 0), now);
                    ledger.enter(day, &mut samples, now, |_, labels, growth| {
                        growths.insert((labels.to_owned(), growth.to_bits()));
                    });
                    let served: BTreeSet<String> = samples.sheets()[0].samples().map(|told| format!("{told:?}")).collect();
                    (served, growths, samples.series(), ledger.corrections(), ledger.ripe_at(), ledger.changes_at())
                });
                prop_assert_eq!(seen.next(), seen.next());
            }
        }
    }
}
