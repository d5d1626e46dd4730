//! `healthcheck`: asks the running exporter whether it is healthy, for images without a shell.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use super::say;
use crate::cli::Arguments;
use crate::upstream;

/// A healthy exporter answers in a millisecond.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let client = upstream::client().no_proxy().timeout(PATIENCE).build()?;
    for address in &arguments.listen {
        let asked = futures_util::future::select_ok(address.to_ask().into_iter().map(|(host, port)| {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            client.get(format!("http://{host}:{port}/-/healthy")).send()
        }));
        let (answer, _) = asked.await.with_context(|| format!("no answer at {address}"))?;
        let status = answer.status();
        say(&answer.text().await.unwrap_or_default());
        if !status.is_success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
