//! The exporter without its face: a poller per operation, and the board that they fill.

use std::sync::Arc;

use anyhow::Context as _;
use tracing::{info, warn};

use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Config, Operation};
use crate::lane::Gates;
use crate::plan::Plan;
use crate::poll::{Poller, Surroundings};
use crate::status::Watch;
use crate::storage::Storage;
use crate::tasks::Tasks;
use crate::upstream::{Clients, Upstream};

/// How long the pollers poll.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rounds {
    /// Until they are told to end.
    Endless,
    /// Until each report was asked for once.
    One,
}

/// Starts a poller for each operation, which fills this board; answers how they are.
pub(super) fn start(
    config: Config,
    clock: Clock,
    storage: Option<Storage>,
    board: Arc<Board>,
    rounds: Rounds,
    tasks: &mut Tasks,
) -> anyhow::Result<Vec<Watch>> {
    let around = Surroundings {
        clock,
        gates: Arc::new(Gates::default()),
        board,
        series_per_report: config.series_per_report,
        storage,
    };
    let mut clients = Clients::default();
    let mut watches = Vec::with_capacity(config.operations.len());
    for (position, operation) in config.operations.into_iter().enumerate() {
        let operation = Arc::new(operation);
        let token = operation.token.read().with_context(|| format!("operation {}", operation.name))?;
        let transport = clients.transport(&operation.base_url).context("the HTTP client could not be set up")?;
        let upstream = Upstream::new(transport, &operation.base_url);
        announce(&operation);
        let name = format!("poll {}", operation.name);
        let (poller, watch) = Poller::new(operation, position, token, upstream, around.clone());
        match rounds {
            Rounds::Endless => tasks.spawn(name, poller.run(tasks.shutdown())),
            Rounds::One => tasks.spawn(name, poller.run_once(tasks.shutdown())),
        }
        watches.push(watch);
    }
    Ok(watches)
}

/// What will be asked of an operation, before the first request.
fn announce(operation: &Operation) {
    let plan = Plan::of(operation);
    let name = operation.name.as_str();
    let reports = operation.polls.len();
    let (server, timezone, planned) = (&operation.server, &operation.timezone_name, plan.requests());
    if let Some(limit) = plan.limit() {
        info!(operation = name, server, timezone, reports, planned, limit, "requests are planned for a day");
    } else {
        let unknown = "requests are planned for a day; without licenses nobody knows whether they fit the quota";
        warn!(operation = name, server, timezone, reports, planned, "{unknown}");
    }
}
