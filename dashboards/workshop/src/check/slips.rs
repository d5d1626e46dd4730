//! Slips of the hand in a panel's dress, which Grafana takes without a word: it shows another colour, another name or
//! another height than was meant.

use serde_json::Value;

use super::finding::Kind;
use super::frame::list;
use super::text;

/// What is wrong with the dress of a panel of this kind.
pub(crate) fn check(panel: &Value, kind: &str) -> Vec<(Kind, String)> {
    let mut found = thresholds(panel);
    for target in list(&panel["targets"]) {
        let (letter, is_named) = (text(&target["refId"]), !text(&target["legendFormat"]).is_empty());
        if kind != "table" && (!is_named || target["legendFormat"] == "__auto") {
            found.push((Kind::LegendMissing, letter.to_owned()));
        }
        if ["timeseries", "state-timeline"].contains(&kind) && target["range"] != true {
            found.push((Kind::PointAlone, letter.to_owned()));
        }
    }
    found.extend(idle_overrides(panel, kind));
    if panel["fieldConfig"]["defaults"]["custom"]["drawStyle"] == "bars" {
        found.extend(bars(panel));
    }
    found
}

/// Thresholds that are not in order, and those of per cent on a share from 0 to 1.
fn thresholds(panel: &Value) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let defaults = &panel["fieldConfig"]["defaults"];
    let mut dresses = vec![(&defaults["unit"], &defaults["thresholds"])];
    for entry in list(&panel["fieldConfig"]["overrides"]) {
        let own = |id: &str| list(&entry["properties"]).iter().find(|one| one["id"] == id).map(|one| &one["value"]);
        if let Some(thresholds) = own("thresholds") {
            dresses.push((own("unit").unwrap_or(&defaults["unit"]), thresholds));
        }
    }
    for (unit, thresholds) in dresses {
        let values: Vec<f64> = list(&thresholds["steps"]).iter().filter_map(|step| step["value"].as_f64()).collect();
        if !values.is_sorted() {
            found.push((Kind::ThresholdsUnordered, format!("{values:?}")));
        }
        // Twice what is there may be used up; a hundredfold of it is a slip.
        if let Some(value) = values.iter().find(|value| **value > 10.0).filter(|_| unit == "percentunit") {
            found.push((Kind::PercentOnRatio, format!("a threshold of {value}")));
        }
    }
    if let Some(top) = defaults["max"].as_f64().filter(|top| *top > 10.0 && defaults["unit"] == "percentunit") {
        found.push((Kind::PercentOnRatio, format!("an axis up to {top}")));
    }
    found
}

/// Settings of queries and columns that there are none of.
fn idle_overrides(panel: &Value, kind: &str) -> Vec<(Kind, String)> {
    let letters: Vec<&str> = list(&panel["targets"]).iter().map(|target| text(&target["refId"])).collect();
    let renamed = list(&panel["transformations"]).iter().filter_map(|step| step["options"]["renameByName"].as_object());
    let renamed: Vec<(&String, &Value)> = renamed.flatten().collect();
    let mut idle = Vec::new();
    for entry in list(&panel["fieldConfig"]["overrides"]) {
        let of = text(&entry["matcher"]["options"]);
        let is_idle = match text(&entry["matcher"]["id"]) {
            "byFrameRefID" => !letters.contains(&of),
            "byName" if kind == "table" => renamed.iter().all(|(_, title)| *title != of),
            _ => false,
        };
        if is_idle {
            idle.push((Kind::IdleOverride, of.to_owned()));
        }
    }
    for (field, title) in renamed {
        if field.strip_prefix("Value #").is_some_and(|letter| !letters.contains(&letter)) {
            idle.push((Kind::IdleOverride, format!("the column {title} of {field}")));
        }
    }
    idle
}

/// A bar stands for a stretch of time: what it counts must be that of the stretch, no more and no less.
fn bars(panel: &Value) -> Option<(Kind, String)> {
    let step = text(&panel["interval"]);
    let is_other = |expr: &&str| expr.contains('[') && !expr.contains(&format!("[{step}]"));
    let other = list(&panel["targets"]).iter().map(|target| text(&target["expr"])).find(is_other)?;
    Some((Kind::BarsOverlap, format!("a bar each {step:?}: {other}")))
}
