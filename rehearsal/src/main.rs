//! `rehearse`: lists the scenarios, or writes what a Prometheus would have scraped of one.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Arg, ArgMatches, Command, value_parser};

fn main() -> ExitCode {
    let matches = command_line().get_matches();
    let Some(("record", matches)) = matches.subcommand() else {
        list();
        return ExitCode::SUCCESS;
    };
    if let Err(error) = record(matches) {
        say_wrong(&format!("{error:#}"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn command_line() -> Command {
    let record = Command::new("record")
        .about("Play a scenario and write its history as OpenMetrics, for promtool tsdb create-blocks-from openmetrics")
        .arg(Arg::new("scenario").required(true).help("Its name, as `list` tells it"))
        .arg(
            Arg::new("output")
                .long("output")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The file; `-` for standard output"),
        )
        .arg(
            Arg::new("step")
                .long("step")
                .value_parser(|text: &str| humantime::parse_duration(text))
                .help("How often it is scraped, such as 30s or 5m [default: the scenario's own]"),
        );
    Command::new("rehearse")
        .about("Plays days of the whole exporter in virtual time, and writes them down for a real Prometheus")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("Tell the scenarios"))
        .subcommand(record)
}

fn list() {
    for scenario in rehearsal::scenarios() {
        let step = humantime::format_duration(scenario.step);
        say(&format!(
            "{:<16} {:>2} days from {}, every {step:<4} {}",
            scenario.name, scenario.days, scenario.first, scenario.story
        ));
    }
}

fn record(matches: &ArgMatches) -> anyhow::Result<()> {
    let name = matches.get_one::<String>("scenario").context("no scenario is named")?;
    let Some(scenario) = rehearsal::scenario(name) else {
        let names: Vec<_> = rehearsal::scenarios().iter().map(|scenario| scenario.name).collect();
        bail!("there is no scenario {name}; there are {}", names.join(", "));
    };
    let step = matches.get_one::<Duration>("step").copied().unwrap_or(scenario.step);
    let path = matches.get_one::<PathBuf>("output").context("no output is named")?;
    let recorded = if path == Path::new("-") {
        scenario.record(BufWriter::new(std::io::stdout().lock()), step)?
    } else {
        let file = File::create(path).with_context(|| format!("failed to write {}", path.display()))?;
        scenario.record(BufWriter::new(file), step)?
    };
    let (scrapes, samples) = (recorded.scrapes, recorded.samples);
    say_wrong(&format!("{name}: {scrapes} scrapes, {samples} samples, {} MB", recorded.bytes / 1_000_000));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what is asked for is said here alone")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "standard output may be the history")]
fn say_wrong(text: &str) {
    eprintln!("{text}");
}
