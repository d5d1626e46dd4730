//! What a poller tells of itself: pages about each report and about the operation, and the status that people read.

use jiff::{Timestamp, Zoned};
use tokio::time::Instant;

use super::{Poller, Rest, day_end, is_open};
use crate::board::{Page, Place, Subject};
use crate::report::Span;
use crate::status::{BudgetStatus, OperationStatus};
use crate::vitals::OperationVitals;

impl Poller {
    /// Puts up a page. Where that makes work, scrapes go on as before meanwhile, and nobody waits for it.
    pub(super) fn put_up(&self, subject: Subject, place: Place, page: Page, expires: Option<Instant>) {
        if let Some(making) = self.around.board.publish(subject, place, page, expires) {
            drop(tokio::task::spawn_blocking(move || making.finish()));
        }
    }

    /// Publishes what is known about one report.
    pub(super) fn tell_report(&self, position: usize) {
        let Some(slot) = self.slots.get(position) else { return };
        let (operation, report) = (self.operation.name.as_str(), slot.poll.report.name);
        let page =
            Page::of(&slot.vitals.measure(), &["operation", "report"], &[operation, report]).counting_since(self.since);
        self.put_up(Subject::Vitals, (self.position, slot.report), page, None);
        self.teller.tell(self.status());
    }

    pub(super) fn tell_all(&mut self) {
        for position in 0..self.slots.len() {
            self.tell_report(position);
        }
        self.tell();
    }

    /// Publishes what is known about the operation, where that has changed.
    pub(super) fn tell(&mut self) {
        let vitals = self.vitals();
        if self.told.as_ref() == Some(&vitals) {
            return;
        }
        let page = Page::of(&vitals.measure(), &["operation"], &[&self.operation.name]);
        self.put_up(Subject::Operation, (self.position, 0), page, None);
        self.told = Some(vitals);
        self.teller.tell(self.status());
    }

    fn vitals(&self) -> OperationVitals {
        let now = self.local_now();
        let level = &self.operation.service_level;
        OperationVitals {
            up: self.up(),
            server: self.operation.server.clone(),
            timezone: self.operation.timezone_name.clone(),
            is_open: is_open(&self.operation, &now),
            day_start: self.day_start(&now),
            day_end: day_end(&now),
            target: (level.target, level.threshold),
            required_agents: self.required_agents(),
            budget_limit: self.budget.limit(),
            budget_used: self.budget.used(),
            budget_planned: self.plan.requests(),
        }
    }

    /// The midnight that the totals served count from: the oldest, while some reports have a day to close.
    fn day_start(&self, now: &Zoned) -> Timestamp {
        let days = self.slots.iter().filter(|slot| slot.poll.report.span != Span::Now);
        let day = days.filter_map(|slot| slot.ledger.day()).min().unwrap_or(now.date());
        day.to_zoned(now.time_zone().clone()).map_or(now.timestamp(), |start| start.timestamp())
    }

    fn status(&self) -> OperationStatus {
        let (now, wall) = (Instant::now(), self.local_now());
        // Turns that fall into a rest pass by without a request.
        let rest = match &self.rest {
            None => now,
            Some(Rest::RefusedToken { until } | Rest::SpentQuota { until, .. }) => *until,
        };
        let next = |position| {
            let wait = self.schedule.due(position)?.max(rest).saturating_duration_since(now);
            wall.timestamp().checked_add(wait).ok()
        };
        OperationStatus {
            operation: self.operation.name.clone(),
            server: self.operation.server.clone(),
            timezone: self.operation.timezone_name.clone(),
            open: is_open(&self.operation, &wall),
            up: self.up(),
            budget: BudgetStatus {
                limit: self.budget.limit(),
                used: self.budget.used(),
                planned: self.plan.requests(),
                reset: day_end(&wall),
            },
            reports: self.slots.iter().enumerate().map(|(position, slot)| slot.status(next(position))).collect(),
        }
    }

    fn up(&self) -> Option<bool> {
        self.slots.iter().filter_map(|slot| slot.vitals.success()).reduce(|one, other| one || other)
    }
}
