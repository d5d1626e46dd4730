//! stub
use crate::cli::{Arguments, Simulate};
use std::process::ExitCode;
pub(super) async fn run(_: &Arguments, _: &Simulate) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
