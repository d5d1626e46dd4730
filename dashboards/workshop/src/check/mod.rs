//! What may be wrong with a dashboard, found by reading its JSON as anybody would who was handed it.
//!
//! Everything is told at once, each fault with its kind, its place and what to do. What is asked for is held against an
//! exposition: a metric, label or value that no exporter serves is a slip.

use std::collections::BTreeSet;

use serde_json::Value;

mod expression;
mod finding;
mod frame;
mod panels;
mod queries;
mod rules;
mod shape;
mod silence;
mod slips;
mod tables;
mod vocabulary;

pub use finding::{Finding, Kind};
pub use rules::rules;
pub use vocabulary::{UNUSED, Vocabulary};

use queries::Around;

/// The text of a JSON string; empty for anything else.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Tells every fault of a set of dashboards, given by the names of their files without `.json` and their texts.
#[must_use]
pub fn dashboards(files: &[(String, String)], vocabulary: &Vocabulary) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut parsed = Vec::new();
    for (name, text) in files {
        match serde_json::from_str::<Value>(text) {
            Ok(dashboard) => parsed.push((name, dashboard)),
            Err(error) => found.push(finding(Kind::NotJson, name, "", error.to_string())),
        }
    }
    let uids: Vec<String> = parsed.iter().map(|(_, dashboard)| text(&dashboard["uid"]).to_owned()).collect();
    let mut used = BTreeSet::new();
    for (name, dashboard) in &parsed {
        let around = frame::check(name, dashboard, &uids);
        let panels = frame::list(&dashboard["panels"]);
        for (kind, place, told) in around.into_iter().chain(panels::places(panels)) {
            found.push(finding(kind, name, &place, told));
        }
        let variables: Vec<String> = frame::list(&dashboard["templating"]["list"])
            .iter()
            .map(|variable| text(&variable["name"]).to_owned())
            .collect();
        for panel in panels {
            let mut told = panels::check(panel);
            for target in frame::list(&panel["targets"]) {
                told.append(&mut target_faults(panel, target, &variables, vocabulary, &mut used));
            }
            let place = text(&panel["title"]);
            found.extend(told.into_iter().map(|(kind, told)| finding(kind, name, place, told)));
        }
        for variable in frame::list(&dashboard["templating"]["list"]).iter().filter(|one| one["type"] == "query") {
            let place = text(&variable["name"]);
            let asked = queries::variable(text(&variable["query"]["query"]), vocabulary, &variables);
            found.extend(asked.into_iter().map(|(kind, told)| finding(kind, name, place, told)));
        }
        for note in frame::list(&dashboard["annotations"]["list"]).iter().filter(|note| note["builtIn"] != 1) {
            let words = text(&note["textFormat"]).to_owned();
            let read = queries::read(text(&note["expr"]), &Around { vocabulary, variables: &variables, words });
            let place = text(&note["name"]);
            found.extend(read.found.into_iter().map(|(kind, told)| finding(kind, name, place, told)));
            used.extend(read.used);
        }
    }
    found.extend(coverage(&used, &vocabulary.families(), UNUSED));
    found
}

fn finding(kind: Kind, file: &str, place: &str, told: String) -> Finding {
    Finding { kind, file: file.to_owned(), place: place.to_owned(), told }
}

fn target_faults(
    panel: &Value,
    target: &Value,
    variables: &[String],
    vocabulary: &Vocabulary,
    used: &mut BTreeSet<String>,
) -> Vec<(Kind, String)> {
    let letter = text(&target["refId"]);
    let words = format!("{} {}", text(&panel["title"]), text(&panel["description"])).to_lowercase();
    let mut read = queries::read(text(&target["expr"]), &Around { vocabulary, variables, words });
    used.extend(read.used);
    let Some(shape) = read.shape else { return read.found };
    for label in queries::legend_labels(text(&target["legendFormat"])) {
        if !shape.has(label) {
            read.found.push((Kind::LegendLabelGone, format!("{letter}: {{{{{label}}}}}")));
        }
    }
    // A table of labels alone hides the value.
    let is_hidden = |step: &Value| step["options"]["excludeByName"][format!("Value #{letter}")] == true;
    let is_shown = !frame::list(&panel["transformations"]).iter().any(is_hidden);
    if let Some(unit) = queries::unit_of(panel, letter).filter(|_| is_shown) {
        read.found.extend(queries::unit_fits(&unit, &shape));
    }
    read.found
}

/// Families that nobody looks at, and excuses that are none.
fn coverage(used: &BTreeSet<String>, families: &BTreeSet<&str>, excused: &[(&str, &str)]) -> Vec<Finding> {
    let is_excused = |family: &str| excused.iter().any(|(name, _)| *name == family);
    let unused = families.iter().filter(|family| !used.contains(**family) && !is_excused(family));
    let unused = unused.map(|family| finding(Kind::FamilyUnused, "all", "", (*family).to_owned()));
    let idle = excused.iter().filter(|(name, _)| used.contains(*name) || !families.contains(name));
    let idle = idle.map(|(name, _)| finding(Kind::ExcuseIdle, "all", "", (*name).to_owned()));
    unused.chain(idle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excuse_holds_while_the_family_is_there_and_unused() {
        let families = BTreeSet::from(["calls", "waits"]);
        let kinds = |used: &[&str], excused: &[(&str, &str)]| -> Vec<Kind> {
            let used = used.iter().map(|name| (*name).to_owned()).collect();
            coverage(&used, &families, excused).iter().map(|finding| finding.kind).collect()
        };
        assert_eq!(kinds(&["calls", "waits"], &[]), []);
        assert_eq!(kinds(&["calls"], &[]), [Kind::FamilyUnused]);
        assert_eq!(kinds(&["calls"], &[("waits", "nobody asks")]), []);
        assert_eq!(kinds(&["calls", "waits"], &[("waits", "nobody asks")]), [Kind::ExcuseIdle]);
        assert_eq!(kinds(&["calls", "waits"], &[("chats", "gone")]), [Kind::ExcuseIdle]);
    }
}
