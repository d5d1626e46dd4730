//! What a poller saves, and how the next process takes it up again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use tracing::error;

use super::slot::Slot;
use super::{Poller, Rest, left_of_day};
use crate::config::Operation;
use crate::family::{Families, Kind};
use crate::ledger::Mark;
#[cfg(test)]
use crate::ledger::forgetting;
use crate::samples::Samples;
use crate::storage::{Damaged, SavedMark, SavedReport, SavedSample, Spendings, Storage};
use crate::terms::AGENT_NAME;

/// Turns moments of this process into wall time and back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    pub(super) now: Instant,
    pub(super) wall: Timestamp,
}

impl Moments {
    pub(super) fn wall(self, moment: Instant) -> Timestamp {
        let since = |earlier: Instant, later: Instant| later.saturating_duration_since(earlier);
        let later = self.wall.saturating_add(since(self.now, moment));
        let earlier = self.wall.saturating_sub(since(moment, self.now));
        if moment >= self.now { later } else { earlier }.unwrap_or(self.wall)
    }

    /// A moment that has passed may lie before anything that this machine's clock knows; it is now, then.
    pub(super) fn moment(self, wall: Timestamp) -> Instant {
        let difference = wall.duration_since(self.wall);
        match Duration::try_from(difference) {
            Ok(ahead) => self.now + ahead,
            Err(_) => self.now.checked_sub(difference.unsigned_abs()).unwrap_or(self.now),
        }
    }
}

impl Poller {
    /// Takes up what a process before this one has saved: what it spent, when it was to ask again, what it served.
    pub(super) fn resume(&mut self) {
        let Some(storage) = self.around.storage.clone() else { return };
        let at = self.moments();
        if let Ok(Some(spendings)) = storage.spendings(&self.operation.name) {
            self.budget = self.budget.clone().resumed(spendings.day, spendings.used);
            if spendings.quota_is_spent && spendings.day == self.budget.day() {
                let until = at.now + left_of_day(&self.local_now());
                self.rest = Some(Rest::SpentQuota { day: spendings.day, until });
            }
            for (position, slot) in self.slots.iter().enumerate() {
                if let Some(due) = spendings.due.get(slot.poll.report.name) {
                    self.schedule.resume(position, at.moment(*due), at.now);
                }
            }
        }
        for position in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(position) else { continue };
            let Operation { name, base_url, timezone_name, .. } = &*self.operation;
            let mut saved = match storage.report(name, slot.poll.report.name, base_url, timezone_name) {
                Ok(Some(saved)) => saved,
                Ok(None) => continue,
                Err(Damaged) => {
                    // Nothing can be served before it is asked for; what was set aside is so only once.
                    self.schedule.resume(position, at.now, at.now);
                    continue;
                }
            };
            let names = shown_names(&self.operation);
            if saved.names != names {
                // What stands under names that are shown otherwise now is not shown again, nor kept.
                let is_without_totals = forget_names(&mut saved, slot.poll.report.families);
                saved.names = names;
                if !is_without_totals {
                    storage.forget_report(&self.operation.name, slot.poll.report.name);
                    continue;
                }
                storage.keep_report(&self.operation.name, slot.poll.report.name, &saved);
            }
            let samples = slot.resume(&saved, at);
            if let Some(samples) = samples {
                self.serve(position, &samples);
            }
            self.resume_work(position, saved.last_success);
        }
        self.tell_all();
    }

    /// Keeps what the operation has spent, before more is.
    pub(super) async fn keep_spendings(&self) {
        let Some(storage) = self.around.storage.clone() else { return };
        let at = self.moments();
        let due = self.slots.iter().enumerate().filter_map(|(position, slot)| {
            Some((slot.poll.report.name.to_owned(), at.wall(self.schedule.next_turn(position)?)))
        });
        let spendings = Spendings {
            day: self.budget.day(),
            used: self.budget.used(),
            quota_is_spent: matches!(self.rest, Some(Rest::SpentQuota { .. })),
            due: due.collect(),
        };
        let name = self.operation.name.clone();
        off_the_runtime(&storage, move |storage| storage.keep_spendings(&name, &spendings)).await;
    }

    /// Keeps what a report is about to serve, so that nothing that was ever scraped is forgotten.
    pub(super) async fn keep_report(&self, position: usize, samples: &Samples) {
        let Some(storage) = self.around.storage.clone() else { return };
        let Some(slot) = self.slots.get(position) else { return };
        let saved = slot.saved(samples, &self.operation, self.moments());
        let (operation, report) = (self.operation.name.clone(), slot.poll.report.name);
        off_the_runtime(&storage, move |storage| storage.keep_report(&operation, report, &saved)).await;
    }

    pub(super) fn moments(&self) -> Moments {
        Moments { now: Instant::now(), wall: self.around.clock.now() }
    }
}

impl Slot {
    /// What is to be saved beside these samples, as they were entered.
    pub(super) fn saved(&self, samples: &Samples, operation: &Operation, at: Moments) -> SavedReport {
        let name = |family: usize| self.poll.report.families.get(family).map_or("", |family| family.name());
        let marks = self.ledger.marks().map(|(family, labels, mark)| SavedMark {
            family: name(family).to_owned(),
            labels,
            told: (mark.told != mark.high).then(|| mark.told.clone()),
            #[cfg(test)]
            high: if forgetting::SAVED_MARKS.get() { mark.told } else { mark.high },
            #[cfg(not(test))]
            high: mark.high,
            is_zero: mark.ripe.is_some(),
        });
        let sheets = samples.sheets().iter();
        let samples = sheets.flat_map(|sheet| {
            sheet.samples().map(|(labels, reading)| SavedSample {
                family: sheet.family().name().to_owned(),
                labels: labels.to_owned(),
                // A total's reading is in its mark.
                reading: (sheet.family().kind() == Kind::Gauge).then(|| reading.clone()),
            })
        });
        SavedReport {
            base_url: operation.base_url.clone(),
            timezone: operation.timezone_name.clone(),
            names: shown_names(operation),
            day: self.closing.day(),
            corrections: self.ledger.corrections(),
            marks: marks.collect(),
            samples: samples.collect(),
            is_empty: self.is_empty(),
            served_until: at.wall(self.served_until().unwrap_or(at.now)),
            last_attempt: self.vitals.last_attempt(),
            duration: self.vitals.duration().map(|duration| duration.as_secs_f64()),
            last_success: self.vitals.last_success(),
            window_end: self.vitals.window_end(),
            rows: self.vitals.rows(),
            memory: self.taught.memory().map(str::to_owned),
        }
    }

    /// Takes up what was saved; answers the samples to serve, if they are not too old.
    pub(super) fn resume(&mut self, saved: &SavedReport, at: Moments) -> Option<Samples> {
        let families = self.poll.report.families;
        let position = |name: &str| families.iter().position(|family| family.name() == name);
        let served: HashSet<_> =
            saved.samples.iter().map(|sample| (sample.family.as_str(), sample.labels.as_str())).collect();
        let marks = saved.marks.iter().filter_map(|mark| {
            let known = Mark {
                high: mark.high.clone(),
                told: mark.told.clone().unwrap_or_else(|| mark.high.clone()),
                ripe: mark.is_zero.then_some(at.now),
                is_served: served.contains(&(mark.family.as_str(), mark.labels.as_str())),
            };
            Some((position(&mark.family)?, mark.labels.clone(), known))
        });
        if let Some(memory) = &saved.memory {
            self.taught = (self.poll.report.recall)(memory);
        }
        // Whatever that process took the time for.
        let until = at.moment(saved.served_until).min(self.serves_until(at.now));
        let is_served = until > at.now;
        self.ledger.resume(saved.day, saved.corrections, marks, is_served, at.now);
        self.closing.resume(saved.day);
        let mut samples = Samples::of(families, usize::MAX);
        let totals: HashMap<_, _> =
            saved.marks.iter().map(|mark| ((mark.family.as_str(), mark.labels.as_str()), &mark.high)).collect();
        for SavedSample { family, labels, reading } in &saved.samples {
            let total = || totals.get(&(family.as_str(), labels.as_str())).copied();
            if let Some((family, reading)) = position(family).zip(reading.as_ref().or_else(total)) {
                samples.put_back(family, labels, reading.clone());
            }
        }
        self.ledger.fill(&mut samples, at.now);
        self.vitals.resumed(saved, samples.series());
        self.resumed(until, saved.is_empty);
        is_served.then_some(samples)
    }
}

/// A word that is the same for as long as the names of agents are shown in the same way.
fn shown_names(operation: &Operation) -> String {
    operation.terms.agent_name("").into_owned()
}

/// Takes out what stands under agents' names; answers whether that were no totals.
fn forget_names(saved: &mut SavedReport, families: Families) -> bool {
    let is_named = |name: &str| {
        let family = families.iter().find(|family| family.name() == name);
        family.is_some_and(|family| family.labels().contains(&AGENT_NAME))
    };
    saved.samples.retain(|sample| !is_named(&sample.family));
    let before = saved.marks.len();
    saved.marks.retain(|mark| !is_named(&mark.family));
    saved.marks.len() == before
}

/// Lets a file be written where that may block. Should the task be cancelled, the writing still ends in order.
async fn off_the_runtime(storage: &Storage, write: impl FnOnce(&Storage) + Send + 'static) {
    let folder = storage.clone();
    if let Err(failure) = tokio::task::spawn_blocking(move || write(&folder)).await {
        error!(%failure, "the state was not saved, by a defect of the exporter");
    }
    #[cfg(test)]
    storage.death().spare().await;
}
