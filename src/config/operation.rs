//! One operation of wolkvox: where it is, what may be spent on it, what is polled.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::environment::{self, Environment};
use super::mistakes::{Mistakes, Place};
use super::open_hours::OpenHours;
use super::polls::{Poll, Switches};
use super::root::MERGE;
use super::section::{Field, Keys, Section};
use super::server::{self, Server};
use super::service_level::ServiceLevel;
use super::settings::{Settings, Skills};
use crate::plan::Plan;
use crate::terms::{AgentNames, Terms};
use crate::token::TokenSource;

/// How much of the quota is used unless configured: other integrations need some, too.
const QUOTA_SHARE: f64 = 0.8;
/// wolkvox rebuilds its reports about every ten minutes; twice that is enough for the last rows of a day.
const SETTLING: Duration = Duration::from_mins(20);
/// A scrape a minute is the usual slowest.
const BIRTHS: Duration = Duration::from_mins(1);
/// Long enough for any name, short enough for a label that stands in every sample.
const MAX_NAME: usize = 64;

/// One operation of wolkvox.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The value of the label `operation`: letters, digits, `-` and `_`.
    pub name: String,
    /// The server for people: its number of four digits, or the host of its address.
    pub server: String,
    /// What requests go behind: scheme, host, port and path, without `/` at the end and without `/api/v2`.
    pub base_url: String,
    /// Where its token is read from.
    pub token: TokenSource,
    /// Its own time zone: wolkvox speaks local time without offset.
    pub timezone: TimeZone,
    /// The IANA name of that zone.
    pub timezone_name: String,
    /// Its licences, each of which allows 1000 requests a day; unknown unless configured.
    pub licenses: Option<u32>,
    /// The share of the quota that may be used, above 0 and up to 1.
    pub quota_share: f64,
    /// When it is open; always unless configured.
    pub open_hours: Option<OpenHours>,
    /// The service level that it aims at.
    pub service_level: ServiceLevel,
    /// How long after midnight rows of the day before may still come.
    pub settling: Duration,
    /// How long a total that is new is served as zero, and each end of a day at least.
    pub births: Duration,
    /// What is polled and how often, in the order of [`crate::reports::ALL`].
    pub polls: Vec<Poll>,
    /// What the reports need to know of it.
    pub terms: Arc<Terms>,
}

/// What an operation's mapping is read within.
pub(super) struct Frame<'a> {
    /// What `defaults` says.
    pub(super) defaults: &'a Settings,
    /// Whether `defaults` names a time zone, be it right or wrong.
    pub(super) timezone_by_default: bool,
    /// Whether agents are shown by their names.
    pub(super) show_names: bool,
    /// The folder that relative paths start from.
    pub(super) folder: &'a Path,
    /// What the command line switches.
    pub(super) switches: &'a Switches,
    /// Where tokens may be.
    pub(super) environment: Environment<'a>,
}

impl Operation {
    /// The operation that this mapping means, if nothing about it is wrong.
    pub(super) fn read(item: &Field<'_>, frame: &Frame<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut known = vec!["name", "server", "base_url", "token_file", "token_env"];
        known.extend(Settings::KEYS);
        let literal = "a token does not belong into the configuration; write token_file or token_env";
        let keys =
            Keys { known: &known, refused: &[("token", literal), MERGE], example: "a mapping that begins with name:" };
        let section = item.section(&keys, mistakes)?;

        let settings = Settings::read(&section, mistakes).over(frame.defaults);
        if !frame.timezone_by_default {
            required(&section, "timezone", "write the operation's IANA time zone, such as America/Bogota", mistakes);
        }
        required(&section, "name", "write a word for the label operation, such as acme", mistakes);
        let name = section.get("name").and_then(|field| field.meaning(name, mistakes));
        let server = read_server(&section, mistakes);
        let token = read_token(&section, frame, mistakes);

        let quota_share = settings.quota_share.unwrap_or(QUOTA_SHARE);
        let polls = settings.reports.meant(frame.switches);
        if polls.is_empty() {
            let path = section.path_to("reports");
            mistakes.add(section.place, &path, "every report is switched off; leave one on, or take the operation out");
        }
        let plan = Plan::new(name.as_deref().unwrap_or("?"), &polls, settings.licenses, quota_share);
        if let Some(refusal) = plan.refusal() {
            match section.place {
                Place::Environment => {
                    let message = format!("{refusal}; intervals are written in a --config.file");
                    mistakes.add(Place::Variable("WOLKVOX_LICENSES"), "", message);
                }
                place => mistakes.add(place, &section.path, refusal),
            }
        }

        let (name, Server { name: server, base_url }, token, (timezone, timezone_name)) =
            (name?, server?, token?, settings.timezone?);
        let service_level = settings.service_level.meant();
        let agent_names =
            if frame.show_names { AgentNames::Show } else { AgentNames::Pseudonym { salt: name.clone() } };
        let skills = settings.skills.and_then(Skills::meant);
        let terms = Terms::new(skills, agent_names, service_level.threshold);
        let terms = Arc::new(terms.with_level_base(service_level.base.given()));
        let (licenses, open_hours) = (settings.licenses, settings.open_hours);
        let (settling, births) = (settings.settling.unwrap_or(SETTLING), settings.births.unwrap_or(BIRTHS));
        Some(Self {
            name,
            server,
            base_url,
            token,
            timezone,
            timezone_name,
            licenses,
            quota_share,
            open_hours,
            service_level,
            settling,
            births,
            polls,
            terms,
        })
    }
}

/// A key's name where this mapping comes from: in the environment it is a variable.
fn spelled(section: &Section<'_>, key: &'static str) -> &'static str {
    match section.place {
        Place::Environment => environment::variable_of(key).unwrap_or(key),
        Place::Whole | Place::At { .. } | Place::Variable(_) => key,
    }
}

fn missing(section: &Section<'_>, key: &'static str, advice: &str, mistakes: &mut Mistakes) {
    let place = match (section.place, environment::variable_of(key)) {
        (Place::Environment, Some(variable)) => Place::Variable(variable),
        (place, _) => place,
    };
    mistakes.add(place, &section.path_to(key), format!("is missing; {advice}"));
}

fn required(section: &Section<'_>, key: &'static str, advice: &str, mistakes: &mut Mistakes) {
    if !section.has(key) {
        missing(section, key, advice, mistakes);
    }
}

/// The one of two keys that is written; both and none are mistakes.
fn one_of<'n>(
    section: &Section<'n>,
    keys: [&'static str; 2],
    advice: &str,
    mistakes: &mut Mistakes,
) -> Option<(&'static str, Field<'n>)> {
    let [first, second] = keys;
    match (section.get(first), section.get(second)) {
        (Some(_), Some(other)) => {
            let message = format!("stands beside {}; keep one of the two", spelled(section, first));
            other.wrong(message, mistakes);
            None
        }
        (Some(field), None) => Some((first, field)),
        (None, Some(field)) => Some((second, field)),
        (None, None) => {
            let message = format!("{advice}, or {}", spelled(section, second));
            missing(section, first, &message, mistakes);
            None
        }
    }
}

fn read_server(section: &Section<'_>, mistakes: &mut Mistakes) -> Option<Server> {
    let advice = "write the server's number, such as \"0013\"";
    let (key, field) = one_of(section, ["server", "base_url"], advice, mistakes)?;
    let meaning = if key == "server" { server::numbered } else { server::addressed };
    field.meaning(meaning, mistakes)
}

fn read_token(section: &Section<'_>, frame: &Frame<'_>, mistakes: &mut Mistakes) -> Option<TokenSource> {
    let advice = "write the path of a file with the token in it";
    if section.has_refused("token") {
        // Said already, and better.
        return None;
    }
    let (key, field) = one_of(section, ["token_file", "token_env"], advice, mistakes)?;
    let source = if key == "token_file" {
        field.meaning(|path| Ok(TokenSource::File(frame.folder.join(path))), mistakes)?
    } else {
        field.meaning(variable_name, mistakes).map(TokenSource::Env)?
    };
    // The token is read here only to say in time that it cannot be.
    match source.read_within(frame.environment) {
        Ok(_) => Some(source),
        Err(error) => {
            field.wrong(error.to_string(), mistakes);
            None
        }
    }
}

/// The name of a variable. What is none may be the token itself, and is not repeated.
fn variable_name(text: &str) -> Result<String, String> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if text.is_empty() || text.starts_with(|first: char| first.is_ascii_digit()) || !text.chars().all(letters) {
        return Err("is not the name of an environment variable; write a name such as ACME_TOKEN".to_owned());
    }
    Ok(text.to_owned())
}

fn name(text: &str) -> Result<String, String> {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if text.is_empty() || text.len() > MAX_NAME || !text.chars().all(letters) {
        return Err(format!("\"{text}\" is not a name; write up to {MAX_NAME} letters (a-z), digits, - and _"));
    }
    Ok(text.to_owned())
}
