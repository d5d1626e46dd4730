//! The command and the flags as they are written.

use std::path::PathBuf;

use clap::builder::{EnumValueParser, NonEmptyStringValueParser, PossibleValue, RangedU64ValueParser};
use clap::{Arg, ArgAction, ValueEnum, value_parser};
use jiff::civil::Date;

use crate::backfill::Every;
use crate::listen::Listen;
use crate::{reports, version};

/// Scrapes at once; as many as `node_exporter` serves.
const MAX_REQUESTS: &str = "40";

/// The words that are commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Serve,
    Demo,
    Simulate,
    Check,
    Once,
    Backfill,
    Healthcheck,
}

impl Word {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Demo => "demo",
            Self::Simulate => "simulate",
            Self::Check => "check",
            Self::Once => "once",
            Self::Backfill => "backfill",
            Self::Healthcheck => "healthcheck",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Serve => "Poll wolkvox and serve metrics (the default)",
            Self::Demo => "The same against a built-in simulated contact centre; needs no account and no configuration",
            Self::Simulate => "The simulated wolkvox API alone, with faults on request",
            Self::Check => "Read the configuration; print every mistake, or the plan of requests against the quota",
            Self::Once => "Poll every report once and print one exposition; fail if a report failed",
            Self::Backfill => "Write the history of past days as OpenMetrics, for promtool, within the quota",
            Self::Healthcheck => "Ask the running exporter whether it is healthy",
        }
    }
}

impl ValueEnum for Word {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Serve, Self::Demo, Self::Simulate, Self::Check, Self::Once, Self::Backfill, Self::Healthcheck]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
}

fn flag(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

pub(super) fn command_line() -> clap::Command {
    let command = Arg::new("command").value_name("COMMAND").value_parser(EnumValueParser::<Word>::new());
    let switches = reports::ALL.iter().flat_map(|report| {
        let (on, off) = (format!("collector.{}", report.name), format!("no-collector.{}", report.name));
        let switch = |name: &str| Arg::new(name.to_owned()).long(name.to_owned()).action(ArgAction::SetTrue);
        let heading = "Reports, for every operation and whatever the configuration says";
        [
            switch(&on).help(format!("Poll the report {}", report.name)).conflicts_with(&off).help_heading(heading),
            switch(&off).help(format!("Do not poll the report {}", report.name)).help_heading(heading),
        ]
    });
    clap::Command::new("wolkvox-exporter")
        .about("Prometheus exporter for the wolkvox contact-centre cloud")
        .version(version::line())
        .after_help(
            "Without --config.file, the variables WOLKVOX_SERVER (or WOLKVOX_BASE_URL), WOLKVOX_TOKEN (or \
             WOLKVOX_TOKEN_FILE), WOLKVOX_TIMEZONE and, optionally, WOLKVOX_LICENSES and WOLKVOX_OPERATION describe one \
             operation.\n\n\
             Exit codes: 0 well, 1 could not start or a poll failed, 2 wrong command line, 64 wrong configuration.",
        )
        .arg(command)
        .arg(
            flag("config.file", "FILE", "The configuration, in YAML; without it the environment describes one operation")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag(
                "web.listen-address",
                "ADDRESS",
                "Where to listen; repeatable; :PORT is every address, port 0 picks one [default: :19655; simulate: \
                 127.0.0.1:19656]",
            )
            .action(ArgAction::Append)
            .value_parser(|text: &str| text.parse::<Listen>()),
        )
        .arg(
            flag("web.telemetry-path", "PATH", "The path of the metrics")
                .default_value("/metrics")
                .value_parser(telemetry_path),
        )
        .arg(
            flag("storage.path", "FOLDER", "Where to keep the state that makes restarts exact and free")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag("web.max-requests", "COUNT", "Scrapes at once; more are answered with 503")
                .default_value(MAX_REQUESTS)
                .value_parser(RangedU64ValueParser::<usize>::new().range(1..)),
        )
        .arg(
            flag("log.level", "LEVEL", "The least that is logged")
                .default_value("info")
                .value_parser(["debug", "info", "warn", "error"]),
        )
        .arg(
            flag("log.format", "FORMAT", "How it is logged").default_value("logfmt").value_parser(["logfmt", "json"]),
        )
        .arg(
            Arg::new("probe")
                .long("probe")
                .action(ArgAction::SetTrue)
                .help("check: also ask each operation one cheap question"),
        )
        .arg(flag("seed", "NUMBER", "simulate: what decides all that happens").value_parser(value_parser!(u64)))
        .arg(
            flag("fault", "REPORT=FAULT", "simulate: a fault in the answers of a report; repeatable")
                .action(ArgAction::Append)
                .value_parser(NonEmptyStringValueParser::new()),
        )
        .arg(flag("from", "DATE", "backfill: the first day, such as 2026-08-01").value_parser(day))
        .arg(flag("to", "DATE", "backfill: the last day").value_parser(day))
        .arg(
            flag("every", "DURATION", "backfill: from one sample to the next: 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h [default: 1h]")
                .value_parser(hours),
        )
        .arg(
            flag("output", "FILE", "backfill: what is written, and taken up again after an interruption; without it, \
                 standard output")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag("requests", "COUNT", "backfill: the most requests of this run")
                .value_parser(RangedU64ValueParser::<u64>::new().range(1..)),
        )
        .arg(
            Arg::new("wait")
                .long("wait")
                .action(ArgAction::SetTrue)
                .help("backfill: wait for the next day where the quota of one is not enough"),
        )
        .args(switches)
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a day is written such as 2026-08-01".to_owned())
}

/// Whole hours that divide a day.
fn hours(text: &str) -> Result<i8, String> {
    let seconds = humantime::parse_duration(text).map(|duration| duration.as_secs_f64());
    let hours = (1..=24).find(|hours| seconds == Ok(f64::from(*hours) * 3600.0));
    hours
        .filter(|hours| Every::hours(*hours).is_some())
        .ok_or_else(|| "wolkvox counts by the hour; write whole hours that divide a day, such as 1h or 6h".to_owned())
}

/// A path of its own for the exposition.
fn telemetry_path(text: &str) -> Result<String, String> {
    const TAKEN: [&str; 5] = ["/", "/api/v1/status", "/-/healthy", "/-/ready", "/-/reload"];
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.~".contains(letter);
    if !text.starts_with('/') || !text.chars().all(plain) || text.contains("//") {
        return Err("a path begins with / and holds letters, digits, - _ . ~ and /".to_owned());
    }
    if TAKEN.contains(&text) {
        return Err("something else is served there".to_owned());
    }
    Ok(text.to_owned())
}
