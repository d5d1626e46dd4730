//! The top of the configuration: operations, and what holds for all of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::environment::{self, Environment};
use super::mistakes::{Mistakes, Place};
use super::node::{Kind, Node};
use super::operation::{Frame, Operation};
use super::polls::Switches;
use super::section::{Field, Keys, Section};
use super::settings::Settings;
use super::{file, quantity};

/// Series that a report may have unless configured: beyond that, something is wrong upstream.
const SERIES_PER_REPORT: usize = 50_000;

/// What is configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// The operations, at least one, each with a name of its own.
    pub operations: Vec<Operation>,
    /// How many series one report of one operation may have.
    pub series_per_report: usize,
}

const ROOT: Keys<'static> = Keys {
    known: &["operations", "defaults", "privacy", "limits"],
    refused: &[("global", "is not a key that is known here; write defaults"), MERGE],
    example: "a mapping that begins with operations:",
};
const DEFAULTS: Keys<'static> = Keys {
    known: &Settings::KEYS,
    refused: &[
        ("name", OWN),
        ("server", OWN),
        ("base_url", OWN),
        ("token_file", OWN),
        ("token_env", OWN),
        ("token", "a token does not belong into the configuration; write token_file or token_env in each operation"),
        MERGE,
    ],
    example: "a mapping of the keys that operations have, such as { timezone: America/Bogota }",
};
const OWN: &str = "is each operation's own; write it there";
/// YAML's own way of sharing, which most parsers know by chance and its specification no longer has.
pub(super) const MERGE: (&str, &str) =
    ("<<", "merge keys have no meaning here; write what operations share under defaults");

impl Config {
    /// What this file configures, or the environment where there is none.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, token files included.
    pub fn load(file: Option<&Path>, switches: &Switches, environment: Environment<'_>) -> Result<Self, Mistakes> {
        match file {
            Some(path) => Self::parse(&file::read(path)?, path, switches, environment),
            None => Self::from_environment(switches, environment),
        }
    }

    /// What this text configures; the path is for messages, and its folder is where relative paths start.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn parse(text: &str, path: &Path, switches: &Switches, environment: Environment<'_>) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::none_in(&path.display().to_string());
        let root = Node::read(text, &mut mistakes);
        if root.is_none() && mistakes.list().is_empty() {
            mistakes.add(Place::Whole, "", "is empty; write operations: and what belongs to it");
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let config = root.and_then(|root| Self::read(&root, folder, switches, environment, &mut mistakes));
        mistakes.or(config)
    }

    fn from_environment(switches: &Switches, environment: Environment<'_>) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::none_in("");
        let Some(operation) = environment::described(environment) else {
            let message = "there is neither a --config.file nor any of the variables WOLKVOX_SERVER (or WOLKVOX_BASE_URL), \
                 WOLKVOX_TOKEN (or WOLKVOX_TOKEN_FILE) and WOLKVOX_TIMEZONE; write one or the other, or try the command \
                 demo, which needs neither";
            mistakes.add(Place::Environment, "", message);
            return mistakes.or(None);
        };
        let frame = Frame {
            defaults: &Settings::default(),
            timezone_by_default: false,
            show_names: false,
            folder: Path::new(""),
            switches,
            environment,
        };
        let item = Field { place: operation.place, path: String::new(), node: &operation };
        let operation = Operation::read(&item, &frame, &mut mistakes);
        let config =
            operation.map(|operation| Self { operations: vec![operation], series_per_report: SERIES_PER_REPORT });
        mistakes.or(config)
    }

    fn read(
        root: &Node,
        folder: &Path,
        switches: &Switches,
        environment: Environment<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let section = Section::read(root, root.place, "", &ROOT, mistakes)?;
        let defaults = section.get("defaults").and_then(|field| field.section(&DEFAULTS, mistakes));
        let frame = Frame {
            defaults: &defaults.as_ref().map(|section| Settings::read(section, mistakes)).unwrap_or_default(),
            timezone_by_default: defaults.is_some_and(|section| section.has("timezone")),
            show_names: section.get("privacy").is_some_and(|field| shows_names(&field, mistakes)),
            folder,
            switches,
            environment,
        };
        let series_per_report = section.get("limits").and_then(|field| series_per_report(&field, mistakes));
        let Some(field) = section.get("operations") else {
            mistakes.add(section.place, "operations", "is missing; write a list of operations");
            return None;
        };
        let operations = operations(&field, &frame, mistakes)?;
        Some(Self { operations, series_per_report: series_per_report.unwrap_or(SERIES_PER_REPORT) })
    }
}

/// The operations, if all of them are right.
fn operations(field: &Field<'_>, frame: &Frame<'_>, mistakes: &mut Mistakes) -> Option<Vec<Operation>> {
    let Kind::List(nodes) = &field.node.kind else {
        field
            .wrong(format!("is {}; write a list, each item of which begins with - name:", field.node.noun()), mistakes);
        return None;
    };
    if nodes.is_empty() {
        field.wrong("is an empty list; write at least one operation", mistakes);
    }
    let items = field.items(mistakes)?;
    let read: Vec<_> = items.iter().map(|item| Operation::read(item, frame, mistakes)).collect();
    name_each_once(&items, mistakes);
    read.into_iter().collect()
}

/// Two operations of one name would write the same series.
fn name_each_once(items: &[Field<'_>], mistakes: &mut Mistakes) {
    let mut first = BTreeMap::new();
    for item in items {
        let Kind::Mapping(entries) = &item.node.kind else { continue };
        let Some(entry) = entries.iter().find(|entry| entry.key == "name") else { continue };
        let Kind::Scalar(name) = &entry.value.kind else { continue };
        if let Some(earlier) = first.insert(name, &item.path) {
            let message = format!("{earlier} is called \"{name}\" already; write another name");
            mistakes.add(entry.value.place, &format!("{}.name", item.path), message);
        }
    }
}

fn shows_names(field: &Field<'_>, mistakes: &mut Mistakes) -> bool {
    let keys = Keys { known: &["agent_names"], refused: &[], example: "a mapping such as { agent_names: pseudonym }" };
    let Some(section) = field.section(&keys, mistakes) else { return false };
    let meaning = |text: &str| match text {
        "show" => Ok(true),
        "pseudonym" => Ok(false),
        _ => Err(format!("\"{text}\" is neither; write pseudonym or show")),
    };
    section.get("agent_names").and_then(|field| field.meaning(meaning, mistakes)).unwrap_or(false)
}

fn series_per_report(field: &Field<'_>, mistakes: &mut Mistakes) -> Option<usize> {
    let keys =
        Keys { known: &["series_per_report"], refused: &[], example: "a mapping such as { series_per_report: 50000 }" };
    let section = field.section(&keys, mistakes)?;
    let count = section.get("series_per_report").and_then(|field| field.meaning(quantity::count, mistakes))?;
    usize::try_from(count).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = include_str!("../../deploy/wolkvox-exporter.example.yaml");

    fn is_told_or_meant(text: &str) -> Result<(), TestCaseError> {
        match Config::parse(text, Path::new("f.yaml"), &Switches::default(), &|_| Some("token".to_owned())) {
            Ok(config) => prop_assert!(!config.operations.is_empty()),
            Err(mistakes) => {
                prop_assert!(!mistakes.list().is_empty());
                prop_assert!(mistakes.list().is_sorted());
                prop_assert!(mistakes.to_string().starts_with("f.yaml"));
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_either_meant_or_wrong(text in "[\\[\\]{}:,&*!|>'\"%@`?#~\n\t -]{0,60}|\\PC{0,60}") {
            is_told_or_meant(&text)?;
        }

        #[test]
        fn any_damage_to_the_example_is_either_meant_or_wrong(
            from in 0..EXAMPLE.len(), length in 0..40usize, instead in "[a-z0-9:{}\\[\\] \n*&-]{0,12}",
        ) {
            let mut text: Vec<char> = EXAMPLE.chars().collect();
            let from = from.min(text.len());
            let until = (from + length).min(text.len());
            text.splice(from..until, instead.chars());
            is_told_or_meant(&text.into_iter().collect::<String>())?;
        }
    }
}
