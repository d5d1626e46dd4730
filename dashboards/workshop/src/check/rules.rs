//! Recording rules and alerts, held to the same measure as the queries of dashboards.

use granit_parser::{Event, Parser};

use super::finding::{Finding, Kind};
use super::queries::{self, Around};
use super::vocabulary::Vocabulary;

/// One rule of a file.
#[derive(Default)]
struct Rule {
    record: String,
    alert: String,
    expr: String,
    /// Everything else that it says, in lower case.
    words: String,
}

/// Tells every fault of the expressions in files of rules, given by their names and texts. What one of them records may
/// be used by all.
#[must_use]
pub fn rules(files: &[(String, String)], vocabulary: &Vocabulary) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut vocabulary = vocabulary.clone();
    let mut read = Vec::new();
    for (name, text) in files {
        match parse(text) {
            Ok(rules) => read.extend(rules.into_iter().map(|rule| (name, rule))),
            Err(told) => {
                found.push(Finding { kind: Kind::NotRules, file: name.clone(), place: String::new(), told });
            }
        }
    }
    for (_, rule) in read.iter().filter(|(_, rule)| !rule.record.is_empty()) {
        vocabulary.record(&rule.record);
    }
    for (name, rule) in read {
        let place = format!("{}{}", rule.record, rule.alert);
        let words = format!("{} {}", rule.words, place).to_lowercase();
        let mut faults = queries::read(&rule.expr, &Around { vocabulary: &vocabulary, variables: &[], words }).found;
        // What a rule has recorded is guarded where it is recorded, which this reading does not follow.
        faults.retain(|(kind, told)| *kind != Kind::UnguardedDivision || !told.contains(':'));
        found.extend(faults.into_iter().map(|(kind, told)| Finding {
            kind,
            file: name.clone(),
            place: place.clone(),
            told,
        }));
    }
    found
}

/// The rules of a text: the mappings that have a key `expr`.
fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    // Mappings that are open, with the key that waits for its value; lists have none.
    let mut open: Vec<(Rule, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        match event {
            Event::MappingStart(..) => {
                if let Some((_, key)) = open.last_mut() {
                    *key = None;
                }
                open.push((Rule::default(), None));
            }
            Event::MappingEnd => {
                let (rule, _) = open.pop().ok_or("a mapping ends that did not begin")?;
                if !rule.expr.is_empty() {
                    rules.push(rule);
                } else if let Some((outer, _)) = open.last_mut() {
                    outer.words.push_str(&rule.words);
                }
            }
            Event::SequenceStart(..) => {
                if let Some((_, key)) = open.last_mut() {
                    *key = None;
                }
            }
            Event::Scalar(text, ..) => {
                let Some((rule, key)) = open.last_mut() else { continue };
                match key.take().as_deref() {
                    None => *key = Some(text.to_string()),
                    Some("record") => rule.record = text.to_string(),
                    Some("alert") => rule.alert = text.to_string(),
                    Some("expr") => rule.expr = text.to_string(),
                    Some(_) => {
                        rule.words.push_str(&text);
                        rule.words.push(' ');
                    }
                }
            }
            _ => {}
        }
    }
    if rules.is_empty() { Err("holds no rule".to_owned()) } else { Ok(rules) }
}
