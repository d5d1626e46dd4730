//! A panel: its place, its words, its dress.

use std::collections::BTreeSet;

use serde_json::Value;

use super::finding::Kind;
use super::frame::list;
use super::{silence, slips, tables, text};

/// What a description consists of.
const PARTS: [&str; 4] = ["**Shows:**", "**Formula:**", "**Unit:**", "**What to do:**"];

/// Panels that show one value for now.
const OF_NOW: [&str; 4] = ["stat", "gauge", "bargauge", "table"];

/// What is wrong with one panel, its queries' meaning apart.
pub(crate) fn check(panel: &Value) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let kind = text(&panel["type"]);
    if text(&panel["title"]).is_empty() {
        found.push((Kind::TitleMissing, format!("panel {}", panel["id"])));
    }
    if kind == "row" {
        return found;
    }
    if !["text", "timeseries", "state-timeline", "barchart"].contains(&kind) && !OF_NOW.contains(&kind) {
        found.push((Kind::UnknownPanel, kind.to_owned()));
    }
    let description = text(&panel["description"]);
    let lacks = |part: &&&str| {
        let rest = description.split_once(**part).map_or("", |(_, rest)| rest);
        rest.split("**").next().unwrap_or_default().trim().is_empty()
    };
    if let Some(part) = PARTS.iter().find(lacks) {
        found.push((Kind::DescriptionIncomplete, (*part).to_owned()));
    }
    if kind == "text" {
        return found;
    }
    dress(panel, kind, &mut found);
    found.extend(silence::check(panel, kind));
    found.extend(slips::check(panel, kind));
    if kind == "table" {
        found.extend(tables::check(panel));
    }
    queries(panel, kind, &mut found);
    found
}

fn dress(panel: &Value, kind: &str, found: &mut Vec<(Kind, String)>) {
    let defaults = &panel["fieldConfig"]["defaults"];
    if text(&defaults["unit"]).is_empty() {
        found.push((Kind::UnitMissing, "fieldConfig.defaults.unit".to_owned()));
    }
    if text(&defaults["noValue"]).is_empty() {
        found.push((Kind::NoValueMissing, "fieldConfig.defaults.noValue".to_owned()));
    }
    if list(&defaults["thresholds"]["steps"]).is_empty() {
        found.push((Kind::ThresholdsMissing, "fieldConfig.defaults.thresholds".to_owned()));
    }
    let is_hidden = panel["options"]["textMode"] == "none" || panel["options"]["showValue"] == "never";
    if is_hidden || kind == "state-timeline" && list(&defaults["mappings"]).is_empty() {
        found.push((Kind::ColourAlone, kind.to_owned()));
    }
    if kind == "timeseries" && defaults["custom"]["spanNulls"] != false {
        found.push((Kind::GapHidden, "fieldConfig.defaults.custom.spanNulls".to_owned()));
    }
}

fn queries(panel: &Value, kind: &str, found: &mut Vec<(Kind, String)>) {
    let targets = list(&panel["targets"]);
    if targets.is_empty() {
        found.push((Kind::NoQuery, "targets".to_owned()));
    }
    let mut letters = BTreeSet::new();
    for target in targets {
        let letter = text(&target["refId"]);
        if !letters.insert(letter) {
            found.push((Kind::DuplicateQuery, letter.to_owned()));
        }
        if OF_NOW.contains(&kind) && (target["instant"] != true || target["range"] == true) {
            found.push((Kind::StaleReduction, letter.to_owned()));
        }
    }
    let sources = targets.iter().map(|target| &target["datasource"]).chain([&panel["datasource"]]);
    if let Some(source) = sources.into_iter().find(|source| source["uid"] != "${datasource}") {
        found.push((Kind::DatasourceFixed, source.to_string()));
    }
}

/// The first hole in the grid, from left to right and from top to bottom.
fn hole(places: &[[u64; 4]]) -> Option<(u64, u64)> {
    let bottom = places.iter().map(|[_, y, _, height]| y + height).max()?;
    let is_taken = |column: u64, row: u64| {
        places.iter().any(|[x, y, width, height]| (*x..x + width).contains(&column) && (*y..y + height).contains(&row))
    };
    (0..bottom.min(1000)).find_map(|row| (0..24).find(|column| !is_taken(*column, row)).map(|column| (column, row)))
}

/// What is wrong with the panels' places, each with the title of the panel.
pub(crate) fn places(panels: &[Value]) -> Vec<(Kind, String, String)> {
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    let place = |panel: &Value| ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap_or(0));
    for (position, panel) in panels.iter().enumerate() {
        let title = text(&panel["title"]).to_owned();
        if !panel["id"].as_u64().is_some_and(|id| ids.insert(id)) {
            found.push((Kind::DuplicateId, title.clone(), panel["id"].to_string()));
        }
        let [x, y, width, height] = place(panel);
        if x + width > 24 || width == 0 || height == 0 {
            found.push((Kind::OutsideGrid, title.clone(), panel["gridPos"].to_string()));
        }
        let lies_on = |other: &&Value| {
            let [left, top, wide, high] = place(other);
            x < left + wide && left < x + width && y < top + high && top < y + height
        };
        if let Some(other) = panels[..position].iter().find(lies_on) {
            found.push((Kind::Overlap, title, text(&other["title"]).to_owned()));
        }
    }
    if let Some((column, row)) = hole(&panels.iter().map(place).collect::<Vec<_>>()) {
        found.push((Kind::GridGap, String::new(), format!("nothing at column {column}, row {row}")));
    }
    found
}
