//! A wolkvox that never was: simulated contact centres behind wolkvox's HTTP face, with its limits, its refusals and,
//! on request, its bad days.
//!
//! One simulator serves several operations, each known by its token, with a quota of 1000 requests a day and licence
//! that all its tokens share, at most two requests at once per token, 31 days per question and 60,000 rows per answer.
//! The answers come as wolkvox sends them: `GET /api/v2/<file>.php?api=<api>&...` with the header `wolkvox-token`,
//! indented JSON in which every value is a string, chunked, and 404 where nothing happened.
//!
//! An operation can take its time over every answer ([`Operation::with_latency`]), and its reports about a day can lag
//! behind as wolkvox's do ([`Operation::with_reports_rebuilt_every`]).
//!
//! # Bad days
//!
//! [`Simulator::set_fault`], or the same over HTTP, makes answers go wrong:
//!
//! | request | effect |
//! |---|---|
//! | `PUT /-/faults?report=<name or all>&fault=<name>` | every answer of that report goes wrong that way |
//! | `... &times=N` | only the next N answers |
//! | `... &seconds=N` | how long `slow` holds its answer, what `too-many-requests` says in `Retry-After` |
//! | `... &location=<url>` | where `redirect` leads |
//! | `... &operation=<name>` or `&token=<token>` | only this operation's answers |
//! | `GET /-/faults` | the faults that are set, and the names of all there are |
//! | `DELETE /-/faults` | all is well again |
//! | `GET /-/requests` | per operation: requests by report, refused ones, the most at once, and the day's quota |
//!
//! The newest fault that fits an answer is the one that happens. Limits are kept before faults, and an answer that goes
//! wrong costs its request like any other. The tokens are secrets of nobody: the simulator is for tests, rehearsals and
//! demonstrations, not for the open Internet.
//!
//! ```
//! use std::sync::Arc;
//! use wolkvox_exporter::simulator::{Fault, FaultRule, Operation, Simulator};
//! use wolkvox_exporter::world::{World, demo};
//!
//! let operations = demo().into_iter().map(|profile| {
//!     let token = format!("{}-token", profile.name);
//!     Operation::new(Arc::new(World::new(profile)), &token)
//! });
//! let clock = Arc::new(|| "2026-06-05T15:30:00Z".parse().unwrap_or_default());
//! let simulator = Simulator::new(clock, operations);
//! simulator.set_fault(FaultRule::new(Fault::Maintenance).of_report("agents").times(3));
//! let app: axum::Router = simulator.router();
//! # let _ = app;
//! ```

mod answer;
mod api;
mod control;
mod fault;
mod mischief;
mod operation;
mod question;
mod refusal;

#[cfg(test)]
mod rehearsal;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, put};
use jiff::Timestamp;

pub use fault::{Fault, FaultRule};
pub use operation::{Operation, OperationRequests};

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The most rows of one answer; what is beyond is cut off.
const MOST_ROWS: usize = 60_000;

/// A simulated wolkvox. Clones are the same one.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    clock: Clock,
    operations: Vec<Arc<Operation>>,
    /// The faults that are set, the newest at the end.
    faults: Mutex<Vec<FaultRule>>,
}

impl Simulator {
    /// A wolkvox that serves these operations by this clock.
    #[must_use]
    pub fn new(clock: Clock, operations: impl IntoIterator<Item = Operation>) -> Self {
        let operations = operations.into_iter().map(Arc::new).collect();
        Self(Arc::new(Inner { clock, operations, faults: Mutex::new(Vec::new()) }))
    }

    /// Its HTTP face.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/v2/{file}", get(api::answer))
            .route("/-/faults", put(control::set_fault).get(control::faults).delete(control::clear_faults))
            .route("/-/requests", get(control::requests))
            .fallback(api::no_such_page)
            .with_state(self.clone())
    }

    /// Makes answers go wrong.
    pub fn set_fault(&self, rule: FaultRule) {
        self.rules().push(rule);
    }

    /// Makes all well again.
    pub fn clear_faults(&self) {
        self.rules().clear();
    }

    /// The faults that are still set, the oldest first.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultRule> {
        self.rules().clone()
    }

    /// What every operation was asked.
    #[must_use]
    pub fn requests(&self) -> Vec<OperationRequests> {
        let now = self.now();
        self.0.operations.iter().map(|operation| operation.requests(now)).collect()
    }

    /// Spends some of an operation's quota of today, as its other integrations with tokens of their own do.
    pub fn spend_elsewhere(&self, operation: &str, requests: u64) {
        if let Some(operation) = self.operation(operation) {
            operation.spend_elsewhere(requests, self.now());
        }
    }

    /// The operation of this name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.0.operations.iter().map(Arc::as_ref).find(|operation| operation.name() == name)
    }

    fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    fn rules(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        // Rules are put in and taken out whole, so a panic elsewhere leaves nothing half done.
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that happens to the next answer of this report, used up once.
    fn take_fault(&self, report: Option<&str>, operation: &str) -> Option<FaultRule> {
        let mut rules = self.rules();
        let position = rules.iter().rposition(|rule| rule.fits(report, operation))?;
        let rule = rules[position].clone();
        if rules[position].use_once() {
            rules.remove(position);
        }
        Some(rule)
    }
}
