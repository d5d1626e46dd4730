//! The commands: what each of them puts together, and how it ends.

mod backfill;
mod check;
pub mod demo;
mod engine;
mod healthcheck;
mod once;
mod serve;
mod simulate;

use std::process::ExitCode;

use crate::cli::{Arguments, Command};
use crate::config::{self, Config};

/// Wrong configuration, as `sysexits.h` has it for wrong usage.
const WRONG_CONFIGURATION: u8 = 64;

/// Does what the command line says; answers how the process is to end.
pub async fn run(arguments: Arguments) -> ExitCode {
    let done = match &arguments.command {
        Command::Healthcheck => healthcheck::run(&arguments).await,
        Command::Simulate(simulate) => simulate::run(&arguments, simulate).await,
        Command::Demo => demo::run(&arguments).await,
        Command::Serve | Command::Check { .. } | Command::Once | Command::Backfill(_) => {
            let switches = &arguments.switches;
            let config = match Config::load(arguments.config_file.as_deref(), switches, &config::process_environment) {
                Ok(config) => config,
                Err(mistakes) => {
                    say_error(&format!("{mistakes}\n"));
                    return ExitCode::from(WRONG_CONFIGURATION);
                }
            };
            match &arguments.command {
                Command::Check { probe } => check::run(&config, *probe).await,
                Command::Backfill(asked) => backfill::run(config, asked).await,
                Command::Once => once::run(config).await,
                _ => serve::run(&arguments, config).await,
            }
        }
    };
    done.unwrap_or_else(|error| {
        say_error(&format!("wolkvox-exporter: {error:#}\n"));
        ExitCode::FAILURE
    })
}

/// Prints what a command is asked for.
#[expect(clippy::print_stdout, reason = "what was asked for belongs on standard output")]
fn say(text: &str) {
    print!("{text}");
}

/// Prints why a command cannot be done: for a person, not for the log.
#[expect(clippy::print_stderr, reason = "why a command cannot be done belongs on standard error")]
fn say_error(text: &str) {
    eprint!("{text}");
}
