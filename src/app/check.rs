//! `check`: what the configuration means: the plan of requests against the quota, how many series it may make, and
//! whether wolkvox answers.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use super::say;
use crate::clock::Clock;
use crate::config::{Config, Operation};
use crate::estimate::Estimate;
use crate::plan::Plan;
use crate::report::{Ask, Urgency, Window};
use crate::reports;
use crate::upstream::{Transport, Upstream};

pub(super) async fn run(config: &Config, probe: bool) -> anyhow::Result<ExitCode> {
    let mut all_answer = true;
    for operation in &config.operations {
        say(&format!("{}\n{}\n\n", Plan::of(operation), Estimate::of(operation)));
        all_answer &= !probe || ask(operation).await?;
    }
    if all_answer {
        say("The configuration is right.\n");
        Ok(ExitCode::SUCCESS)
    } else {
        say("The configuration can be read, but not every operation answers.\n");
        Ok(ExitCode::FAILURE)
    }
}

/// Asks an operation the cheapest question there is; answers whether it answered.
async fn ask(operation: &Operation) -> anyhow::Result<bool> {
    let Some(report) = reports::ALL.iter().find(|report| report.urgency == Urgency::Service) else { return Ok(true) };
    let token = operation.token.read()?;
    let upstream = Upstream::new(Transport::network(&operation.base_url)?, &operation.base_url);
    let now = Clock::System.now().to_zoned(operation.timezone.clone()).datetime();
    let ask = Ask { window: Window { from: now, to: now }, terms: Arc::clone(&operation.terms) };
    let (reply, facts) = upstream.ask(&token, report, ask, (report.begin)()).await;
    let mut told = format!("operation {}: ", operation.name);
    let took = reply.duration.as_millis();
    match &reply.outcome {
        Ok(_) => {
            let _ = write!(told, "wolkvox answers ({took} ms)");
            if let Some(quota) = facts.allowance() {
                let _ = write!(told, "; of {} requests a day, {} are used", quota.limit, quota.used);
            }
        }
        Err(trouble) => {
            let _ = write!(told, "wolkvox {trouble}. {}", trouble.cause().advice());
        }
    }
    say(&format!("{told}\n\n"));
    Ok(reply.outcome.is_ok())
}
