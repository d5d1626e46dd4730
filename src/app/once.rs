//! `once`: polls every report once and prints one exposition.

use std::process::ExitCode;

use tokio::time::Instant;

use super::{engine, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::process::Process;
use crate::tasks::Tasks;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let mut tasks = Tasks::new();
    let process = Process::new(Clock::System.now())?;
    let mut engine = engine::start(config, Clock::System, None, &mut tasks)?;
    for watch in &mut engine.watches {
        watch.ready().await;
    }
    let has_failed = engine.watches.iter().any(|watch| watch.status().reports.iter().any(|one| one.trouble.is_some()));
    tasks.end().await;
    say(&String::from_utf8_lossy(&engine.board.exposition(Instant::now()).text()));
    say(&process.text());
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
