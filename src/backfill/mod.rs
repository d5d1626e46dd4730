//! History: the totals of past days as they would have been served at every full hour, for
//! `promtool tsdb create-blocks-from openmetrics`.
//!
//! A live exporter serves at ten o'clock what happened from midnight to then. wolkvox tells that of any past day, too:
//! a day is asked for hour by hour, each answer is folded into the same facts, and after each hour the facts are
//! measured as a live answer is. Where wolkvox's rows name their hour themselves, one answer is enough for a day.
//! What a row is filed under in other reports is not documented (a call has a beginning, an end, and an end of the IVR),
//! so that nothing but asking for the hour gives what a live question would have been told.

mod asking;
#[cfg(test)]
mod campaign;
mod failure;
mod progress;
mod rows;
mod stretch;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use sha2::{Digest as _, Sha256};
use tracing::info;

use self::asking::{Asking, Stop};
use self::progress::{Question, Record, Subject};
use self::text::{END, write_head};
use crate::clock::Clock;
use crate::config::Operation;
use crate::plan::Plan;
use crate::report::{Listing, Span};
use crate::reports;
use crate::upstream::Upstream;

pub use self::failure::Failure;
pub use self::stretch::Every;

/// Of the files of progress: another one is not understood.
const VERSION: u32 = 1;

/// How long is waited at once for the next day, so that a correction of the clock is followed.
const NAP: Duration = Duration::from_mins(1);

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The first civil day of each operation.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// How far apart samples are.
    pub every: Every,
    /// The file that is written; standard output without one.
    pub output: Option<PathBuf>,
    /// The most requests of this run.
    pub requests: Option<u64>,
    /// Whether to wait for the next day where the budget of one is not enough.
    pub wait: bool,
    /// The configured `limits.series_per_report`.
    pub series_per_report: usize,
}

/// How a run ended that met no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it is written.
    Complete,
    /// As much is written as the budget of today, or of this run, allowed.
    Spent,
}

/// A backfill before its first request.
#[derive(Debug)]
pub struct Backfill {
    wanted: Wanted,
    clock: Clock,
    record: Record,
    subjects: Vec<Asking>,
}

impl Backfill {
    /// Finds out what there is to do, and whether it can be.
    ///
    /// # Errors
    ///
    /// Everything that is known to go wrong before the first request is made.
    pub fn prepare(wanted: Wanted, operations: Vec<(Operation, Upstream)>, clock: Clock) -> Result<Self, Failure> {
        if wanted.to < wanted.from {
            return Err(Failure::Question(format!("--to {} is before --from {}", wanted.to, wanted.from)));
        }
        let mut subjects = Vec::with_capacity(operations.len());
        for (operation, upstream) in operations {
            check_is_over(&operation, wanted.to, &clock)?;
            let reports: Vec<&'static Listing> =
                operation.polls.iter().map(|poll| poll.report).filter(|report| report.span != Span::Now).collect();
            if !reports.is_empty() {
                subjects.push(Asking::new(operation, upstream, reports, &wanted)?);
            }
        }
        if subjects.is_empty() {
            return Err(Failure::Question("no report that has a history is switched on".to_owned()));
        }
        let record = Record::open(question(&wanted, &subjects), wanted.output.as_deref())?;
        Ok(Self { wanted, clock, record, subjects })
    }

    /// What will be asked, as a table for people.
    #[must_use]
    pub fn plan(&self) -> String {
        let Wanted { from, to, every, .. } = &self.wanted;
        let mut plan = format!("backfill of {from} to {to}, a sample every {}h\n", every.as_hours());
        for subject in &self.subjects {
            plan.push_str(&subject.plan(&self.record));
        }
        plan
    }

    /// Asks, and writes what is answered.
    ///
    /// # Errors
    ///
    /// What kept it from going on; what is written up to then is kept.
    pub async fn run(mut self) -> Result<Ended, Failure> {
        for subject in &mut self.subjects {
            subject.learn_limit(&self.clock, &mut self.record).await?;
        }
        let all: u64 = self.subjects.iter().map(Asking::requests_in_all).sum();
        let fits_a_day = self.wanted.wait || self.subjects.iter().all(Asking::fits_in_a_day);
        let fits_the_run = self.wanted.requests.is_none_or(|requests| all <= requests);
        if self.wanted.output.is_none() && !(fits_a_day && fits_the_run) {
            return Err(Failure::NotInOneGo);
        }
        if self.record.is_empty() {
            self.record.begin(&heads(&self.subjects))?;
        }
        let mut left = self.wanted.requests;
        loop {
            let mut is_complete = true;
            for subject in &mut self.subjects {
                match subject.go_on(&self.clock, &mut self.record, &mut left).await {
                    Ok(()) => {}
                    Err(Stop::Spent) => is_complete = false,
                    Err(Stop::Failed(failure)) => return Err(failure),
                }
            }
            if is_complete {
                self.record.end(END)?;
                return Ok(Ended::Complete);
            }
            if !self.wanted.wait || left == Some(0) {
                return Ok(Ended::Spent);
            }
            info!("the budget of this day is spent: waiting for the next one");
            while !self.subjects.iter().any(|subject| subject.may_go_on(&self.clock, &self.record)) {
                tokio::time::sleep(NAP).await;
            }
        }
    }
}

/// A day that is not over, or still gets late rows, has no history yet.
fn check_is_over(operation: &Operation, to: Date, clock: &Clock) -> Result<(), Failure> {
    let zone = operation.timezone.clone();
    let settling = SignedDuration::try_from(operation.settling).unwrap_or(SignedDuration::ZERO);
    let settled = clock.now().saturating_sub(settling).unwrap_or_default().to_zoned(zone);
    let newest = settled.date().saturating_sub(1.day());
    if to > newest {
        let name = &operation.name;
        return Err(Failure::Question(format!(
            "--to {to} has not settled yet in the operation {name}; its newest whole day is {newest}"
        )));
    }
    Ok(())
}

fn question(wanted: &Wanted, subjects: &[Asking]) -> Question {
    let subject = |asking: &Asking| {
        let operation = asking.operation();
        Subject {
            name: operation.name.clone(),
            base_url: operation.base_url.clone(),
            timezone: operation.timezone_name.clone(),
            reports: asking.reports().iter().map(|report| report.name.to_owned()).collect(),
            terms: digest(&format!("{:?}", operation.terms)),
        }
    };
    Question {
        version: VERSION,
        from: wanted.from,
        to: wanted.to,
        every_hours: wanted.every.as_hours(),
        series_per_report: wanted.series_per_report,
        operations: subjects.iter().map(subject).collect(),
    }
}

fn digest(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text).iter().take(8).fold(String::new(), |mut word, byte| {
        let _ = write!(word, "{byte:02x}");
        word
    })
}

/// What is said of all families that will be written.
fn heads(subjects: &[Asking]) -> String {
    let mut text = String::new();
    let is_asked = |report: &&Listing| subjects.iter().flat_map(Asking::reports).any(|asked| asked.name == report.name);
    for family in reports::ALL.iter().filter(is_asked).flat_map(|report| report.families) {
        write_head(&mut text, *family);
    }
    text
}

/// How many days there are from one to another, both included.
fn days(from: Date, to: Date) -> u64 {
    let days = to.since(from).map_or(0, |span| span.get_days());
    u64::try_from(days).unwrap_or(0) + 1
}

/// What a day leaves for history: what is allowed, without what serving takes.
fn beside_serving(plan: &Plan, allowed: u64) -> u64 {
    allowed.saturating_sub(plan.requests())
}
