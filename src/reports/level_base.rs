//! What a service level is a share of, found out from the numbers, and the calls that it stands for.
//!
//! wolkvox gives levels as percentages with two decimals and does not say whether it divides by the calls that came in
//! or by those that were answered. Of the right base a level is a whole number of calls, and no more than were answered;
//! of the wrong one it is so only by chance. Where all calls were answered both bases are one.

use crate::samples::whole;
use crate::terms::LevelBase;

/// How far a level may be from the share that it tells: one hundredth of a percent, because nobody knows whether
/// wolkvox rounds or cuts off. From 5,000 calls on, a level of any base may be a whole number of them.
const STEP: f64 = 0.0001;

/// What floating point adds to that.
const SLACK: f64 = 1e-9;

/// One level of one skill, beside the skill's counts of the same day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// The share answered in time.
    pub(super) share: f64,
    /// All calls that came in.
    pub(super) inbound: u64,
    /// Those that were answered.
    pub(super) answered: u64,
}

impl Level {
    /// The calls answered in time. Nothing where the base is not known and matters, or where it cannot be the base of
    /// this level.
    pub(super) fn calls(self, base: Option<LevelBase>) -> Option<f64> {
        if let Some(base) = base {
            return self.calls_of(base);
        }
        let calls = self.calls_of(LevelBase::Inbound)?;
        (self.calls_of(LevelBase::Answered) == Some(calls)).then_some(calls)
    }

    /// The calls answered in time of a base that somebody vouches for.
    pub(super) fn calls_of_given(self, base: LevelBase) -> f64 {
        (self.share * self.whole(base)).round()
    }

    /// The calls answered in time, where this can be the base.
    fn calls_of(self, base: LevelBase) -> Option<f64> {
        let (all, answered) = (self.whole(base), whole(self.answered));
        let calls = self.share * all;
        let tolerance = STEP * all + SLACK;
        let is_whole = (calls - calls.round()).abs() <= tolerance;
        (is_whole && calls <= answered + tolerance).then(|| calls.round().min(answered))
    }

    fn whole(self, base: LevelBase) -> f64 {
        match base {
            LevelBase::Inbound => whole(self.inbound),
            LevelBase::Answered => whole(self.answered),
        }
    }
}

/// What the levels of one answer tell about their base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Levels that can be of the calls that came in, and not of those answered.
    inbound: u32,
    /// Levels that can be of the calls answered, and not of those that came in.
    answered: u32,
    /// Levels that can be of neither.
    neither: u32,
}

impl Evidence {
    /// Takes a level in.
    pub(super) fn weigh(&mut self, level: Level) {
        if level.answered == 0 || level.answered == level.inbound {
            return;
        }
        let can_be = |base| level.calls_of(base).is_some();
        match (can_be(LevelBase::Inbound), can_be(LevelBase::Answered)) {
            (true, true) => {}
            (true, false) => self.inbound += 1,
            (false, true) => self.answered += 1,
            (false, false) => self.neither += 1,
        }
    }

    /// The base, where it was `before`: that of most levels that can tell. Where none can, it stays what it was; where
    /// they do not agree, nobody knows.
    pub(super) fn conclude(self, before: Option<LevelBase>) -> Option<LevelBase> {
        let all = self.inbound + self.answered + self.neither;
        if all == 0 {
            before
        } else if self.inbound * 2 > all {
            Some(LevelBase::Inbound)
        } else if self.answered * 2 > all {
            Some(LevelBase::Answered)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::ratio;

    fn level(share: f64, inbound: u64, answered: u64) -> Level {
        Level { share, inbound, answered }
    }

    fn base_of(levels: &[Level], before: Option<LevelBase>) -> Option<LevelBase> {
        let mut evidence = Evidence::default();
        for level in levels {
            evidence.weigh(*level);
        }
        evidence.conclude(before)
    }

    /// A percentage with two decimals, rounded or cut off, as it is read.
    fn told(part: u64, of: u64, cut_off: bool) -> f64 {
        let hundredths = if cut_off { part * 10_000 / of } else { (part * 20_000 + of) / (of * 2) };
        ratio(&format!("{}.{:02} %", hundredths / 100, hundredths % 100)).unwrap()
    }

    #[test]
    fn the_base_is_the_one_that_gives_whole_calls() {
        // 5 of 7 answered, 9 came: of 9 it would be 6.43 calls.
        assert_eq!(base_of(&[level(0.7143, 9, 7)], None), Some(LevelBase::Answered));
        assert_eq!(base_of(&[level(0.5556, 9, 7)], None), Some(LevelBase::Inbound));
        // All in time: of those that came in, it would be more than were answered.
        assert_eq!(base_of(&[level(1.0, 9, 7)], None), Some(LevelBase::Answered));
        // Nothing to learn: all were answered, none in time, none at all.
        let silent = [level(0.7143, 7, 7), level(0.0, 9, 7), level(0.0, 9, 0)];
        for before in [None, Some(LevelBase::Inbound), Some(LevelBase::Answered)] {
            assert_eq!(base_of(&silent, before), before);
        }
    }

    #[test]
    fn a_base_stays_until_most_levels_contradict_it() {
        let (answered, inbound, neither) = (level(0.7143, 9, 7), level(0.5556, 9, 7), level(0.6, 9, 7));
        let before = Some(LevelBase::Answered);
        assert_eq!(base_of(&[answered, answered, neither], None), before);
        assert_eq!(base_of(&[inbound], before), Some(LevelBase::Inbound));
        assert_eq!(base_of(&[inbound, answered], before), None);
        assert_eq!(base_of(&[neither], before), None);
    }

    #[test]
    fn calls_without_a_base_are_told_where_it_does_not_matter() {
        assert_eq!(level(0.7143, 7, 7).calls(None), Some(5.0));
        assert_eq!(level(0.0, 9, 7).calls(None), Some(0.0));
        assert_eq!(level(0.0, 0, 0).calls(None), Some(0.0));
        assert_eq!(level(0.7143, 9, 7).calls(None), None);
        assert_eq!(level(0.7143, 9, 7).calls(Some(LevelBase::Answered)), Some(5.0));
        assert_eq!(level(0.7143, 9, 7).calls(Some(LevelBase::Inbound)), None);
        assert_eq!(level(0.7143, 9, 7).calls_of_given(LevelBase::Inbound), 6.0);
    }

    /// Skills: calls that came, those answered of them, and those in time of these for three thresholds.
    fn skills() -> impl Strategy<Value = Vec<(u64, u64, Vec<u64>)>> {
        let skill =
            (1_u64..5000).prop_flat_map(|inbound| (Just(inbound), 0..=inbound)).prop_flat_map(|(inbound, answered)| {
                (Just(inbound), Just(answered), prop::collection::vec(0..=answered, 3))
            });
        prop::collection::vec(skill, 1..12)
    }

    proptest! {
        #[test]
        fn levels_give_back_the_calls(
            skills in skills(),
            base in prop::sample::select(vec![LevelBase::Inbound, LevelBase::Answered]),
            cut_off: bool,
        ) {
            let mut evidence = Evidence::default();
            let mut levels = Vec::new();
            for (inbound, answered, in_time) in skills {
                let of = if base == LevelBase::Inbound { inbound } else { answered };
                for part in in_time {
                    let share = if of == 0 { 0.0 } else { told(part, of, cut_off) };
                    let level = level(share, inbound, answered);
                    evidence.weigh(level);
                    levels.push((level, part));
                }
            }
            let found = evidence.conclude(None);
            prop_assert!(found.is_none_or(|found| found == base));
            // Nobody knows only where no level can tell.
            prop_assert_eq!(found.is_none(), evidence == Evidence::default());
            for (level, part) in levels {
                prop_assert_eq!(level.calls(Some(base)), Some(whole(part)), "{:?}", level);
                prop_assert_eq!(level.calls_of_given(base), whole(part), "{:?}", level);
                // Without a base, either the right number or none.
                if level.inbound < 5000 && level.answered == level.inbound {
                    prop_assert_eq!(level.calls(None), Some(whole(part)));
                }
            }
        }
    }
}
