//! One operation without a file: described by variables of the environment.
//!
//! The variables are made into the tree that a file would have been read into, so that both mean the same and make the
//! same mistakes.

use super::mistakes::Place;
use super::node::{Entry, Kind, Node};

/// What answers for the environment: the value of a variable, if it is set.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The variables and the keys that they stand for.
const VARIABLES: [(&str, &str); 7] = [
    ("WOLKVOX_OPERATION", "name"),
    ("WOLKVOX_SERVER", "server"),
    ("WOLKVOX_BASE_URL", "base_url"),
    ("WOLKVOX_TOKEN_FILE", "token_file"),
    ("WOLKVOX_TOKEN", "token_env"),
    ("WOLKVOX_TIMEZONE", "timezone"),
    ("WOLKVOX_LICENSES", "licenses"),
];

/// The environment of this process. This is the only place that reads it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment; all others are given it")]
#[must_use]
pub fn process_environment(variable: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(value) => Some(value),
        Err(std::env::VarError::NotPresent) => None,
        // Whoever asked says better what is wrong with it than "not set".
        Err(std::env::VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
    }
}

/// The variable that stands for an operation's key.
pub(super) fn variable_of(key: &str) -> Option<&'static str> {
    VARIABLES.into_iter().find(|(_, of)| *of == key).map(|(variable, _)| variable)
}

/// The tree that says of one operation what the environment says; nothing if it says nothing. A variable that is set to
/// nothing counts as not set: container tools cannot always leave one out.
pub(super) fn described(environment: Environment<'_>) -> Option<Node> {
    let set =
        |variable: &str| environment(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let mut entries = Vec::new();
    for (variable, key) in VARIABLES {
        let Some(value) = set(variable) else { continue };
        // The token itself never enters the tree, whose texts may be printed.
        let text = if key == "token_env" { variable.to_owned() } else { value };
        entries.push(entry(key, Place::Variable(variable), text));
    }
    if entries.is_empty() {
        return None;
    }
    if set("WOLKVOX_OPERATION").is_none() {
        let name = name(set("WOLKVOX_SERVER").as_deref(), set("WOLKVOX_BASE_URL").as_deref());
        entries.push(entry("name", Place::Environment, name));
    }
    Some(Node { place: Place::Environment, kind: Kind::Mapping(entries) })
}

fn entry(key: &str, place: Place, text: String) -> Entry {
    Entry { key: key.to_owned(), place, value: Node { place, kind: Kind::Scalar(text) } }
}

/// An operation's name when nobody gave one: `wv0013` after its server, or its host with `-` for dots. Exporters of
/// several operations then do not all write the same label.
fn name(server: Option<&str>, base_url: Option<&str>) -> String {
    let server = server.map(super::server::numbered).or_else(|| base_url.map(super::server::addressed));
    let Some(Ok(server)) = server else { return "default".to_owned() };
    if server.name.len() == 4 && server.name.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("wv{}", server.name);
    }
    let host = server.name.trim_end_matches(".wolkvox.com");
    let word = host.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    word.trim_matches('-').to_owned()
}
