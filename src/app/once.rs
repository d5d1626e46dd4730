//! `once`: polls every report once and prints one exposition.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::time::Instant;

use super::engine::{self, Rounds};
use super::say;
use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::process::Process;
use crate::status::ReportStatus;
use crate::tasks::Tasks;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let mut tasks = Tasks::new();
    let process = Process::new(Clock::System.now())?;
    let board = Arc::new(Board::default());
    let mut watches = engine::start(config, Clock::System, None, Arc::clone(&board), Rounds::One, &mut tasks)?;
    for watch in &mut watches {
        watch.ready().await;
    }
    // A report for which the budget had no request left was not polled either.
    let is_missing = |report: &ReportStatus| report.trouble.is_some() || report.last_success.is_none();
    let has_failed = watches.iter().any(|watch| watch.status().reports.iter().any(is_missing));
    tasks.end().await;
    say(&String::from_utf8_lossy(&board.exposition(Instant::now()).text()));
    say(&process.text());
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
