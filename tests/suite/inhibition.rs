//! The Alertmanager of the example as it runs: what it tells of alerts that fire at once, and what it holds back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::prometheus::tool;
use crate::rules::{alerts, said, text};
use crate::running::{Folder, Running, ask, until};

/// Debian's package calls the server otherwise than its makers do.
fn server() -> &'static str {
    let paths = std::env::var_os("PATH").unwrap();
    let is_there = |name: &str| std::env::split_paths(&paths).any(|folder| folder.join(name).is_file());
    if is_there("prometheus-alertmanager") { "prometheus-alertmanager" } else { "alertmanager" }
}

#[test]
fn a_cause_holds_its_effects_back_in_its_operation_alone() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("alerts/alertmanager.example.yaml");
    let folder = Folder::new();
    let running = Running::start(tool(
        server(),
        &[
            &format!("--config.file={}", config.display()),
            &format!("--storage.path={}", folder.path().display()),
            "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:0",
        ],
    ));
    let line = running.logged(&["Listening on", "address=127.0.0.1:"]);
    let address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
    let url = format!("http://{address}");

    let known = alerts();
    let mut expected: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for (operation, alert, others, is_told) in [
        ("silent", "WolkvoxNotAnswering", "", true),
        ("silent", "WolkvoxDataStale", "report=skills", false),
        ("silent", "WolkvoxReportFailing", "report=agents", false),
        ("silent", "WolkvoxQueueStuck", "skill_id=7", false),
        ("silent", "WolkvoxSeriesDropped", "report=skills", true),
        ("other", "WolkvoxDataStale", "report=quota", true),
        ("other", "WolkvoxQueueStuck", "skill_id=7", true),
        ("refused", "WolkvoxTokenRefused", "", true),
        ("refused", "WolkvoxNotAnswering", "", false),
        ("old", "WolkvoxDataStale", "report=agents", true),
        ("old", "WolkvoxUnderstaffed", "", false),
        ("old", "WolkvoxCostOverLimit", "", true),
        ("dead", "WolkvoxNoCalls", "", true),
        ("dead", "WolkvoxOccupancyLow", "", false),
        ("idle", "WolkvoxOccupancyLow", "", true),
    ] {
        let labels = &known[alert]["labels"];
        let (severity, audience) = (text(&labels["severity"]), text(&labels["audience"]));
        let labels = [
            format!("alertname={alert}"),
            format!("operation={operation}"),
            format!("severity={severity}"),
            format!("audience={audience}"),
        ];
        let at = format!("--alertmanager.url={url}");
        let mut arguments = vec!["alert", "add", &at];
        arguments.extend(labels.iter().map(String::as_str).chain(Some(others).filter(|label| !label.is_empty())));
        let (is_content, told) = said(tool("amtool", &arguments));
        assert!(is_content, "{told}");
        expected.insert((operation, alert), is_told);
    }
    // Causes are taken note of a moment after they are told.
    let wanted: BTreeSet<_> =
        expected.iter().map(|((operation, alert), is_told)| format!("{operation} {alert} {is_told}")).collect();
    until("all is held back that follows from something else, and nothing more", || {
        let found = ask("GET", &format!("{url}/api/v2/alerts"), &[]).json();
        let found = found.as_array()?.iter().map(|one| {
            let is_told = one["status"]["inhibitedBy"].as_array().is_some_and(Vec::is_empty);
            format!("{} {} {is_told}", text(&one["labels"]["operation"]), text(&one["labels"]["alertname"]))
        });
        (found.collect::<BTreeSet<_>>() == wanted).then_some(())
    });
}
