//! Whose turn it is. Pure: it is told what time it is.
//!
//! At the start every report is due at once and they are taken one after another, the live ones first. From then on each
//! report keeps a phase of its own: it is due at fixed moments, an interval apart. A turn that could not be taken in time
//! is missed: it is counted, and the next one is due when it would have been anyway.

use std::time::Duration;

use tokio::time::Instant;

use crate::report::Urgency;

/// The turns of one operation's reports.
#[derive(Clone, Debug)]
pub struct Schedule {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    interval: Duration,
    urgency: Urgency,
    /// Where in its interval the report's moments lie, 0 to 1.
    phase: f64,
    /// The next regular turn.
    due: Instant,
    /// Whether the first turn was taken.
    has_begun: bool,
    /// An extra try of the turn that failed.
    retry: Option<Instant>,
    tries: u32,
    /// No turn before this moment: wolkvox asked to be left alone.
    not_before: Option<Instant>,
}

/// A report's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which report, by its position in the operation's list.
    pub slot: usize,
    /// How many turns before this one went by untaken.
    pub missed: u64,
    /// Whether it is another try of a turn that failed.
    pub is_retry: bool,
}

/// How often a failed turn is tried again.
const MOST_RETRIES: u32 = 2;

/// The golden ratio's fraction: multiples of it spread evenly over 0 to 1, however many there are.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

impl Schedule {
    /// Turns for reports of these intervals and urgencies, the first at once. `seed` (0 to 1) sets the phases of one
    /// operation apart from another's.
    #[must_use]
    pub fn new(now: Instant, reports: impl IntoIterator<Item = (Duration, Urgency)>, seed: f64) -> Self {
        let phase = |position: u32| (seed + f64::from(position) * GOLDEN).fract();
        let slot = |(position, (interval, urgency))| Slot {
            interval,
            urgency,
            phase: phase(position),
            due: now,
            has_begun: false,
            retry: None,
            tries: 0,
            not_before: None,
        };
        Self { slots: (0..).zip(reports).map(slot).collect() }
    }

    /// When the next turn is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.slots.iter().map(Slot::next).min()
    }

    /// When this report's next turn is due.
    #[must_use]
    pub fn due(&self, slot: usize) -> Option<Instant> {
        self.slots.get(slot).map(Slot::next)
    }

    /// When this report's next regular turn is due, whatever tries of the present one are to come.
    #[must_use]
    pub fn next_turn(&self, slot: usize) -> Option<Instant> {
        self.slots.get(slot).map(|slot| slot.due)
    }

    /// Takes the turn that has been due longest, if one is; of several that are due as long, the most urgent.
    pub fn take(&mut self, now: Instant) -> Option<Turn> {
        let order = |(position, slot): &(usize, &Slot)| (slot.next(), slot.urgency, *position);
        let (position, _) = self.slots.iter().enumerate().filter(|(_, slot)| slot.next() <= now).min_by_key(order)?;
        let (missed, is_retry) = self.slots.get_mut(position)?.take(now);
        Some(Turn { slot: position, missed, is_retry })
    }

    /// Asks for another try of this report's turn after `pause`. Answers when, or nothing where the turn was tried
    /// often enough or the next regular one comes first.
    pub fn retry(&mut self, slot: usize, now: Instant, pause: Duration) -> Option<Instant> {
        let slot = self.slots.get_mut(slot)?;
        let at = now + pause;
        (slot.tries < MOST_RETRIES && at < slot.due).then(|| {
            slot.tries += 1;
            slot.retry = Some(at);
            at
        })
    }

    /// Leaves this report alone until then; turns that fall before it are missed.
    pub fn hold(&mut self, slot: usize, until: Instant) {
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.not_before = Some(until);
        }
    }

    /// Takes a report's turns up where another process left them: the next one is due then. It is never more than an
    /// interval away, whatever that process took the time or the interval for.
    pub fn resume(&mut self, slot: usize, due: Instant, now: Instant) {
        if let Some(slot) = self.slots.get_mut(slot) {
            (slot.due, slot.has_begun) = (due.min(now + slot.interval), true);
        }
    }

    /// Makes every report due at once, as at the start.
    pub fn restart(&mut self, now: Instant) {
        for slot in &mut self.slots {
            *slot = Slot { due: now, has_begun: false, retry: None, tries: 0, not_before: None, ..*slot };
        }
    }

    /// How many tries this report's present turn has had beside the first.
    #[must_use]
    pub fn retries(&self, slot: usize) -> u32 {
        self.slots.get(slot).map_or(0, |slot| slot.tries)
    }

    /// How many regular turns lie between now and `left` later, of reports at least as urgent as `urgency`.
    #[must_use]
    pub fn planned(&self, now: Instant, left: Duration, urgency: Urgency) -> u64 {
        self.slots.iter().filter(|slot| slot.urgency <= urgency).map(|slot| slot.planned(now, left)).sum()
    }

    /// Reports that are more urgent than this one have so many regular turns between now and `left` later.
    #[must_use]
    pub fn planned_before(&self, now: Instant, left: Duration, slot: usize) -> u64 {
        let Some(urgency) = self.slots.get(slot).map(|slot| slot.urgency) else { return 0 };
        self.slots.iter().filter(|other| other.urgency < urgency).map(|other| other.planned(now, left)).sum()
    }
}

impl Slot {
    fn next(&self) -> Instant {
        let next = self.retry.map_or(self.due, |retry| retry.min(self.due));
        self.not_before.map_or(next, |not_before| next.max(not_before))
    }

    fn take(&mut self, now: Instant) -> (u64, bool) {
        let is_retry = self.due > now;
        self.retry = None;
        self.not_before = None;
        if is_retry {
            return (0, true);
        }
        self.tries = 0;
        if !self.has_begun {
            self.has_begun = true;
            // A phase of 0 would be the same moment once more.
            self.due = now + self.interval.mul_f64(1.0 - self.phase);
            return (0, false);
        }
        let missed = whole_intervals(now - self.due, self.interval);
        self.due += self.interval.saturating_mul(u32::try_from(missed + 1).unwrap_or(u32::MAX));
        (missed, false)
    }

    fn planned(&self, now: Instant, left: Duration) -> u64 {
        let end = now + left;
        if self.due >= end { 0 } else { whole_intervals(end - self.due, self.interval) + 1 }
    }
}

fn whole_intervals(stretch: Duration, interval: Duration) -> u64 {
    u64::try_from(stretch.as_nanos() / interval.as_nanos().max(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn reports() -> Vec<(Duration, Urgency)> {
        vec![(300 * SECOND, Urgency::Day), (60 * SECOND, Urgency::Live), (900 * SECOND, Urgency::Service)]
    }

    #[test]
    fn the_first_round_asks_for_each_report_once_the_live_ones_first() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, reports(), 0.3);
        let order: Vec<_> = std::iter::from_fn(|| schedule.take(start)).map(|turn| turn.slot).collect();
        assert_eq!(order, [1, 0, 2]);
        assert!(schedule.next_due().is_some_and(|due| due > start && due <= start + 60 * SECOND));
    }

    #[test]
    fn turns_keep_their_moments_and_missed_ones_are_counted_not_made_up() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, [(60 * SECOND, Urgency::Live)], 0.5);
        schedule.take(start);
        let first = start + 30 * SECOND;
        assert_eq!(schedule.due(0), Some(first));
        assert_eq!(schedule.take(first + 5 * SECOND), Some(Turn { slot: 0, missed: 0, is_retry: false }));
        assert_eq!(schedule.due(0), Some(first + 60 * SECOND));
        assert_eq!(schedule.take(first + 250 * SECOND), Some(Turn { slot: 0, missed: 3, is_retry: false }));
        assert_eq!(schedule.take(first + 250 * SECOND), None);
        assert_eq!(schedule.due(0), Some(first + 300 * SECOND));
    }

    #[test]
    fn a_turn_is_tried_again_twice_and_never_after_the_next_one() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, [(60 * SECOND, Urgency::Live)], 0.5);
        schedule.take(start);
        for _ in 0..2 {
            let at = schedule.retry(0, start, SECOND);
            assert_eq!(at, Some(start + SECOND));
            assert_eq!(schedule.take(start + SECOND), Some(Turn { slot: 0, missed: 0, is_retry: true }));
        }
        assert_eq!(schedule.retry(0, start + SECOND, SECOND), None);
        let next = start + 30 * SECOND;
        assert_eq!(schedule.take(next), Some(Turn { slot: 0, missed: 0, is_retry: false }));
        assert_eq!(schedule.retry(0, next, 60 * SECOND), None);
        assert!(schedule.retry(0, next, 59 * SECOND).is_some());
    }

    #[test]
    fn a_report_that_is_held_waits_and_its_missed_turns_are_counted() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, [(10 * SECOND, Urgency::Live)], 0.0);
        schedule.take(start);
        schedule.hold(0, start + 45 * SECOND);
        assert_eq!(schedule.take(start + 44 * SECOND), None);
        assert_eq!(schedule.take(start + 45 * SECOND), Some(Turn { slot: 0, missed: 3, is_retry: false }));
    }

    #[test]
    fn after_a_restart_every_report_is_due_at_once() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, reports(), 0.3);
        while schedule.take(start).is_some() {}
        let later = start + SECOND;
        schedule.restart(later);
        let order: Vec<_> = std::iter::from_fn(|| schedule.take(later)).map(|turn| turn.slot).collect();
        assert_eq!(order, [1, 0, 2]);
    }

    proptest! {
        #[test]
        fn a_day_holds_as_many_turns_as_were_planned(
            intervals in proptest::collection::vec(1_u32..4_000, 1..7),
            seed in 0.0_f64..1.0,
            hours in 1_u32..26,
        ) {
            let start = Instant::now();
            let reports: Vec<_> = intervals.iter().map(|seconds| (*seconds * SECOND, Urgency::Day)).collect();
            let mut schedule = Schedule::new(start, reports, seed);
            while schedule.take(start).is_some() {}
            let day = hours * 3600 * SECOND;
            let planned = schedule.planned(start, day, Urgency::Day);
            let mut turns = 0;
            while let Some(due) = schedule.next_due().filter(|due| *due < start + day) {
                let turn = schedule.take(due).unwrap();
                prop_assert_eq!(turn.missed, 0);
                turns += 1;
            }
            prop_assert_eq!(turns, planned);
            // And no more than the intervals make in that time, with one for the phase.
            let most: u64 = intervals.iter().map(|seconds| u64::from(hours * 3600).div_ceil(u64::from(*seconds))).sum();
            prop_assert!(turns <= most, "{turns} turns, {most} expected at most");
        }

        #[test]
        fn however_late_it_is_taken_turns_and_missed_turns_add_up(waits in proptest::collection::vec(1_u32..2_000, 1..60)) {
            let start = Instant::now();
            let mut schedule = Schedule::new(start, [(60 * SECOND, Urgency::Live)], 0.25);
            schedule.take(start);
            let (mut now, mut counted) = (start, 0);
            for wait in waits {
                now += wait * SECOND;
                if let Some(turn) = schedule.take(now) {
                    counted += 1 + turn.missed;
                    prop_assert_eq!(schedule.take(now), None);
                }
            }
            let first = start + 45 * SECOND;
            let passed = if now < first { 0 } else { (now - first).as_secs() / 60 + 1 };
            prop_assert_eq!(counted, passed);
        }
    }
}
