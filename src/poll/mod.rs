//! The loop of one operation: it waits for a report's turn, asks, judges, publishes, and says what it did.
//!
//! One loop serves all reports of the operation, because only one request may be in flight per token anyway: whose turn
//! it is follows from the schedule alone, and nothing is shared between tasks.

#[cfg(test)]
mod campaign;
mod round;
mod slot;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use self::round::Round;
use self::slot::Slot;
use crate::board::{Board, Page, Subject};
use crate::clock::Clock;
use crate::config::Operation;
use crate::lane::{Backoff, Budget, Gates, Pass, Schedule, Turn};
use crate::plan::Plan;
use crate::report::{Ask, Span, Urgency};
use crate::samples::Samples;
use crate::status::{BudgetStatus, OperationStatus, Teller, Watch};
use crate::tasks::Shutdown;
use crate::token::Token;
use crate::upstream::{Answered, Retry, Trouble, Upstream};
use crate::vitals::{OperationVitals, Skip};

/// The loop looks at the clock and at a refused token's file at least so often.
const TICK: Duration = Duration::from_secs(1);

/// What all pollers share.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// What time it is.
    pub clock: Clock,
    /// One request in flight per token.
    pub gates: Arc<Gates>,
    /// Where answers are put up.
    pub board: Arc<Board>,
    /// The configured `limits.series_per_report`.
    pub series_per_report: usize,
}

/// The loop of one operation.
#[derive(Debug)]
pub struct Poller {
    operation: Arc<Operation>,
    /// The operation's position among all.
    position: usize,
    around: Surroundings,
    upstream: Upstream,
    teller: Teller,
    schedule: Schedule,
    budget: Budget,
    plan: Plan,
    slots: Vec<Slot>,
    /// The newest token that could be read.
    token: Token,
    rest: Option<Rest>,
    /// How often in a row wolkvox has refused the token.
    refusals: u32,
    jitter: fastrand::Rng,
    /// What was last told of the operation.
    told: Option<OperationVitals>,
}

/// Why nothing is asked for a while.
#[derive(Debug)]
enum Rest {
    /// wolkvox refused the token: until it changes, or until then.
    RefusedToken { until: Instant },
    /// wolkvox says the quota is spent: until this day has passed.
    SpentQuota { day: Date },
}

impl Poller {
    /// A poller for the operation at this position, and what others see of its status.
    #[must_use]
    pub fn new(
        operation: Arc<Operation>,
        position: usize,
        token: Token,
        upstream: Upstream,
        around: Surroundings,
    ) -> (Self, Watch) {
        let now = around.clock.now().to_zoned(operation.timezone.clone());
        let plan = Plan::of(&operation);
        let slots: Vec<Slot> = operation.polls.iter().map(|poll| Slot::new(poll, &operation)).collect();
        let status = OperationStatus {
            operation: operation.name.clone(),
            server: operation.server.clone(),
            timezone: operation.timezone_name.clone(),
            open: is_open(&operation, &now),
            up: None,
            budget: BudgetStatus { limit: plan.limit(), used: 0, planned: plan.requests(), reset: day_end(&now) },
            reports: slots.iter().map(|slot| slot.status(None)).collect(),
        };
        let (teller, watch) = Teller::new(status);
        let mut jitter = fastrand::Rng::with_seed(seed(&operation.name));
        let turns = operation.polls.iter().map(|poll| (poll.interval, poll.report.urgency));
        let poller = Self {
            schedule: Schedule::new(Instant::now(), turns, jitter.f64()),
            budget: Budget::new(plan.limit(), now.date(), share_left(&now), slots.len() as u64),
            plan,
            operation,
            position,
            around,
            upstream,
            teller,
            slots,
            token,
            rest: None,
            refusals: 0,
            jitter,
            told: None,
        };
        (poller, watch)
    }

    /// Polls until the shutdown. A request in flight is given up then.
    pub async fn run(mut self, mut shutdown: Shutdown) {
        let polling = async {
            self.tell_all();
            loop {
                self.tick();
                let now = Instant::now();
                if let Some(turn) = self.schedule.take(now) {
                    self.take_turn(turn).await;
                } else {
                    let due = self.schedule.next_due().unwrap_or(now + TICK);
                    tokio::time::sleep_until(due.min(now + TICK)).await;
                }
            }
        };
        tokio::select! {
            biased;
            () = shutdown.begun() => {}
            () = polling => {}
        }
    }

    /// Asks for one report, unless there is a reason not to.
    async fn take_turn(&mut self, turn: Turn) {
        self.skip(turn.slot, Skip::Late, turn.missed);
        if let Some(rest) = &self.rest {
            let reason = match rest {
                Rest::RefusedToken { .. } => Skip::Auth,
                Rest::SpentQuota { .. } => Skip::Quota,
            };
            self.skip(turn.slot, reason, u64::from(!turn.is_retry));
        } else if self.budget.take(self.reserved(turn)) {
            self.ask(turn).await;
        } else {
            self.skip(turn.slot, Skip::Budget, u64::from(!turn.is_retry));
        }
        self.tell_report(turn.slot);
        self.tell();
    }

    /// Asks for one report: mostly one question, and more where the answers would be too large. Only when all of them
    /// were answered is anything put up; until then what was known before is left as it was.
    async fn ask(&mut self, turn: Turn) {
        // A file that cannot be read at this moment (it is being replaced) leaves the token as it was.
        if let Ok(token) = self.operation.token.read() {
            self.token = token;
        }
        let mut pass = self.enter().await;
        let begun = self.local_now();
        let Some(slot) = self.slots.get(turn.slot) else { return };
        let report = slot.poll.report;
        let mut round = Round::new(slot.stretch(&begun, Instant::now()), begun);
        let (terms, upstream) = (Arc::clone(&self.operation.terms), self.upstream.clone());
        while let Some(window) = round.stretch.take() {
            let asked = self.local_now();
            let ask = Ask { window, terms: &terms };
            let mut facts = (report.begin)();
            let token = self.token.clone();
            let reply = self.ticking(upstream.ask(&token, report, &ask, facts.as_mut())).await;
            drop(pass);

            let Some(slot) = self.slots.get_mut(turn.slot) else { return };
            slot.vitals.replied(asked.timestamp(), &reply);
            match &reply.outcome {
                Ok(Answered::Data) => round.add(Some(facts), &reply),
                Ok(Answered::Nothing) => round.add(None, &reply),
                Ok(Answered::Cut) => {
                    if !slot.windows.halve(&mut round.stretch, window) {
                        let trouble = Trouble::always_cut();
                        slot.vitals.failed(trouble.cause());
                        return self.failed(turn.slot, &trouble);
                    }
                }
                Err(trouble) => return self.failed(turn.slot, trouble),
            }
            if round.stretch.is_done() {
                break;
            }
            // No plan knows of these requests: they must leave room for all that are planned.
            if !self.budget.take(self.reserved(Turn { is_retry: true, ..turn })) {
                return self.skip(turn.slot, Skip::Budget, u64::from(!turn.is_retry));
            }
            pass = self.enter().await;
        }
        self.answered(turn.slot, round);
    }

    /// Waits until the token has no other request in flight.
    async fn enter(&mut self) -> Pass {
        let (gates, token) = (Arc::clone(&self.around.gates), self.token.clone());
        self.ticking(async move { gates.enter(&token).await }).await
    }

    /// Puts up what was answered.
    fn answered(&mut self, position: usize, round: Round) {
        self.refusals = 0;
        let limit = self.around.series_per_report;
        let (now, wall) = (Instant::now(), self.around.clock.now());
        let Some(slot) = self.slots.get_mut(position) else { return };
        let report = slot.poll.report;
        let Round { stretch, begun, facts, tally, took } = round;
        let end = stretch.window.to.to_zoned(self.operation.timezone.clone());
        let end = end.map_or(begun.timestamp(), |end| end.timestamp().min(begun.timestamp()));
        slot.vitals.answered(tally.rows, end);
        let facts = slot.completed(&stretch, facts);
        let mut samples = Samples::of(report.families, limit);
        match &facts {
            Some(facts) => facts.measure(&self.operation.terms, &mut samples),
            None => (report.nothing)(&mut samples),
        }
        let allowance = facts.as_ref().and_then(|facts| facts.allowance());
        let is_empty = facts.is_none();
        slot.keep(facts);
        slot.windows.answered(&stretch, tally.rows, begun.timestamp());
        let dropped = samples.dropped();
        slot.ledger.enter(stretch.window.to.date(), &mut samples, now);
        slot.vitals.measured(wall, &samples, slot.ledger.corrections());
        let failures = slot.answered(now, is_empty);
        self.serve(position, samples, now);
        if let Some(slot) = self.slots.get_mut(position) {
            slot.closing.answered(stretch.window, &begun, slot.ripe_at().unwrap_or(now));
        }

        let operation = self.operation.name.as_str();
        let (rows, whole) = (tally.rows, stretch.is_whole);
        let rejected: u64 = tally.rejected.iter().sum();
        debug!(operation, report = report.name, rows, rejected, whole, ?took, "answered");
        if failures > 0 {
            info!(operation, report = report.name, failures, "wolkvox answers again");
        }
        if rejected > 0 {
            debug!(
                operation,
                report = report.name,
                rejected,
                of = rows,
                "rows were not counted, see the metric for the reasons"
            );
        }
        if dropped > 0 {
            warn!(operation, report = report.name, dropped, limit, "series left out; raise limits.series_per_report");
        }
        if self.operation.licenses.is_none()
            && let Some(told) = allowance
        {
            self.budget.learn(self.plan.allowed_of(told.limit));
        }
    }

    /// Puts up samples that were entered.
    fn serve(&mut self, position: usize, samples: Samples, now: Instant) {
        let Some(slot) = self.slots.get_mut(position) else { return };
        let (page, until) = slot.serve(samples, &self.operation.name, now);
        self.around.board.publish(Subject::Report(slot.report), (self.position, slot.report), page, until);
    }

    /// Puts up what is no longer to be served as zero.
    fn serve_ripe(&mut self) {
        let now = Instant::now();
        for position in 0..self.slots.len() {
            if let Some(samples) = self.slots.get_mut(position).and_then(|slot| slot.take_ripe(now)) {
                self.serve(position, samples, now);
            }
        }
    }

    /// Says what went wrong and decides when to ask again.
    fn failed(&mut self, position: usize, trouble: &Trouble) {
        let now = Instant::now();
        let failures = self.slots.get_mut(position).map_or(1, |slot| slot.failed(trouble.clone()));
        if let Some(pause) = trouble.retry_after() {
            self.schedule.hold(position, now + pause);
        }
        let next = match trouble.retry() {
            Retry::Soon => self.retry_soon(position, now),
            Retry::NextTurn => None,
            Retry::NewToken => {
                self.refusals += 1;
                let until = now + Backoff::REFUSED_TOKEN.pause(self.refusals, self.jitter.f64());
                self.rest = Some(Rest::RefusedToken { until });
                self.refuse_all(trouble);
                Some(until)
            }
            Retry::Tomorrow => {
                self.rest = Some(Rest::SpentQuota { day: self.budget.day() });
                self.refuse_all(trouble);
                Some(now + left_of_day(&self.local_now()))
            }
        };
        self.log_failure(position, trouble, failures, next.or(self.schedule.due(position)), now);
    }

    /// Another try, where the turn has one left and the day's plan does not need the request.
    fn retry_soon(&mut self, position: usize, now: Instant) -> Option<Instant> {
        let planned = self.schedule.planned(now, left_of_day(&self.local_now()), Urgency::Service);
        if !self.budget.has_room(planned) {
            return None;
        }
        let pause = Backoff::RETRY.pause(self.schedule.retries(position) + 1, self.jitter.f64());
        self.schedule.retry(position, now, pause)
    }

    /// wolkvox will answer no report of the operation: none of them passes for answered.
    fn refuse_all(&mut self, trouble: &Trouble) {
        for slot in &mut self.slots {
            slot.refused(trouble);
        }
        self.tell_all();
    }

    /// One line per failure that is news; a failure that goes on is told at its 2nd, 4th, 8th… time.
    fn log_failure(&self, position: usize, trouble: &Trouble, failures: u32, next: Option<Instant>, now: Instant) {
        let Some(slot) = self.slots.get(position) else { return };
        let (operation, report, cause) = (self.operation.name.as_str(), slot.poll.report.name, trouble.cause());
        let again = rounded(next.map(|next| next.saturating_duration_since(now)).unwrap_or_default());
        let (what, advice) = (trouble.to_string(), cause.advice());
        let cause = cause.label();
        match trouble.retry() {
            _ if !failures.is_power_of_two() => {
                debug!(operation, report, cause, failures, next_try_in = %again, "wolkvox {what}");
            }
            Retry::NewToken => {
                error!(operation, report, cause, next_try_in = %again, advice, "wolkvox {what}");
            }
            Retry::Tomorrow => {
                error!(operation, report, cause, rests_for = %again, advice, "wolkvox {what}");
            }
            Retry::Soon | Retry::NextTurn => {
                warn!(operation, report, cause, failures, next_try_in = %again, advice, "wolkvox {what}");
            }
        }
    }

    /// What the plan of the day keeps back from this turn: the turns of more urgent reports, and from another try all.
    fn reserved(&self, turn: Turn) -> u64 {
        let (now, left) = (Instant::now(), left_of_day(&self.local_now()));
        if turn.is_retry {
            self.schedule.planned(now, left, Urgency::Service)
        } else {
            self.schedule.planned_before(now, left, turn.slot)
        }
    }

    fn skip(&mut self, position: usize, reason: Skip, turns: u64) {
        let Some(slot) = self.slots.get_mut(position).filter(|_| turns > 0) else { return };
        slot.vitals.skipped(reason, turns);
        let (operation, report) = (self.operation.name.as_str(), slot.poll.report.name);
        debug!(operation, report, reason = reason.label(), turns, "not asked");
    }

    /// Waits for something, and looks around meanwhile.
    async fn ticking<T>(&mut self, waiting: impl Future<Output = T>) -> T {
        let mut waiting = pin!(waiting);
        loop {
            tokio::select! {
                biased;
                done = &mut waiting => return done,
                () = tokio::time::sleep(TICK) => self.tick(),
            }
        }
    }

    /// Looks around: has the day changed, has the operation opened or closed, are data too old, may the rest end?
    fn tick(&mut self) {
        self.teller.turns();
        let today = self.local_now().date();
        self.budget.roll(today);
        self.end_rest(today);
        self.withdraw_expired();
        self.serve_ripe();
        self.tell();
    }

    fn end_rest(&mut self, today: Date) {
        let operation = self.operation.name.as_str();
        match self.rest {
            Some(Rest::SpentQuota { day }) if day != today => {
                info!(operation, "a new day has begun: asking again");
                self.rest = None;
            }
            Some(Rest::RefusedToken { until }) => {
                let now = Instant::now();
                match self.operation.token.read() {
                    Ok(token) if token != self.token => {
                        info!(operation, "the token has changed: asking again");
                        self.token = token;
                        self.refusals = 0;
                        self.schedule.restart(now);
                        self.rest = None;
                    }
                    _ if until <= now => self.rest = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn withdraw_expired(&mut self) {
        let now = Instant::now();
        let expired: Vec<usize> =
            self.slots.iter_mut().enumerate().filter_map(|(at, slot)| slot.has_expired(now).then_some(at)).collect();
        for position in expired {
            let Some(slot) = self.slots.get(position) else { continue };
            let (operation, report) = (self.operation.name.as_str(), slot.poll.report.name);
            self.around.board.withdraw(Subject::Report(slot.report), (self.position, slot.report));
            warn!(operation, report, "no answer for three intervals: the data are too old and no longer served");
            self.tell_report(position);
        }
    }

    /// Publishes what is known about one report.
    fn tell_report(&self, position: usize) {
        let Some(slot) = self.slots.get(position) else { return };
        let (operation, report) = (self.operation.name.as_str(), slot.poll.report.name);
        let page = Page::of(&slot.vitals.measure(), &["operation", "report"], &[operation, report]);
        self.around.board.publish(Subject::Vitals, (self.position, slot.report), page, None);
        self.teller.tell(self.status());
    }

    fn tell_all(&mut self) {
        for position in 0..self.slots.len() {
            self.tell_report(position);
        }
        self.tell();
    }

    /// Publishes what is known about the operation, where that has changed.
    fn tell(&mut self) {
        let vitals = self.vitals();
        if self.told.as_ref() == Some(&vitals) {
            return;
        }
        let page = Page::of(&vitals.measure(), &["operation"], &[&self.operation.name]);
        self.around.board.publish(Subject::Operation, (self.position, 0), page, None);
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
            budget_limit: self.budget.limit(),
            budget_used: self.budget.used(),
            budget_planned: self.plan.requests(),
        }
    }

    fn status(&self) -> OperationStatus {
        let (now, wall) = (Instant::now(), self.local_now());
        let next = |position| {
            let wait = self.schedule.due(position)?.saturating_duration_since(now);
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

    /// The midnight that the totals served count from: the oldest, while some reports have a day to close.
    fn day_start(&self, now: &Zoned) -> Timestamp {
        let days = self.slots.iter().filter(|slot| slot.poll.report.span != Span::Now);
        let day = days.filter_map(|slot| slot.ledger.day()).min().unwrap_or(now.date());
        day.to_zoned(now.time_zone().clone()).map_or(now.timestamp(), |start| start.timestamp())
    }

    fn local_now(&self) -> Zoned {
        self.around.clock.now().to_zoned(self.operation.timezone.clone())
    }
}

fn is_open(operation: &Operation, now: &Zoned) -> bool {
    operation.open_hours.as_ref().is_none_or(|hours| hours.is_open(now.datetime()))
}

/// The local midnight to come.
fn day_end(now: &Zoned) -> Timestamp {
    let end = now.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
    end.map_or(Timestamp::MAX, |end| end.timestamp())
}

fn left_of_day(now: &Zoned) -> Duration {
    Duration::try_from(day_end(now).duration_since(now.timestamp())).unwrap_or_default()
}

/// How much of the present day, of 23, 24 or 25 hours, is still to come, 0 to 1.
fn share_left(now: &Zoned) -> f64 {
    let start = now.start_of_day().map_or(now.timestamp(), |start| start.timestamp());
    let whole = day_end(now).duration_since(start).as_secs_f64();
    left_of_day(now).as_secs_f64() / whole
}

/// A number that is the same for the same operation.
fn seed(operation: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    operation.hash(&mut hasher);
    hasher.finish()
}

/// A duration as a person would say it.
fn rounded(duration: Duration) -> humantime::FormattedDuration {
    let whole = if duration < Duration::from_secs(10) {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) / 100 * 100)
    } else {
        Duration::from_secs(duration.as_secs())
    };
    humantime::format_duration(whole)
}
