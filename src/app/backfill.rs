//! `backfill`: history as `OpenMetrics`, for `promtool tsdb create-blocks-from openmetrics`.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use super::say_error;
use crate::backfill::{Backfill, Ended, Every, Wanted};
use crate::cli;
use crate::clock::Clock;
use crate::config::Config;
use crate::upstream::{Transport, Upstream};

/// As `sysexits.h` has it for what will do later: whoever chains commands must not load half a history.
const NOT_COMPLETE: u8 = 75;

pub(super) async fn run(config: Config, asked: &cli::Backfill) -> anyhow::Result<ExitCode> {
    let wanted = Wanted {
        from: asked.from,
        to: asked.to,
        every: Every::hours(asked.every_hours).context("--every does not divide a day")?,
        output: asked.output.clone(),
        requests: asked.requests,
        wait: asked.wait,
        series_per_report: config.series_per_report,
    };
    let mut operations = Vec::with_capacity(config.operations.len());
    for operation in config.operations {
        let transport = Transport::network(&operation.base_url).context("the HTTP client could not be set up")?;
        let upstream = Upstream::new(transport, &operation.base_url);
        operations.push((operation, upstream));
    }
    let backfill = Backfill::prepare(wanted, operations, Clock::System)?;
    // What is asked for may be on standard output.
    say_error(&backfill.plan());
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let again = if asked.output.is_some() { "; the same command goes on from there" } else { "" };
    let ended = tokio::select! {
        ended = backfill.run() => ended.with_context(|| format!("the backfill stopped{again}"))?,
        _ = terminate.recv() => return Ok(interrupted(again)),
        _ = interrupt.recv() => return Ok(interrupted(again)),
    };
    match ended {
        Ended::Complete => {
            say_error("The backfill is complete.\n");
            Ok(ExitCode::SUCCESS)
        }
        Ended::Spent => {
            say_error(
                "The backfill is not complete: the requests of this day or run are spent. Run the same command \
                 again tomorrow, or with --wait; it goes on from here.\n",
            );
            Ok(ExitCode::from(NOT_COMPLETE))
        }
    }
}

fn interrupted(again: &str) -> ExitCode {
    say_error(&format!("The backfill is interrupted{again}.\n"));
    ExitCode::FAILURE
}
