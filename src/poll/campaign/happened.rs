//! What went wrong in a campaign, how often: one that met no trouble proves nothing.

use std::collections::BTreeMap;

use super::troubles::{ANY_HOUR, BY_DAY, IN_THE_EVENING};
use crate::simulator::Fault;
use crate::storage::Moment;

/// What went wrong, by its name, and how often.
#[derive(Clone, Default)]
pub(super) struct Happened(BTreeMap<String, usize>);

/// What every season must have seen beside each way of not answering.
const NEEDED: [&str; 14] = [
    "maintenance of everything after midnight",
    "a skill's counts are lowered",
    "a skill vanishes",
    "an agent vanishes",
    "an agent gets another name",
    "rows vanish",
    "a total is lowered",
    "a total of lengths is lowered",
    "a code is still to come",
    "killed at any moment",
    "killed while an answer is awaited",
    "killed Before a report's state is written",
    "killed Halfway through a report's state",
    "killed After a report's state is written",
];

impl Happened {
    pub(super) fn times(&mut self, what: &str, times: usize) {
        if times == 0 {
            return;
        }
        match self.0.get_mut(what) {
            Some(known) => *known += times,
            None => drop(self.0.insert(what.to_owned(), times)),
        }
    }

    /// A question was answered wrongly, or not at all.
    pub(super) fn fault(&mut self, fault: Fault, is_all_after_midnight: bool) {
        self.times(fault.name(), 1);
        if fault == Fault::Maintenance && is_all_after_midnight {
            self.times(NEEDED[0], 1);
        }
    }

    /// The exporter was killed: where in the writing of a file, if there.
    pub(super) fn kill(&mut self, struck: Option<(&str, Moment)>, is_asking: bool) {
        match struck {
            None if is_asking => self.times("killed while an answer is awaited", 1),
            None => {}
            Some((file, moment)) if file.ends_with("spendings") => {
                self.times(&format!("killed {moment:?} in writing what is spent"), 1);
            }
            Some((_, moment @ Moment::Halfway)) => {
                self.times(&format!("killed {moment:?} through a report's state"), 1);
            }
            Some((_, moment)) => self.times(&format!("killed {moment:?} a report's state is written"), 1),
        }
        if struck.is_none() {
            self.times("killed at any moment", 1);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, times)| self.times(what, *times));
    }

    /// All of it, for people.
    pub(super) fn told(&self) -> String {
        let each: Vec<String> = self.0.iter().map(|(what, times)| format!("{what}: {times}")).collect();
        each.join(", ")
    }

    /// What should have happened, and did not.
    pub(super) fn missing(&self) -> Vec<&str> {
        let faults = ANY_HOUR.iter().chain(&BY_DAY).map(|fault| fault.name());
        let mut missing: Vec<_> = faults.chain(NEEDED).filter(|what| !self.0.contains_key(*what)).collect();
        // One of them in an evening, and not in many.
        if !IN_THE_EVENING.iter().any(|fault| self.0.contains_key(fault.name())) {
            missing.push("a spent quota");
        }
        missing
    }
}
