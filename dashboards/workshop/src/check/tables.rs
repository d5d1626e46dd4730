//! A table's columns: labels that are words even where they look like numbers, and widths that fit.

use serde_json::Value;

use super::finding::Kind;
use super::frame::list;
use super::text;

/// How wide a screen is, less its margins, and how wide a column is unless its panel says otherwise, in pixels.
const SCREEN: u64 = 1580;
const LEAST: u64 = 150;

pub(crate) fn check(panel: &Value) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let mut wide = 0;
    for (field, title) in columns(panel) {
        let own = |id: &str| property(panel, &title, id);
        if !field.starts_with("Value") && own("unit").is_none_or(|unit| unit != "string") {
            found.push((Kind::LabelAsNumber, title.clone()));
        }
        let least = panel["fieldConfig"]["defaults"]["custom"]["minWidth"].as_u64().unwrap_or(LEAST);
        // A heading is not broken into lines; seven pixels hold a letter, with room at the edges.
        let heading = 7 * title.chars().count() as u64 + 16;
        wide += own("custom.width").and_then(Value::as_u64).unwrap_or(least.max(heading));
    }
    let room = SCREEN * panel["gridPos"]["w"].as_u64().unwrap_or(0) / 24;
    if wide > room {
        found.push((Kind::TableTooWide, format!("{wide} of {room} pixels on a screen of 1600")));
    }
    found
}

/// The fields that are shown as columns, each with the heading that it gets.
fn columns(panel: &Value) -> Vec<(String, String)> {
    let steps = list(&panel["transformations"]).iter();
    let renamed = steps.filter_map(|step| step["options"]["renameByName"].as_object());
    renamed.flatten().map(|(field, title)| (field.clone(), text(title).to_owned())).collect()
}

/// A setting of the column of this heading.
fn property<'p>(panel: &'p Value, title: &str, id: &str) -> Option<&'p Value> {
    let overrides = list(&panel["fieldConfig"]["overrides"]).iter();
    let own = overrides.filter(|entry| entry["matcher"]["id"] == "byName" && entry["matcher"]["options"] == title);
    own.flat_map(|entry| list(&entry["properties"])).find(|one| one["id"] == id).map(|one| &one["value"])
}
