//! What a panel says and shows where there is nothing to show: it may be that nothing happened, or that nobody knows.

use serde_json::Value;

use super::finding::Kind;
use super::frame::list;
use super::text;

/// Words that claim that nothing happened.
const CLAIMS: [&str; 7] = ["no call", "nobody", "nothing", "no turn", "no row", "no request", "no answers"];

/// Words that leave it open, or say that it is not known.
const OPEN: [&str; 2] = ["no data", "data too old"];

/// What a panel asks for that knows how old its data are.
const AGE: &str = "wolkvox_report_last_success_timestamp_seconds";

pub(crate) fn check(panel: &Value, kind: &str) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let defaults = &panel["fieldConfig"]["defaults"];
    let words = text(&defaults["noValue"]);
    let has = |these: &[&str]| these.iter().any(|one| words.contains(one));
    let knows_age = || list(&panel["targets"]).iter().any(|target| text(&target["expr"]).contains(AGE));
    if words.parse::<f64>().is_ok() {
        found.push((Kind::InventedZero, words.to_owned()));
    }
    if has(&CLAIMS) && !has(&OPEN) && !knows_age() {
        found.push((Kind::EmptyClaimed, words.to_owned()));
    }
    if !["stat", "gauge", "bargauge", "table"].contains(&kind) {
        return found;
    }
    let overrides = list(&panel["fieldConfig"]["overrides"]).iter().flat_map(|entry| list(&entry["properties"]));
    let of_fields = overrides.filter(|one| one["id"] == "thresholds").map(|one| &one["value"]);
    for thresholds in of_fields.chain([&defaults["thresholds"]]) {
        let base = list(&thresholds["steps"]).iter().find(|step| step["value"].is_null());
        if let Some(colour) = base.map(|step| text(&step["color"])).filter(|colour| !is_neutral(colour)) {
            found.push((Kind::AbsentJudged, colour.to_owned()));
        }
    }
    found
}

/// Whether a colour says neither good nor bad.
fn is_neutral(colour: &str) -> bool {
    let grey = |hex: &str| hex.len() == 6 && hex[..2] == hex[2..4] && hex[..2] == hex[4..];
    ["text", "transparent"].contains(&colour) || colour.strip_prefix('#').is_some_and(grey)
}
