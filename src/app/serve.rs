//! `serve`: polls and serves, until told to end or until a part of it stops.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, SetOnce};
use tracing::{error, info};

use super::engine::{self, Rounds};
use crate::board::Board;
use crate::cli::Arguments;
use crate::clock::Clock;
use crate::config::Config;
use crate::listen::Listen;
use crate::process::Process;
use crate::storage::Storage;
use crate::tasks::Tasks;
use crate::web::{self, Living, Site};

pub(super) async fn run(arguments: &Arguments, config: Config) -> anyhow::Result<ExitCode> {
    run_with(Tasks::new(), arguments, config, Clock::System).await
}

/// Polls and serves beside tasks that run already.
pub(super) async fn run_with(
    mut tasks: Tasks,
    arguments: &Arguments,
    config: Config,
    clock: Clock,
) -> anyhow::Result<ExitCode> {
    // Bound before anything is polled: a port that is taken costs no request.
    let listeners = bind_all(&arguments.listen)?;
    let storage = arguments.storage_path.as_deref().map(open_storage).transpose()?;
    let process = Process::new(clock.now())?;
    let site = Arc::new(Site {
        board: Arc::new(Board::default()),
        watches: SetOnce::new(),
        living: Living::new(process),
        clock: clock.clone(),
        telemetry_path: arguments.telemetry_path.clone(),
        scrapes: Semaphore::new(arguments.max_requests),
    });
    let mut urls = Vec::with_capacity(listeners.len());
    // Before the pollers, of which there may be a thousand: whoever asks whether the process lives need not wait for them.
    for listener in listeners {
        let url = web::url(listener.local_addr()?);
        for _ in 0..web::threads() {
            let serving = web::serve(listener.try_clone()?, web::router(Arc::clone(&site)), tasks.shutdown());
            tasks.spawn_apart(format!("serve {url}"), serving);
        }
        urls.push(url);
    }
    let watches = engine::start(config, clock, storage, Arc::clone(&site.board), Rounds::Endless, &mut tasks)?;
    site.watches.set(watches)?;
    for url in urls {
        info!(url, metrics = %format!("{url}{}", arguments.telemetry_path), "serving");
    }
    Ok(until_the_end(tasks).await)
}

fn open_storage(path: &Path) -> anyhow::Result<Storage> {
    Storage::open(path).with_context(|| format!("--storage.path {}", path.display()))
}

/// Waits for a signal or for the first part that stops by itself, then ends all of them in order.
pub(super) async fn until_the_end(mut tasks: Tasks) -> ExitCode {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        error!("signals cannot be received, so nothing could end this process in order");
        return ExitCode::FAILURE;
    };
    let code = tokio::select! {
        _ = terminate.recv() => {
            info!(signal = "SIGTERM", "ending");
            ExitCode::SUCCESS
        }
        _ = interrupt.recv() => {
            info!(signal = "SIGINT", "ending");
            ExitCode::SUCCESS
        }
        name = tasks.first_end() => {
            error!(task = name, "stopped by itself, which it never should: ending");
            ExitCode::FAILURE
        }
    };
    tasks.end().await;
    code
}

pub(super) fn bind_all(addresses: &[Listen]) -> anyhow::Result<Vec<TcpListener>> {
    addresses.iter().map(|address| bind(address).with_context(|| format!("cannot listen on {address}"))).collect()
}

/// Binds the first of an address's candidates that can be.
fn bind(address: &Listen) -> std::io::Result<TcpListener> {
    let mut first_error = None;
    for candidate in address.candidates() {
        match web::bind(candidate) {
            Ok(listener) => return Ok(listener),
            // A port that is taken is taken; only a machine without IPv6 is given another try.
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| std::io::ErrorKind::AddrNotAvailable.into()))
}
