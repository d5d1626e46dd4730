//! One report of one operation, as its poller knows it.

use jiff::{Timestamp, Zoned};
use tokio::time::Instant;

use crate::board::Page;
use crate::config::{Operation, Poll};
use crate::ledger::{self, Beginning, Closing, Ledger, Stretch, Windows};
use crate::report::{Folding, Span};
use crate::reports;
use crate::samples::Samples;
use crate::status::{ReportStatus, State, TroubleStatus};
use crate::upstream::Trouble;
use crate::vitals::ReportVitals;

/// Data are served for so many intervals after the newest answer.
const INTERVALS_SERVED: u32 = 3;

/// The label that stands before a report's own.
const CONTEXT: &[&str] = &["operation"];

/// One report of one operation.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) poll: Poll,
    /// The report's position among all.
    pub(super) report: usize,
    pub(super) vitals: ReportVitals,
    pub(super) ledger: Ledger,
    pub(super) closing: Closing,
    /// What the newest answer taught about the next one; a failed answer teaches nothing.
    pub(super) taught: Box<dyn Folding>,
    pub(super) windows: Windows,
    /// The facts of the newest day, of a report that tells every event: most answers tell a part of the day.
    kept: Option<Box<dyn Folding>>,
    /// What was put up, while some of it is served as zero or is soon not to be served at all, and until when.
    unripe: Option<(Instant, Page)>,
    /// Until when the published data are served.
    served_until: Option<Instant>,
    /// Whether the newest answer was that nothing happened.
    is_empty: bool,
    trouble: Option<Trouble>,
    /// How many attempts in a row have failed for the same cause.
    failures: u32,
}

impl Slot {
    pub(super) fn new(poll: &Poll, operation: &Operation) -> Self {
        let beginning = match poll.report.span {
            Span::Now => Beginning::BySelf,
            Span::Day | Span::Rows => Beginning::AtMidnight,
        };
        Self {
            ledger: Ledger::new(beginning, operation.births),
            closing: Closing::new(operation.settling, operation.births),
            taught: (poll.report.begin)(),
            windows: Windows::new(poll.interval),
            kept: None,
            unripe: None,
            report: reports::ALL.iter().position(|report| report.name == poll.report.name).unwrap_or_default(),
            vitals: ReportVitals::new(poll.interval),
            poll: *poll,
            served_until: None,
            is_empty: false,
            trouble: None,
            failures: 0,
        }
    }

    /// What to ask for at this moment.
    pub(super) fn stretch(&self, local: &Zoned, now: Instant) -> Stretch {
        match self.poll.report.span {
            // The present has no past to be closed, and counts that fall over midnight do so whoever is late.
            Span::Now => Stretch::whole(ledger::today(local)),
            Span::Day => Stretch::whole(self.closing.window(local, now)),
            Span::Rows if self.kept.is_some() => self.windows.stretch(self.closing.window(local, now), local),
            // Recent hours are only of use beside the others.
            Span::Rows => self.windows.whole(self.closing.window(local, now)),
        }
    }

    /// Facts to fold the first answer about this stretch into. An answer about the whole day replaces what was kept of it,
    /// which is given up now already: a busy day need not be held twice. If the answer fails, the whole day is asked for
    /// again.
    pub(super) fn begin(&mut self, stretch: &Stretch) -> Box<dyn Folding> {
        self.kept.take_if(|_| stretch.is_whole);
        self.kept.as_ref().map_or_else(|| self.taught.successor(), |kept| kept.beside())
    }

    /// All of a stretch was answered, with these facts, or with none where nothing happened. Answers the facts of the
    /// whole day.
    pub(super) fn completed(&mut self, stretch: &Stretch, told: Option<Box<dyn Folding>>) -> Option<Box<dyn Folding>> {
        let before = self.kept.take().filter(|_| !stretch.is_whole);
        match (before, told) {
            (Some(mut facts), Some(told)) => {
                facts.merge(told);
                Some(facts)
            }
            (before, told) => told.or(before),
        }
    }

    /// Keeps the facts for the next answer, where that may tell a part of the day.
    pub(super) fn keep(&mut self, facts: Option<Box<dyn Folding>>) {
        self.kept = facts.filter(|_| self.poll.report.span == Span::Rows);
    }

    /// The report was answered now; its data are served from now on. Answers how many failures this ends.
    pub(super) fn answered(&mut self, now: Instant, is_empty: bool) -> u32 {
        self.served_until = Some(self.serves_until(now));
        self.is_empty = is_empty;
        self.trouble = None;
        std::mem::take(&mut self.failures)
    }

    /// Puts on a page what is to be served now, and says until when it is. Where some of it is served as zero at first, or
    /// for a while alone, it is kept: totals are in the ledger, and all else is on the page.
    pub(super) fn serve(&mut self, samples: &Samples, operation: &Operation) -> (Page, Option<Instant>) {
        let next = self.ledger.changes_at();
        let mut page = Page::of(samples, CONTEXT, &[&operation.name]);
        let midnight = self.ledger.day().and_then(|day| day.to_zoned(operation.timezone.clone()).ok());
        if let Some(midnight) = midnight {
            page = page.counting_since(midnight.timestamp());
        }
        self.unripe = next.map(|next| (next, page.clone()));
        (page, self.served_until)
    }

    /// Until when an answer that comes now is served.
    pub(super) fn serves_until(&self, now: Instant) -> Instant {
        now + self.poll.interval * INTERVALS_SERVED
    }

    /// Whether the newest answer was that nothing happened.
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Until when the published data are served.
    pub(super) fn served_until(&self) -> Option<Instant> {
        self.served_until
    }

    /// Takes up what another process published.
    pub(super) fn resumed(&mut self, until: Instant, is_empty: bool) {
        (self.served_until, self.is_empty) = (Some(until), is_empty);
    }

    /// The samples of what was put up, once some of it is no longer to be served as zero, or no longer at all.
    pub(super) fn take_ripe(&mut self, now: Instant, operation: &Operation) -> Option<Samples> {
        let (_, page) = self.unripe.take_if(|(at, _)| *at <= now)?;
        let mut samples = page.samples(self.poll.report.families, CONTEXT, &[&operation.name]);
        self.ledger.ripen(&mut samples, now);
        Some(samples)
    }

    /// The report was not answered. Answers how many times in a row it now was not, for the same cause.
    pub(super) fn failed(&mut self, trouble: Trouble) -> u32 {
        let is_known = self.trouble.as_ref().is_some_and(|known| known.cause() == trouble.cause());
        self.failures = if is_known { self.failures + 1 } else { 1 };
        self.trouble = Some(trouble);
        self.failures
    }

    /// The whole operation was refused, this report with it.
    pub(super) fn refused(&mut self, trouble: &Trouble) {
        self.vitals.refused();
        if self.trouble.as_ref() != Some(trouble) {
            self.failed(trouble.clone());
        }
    }

    /// Whether the data have just become too old to be served.
    pub(super) fn has_expired(&mut self, now: Instant) -> bool {
        let has_expired = self.served_until.is_some_and(|until| until <= now);
        if has_expired {
            self.served_until = None;
            self.unripe = None;
            self.ledger.withhold();
            self.vitals.withdrawn();
        }
        has_expired
    }

    pub(super) fn status(&self, next_attempt: Option<Timestamp>) -> ReportStatus {
        ReportStatus {
            report: self.poll.report.name,
            state: self.state(),
            interval_seconds: self.poll.interval.as_secs_f64(),
            last_attempt: self.vitals.last_attempt(),
            last_success: self.vitals.last_success(),
            next_attempt,
            rows: self.vitals.rows(),
            trouble: self.trouble.as_ref().map(TroubleStatus::from),
        }
    }

    fn state(&self) -> State {
        match (self.vitals.success(), self.served_until) {
            (None, _) => State::Waiting,
            (Some(_), None) => State::Failing,
            (Some(true), Some(_)) if self.is_empty => State::Empty,
            (Some(true), Some(_)) => State::Fresh,
            (Some(false), Some(_)) => State::Aging,
        }
    }
}
