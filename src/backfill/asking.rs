//! One operation's history: its days and reports one after another, within the budget of each day.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use tracing::{debug, info, warn};

use super::failure::Failure;
use super::progress::Record;
use super::rows::Rows;
use super::stretch::{Every, Stretch, start, stretches};
use super::text::DayText;
use super::{Wanted, beside_serving, days};
use crate::clock::Clock;
use crate::config::Operation;
use crate::lane::Backoff;
use crate::plan::Plan;
use crate::report::{Allowance, Ask, Listing, Urgency, Window};
use crate::reports;
use crate::samples::Samples;
use crate::token::Token;
use crate::upstream::{Answered, Cause, Retry, Trouble, Upstream};

/// How often a question is asked at most: two minutes of pauses in all, which most troubles do not outlast.
const TRIES: u32 = 6;

/// Why an operation does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// Today's budget, or this run's, is spent.
    Spent,
    /// Something that does not pass by itself.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// One operation that is asked for its history.
#[derive(Debug)]
pub(super) struct Asking {
    operation: Operation,
    upstream: Upstream,
    token: Token,
    reports: Vec<&'static Listing>,
    from: Date,
    days: u64,
    every: Every,
    series: usize,
    plan: Plan,
    /// Requests that a day allows beside serving; unknown without licences, until wolkvox has told.
    allowed: Option<u64>,
    jitter: fastrand::Rng,
    /// How much is done, of reports and days.
    done: u64,
}

/// A question about to be paid for.
struct Purse<'r> {
    record: &'r mut Record,
    clock: &'r Clock,
    left: &'r mut Option<u64>,
}

impl Asking {
    pub(super) fn new(
        operation: Operation,
        upstream: Upstream,
        reports: Vec<&'static Listing>,
        wanted: &Wanted,
    ) -> Result<Self, Failure> {
        let token = operation.token.read().map_err(|error| Failure::Token(operation.name.clone(), error))?;
        let plan = Plan::of(&operation);
        let asking = Self {
            allowed: plan.limit().map(|limit| beside_serving(&plan, limit)),
            jitter: fastrand::Rng::with_seed(days(wanted.from, wanted.to)),
            from: wanted.from,
            days: days(wanted.from, wanted.to),
            every: wanted.every,
            series: wanted.series_per_report,
            done: 0,
            operation,
            upstream,
            token,
            reports,
            plan,
        };
        asking.check_budget()?;
        Ok(asking)
    }

    pub(super) fn operation(&self) -> &Operation {
        &self.operation
    }

    pub(super) fn reports(&self) -> &[&'static Listing] {
        &self.reports
    }

    /// What will be asked, as a table for people.
    pub(super) fn plan(&self, record: &Record) -> String {
        let (name, zone, days) = (&self.operation.name, &self.operation.timezone_name, self.days);
        let mut plan = format!("operation {name}: {days} days of {zone}\n");
        for report in &self.reports {
            let requests = self.requests(report);
            let _ = writeln!(plan, "  {:<20} {requests:>5} a day {:>12}", report.name, requests * days);
        }
        let _ = writeln!(plan, "  {:<32} {:>12}", "requests in all", self.requests_of_a_day() * days);
        let done = record.done(name).units;
        if done > 0 {
            let _ = writeln!(plan, "  {:<32} {:>12}", "done already", self.requests_up_to(done));
        }
        match self.allowed {
            Some(allowed) => {
                let to_do = self.requests_of_a_day() * days - self.requests_up_to(done);
                let _ = writeln!(plan, "  {:<32} {allowed:>12}", "allowed a day beside serving");
                let _ = writeln!(plan, "  {:<32} {:>12}", "days that it takes", to_do.div_ceil(allowed.max(1)));
            }
            None => plan.push_str("  licenses is not configured: wolkvox is asked what a day allows\n"),
        }
        plan
    }

    /// Whether all of it fits into one day's budget.
    pub(super) fn fits_in_a_day(&self) -> bool {
        self.allowed.is_none_or(|allowed| self.requests_in_all() <= allowed)
    }

    /// How many requests all of it takes.
    pub(super) fn requests_in_all(&self) -> u64 {
        self.requests_of_a_day() * self.days
    }

    /// Asks wolkvox what a day allows, where the configuration does not say it.
    pub(super) async fn learn_limit(&mut self, clock: &Clock, record: &mut Record) -> Result<(), Failure> {
        if self.allowed.is_some() {
            return Ok(());
        }
        let name = self.operation.name.clone();
        if let Some(allowed) = record.done(&name).allowed {
            self.allowed = Some(allowed);
            return self.check_budget();
        }
        let unknown = |why: &str| {
            let advice = "write licenses into the configuration";
            Failure::Question(format!("operation {name}: nobody knows what a day allows ({why}); {advice}"))
        };
        let Some(report) = reports::ALL.iter().find(|report| report.urgency == Urgency::Service) else {
            return Err(unknown("no report tells it"));
        };
        let local = clock.now().to_zoned(self.operation.timezone.clone()).datetime();
        let ask = Ask { window: Window { from: local, to: local }, terms: Arc::clone(&self.operation.terms) };
        let today = local.date();
        record.spend(&name, today, spent(record, &name, today) + 1)?;
        let (reply, facts) = self.upstream.ask(&self.token, report, ask, (report.begin)()).await;
        reply.outcome.map_err(|trouble| unknown(&format!("wolkvox {trouble}")))?;
        let Allowance { limit, used } = facts.allowance().ok_or_else(|| unknown("wolkvox does not tell it"))?;
        let allowed = beside_serving(&self.plan, self.plan.allowed_of(limit));
        info!(operation = name, limit, used, allowed, "wolkvox tells what a day allows");
        self.allowed = Some(allowed);
        record.learn(&name, allowed)?;
        self.check_budget()
    }

    /// Whether today's budget has room for what is next.
    pub(super) fn may_go_on(&self, clock: &Clock, record: &Record) -> bool {
        let done = record.done(&self.operation.name).units;
        self.unit(done).is_some_and(|(_, report)| {
            let today = self.today(clock);
            let spent = spent(record, &self.operation.name, today);
            self.allowed.is_none_or(|allowed| spent + self.requests(report) <= allowed)
        })
    }

    /// Goes on from where the record ends, to the end or until the budget is spent.
    pub(super) async fn go_on(
        &mut self,
        clock: &Clock,
        record: &mut Record,
        left: &mut Option<u64>,
    ) -> Result<(), Stop> {
        self.done = record.done(&self.operation.name).units;
        while let Some((day, report)) = self.unit(self.done) {
            let needed = self.requests(report);
            if !self.may_go_on(clock, record) || left.is_some_and(|left| left < needed) {
                return Err(Stop::Spent);
            }
            let text = self.tell(day, report, &mut Purse { record, clock, left }).await?;
            record.write(&self.operation.name, &text)?;
            self.done += 1;
            if self.done.is_multiple_of(self.reports.len() as u64) {
                let days = self.done / self.reports.len() as u64;
                let today = self.today(clock);
                let spent = spent(record, &self.operation.name, today);
                info!(operation = self.operation.name, %day, days, of = self.days, spent_today = spent, "written");
            }
        }
        Ok(())
    }

    /// What one report told of one day, as text.
    async fn tell(&mut self, day: Date, report: &'static Listing, purse: &mut Purse<'_>) -> Result<String, Stop> {
        let zone = self.operation.timezone.clone();
        let stretches = stretches(day, self.every, &zone)?;
        let mut told = match report.hour {
            Some(hour) => Some(self.whole_day(day, report, hour, &stretches, purse).await?),
            None => None,
        };
        let terms = Arc::clone(&self.operation.terms);
        let mut facts = (report.begin)();
        let mut is_told = false;
        let mut text = DayText::new(&self.operation.name, start(day, &zone)?);
        for (position, stretch) in stretches.iter().enumerate() {
            let rows = match &mut told {
                Some(told) => told.as_mut().map(|told| told.get_mut(position).map(std::mem::take).unwrap_or_default()),
                None => self.ask(day, report, stretch.window, purse).await?,
            };
            is_told |= rows.is_some();
            let ask = Ask { window: stretch.window, terms: Arc::clone(&terms) };
            for row in rows.unwrap_or_default() {
                // It was read once already, so it is JSON; why it is not counted was logged then.
                let _ = facts.absorb(&row, &ask);
            }
            let mut samples = Samples::of(report.families, self.series);
            if is_told {
                facts.measure(&terms, &mut samples);
            } else {
                (report.nothing)(&mut samples);
            }
            if samples.dropped() > 0 {
                let (operation, dropped) = (&self.operation.name, samples.dropped());
                warn!(operation, report = report.name, %day, dropped, "series left out; raise limits.series_per_report");
            }
            text.add(stretch.over, &samples);
        }
        Ok(text.into_text())
    }

    /// The rows of a day by its stretches, from one answer; nothing where nothing happened.
    async fn whole_day(
        &mut self,
        day: Date,
        report: &'static Listing,
        hour: fn(&str) -> Option<i8>,
        stretches: &[Stretch],
        purse: &mut Purse<'_>,
    ) -> Result<Option<Vec<Vec<String>>>, Stop> {
        let window = Window { from: day.at(0, 0, 0, 0), to: day.at(23, 59, 59, 0) };
        let Some(rows) = self.ask(day, report, window, purse).await? else { return Ok(None) };
        let mut told = vec![Vec::new(); stretches.len()];
        for row in rows {
            let stretch = hour(&row).and_then(|hour| stretches.iter().position(|one| hour <= one.window.to.hour()));
            if let Some(told) = stretch.and_then(|stretch| told.get_mut(stretch)) {
                told.push(row);
            }
        }
        Ok(Some(told))
    }

    /// The rows of a window; nothing where nothing happened. An answer that may have been cut is asked for in halves.
    async fn ask(
        &mut self,
        day: Date,
        report: &'static Listing,
        window: Window,
        purse: &mut Purse<'_>,
    ) -> Result<Option<Vec<String>>, Stop> {
        let mut rows = None;
        let mut windows = vec![window];
        while let Some(window) = windows.pop() {
            match self.ask_until_told(report, window, purse).await {
                Ok(Some(more)) => rows.get_or_insert_with(Vec::new).extend(more),
                Ok(None) => {}
                Err(Unanswered::Trouble(trouble)) => {
                    let halves = if trouble.cause() == Cause::TooLarge { halves(window) } else { None };
                    if let Some([first, second]) = halves {
                        windows.extend([second, first]);
                    } else {
                        let operation = self.operation.name.clone();
                        return Err(Failure::Unanswered { operation, report: report.name, day, trouble }.into());
                    }
                }
                Err(Unanswered::Stop(stop)) => return Err(stop),
            }
        }
        Ok(rows)
    }

    /// Asks once, and again where that may help.
    async fn ask_until_told(
        &mut self,
        report: &'static Listing,
        window: Window,
        purse: &mut Purse<'_>,
    ) -> Result<Option<Vec<String>>, Unanswered> {
        let ask = Ask { window, terms: Arc::clone(&self.operation.terms) };
        let mut tries = 0;
        loop {
            self.pay(purse).map_err(Unanswered::Stop)?;
            // A file that cannot be read at this moment (it is being replaced) leaves the token as it was.
            if let Ok(token) = self.operation.token.read() {
                self.token = token;
            }
            let rows = Rows::new((report.begin)());
            let (reply, rows) = self.upstream.ask(&self.token, report, ask.clone(), rows).await;
            tries += 1;
            let operation = self.operation.name.as_str();
            let trouble = match reply.outcome {
                Ok(Answered::Cut) => return Err(Unanswered::Trouble(Trouble::always_cut())),
                Ok(answered) => {
                    let (rejected, of) = (reply.tally.rejected.iter().sum::<u64>(), reply.tally.rows);
                    debug!(operation, report = report.name, from = %window.from, rows = of, "answered");
                    if rejected > 0 {
                        warn!(operation, report = report.name, from = %window.from, rejected, of, "rows were not counted");
                    }
                    return Ok((answered == Answered::Data).then_some(rows.told()));
                }
                Err(trouble) => trouble,
            };
            if trouble.retry() == Retry::Tomorrow {
                warn!(operation, advice = trouble.cause().advice(), "wolkvox {trouble}");
                self.spend_all(purse).map_err(Unanswered::Stop)?;
                return Err(Unanswered::Stop(Stop::Spent));
            }
            let is_final = match trouble.cause() {
                Cause::Auth | Cause::BadRequest | Cause::Tls | Cause::TooLarge => true,
                _ => tries >= TRIES,
            };
            if is_final {
                return Err(Unanswered::Trouble(trouble));
            }
            let pause = Backoff::RETRY.pause(tries, self.jitter.f64()).max(trouble.retry_after().unwrap_or_default());
            warn!(operation, report = report.name, from = %window.from, next_try_in = ?pause, "wolkvox {trouble}");
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes one request out of today's budget.
    fn pay(&self, purse: &mut Purse<'_>) -> Result<(), Stop> {
        let today = self.today(purse.clock);
        let spent = spent(purse.record, &self.operation.name, today) + 1;
        if self.allowed.is_some_and(|allowed| spent > allowed) || *purse.left == Some(0) {
            return Err(Stop::Spent);
        }
        purse.record.spend(&self.operation.name, today, spent)?;
        if let Some(left) = purse.left {
            *left -= 1;
        }
        Ok(())
    }

    /// wolkvox says that nothing is left of today.
    fn spend_all(&self, purse: &mut Purse<'_>) -> Result<(), Stop> {
        let today = self.today(purse.clock);
        Ok(purse.record.spend(&self.operation.name, today, self.allowed.unwrap_or(u64::MAX / 2))?)
    }

    /// The day and the report at this position, day by day.
    fn unit(&self, position: u64) -> Option<(Date, &'static Listing)> {
        let reports = self.reports.len() as u64;
        let day = position / reports;
        let report = self.reports.get(usize::try_from(position % reports).ok()?)?;
        let day = (day < self.days).then(|| self.from.saturating_add(i64::try_from(day).unwrap_or(i64::MAX).days()))?;
        Some((day, report))
    }

    /// How many requests a day of a report takes.
    fn requests(&self, report: &Listing) -> u64 {
        if report.hour.is_some() { 1 } else { self.every.stretches() }
    }

    fn requests_of_a_day(&self) -> u64 {
        self.reports.iter().map(|report| self.requests(report)).sum()
    }

    fn requests_up_to(&self, units: u64) -> u64 {
        let reports = self.reports.len() as u64;
        let rest = usize::try_from(units % reports).unwrap_or_default();
        let of_rest: u64 = self.reports.iter().take(rest).map(|report| self.requests(report)).sum();
        units / reports * self.requests_of_a_day() + of_rest
    }

    fn today(&self, clock: &Clock) -> Date {
        clock.now().to_zoned(self.operation.timezone.clone()).date()
    }

    /// A report of which not even one day fits would never begin.
    fn check_budget(&self) -> Result<(), Failure> {
        let Some(allowed) = self.allowed else { return Ok(()) };
        match self.reports.iter().find(|report| self.requests(report) > allowed) {
            None => Ok(()),
            Some(report) => Err(Failure::TooDear {
                operation: self.operation.name.clone(),
                report: report.name,
                needed: self.requests(report),
                allowed,
            }),
        }
    }
}

/// Why a question has no answer.
enum Unanswered {
    Trouble(Trouble),
    Stop(Stop),
}

/// What an operation has spent today.
fn spent(record: &Record, operation: &str, today: Date) -> u64 {
    let done = record.done(operation);
    if done.day == Some(today) { done.spent } else { 0 }
}

/// A window in two; nothing where it is too short to be cut.
fn halves(window: Window) -> Option<[Window; 2]> {
    let seconds = window.to.duration_since(window.from).as_secs();
    let middle = window.from.saturating_add(SignedDuration::from_secs(seconds / 2));
    let next = middle.saturating_add(SignedDuration::from_secs(1));
    (seconds > 1).then_some([Window { to: middle, ..window }, Window { from: next, ..window }])
}
