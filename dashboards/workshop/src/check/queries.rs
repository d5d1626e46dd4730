//! A panel's queries: their text, what they mean, and whether the panel's dress fits them.

use promql_parser::parser::parse;
use serde_json::Value;

use super::expression::{Reading, TOO_NEW, chosen};
use super::finding::Kind;
use super::shape::Shape;
use super::text;
use super::vocabulary::{Dimension, Vocabulary};

/// What a query's surroundings say.
pub(crate) struct Around<'a> {
    pub(crate) vocabulary: &'a Vocabulary,
    /// The names of the dashboard's variables.
    pub(crate) variables: &'a [String],
    /// The title and description of the panel, in lower case.
    pub(crate) words: String,
}

/// What reading a query came to.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) shape: Option<Shape>,
    pub(crate) found: Vec<(Kind, String)>,
    pub(crate) used: Vec<String>,
}

/// Reads one expression as it stands in a dashboard.
pub(crate) fn read(expr: &str, around: &Around<'_>) -> Read {
    let mut found = spelling(expr, around);
    let replaced = replaced(expr, around.variables, &mut found);
    let expr = match parse(&replaced) {
        Ok(expr) => expr,
        Err(error) => {
            let new = TOO_NEW.iter().find(|name| mentions(expr, name));
            let is_group = found.iter().any(|(kind, _)| *kind == Kind::GroupWithoutParens);
            match new {
                Some(name) => found.push((Kind::TooNew, (*name).to_owned())),
                None if is_group => {}
                None => found.push((Kind::NotPromql, error)),
            }
            return Read { shape: None, found, used: Vec::new() };
        }
    };
    let has_choice = around.variables.iter().any(|name| name == "operation");
    let mut reading = Reading::new(around.vocabulary, around.words.contains("today"), has_choice);
    let shape = reading.read(&expr);
    found.append(&mut reading.found);
    for variable in around.variables {
        if reading.filterable.contains(variable) && !reading.filtered.contains(variable) {
            found.push((Kind::VariableDropped, format!("${variable} is in none of its selectors")));
        }
    }
    let foreign = |name: &&String| !name.starts_with("wolkvox_") && *name != "ALERTS" && !name.contains(':');
    let is_bound = reading.used.iter().any(|name| name.starts_with("wolkvox_"));
    if let Some(name) = reading.used.iter().find(foreign).filter(|_| !is_bound && has_choice) {
        found.push((Kind::ForeignSeries, name.clone()));
    }
    Read { shape: Some(shape), found, used: reading.used.into_iter().collect() }
}

/// Reads what a variable asks for its values: `label_values(metric, label)`, or `query_result(expression)`.
pub(crate) fn variable(query: &str, vocabulary: &Vocabulary, variables: &[String]) -> Vec<(Kind, String)> {
    let inner = |function: &str| query.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')');
    let around = Around { vocabulary, variables, words: "range".to_owned() };
    if let Some((metric, label)) = inner("label_values").and_then(|inner| inner.rsplit_once(',')) {
        // Operations are what is chosen here, so nothing can be chosen before.
        let mut found = read(metric, &Around { variables: &[], ..around }).found;
        let label = label.trim();
        if vocabulary.entry(metric).is_some_and(|entry| !entry.labels.contains_key(label)) {
            found.push((Kind::UnknownLabel, format!("{metric} has no label {label}")));
        }
        return found;
    }
    let Some(expression) = inner("query_result") else {
        return vec![(Kind::NotPromql, query.to_owned())];
    };
    let mut found = read(expression, &around).found;
    // What is chosen here cannot be asked for here.
    found.retain(|(kind, _)| *kind != Kind::VariableDropped);
    found
}

/// Whether a name stands in a text by itself.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

/// What can be seen before the expression is taken apart.
fn spelling(expr: &str, around: &Around<'_>) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    for moving in ["$__rate_interval", "$__interval"] {
        if expr.contains(moving) {
            found.push((Kind::RateInterval, moving.to_owned()));
        }
    }
    if expr.contains("$__range") && !around.words.contains("range") {
        found.push((Kind::RangeNotSaid, "[$__range]".to_owned()));
    }
    for word in ["group_left", "group_right"] {
        for (at, _) in expr.match_indices(word) {
            let rest = &expr[at + word.len()..];
            let list = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'));
            let is_list = list
                .is_some_and(|(list, _)| list.chars().all(|letter| letter.is_alphanumeric() || "_, ".contains(letter)));
            if !is_list {
                found.push((Kind::GroupWithoutParens, format!("{word}{}", rest.chars().take(30).collect::<String>())));
            }
        }
    }
    found
}

/// The text with something in the place of each variable.
fn replaced(expr: &str, variables: &[String], found: &mut Vec<(Kind, String)>) -> String {
    let mut text = String::with_capacity(expr.len());
    let mut rest = expr;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        // A reference to a group of a regular expression, as label_replace has them.
        if rest.starts_with(|letter: char| letter.is_ascii_digit()) {
            text.push('$');
            continue;
        }
        let inner = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, after) = inner.unwrap_or_else(|| {
            rest.split_at(rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len()))
        });
        match name {
            "__range" | "__rate_interval" | "__interval" => text.push_str("1d"),
            name if variables.iter().any(|variable| variable == name) => text.push_str(&chosen(name)),
            name => {
                found.push((Kind::UnknownVariable, format!("${name}")));
                text.push_str(&chosen(name));
            }
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The labels that a name of series is made of.
pub(crate) fn legend_labels(legend: &str) -> Vec<&str> {
    legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(label, _)| label.trim()).collect()
}

/// Whether the unit in which a panel shows a query is that of its numbers.
pub(crate) fn unit_fits(unit: &str, shape: &Shape) -> Option<(Kind, String)> {
    use Dimension::{Any, Bytes, Heads, Moment, Plain, Ratio, Span, Unknown};
    let told = format!("{unit} for {:?}", shape.dimension);
    if unit == "percent" {
        return Some((Kind::PercentOnRatio, told));
    }
    let fits = match unit {
        _ if matches!(shape.dimension, Unknown | Any) => true,
        "s" | "suffix: s" | "dthms" | "dtdurations" | "m" | "h" | "d" | "clocks" => shape.dimension == Span,
        "bytes" | "decbytes" => shape.dimension == Bytes,
        "percentunit" => match shape.dimension {
            Ratio | Heads => true,
            Plain => shape.is_share,
            _ => false,
        },
        "dateTimeAsIso" | "dateTimeFromNow" | "dateTimeAsLocal" => shape.dimension == Moment,
        _ => matches!(shape.dimension, Plain | Heads),
    };
    (!fits).then_some((Kind::UnitMismatch, told))
}

/// The unit in which a panel shows the numbers of one query: an override's, or the panel's own.
pub(crate) fn unit_of(panel: &Value, query: &str) -> Option<String> {
    let overrides = panel["fieldConfig"]["overrides"].as_array();
    let field = format!("Value #{query}");
    let mut names = vec![field.clone()];
    for step in panel["transformations"].as_array().into_iter().flatten() {
        let renamed = &step["options"]["renameByName"];
        let name = renamed.get(&field).or_else(|| renamed.get("Value")).and_then(Value::as_str);
        names.extend(name.map(str::to_owned));
    }
    let is_of_query = |matcher: &Value| match text(&matcher["id"]) {
        "byFrameRefID" => text(&matcher["options"]) == query,
        "byName" => names.iter().any(|name| name == text(&matcher["options"])),
        _ => false,
    };
    let own = overrides.into_iter().flatten().filter(|entry| is_of_query(&entry["matcher"]));
    let unit =
        own.flat_map(|entry| entry["properties"].as_array().into_iter().flatten()).find(|one| one["id"] == "unit");
    unit.map(|one| &one["value"])
        .or(panel["fieldConfig"]["defaults"].get("unit"))
        .and_then(Value::as_str)
        .map(str::to_owned)
}
