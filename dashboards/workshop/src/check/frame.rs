//! A dashboard around its panels: its name, its variables, its notes and its links.

use std::collections::BTreeSet;

use serde_json::Value;

use super::finding::Kind;
use super::text;

/// The tag that every dashboard has.
const TAG: &str = "wolkvox";

/// The notes that every dashboard has, and a word of their expressions.
const NOTES: [&str; 3] =
    ["ALERTS{alertname=~\"Wolkvox.*\"", "wolkvox_operation_day_start_timestamp_seconds", "process_start_time_seconds"];

/// What every dashboard begins with: a word of each panel's first expression.
const STRIP: [&str; 4] = [
    "wolkvox_report_last_success_timestamp_seconds",
    "wolkvox_operation_open",
    "ALERTS{",
    "wolkvox_quota_used_requests",
];

/// What is wrong with a dashboard apart from its panels, each with its place.
pub(crate) fn check(name: &str, dashboard: &Value, uids: &[String]) -> Vec<(Kind, String, String)> {
    let mut found = Vec::new();
    let mut find = |kind: Kind, place: &str, told: String| found.push((kind, place.to_owned(), told));
    let uid = text(&dashboard["uid"]);
    if uid != format!("wolkvox-{name}") {
        find(Kind::WrongUid, "", format!("{uid:?}"));
    }
    if uids.iter().filter(|other| *other == uid).count() > 1 {
        find(Kind::DuplicateUid, "", uid.to_owned());
    }
    if dashboard["schemaVersion"] != 39 {
        find(Kind::SchemaVersion, "", dashboard["schemaVersion"].to_string());
    }
    if !dashboard["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == TAG)) {
        find(Kind::TagMissing, "", dashboard["tags"].to_string());
    }
    if dashboard.get("id").is_some_and(|id| !id.is_null()) {
        find(Kind::OwnId, "", dashboard["id"].to_string());
    }
    if dashboard.get("__inputs").is_some() {
        find(Kind::InputsPresent, "", "__inputs".to_owned());
    }
    if text(&dashboard["title"]).is_empty() || text(&dashboard["description"]).is_empty() {
        find(Kind::DashboardUntitled, "", "title and description".to_owned());
    }
    if dashboard["time"]["from"] != "now-12h" || dashboard["time"]["to"] != "now" {
        find(Kind::TimeRange, "", dashboard["time"].to_string());
    }
    if dashboard["refresh"] != "1m" {
        find(Kind::Refresh, "", dashboard["refresh"].to_string());
    }
    let notes = list(&dashboard["annotations"]["list"]);
    for note in NOTES {
        let mut enabled = notes.iter().filter(|one| one["enable"] == true);
        if !enabled.any(|one| text(&one["expr"]).contains(note)) {
            find(Kind::AnnotationMissing, "annotations", note.to_owned());
        }
    }
    for note in notes.iter().filter(|note| note["builtIn"] != 1) {
        if note["datasource"]["uid"] != "${datasource}" {
            find(Kind::DatasourceFixed, text(&note["name"]), note["datasource"].to_string());
        }
    }
    links(uid, dashboard, uids, &mut find);
    variables(dashboard, &mut find);
    let first = list(&dashboard["panels"]).iter().take(STRIP.len());
    let strip: Vec<&str> = first.map(|panel| text(&panel["targets"][0]["expr"])).collect();
    if strip.len() < STRIP.len() || !strip.iter().zip(STRIP).all(|(expr, word)| expr.contains(word)) {
        find(Kind::StripMissing, "", "the first four panels".to_owned());
    }
    found
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The uid that an address inside Grafana leads to.
fn led_to(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("/d/")?;
    rest.split(['/', '?']).next()
}

fn links(uid: &str, dashboard: &Value, uids: &[String], find: &mut impl FnMut(Kind, &str, String)) {
    let mut reached = BTreeSet::new();
    for link in list(&dashboard["links"]) {
        let url = text(&link["url"]);
        if link["type"] == "dashboards" {
            // A list of all that have a tag; whether each has it is looked at by itself.
            reached.extend(uids.iter().cloned());
            if !list(&link["tags"]).iter().any(|tag| tag == TAG) {
                find(Kind::DeadLink, "links", link["tags"].to_string());
            }
        } else {
            match led_to(url).filter(|uid| uids.iter().any(|other| other == uid)) {
                Some(uid) => _ = reached.insert(uid.to_owned()),
                None => find(Kind::DeadLink, "links", url.to_owned()),
            }
        }
        if link["keepTime"] != true || link["includeVars"] != true {
            find(Kind::LinkForgets, "links", url.to_owned());
        }
    }
    for other in uids.iter().filter(|other| *other != uid && !reached.contains(*other)) {
        find(Kind::LinkMissing, "links", other.clone());
    }
    for panel in list(&dashboard["panels"]) {
        let overrides = list(&panel["fieldConfig"]["overrides"]).iter();
        let properties = overrides.flat_map(|entry| list(&entry["properties"]));
        let of_fields = properties.filter(|one| one["id"] == "links").flat_map(|one| list(&one["value"]));
        for link in list(&panel["links"]).iter().chain(of_fields) {
            let url = text(&link["url"]);
            if !led_to(url).is_some_and(|uid| uids.iter().any(|other| other == uid)) {
                find(Kind::DeadLink, text(&panel["title"]), url.to_owned());
            } else if !carries(url) {
                find(Kind::LinkForgets, text(&panel["title"]), url.to_owned());
            }
        }
    }
}

/// Whether an address takes along the time, the data source and the operation that are chosen.
fn carries(url: &str) -> bool {
    let is_operation = ["${operation:queryparam}", "var-operation=${"].iter().any(|one| url.contains(one));
    is_operation && url.contains("${__url_time_range}") && url.contains("${datasource:queryparam}")
}

fn variables(dashboard: &Value, find: &mut impl FnMut(Kind, &str, String)) {
    let variables = list(&dashboard["templating"]["list"]);
    for (name, kind) in [("datasource", "datasource"), ("operation", "query")] {
        if !variables.iter().any(|one| one["name"] == name && one["type"] == kind) {
            find(Kind::VariableMissing, "variables", name.to_owned());
        }
    }
    for variable in variables.iter().filter(|one| one["type"] == "query") {
        let name = text(&variable["name"]);
        if variable["multi"] != true || variable["includeAll"] != true || variable["allValue"] != ".*" {
            find(Kind::VariableNotMulti, name, "multi, includeAll, allValue".to_owned());
        }
        if !["1", "2"].contains(&variable["refresh"].to_string().as_str()) {
            find(Kind::VariableStale, name, variable["refresh"].to_string());
        }
        if text(&variable["datasource"]["uid"]) != "${datasource}" {
            find(Kind::DatasourceFixed, name, variable["datasource"].to_string());
        }
    }
}
