//! What a poller's answers tell about the work that there is for agents.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;

use super::Poller;
use super::slot::Slot;
use crate::report::{Span, Work, WorkTotals};
use crate::samples::Samples;

impl Poller {
    /// Remembers by how much the totals of a report, as entered now, have grown.
    pub(super) fn remember_work(&mut self, position: usize, at: Instant, grown: &[(Work, f64)]) {
        let Some(slot) = self.slots.get(position) else { return };
        let day = slot.working_day();
        for (work, growth) in grown {
            self.workload.answered(*work, at.into_std(), day, *growth);
        }
    }

    /// Remembers what the totals of a report were that another process was told at this time.
    pub(super) fn resume_work(&mut self, position: usize, answered: Option<Timestamp>) {
        let at = self.moments();
        let Some(slot) = self.slots.get(position).filter(|slot| slot.ledger.day().is_some()) else { return };
        let answered = answered.filter(|answered| *answered < at.wall).map(|answered| at.moment(answered).into_std());
        let (day, totals) = (slot.working_day(), slot.totals());
        for (work, total) in totals {
            self.workload.resumed(work, answered, day, total);
        }
    }

    /// A report is too old to tell anything about work.
    pub(super) fn withdraw_work(&mut self, position: usize) {
        let Some(slot) = self.slots.get(position) else { return };
        slot.works().for_each(|work| self.workload.withdrawn(work));
    }

    /// The agents that it takes to reach the configured service level.
    pub(super) fn required_agents(&self) -> Option<u32> {
        let level = &self.operation.service_level;
        self.workload.required_agents(level.target, level.threshold)
    }
}

impl Slot {
    /// Enters what was told of a day. Answers by how much the totals have grown that tell about work, added up by what they
    /// tell, births aside.
    pub(super) fn enter(&mut self, day: Date, samples: &mut Samples, now: Instant) -> Vec<(Work, f64)> {
        let mut tally = Tally::of(self);
        self.ledger.enter(day, samples, now, |family, labels, growth| tally.add(family, labels, growth));
        tally.sums
    }

    /// What the totals come to that tell about work.
    fn totals(&self) -> Vec<(Work, f64)> {
        let mut tally = Tally::of(self);
        for (family, labels, mark) in self.ledger.marks() {
            tally.add(family, &labels, mark.high.number());
        }
        tally.sums
    }

    /// The day that totals begin anew with, where they do not by themselves.
    fn working_day(&self) -> Option<Date> {
        self.ledger.day().filter(|_| self.poll.report.span != Span::Now)
    }

    /// What the report tells about work, each once.
    fn works(&self) -> impl Iterator<Item = Work> + use<> {
        let told = self.poll.report.work;
        let all = [Work::Arrivals, Work::Handled, Work::Handling];
        all.into_iter().filter(move |work| told.iter().any(|totals| totals.work == *work))
    }
}

/// Adds up numbers of totals that tell about work.
struct Tally {
    /// Which these are, and the position of the family of each.
    told: Vec<(usize, &'static WorkTotals)>,
    sums: Vec<(Work, f64)>,
}

impl Tally {
    fn of(slot: &Slot) -> Self {
        let report = slot.poll.report;
        let position =
            |told: &WorkTotals| report.families.iter().position(|family| family.name() == told.family.name());
        Self {
            told: report.work.iter().filter_map(|told| Some((position(told)?, told))).collect(),
            sums: slot.works().map(|work| (work, 0.0)).collect(),
        }
    }

    fn add(&mut self, family: usize, labels: &str, number: f64) {
        let is_it = |(of, told): &&(usize, &WorkTotals)| *of == family && labels.ends_with(told.label);
        for (_, told) in self.told.iter().filter(is_it) {
            for (_, sum) in self.sums.iter_mut().filter(|(work, _)| *work == told.work) {
                *sum += number;
            }
        }
    }
}
