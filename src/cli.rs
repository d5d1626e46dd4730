//! The command line: what is to be done, and the flags, which may stand before and after the command.
//!
//! The command is a word among the flags rather than a clap subcommand: so every flag may stand on either side of it,
//! repeated flags add up over both sides, conflicts are seen across them, and there is one page of help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{EnumValueParser, NonEmptyStringValueParser, PossibleValue, RangedU64ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, ValueEnum, value_parser};

use crate::config::Switches;
use crate::listen::Listen;
use crate::reports;
use crate::version;

/// What the exporter serves on unless told otherwise.
const LISTEN: Listen = Listen::Every { port: 19655 };
/// Scrapes at once; node_exporter's number.
const MAX_REQUESTS: &str = "40";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Poll and serve.
    Serve,
    /// The same against a built-in simulated contact centre.
    Demo,
    /// The simulated wolkvox API alone.
    Simulate(Simulate),
    /// Read the configuration and say what is wrong with it, or what it means.
    Check {
        /// Also ask each operation one cheap question.
        probe: bool,
    },
    /// Poll everything once and print one exposition.
    Once,
    /// Ask the running exporter whether it is healthy.
    Healthcheck,
}

/// How the simulated contact centre is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulate {
    /// What decides all that happens in it.
    pub seed: Option<u64>,
    /// Faults as written, `REPORT=FAULT`.
    pub faults: Vec<String>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `key=value` pairs.
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// The whole command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// What is to be done.
    pub command: Command,
    /// The configuration file; the environment describes an operation where there is none.
    pub config_file: Option<PathBuf>,
    /// Where to listen, or for `healthcheck` where to ask; at least one.
    pub listen: Vec<Listen>,
    /// The path of the exposition.
    pub telemetry_path: String,
    /// How many scrapes may be served at once.
    pub max_requests: usize,
    /// The least that is logged.
    pub log_level: tracing::Level,
    /// How it is logged.
    pub log_format: LogFormat,
    /// The reports that `--collector.*` and `--no-collector.*` name.
    pub switches: Switches,
}

impl Arguments {
    /// Reads a command line, its first word being the program's name.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or the text that `--help` or `--version` asks for: [`clap::Error::exit`] prints either and
    /// ends with 2 or 0.
    pub fn parse(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut command_line = command_line();
        let matches = command_line.try_get_matches_from_mut(words)?;
        Self::of(&matches).map_err(|error| error.with_cmd(&command_line))
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let word = matches.get_one::<Word>("command").copied().unwrap_or(Word::Serve);
        let probe = matches.get_flag("probe");
        let seed = matches.get_one::<u64>("seed").copied();
        let faults: Vec<String> = many(matches, "fault");
        for (flag, given, of) in [
            ("--probe", probe, Word::Check),
            ("--seed", seed.is_some(), Word::Simulate),
            ("--fault", !faults.is_empty(), Word::Simulate),
        ] {
            if given && word != of {
                return Err(belongs_elsewhere(flag, of));
            }
        }
        let command = match word {
            Word::Serve => Command::Serve,
            Word::Demo => Command::Demo,
            Word::Simulate => Command::Simulate(Simulate { seed, faults }),
            Word::Check => Command::Check { probe },
            Word::Once => Command::Once,
            Word::Healthcheck => Command::Healthcheck,
        };
        let mut listen: Vec<Listen> = many(matches, "web.listen-address");
        if listen.is_empty() {
            // The simulated centre is for this machine unless somebody says otherwise.
            listen.push(if word == Word::Simulate { Listen::local(19656) } else { LISTEN });
        }
        let mut switches = Switches::default();
        for report in reports::ALL {
            if matches.get_flag(&format!("collector.{}", report.name)) {
                switches.set(report, true);
            }
            if matches.get_flag(&format!("no-collector.{}", report.name)) {
                switches.set(report, false);
            }
        }
        let log_level = match matches.get_one::<String>("log.level").map(String::as_str) {
            Some("debug") => tracing::Level::DEBUG,
            Some("warn") => tracing::Level::WARN,
            Some("error") => tracing::Level::ERROR,
            _ => tracing::Level::INFO,
        };
        let log_format = match matches.get_one::<String>("log.format").map(String::as_str) {
            Some("json") => LogFormat::Json,
            _ => LogFormat::Logfmt,
        };
        Ok(Self {
            command,
            config_file: matches.get_one("config.file").cloned(),
            listen,
            telemetry_path: matches.get_one("web.telemetry-path").cloned().unwrap_or_default(),
            max_requests: matches.get_one("web.max-requests").copied().unwrap_or_default(),
            log_level,
            log_format,
            switches,
        })
    }
}

/// The words that are commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Serve,
    Demo,
    Simulate,
    Check,
    Once,
    Healthcheck,
}

impl Word {
    const fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Demo => "demo",
            Self::Simulate => "simulate",
            Self::Check => "check",
            Self::Once => "once",
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
            Self::Healthcheck => "Ask the running exporter whether it is healthy",
        }
    }
}

impl ValueEnum for Word {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Serve, Self::Demo, Self::Simulate, Self::Check, Self::Once, Self::Healthcheck]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
}

fn many<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Vec<T> {
    matches.get_many::<T>(id).into_iter().flatten().cloned().collect()
}

fn belongs_elsewhere(flag: &str, of: Word) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::ArgumentConflict);
    error.insert(ContextKind::InvalidArg, ContextValue::String(flag.to_owned()));
    error.insert(ContextKind::PriorArg, ContextValue::String(format!("any command but {}", of.name())));
    error
}

fn flag(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn command_line() -> clap::Command {
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
        .args(switches)
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
