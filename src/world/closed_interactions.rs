//! E-mails and posts that agents closed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::staff::{ActivityCode, Agent};
use super::{Period, World};

/// What an agent closed with one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedInteractions<'w> {
    /// The agent.
    pub agent: &'w Agent,
    /// The code, perhaps an empty one.
    pub code: ActivityCode,
    /// How many.
    pub interactions: u64,
}

impl World {
    /// What agents closed in the period, by agent and code.
    #[must_use]
    pub fn closed_interactions(&self, period: &Period, now: Timestamp) -> Vec<ClosedInteractions<'_>> {
        let mut counts: BTreeMap<(usize, ActivityCode), u64> = BTreeMap::new();
        for (_, day) in self.days(period, now) {
            let elapsed = day.calendar.elapsed(now);
            for letter in &day.letters {
                if letter.closed <= elapsed && period.contains(&day.calendar.civil(letter.closed)) {
                    *counts.entry((letter.agent, letter.code)).or_default() += 1;
                }
            }
        }
        let closed = |((agent, code), interactions): ((usize, ActivityCode), u64)| ClosedInteractions {
            agent: &self.staff.agents[agent],
            code,
            interactions,
        };
        counts.into_iter().map(closed).collect()
    }
}
