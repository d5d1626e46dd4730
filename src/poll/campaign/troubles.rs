//! What goes wrong, when: by chance, but never so that what happened could not be known afterwards.
//!
//! Two things cannot be known (`docs/exactness.md`), and so do not happen here: a day that is told wrongly while it
//! closes, and a skill that has calls between the last answer and its own new beginning.

use std::time::Duration;

use tokio::time::Instant;

use crate::report::Urgency;
use crate::reports;
use crate::simulator::{Fault, FaultRule};

/// Faults of totals of the day at any hour: the right answer comes afterwards.
pub(super) const ANY_HOUR: [Fault; 14] = [
    Fault::Http500,
    Fault::CutShort,
    Fault::NotJson,
    Fault::Maintenance,
    Fault::MaintenanceInSpanish,
    Fault::Html,
    Fault::Slow,
    Fault::Hang,
    Fault::Empty,
    Fault::Redirect,
    Fault::BadRequest,
    Fault::Reset,
    Fault::TooManyRequests,
    Fault::DataString,
];

/// Faults by day: those that pass for answers, and refusals after which nothing is asked for a while.
pub(super) const BY_DAY: [Fault; 7] = [
    Fault::NoData,
    Fault::WrongShape,
    Fault::BareArray,
    Fault::Auth,
    Fault::AuthInSpanish,
    Fault::Concurrency,
    Fault::ConcurrencyInSpanish,
];

/// Refusals in the evening, after which nothing is asked until midnight.
pub(super) const IN_THE_EVENING: [Fault; 3] = [Fault::Quota, Fault::QuotaInSpanish, Fault::QuotaIn200];

/// One operation's present trouble.
pub(super) struct Troubles {
    operation: String,
    chance: fastrand::Rng,
    until: Instant,
    /// What the simulated wolkvox does wrong.
    pub(super) rules: Vec<FaultRule>,
    /// The same, and to which report, or to all.
    pub(super) fault: Option<(Fault, Option<&'static str>)>,
    /// While it is not 0, answers leave rows out and tell lower totals.
    pub(super) mood: u64,
}

impl Troubles {
    pub(super) fn new(operation: &str, seed: u64) -> Self {
        Self {
            operation: operation.to_owned(),
            chance: fastrand::Rng::with_seed(seed),
            until: Instant::now(),
            rules: Vec::new(),
            fault: None,
            mood: 0,
        }
    }

    /// All is well.
    pub(super) fn end(&mut self) {
        self.rules.clear();
        self.fault = None;
        self.mood = 0;
    }

    /// Half a minute has passed, and it is this hour of the operation's clock. Answers whether something has changed.
    pub(super) fn pass(&mut self, hour: i8) -> bool {
        let now = Instant::now();
        if now < self.until {
            return false;
        }
        let had_any = self.mood != 0 || !self.rules.is_empty();
        self.end();
        // Most of what happens to a day happens at its end.
        let seldom = if hour == 22 { 100 } else { 240 };
        if self.chance.u32(..seldom) > 0 {
            return had_any;
        }
        let kind = self.chance.u32(..10);
        let minutes = match (kind, hour) {
            (0..3, 5..20) => {
                self.mood = self.chance.u64(1..);
                self.chance.u64(1..90)
            }
            (3..5, 5..20) => {
                self.fail(&BY_DAY, None);
                self.chance.u64(1..40)
            }
            // The skills as well, or everything.
            (5, 5..20) => {
                self.fail(&ANY_HOUR, Some("skills"));
                self.chance.u64(1..90)
            }
            (6, 5..20) => {
                let fault = self.chance.choice(&ANY_HOUR).copied().unwrap();
                self.fail_all(fault);
                self.chance.u64(1..90)
            }
            // Maintenance of everything, past midnight.
            (0..4, 22) => {
                self.fail_all(Fault::Maintenance);
                self.chance.u64(60..300)
            }
            (4..6, 22) => {
                self.fail(&IN_THE_EVENING, None);
                self.chance.u64(5..30)
            }
            _ => {
                self.fail(&ANY_HOUR, None);
                self.chance.u64(1..90)
            }
        };
        self.until = now + Duration::from_mins(minutes);
        true
    }

    /// Lets everything fail in this way.
    fn fail_all(&mut self, fault: Fault) {
        self.rules = vec![FaultRule::new(fault).of_operation(&self.operation)];
        self.fault = Some((fault, None));
    }

    /// Lets one report fail in one of these ways: this one, or any about the day.
    fn fail(&mut self, faults: &[Fault], report: Option<&'static str>) {
        let reports: Vec<_> = reports::ALL.iter().filter(|report| report.urgency == Urgency::Day).collect();
        let fault = self.chance.choice(faults).copied().unwrap();
        let report = report.unwrap_or_else(|| reports[self.chance.usize(..reports.len())].name);
        self.rules = vec![FaultRule::new(fault).of_report(report).of_operation(&self.operation)];
        self.fault = Some((fault, Some(report)));
    }
}
