//! What the command line means.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use jiff::civil::Date;

use super::flags::{Word, command_line};
use crate::config::Switches;
use crate::listen::Listen;
use crate::reports;

/// What the exporter serves on unless told otherwise.
const LISTEN: Listen = Listen::Every { port: 19655 };
/// What the simulated centre serves on: it is for this machine unless somebody says otherwise.
const LISTEN_SIMULATED: u16 = 19656;

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
    /// Write the history of past days.
    Backfill(Backfill),
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

/// Which history is to be written, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// The first civil day of each operation.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// How many hours there are from one sample to the next.
    pub every_hours: i8,
    /// The file; standard output without one.
    pub output: Option<PathBuf>,
    /// The most requests of this run.
    pub requests: Option<u64>,
    /// Whether to wait for the next day where the budget of one is not enough.
    pub wait: bool,
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
    /// The folder for the state that makes restarts exact, if any.
    pub storage_path: Option<PathBuf>,
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
            ("--from", matches.contains_id("from"), Word::Backfill),
            ("--to", matches.contains_id("to"), Word::Backfill),
            ("--every", matches.contains_id("every"), Word::Backfill),
            ("--output", matches.contains_id("output"), Word::Backfill),
            ("--requests", matches.contains_id("requests"), Word::Backfill),
            ("--wait", matches.get_flag("wait"), Word::Backfill),
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
            Word::Backfill => Command::Backfill(backfill(matches)?),
            Word::Healthcheck => Command::Healthcheck,
        };
        let mut listen: Vec<Listen> = many(matches, "web.listen-address");
        if listen.is_empty() {
            listen.push(if word == Word::Simulate { Listen::local(LISTEN_SIMULATED) } else { LISTEN });
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
            storage_path: matches.get_one("storage.path").cloned(),
            max_requests: matches.get_one("web.max-requests").copied().unwrap_or_default(),
            log_level,
            log_format,
            switches,
        })
    }
}

fn backfill(matches: &ArgMatches) -> Result<Backfill, clap::Error> {
    let day = |id: &str| matches.get_one::<Date>(id).copied().ok_or_else(|| missing(id));
    Ok(Backfill {
        from: day("from")?,
        to: day("to")?,
        every_hours: matches.get_one::<i8>("every").copied().unwrap_or(1),
        output: matches.get_one("output").cloned(),
        requests: matches.get_one("requests").copied(),
        wait: matches.get_flag("wait"),
    })
}

fn missing(id: &str) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::MissingRequiredArgument);
    error.insert(ContextKind::InvalidArg, ContextValue::Strings(vec![format!("--{id} <DATE>")]));
    error
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::version;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::parse(std::iter::once("wolkvox-exporter").chain(line.split_whitespace()))
    }

    fn parsed(line: &str) -> Arguments {
        parse(line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// The first line of what is said about a wrong command line.
    fn refused(line: &str) -> String {
        let error = parse(line).map(|arguments| panic!("{line}: {arguments:?}")).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
        error.to_string().lines().next().unwrap().to_owned()
    }

    #[test]
    fn clap_finds_no_fault_with_it() {
        command_line().debug_assert();
    }

    #[test]
    fn nothing_said_is_serve_with_the_usual_flags() {
        let usual = Arguments {
            command: Command::Serve,
            config_file: None,
            listen: vec![Listen::Every { port: 19655 }],
            telemetry_path: "/metrics".to_owned(),
            storage_path: None,
            max_requests: 40,
            log_level: tracing::Level::INFO,
            log_format: LogFormat::Logfmt,
            switches: Switches::default(),
        };
        assert_eq!(parsed(""), usual);
        assert_eq!(parsed("serve"), usual);
    }

    #[test]
    fn every_command_has_its_word_and_its_flags() {
        for (line, command) in [
            ("demo", Command::Demo),
            ("check", Command::Check { probe: false }),
            ("check --probe", Command::Check { probe: true }),
            ("once", Command::Once),
            (
                "backfill --from 2026-08-01 --to=2026-10-31",
                Command::Backfill(Backfill {
                    from: date(2026, 8, 1),
                    to: date(2026, 10, 31),
                    every_hours: 1,
                    output: None,
                    requests: None,
                    wait: false,
                }),
            ),
            (
                "backfill --from 2026-08-01 --to 2026-08-01 --every 6h --output h.om --requests 500 --wait",
                Command::Backfill(Backfill {
                    from: date(2026, 8, 1),
                    to: date(2026, 8, 1),
                    every_hours: 6,
                    output: Some(PathBuf::from("h.om")),
                    requests: Some(500),
                    wait: true,
                }),
            ),
            ("healthcheck", Command::Healthcheck),
            ("simulate", Command::Simulate(Simulate::default())),
            (
                "simulate --seed 7 --fault skills=500 --fault agents=slow",
                Command::Simulate(Simulate {
                    seed: Some(7),
                    faults: vec!["skills=500".to_owned(), "agents=slow".to_owned()],
                }),
            ),
        ] {
            assert_eq!(parsed(line).command, command, "{line}");
        }
        assert_eq!(parsed("simulate").listen, [Listen::local(19656)]);
        assert_eq!(parsed("healthcheck --web.listen-address=:9").listen, [Listen::Every { port: 9 }]);
    }

    #[test]
    fn flags_stand_on_either_side_of_the_command_and_add_up() {
        let arguments =
            parsed("--web.listen-address=:1 --log.level=debug check --config.file=c.yaml --web.listen-address :2");
        assert_eq!(arguments.listen, [Listen::Every { port: 1 }, Listen::Every { port: 2 }]);
        assert_eq!(arguments.config_file, Some(PathBuf::from("c.yaml")));
        assert_eq!(arguments.log_level, tracing::Level::DEBUG);
    }

    #[test]
    fn every_report_can_be_switched_on_and_off_but_not_both() {
        for report in reports::ALL {
            let name = report.name;
            assert_eq!(parsed(&format!("--collector.{name}")).switches.get(report), Some(true));
            assert_eq!(parsed(&format!("--no-collector.{name}")).switches.get(report), Some(false));
            let told = refused(&format!("--no-collector.{name} serve --collector.{name}"));
            assert!(told.contains("cannot be used with"), "{told}");
        }
    }

    #[test]
    fn a_wrong_command_line_is_refused() {
        for (line, part) in [
            ("sevre", "invalid value 'sevre'"),
            ("serve demo", "unexpected argument 'demo'"),
            ("--probe", "'--probe' cannot be used with 'any command but check'"),
            ("check --seed 7", "'--seed' cannot be used with 'any command but simulate'"),
            ("--collector.nothing", "unexpected argument '--collector.nothing'"),
            ("--web.listen-address=19655", "an address is :PORT"),
            ("--web.telemetry-path=metrics", "a path begins with /"),
            ("--web.telemetry-path=/{x}", "a path begins with /"),
            ("--web.telemetry-path=/-/healthy", "something else is served there"),
            ("--web.max-requests=0", "0 is not in 1.."),
            ("--log.level=trace", "invalid value 'trace'"),
            ("--storage.path=x", "unexpected argument"),
            ("--web.config.file=x", "unexpected argument"),
            ("backfill --to 2026-08-01", "required arguments were not provided"),
            ("backfill --from yesterday", "invalid value 'yesterday'"),
            ("backfill --every 5h", "invalid value '5h'"),
            ("--from 2026-08-01", "'--from' cannot be used with 'any command but backfill'"),
            ("serve --wait", "'--wait' cannot be used with 'any command but backfill'"),
        ] {
            let told = refused(line);
            assert!(told.contains(part), "{line}: {told}");
        }
    }

    #[test]
    fn help_and_version_end_well() {
        for (line, part) in
            [("--help", "--no-collector.skills"), ("check --help", "--probe"), ("--version", version::VERSION)]
        {
            let text = parse(line).unwrap_err();
            assert_eq!(text.exit_code(), 0);
            assert!(text.to_string().contains(part), "{text}");
        }
    }
}
