//! The loop of one operation: it waits for a report's turn, asks, judges, publishes, and says what it did.
//!
//! One loop serves all reports of the operation, because only one request may be in flight per token anyway: whose turn
//! it is follows from the schedule alone, and nothing is shared between tasks.

#[cfg(test)]
mod campaign;
mod failing;
#[cfg(test)]
mod lives;
mod resume;
mod round;
#[cfg(test)]
mod size;
mod slot;
mod telling;
mod work;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use self::round::Round;
use self::slot::Slot;
use crate::board::{Board, Subject};
use crate::clock::Clock;
use crate::config::Operation;
use crate::lane::{Budget, Gates, Pass, Schedule, Turn};
use crate::ledger::told_until;
use crate::plan::Plan;
use crate::report::{Ask, Urgency};
use crate::samples::Samples;
use crate::staffing::Workload;
use crate::status::{BudgetStatus, OperationStatus, Teller, Watch};
use crate::storage::Storage;
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
    /// One request in flight per token, and not too many in all.
    pub gates: Arc<Gates>,
    /// Where answers are put up.
    pub board: Arc<Board>,
    /// The configured `limits.series_per_report`.
    pub series_per_report: usize,
    /// Where the state is kept that makes restarts exact, if anywhere.
    pub storage: Option<Storage>,
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
    /// Since when this poller counts what it does.
    since: Timestamp,
    /// What was told about the work that there is for agents.
    workload: Workload,
    /// What was last told of the operation.
    told: Option<OperationVitals>,
    /// Whether answers are served however old they are.
    keeps: bool,
}

/// Why nothing is asked for a while.
#[derive(Debug)]
enum Rest {
    /// wolkvox refused the token: until it changes, or until then.
    RefusedToken { until: Instant },
    /// wolkvox says the quota is spent: until this day has passed, or until then.
    SpentQuota { day: Date, until: Instant },
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
        let mut poller = Self {
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
            since: now.timestamp(),
            workload: Workload::default(),
            told: None,
            keeps: false,
        };
        poller.resume();
        (poller, watch)
    }

    /// Polls until the shutdown. A request in flight is given up then.
    pub async fn run(mut self, mut shutdown: Shutdown) {
        let polling = async {
            self.tell_all();
            loop {
                self.tick().await;
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

    /// Asks for each report once, and keeps what was answered however long the others take.
    pub async fn run_once(mut self, mut shutdown: Shutdown) {
        self.keeps = true;
        // The turns of the first round are due from the beginning; all others come later.
        let begun = Instant::now();
        let round = async {
            self.tell_all();
            while let Some(turn) = self.schedule.take(begun) {
                self.take_turn(turn).await;
            }
        };
        tokio::select! {
            biased;
            () = shutdown.begun() => {}
            () = round => {}
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
            self.keep_spendings().await;
            let asked = self.local_now();
            let ask = Ask { window, terms: Arc::clone(&terms) };
            let Some(slot) = self.slots.get_mut(turn.slot) else { return };
            let facts = if round.is_new() { slot.begin(&round.stretch) } else { slot.taught.successor() };
            let token = self.token.clone();
            let asking = pass.during(upstream.ask(&token, report, ask, facts));
            let (reply, facts) = self.ticking(asking).await;

            let Some(slot) = self.slots.get_mut(turn.slot) else { return };
            slot.vitals.replied(asked.timestamp(), &reply);
            match &reply.outcome {
                Ok(Answered::Data) => {
                    round.add(Some(facts), &reply);
                    if round.is_full() {
                        return self.gave_up(turn.slot, &Trouble::day_too_large(), asked.date());
                    }
                }
                Ok(Answered::Nothing) => round.add(None, &reply),
                Ok(Answered::Cut) if slot.windows.halve(&mut round.stretch, window) => {}
                Ok(Answered::Cut) => return self.gave_up(turn.slot, &Trouble::always_cut(), asked.date()),
                Err(trouble) => {
                    self.failed(turn.slot, trouble, asked.date());
                    if trouble.retry() == Retry::Tomorrow {
                        self.keep_spendings().await;
                    }
                    return;
                }
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
        if let Some(samples) = self.answered(turn.slot, round) {
            #[cfg(test)]
            if crate::ledger::forgetting::ORDER.get() {
                self.serve(turn.slot, &samples);
            }
            self.keep_report(turn.slot, &samples).await;
            self.serve(turn.slot, &samples);
        }
    }

    /// Waits until the token has no other request in flight, and there is a place among all.
    async fn enter(&mut self) -> Pass {
        let (gates, token) = (Arc::clone(&self.around.gates), self.token.clone());
        self.ticking(async move { gates.enter(&token).await }).await
    }

    /// Enters what was answered; gives back what is to be kept and put up.
    fn answered(&mut self, position: usize, round: Round) -> Option<Samples> {
        self.refusals = 0;
        let limit = self.around.series_per_report;
        let (now, wall) = (Instant::now(), self.around.clock.now());
        let slot = self.slots.get_mut(position)?;
        let report = slot.poll.report;
        let Round { stretch, begun, facts, tally, took } = round;
        let end = told_until(stretch.window, &begun);
        slot.vitals.answered(tally.rows, end);
        let facts = slot.completed(&stretch, facts);
        let mut samples = Samples::of(report.families, limit);
        match &facts {
            Some(facts) => {
                facts.measure(&self.operation.terms, &mut samples);
                slot.taught = facts.successor();
            }
            None => (report.nothing)(&mut samples),
        }
        let allowance = facts.as_ref().and_then(|facts| facts.allowance());
        let is_empty = facts.is_none();
        slot.keep(facts);
        slot.windows.answered(&stretch, tally.rows, begun.timestamp());
        let grown = slot.enter(stretch.window.to.date(), &mut samples, now);
        let dropped = samples.dropped();
        slot.vitals.measured(wall, &samples, slot.ledger.corrections());
        let failures = slot.answered(now, is_empty);
        slot.closing.answered(stretch.window, &begun, slot.ledger.ripe_at().unwrap_or(now));

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
        self.remember_work(position, now, &grown);
        Some(samples)
    }

    /// Puts up what is to be served.
    fn serve(&mut self, position: usize, samples: &Samples) {
        let Some(slot) = self.slots.get_mut(position) else { return };
        let (page, until) = slot.serve(samples, &self.operation);
        let expires = until.filter(|_| !self.keeps);
        let (subject, place) = (Subject::Report(slot.report), (self.position, slot.report));
        self.put_up(subject, place, page, expires);
    }

    /// Puts up what has changed by itself, once it is known to whoever comes after.
    async fn serve_ripe(&mut self) {
        let now = Instant::now();
        for position in 0..self.slots.len() {
            let slot = self.slots.get_mut(position);
            if let Some(samples) = slot.and_then(|slot| slot.take_ripe(now, &self.operation)) {
                self.keep_report(position, &samples).await;
                self.serve(position, &samples);
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
                () = tokio::time::sleep(TICK) => self.tick().await,
            }
        }
    }

    /// Looks around: has the day changed, has the operation opened or closed, are data too old, may the rest end?
    async fn tick(&mut self) {
        self.teller.turns();
        let today = self.local_now().date();
        self.budget.roll(today);
        self.end_rest(today);
        self.withdraw_expired();
        self.serve_ripe().await;
        self.tell();
    }

    fn end_rest(&mut self, today: Date) {
        let operation = self.operation.name.as_str();
        match self.rest {
            Some(Rest::SpentQuota { day, until }) if day != today || until <= Instant::now() => {
                info!(operation, "the quota may be there again: asking");
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
        if self.keeps {
            return;
        }
        let now = Instant::now();
        let expired: Vec<usize> =
            self.slots.iter_mut().enumerate().filter_map(|(at, slot)| slot.has_expired(now).then_some(at)).collect();
        for position in expired {
            let Some(slot) = self.slots.get(position) else { continue };
            let (operation, report) = (self.operation.name.as_str(), slot.poll.report.name);
            self.around.board.withdraw(Subject::Report(slot.report), (self.position, slot.report));
            warn!(operation, report, "no answer for three intervals: the data are too old and no longer served");
            self.withdraw_work(position);
            self.tell_report(position);
        }
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
