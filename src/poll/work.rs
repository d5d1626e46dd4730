//! What a poller's answers tell about the work that there is for agents.

use jiff::Timestamp;
use tokio::time::Instant;

use super::Poller;
use super::slot::Slot;
use crate::report::{Span, Work};
use crate::samples::Reading;
use crate::staffing::Place;

impl Poller {
    /// Remembers what the totals of a report, as entered now, tell about work at this moment.
    pub(super) fn remember_work(&mut self, position: usize, at: Instant) {
        let Some(slot) = self.slots.get(position) else { return };
        let day = slot.ledger.day().filter(|_| slot.poll.report.span != Span::Now);
        for work in slot.works() {
            self.workload.answered(work, at.into_std(), day, slot.totals_of(work));
        }
    }

    /// Remembers what an answer told that another process got at this time, if anything of it was taken up.
    pub(super) fn resume_work(&mut self, position: usize, answered: Option<Timestamp>) {
        let at = self.moments();
        let was_taken_up = self.slots.get(position).is_some_and(|slot| slot.ledger.day().is_some());
        if let Some(answered) = answered.filter(|answered| was_taken_up && *answered < at.wall) {
            self.remember_work(position, at.moment(answered));
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
    /// What the report tells about work, each once.
    fn works(&self) -> impl Iterator<Item = Work> + use<> {
        let told = self.poll.report.work;
        let all = [Work::Arrivals, Work::Handled, Work::Handling];
        all.into_iter().filter(move |work| told.iter().any(|totals| totals.work == *work))
    }

    /// The report's totals that tell this, as they are served, births aside: each by its place, which is the same for as
    /// long as the day is.
    fn totals_of(&self, work: Work) -> Vec<(Place, f64)> {
        let report = self.poll.report;
        let mut totals = Vec::new();
        for (group, told) in report.work.iter().enumerate().filter(|(_, totals)| totals.work == work) {
            let family = report.families.iter().position(|family| family.name() == told.family.name());
            let mut place = 0;
            self.ledger.each_mark_of(family.unwrap_or(usize::MAX), |labels, mark| match mark.high {
                Reading::Number(total) if labels.ends_with(told.label) => {
                    totals.push(((group, place), total));
                    place += 1;
                }
                _ => {}
            });
        }
        totals
    }
}
