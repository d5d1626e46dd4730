//! One operation behind its token: what it was asked, what is under way, and what is left of its day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::refusal::Refusal;
use crate::report::{Span, Usage};
use crate::world::World;

/// Requests a day that each licence gives the operation.
const REQUESTS_PER_LICENCE: u64 = 1000;

/// Requests of one token that may be under way at once.
const MOST_AT_ONCE: u32 = 2;

/// A simulated operation.
pub struct Operation {
    world: Arc<World>,
    token: String,
    latency: Duration,
    rebuilt_every: Duration,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    /// The local day that the use is of.
    day: Option<Date>,
    by_token: u64,
    by_others: u64,
    at_once: u32,
    most_at_once: u32,
    requests: BTreeMap<&'static str, u64>,
    refused: u64,
}

impl Ledger {
    fn usage(&self, limit: u64) -> Usage {
        Usage { limit, by_token: self.by_token, by_all: self.by_token + self.by_others }
    }
}

/// What an operation was asked since the simulator began, and today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationRequests {
    /// The operation's name.
    pub operation: String,
    /// Requests by report; those for something else count as `other`.
    pub requests: BTreeMap<&'static str, u64>,
    /// Requests refused for their token, their number or their parameters; no data is an answer, not a refusal.
    pub refused: u64,
    /// The most requests that were under way at once.
    pub most_at_once: u32,
    /// Requests under way.
    pub at_once: u32,
    /// Requests of all tokens since local midnight.
    pub used_today: u64,
    /// Requests that all tokens may make from midnight to midnight.
    pub limit: u64,
}

impl Operation {
    /// An operation over this contact centre, known by this token.
    #[must_use]
    pub fn new(world: Arc<World>, token: &str) -> Self {
        let (latency, rebuilt_every) = (Duration::ZERO, Duration::ZERO);
        Self { world, token: token.to_owned(), latency, rebuilt_every, ledger: Mutex::default() }
    }

    /// Lets it take so long over every answer.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Lets its reports about a day be rebuilt only so often, as wolkvox's are about every ten minutes; what happened
    /// since is not in them yet. Unless set, they are always up to date.
    #[must_use]
    pub fn with_reports_rebuilt_every(self, interval: Duration) -> Self {
        Self { rebuilt_every: interval, ..self }
    }

    /// Its contact centre.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.world.profile().name
    }

    /// Spends some of the day's quota with other tokens.
    pub(super) fn spend_elsewhere(&self, requests: u64, now: Timestamp) {
        self.ledger_of(now).by_others += requests;
    }

    /// What it was asked.
    pub(super) fn requests(&self, now: Timestamp) -> OperationRequests {
        let ledger = self.ledger_of(now);
        let usage = ledger.usage(self.limit());
        OperationRequests {
            operation: self.name().to_owned(),
            requests: ledger.requests.clone(),
            refused: ledger.refused,
            most_at_once: ledger.most_at_once,
            at_once: ledger.at_once,
            used_today: usage.by_all,
            limit: usage.limit,
        }
    }

    pub(super) fn is_known_by(&self, token: &[u8]) -> bool {
        self.token.as_bytes() == token
    }

    /// The instant up to which a report about this span knows what happened.
    pub(super) fn known_until(&self, span: Span, now: Timestamp) -> Timestamp {
        let interval = i64::try_from(self.rebuilt_every.as_secs()).unwrap_or(i64::MAX);
        if span == Span::Now || interval == 0 {
            return now;
        }
        // Half an interval off the full hour, so that midnight falls between two rebuildings.
        let since = (now.as_second() + interval / 2).rem_euclid(interval);
        now.saturating_sub(SignedDuration::from_secs(since)).unwrap_or(now)
    }

    pub(super) fn latency(&self) -> Duration {
        self.latency
    }

    /// Lets a request in, so that it is under way until the guard is dropped, and says what its limits say to it. A
    /// request above the number at once costs like any other; one above the quota costs nothing more.
    pub(super) fn admit(self: &Arc<Self>, report: &'static str, now: Timestamp) -> (UnderWay, Result<Usage, Refusal>) {
        let limit = self.limit();
        let mut ledger = self.ledger_of(now);
        *ledger.requests.entry(report).or_default() += 1;
        ledger.at_once += 1;
        ledger.most_at_once = ledger.most_at_once.max(ledger.at_once);
        let verdict = if ledger.usage(limit).by_all >= limit {
            Err(Refusal::QUOTA)
        } else {
            ledger.by_token += 1;
            if ledger.at_once > MOST_AT_ONCE { Err(Refusal::CONCURRENCY) } else { Ok(ledger.usage(limit)) }
        };
        drop(ledger);
        (UnderWay(Arc::clone(self)), verdict)
    }

    pub(super) fn count_refusal(&self) {
        self.ledger().refused += 1;
    }

    fn limit(&self) -> u64 {
        u64::from(self.world.profile().licences) * REQUESTS_PER_LICENCE
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Only numbers, each right by itself: a panic elsewhere leaves nothing half done.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ledger, its use set back where a local midnight has passed.
    fn ledger_of(&self, now: Timestamp) -> MutexGuard<'_, Ledger> {
        let mut ledger = self.ledger();
        let today = self.world.local(now).date();
        if ledger.day != Some(today) {
            ledger.day = Some(today);
            ledger.by_token = 0;
            ledger.by_others = 0;
        }
        ledger
    }
}

/// A request under way. It goes with the answer's body, and is over when that has been read to its end or dropped.
pub(super) struct UnderWay(Arc<Operation>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ledger().at_once -= 1;
    }
}
