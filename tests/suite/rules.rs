//! Recording rules, alerts, their tests and their runbooks: what promtool and amtool say of them, and what they promise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::prometheus::tool;
use crate::{golden, running::Folder};

pub(crate) const THRESHOLDS: &str = "alerts/thresholds.yaml";
pub(crate) const RECORDING: &str = "alerts/recording.yaml";
pub(crate) const ALERTS: &str = "alerts/alerts.yaml";
const ALERTMANAGER: &str = "alerts/alertmanager.example.yaml";

/// Where runbooks are said to be, until somebody says where theirs are.
const RUNBOOKS: &str = "https://example.org/wolkvox-exporter/docs/runbooks/";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub(crate) fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The rules of a file, in its order.
pub(crate) fn rules(file: &str) -> Vec<Value> {
    list(&yaml(file)["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect()
}

pub(crate) fn alerts() -> BTreeMap<String, Value> {
    rules(ALERTS).into_iter().map(|rule| (text(&rule["alert"]).to_owned(), rule)).collect()
}

fn recorded(file: &str) -> Vec<String> {
    rules(file).iter().map(|rule| text(&rule["record"]).to_owned()).collect()
}

/// Runs a tool to its end, and tells whether it was content and what it said.
pub(crate) fn said(mut command: Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn paths(files: &[&str]) -> Vec<String> {
    files.iter().map(|file| root().join(file).display().to_string()).collect()
}

pub(crate) fn test_files() -> Vec<PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(root().join("alerts/tests")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn promtool_finds_no_fault_with_the_rules() {
    let files = paths(&[THRESHOLDS, RECORDING, ALERTS]);
    let mut arguments = vec!["check", "rules", "--lint=all", "--lint-fatal"];
    arguments.extend(files.iter().map(String::as_str));
    let (is_content, told) = said(tool("promtool", &arguments));
    assert!(is_content, "{told}");
}

#[test]
fn every_rule_does_what_its_tests_say() {
    let runs: Vec<_> = test_files()
        .into_iter()
        .map(|file| {
            let mut run = tool("promtool", &["test", "rules", file.to_str().unwrap()]);
            let run = run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            (file, run)
        })
        .collect();
    assert!(!runs.is_empty());
    // All are waited for before any is judged, so that none is left running.
    let ended: Vec<_> = runs.into_iter().map(|(file, run)| (file, run.wait_with_output().unwrap())).collect();
    for (file, output) in ended {
        let told = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&told));
    }
}

#[test]
fn tests_of_rules_see_what_is_wrong_with_them() {
    let faults = [
        (ALERTS, "operation_report:wolkvox_gate:open30m{report=\"skills\"}", "operation:wolkvox_operation:known"),
        (ALERTS, "operation_skill:wolkvox_abandonment:wilson_lower30m", "operation_skill:wolkvox_abandonment:ratio30m"),
        (THRESHOLDS, "vector(5)", "vector(0)"),
        (THRESHOLDS, "vector(0.05)", "vector(0.5)"),
        (RECORDING, "wolkvox_skill_abandoned_calls_total[30m]", "wolkvox_skill_inbound_calls_total[30m]"),
    ];
    for (file, right, wrong) in faults {
        let folder = Folder::new();
        for name in [THRESHOLDS, RECORDING, ALERTS] {
            let name_alone = Path::new(name).file_name().unwrap().to_str().unwrap();
            let rules = read(name);
            assert!(name != file || rules.contains(right), "{file} no longer says {right}");
            folder.write(name_alone, &if name == file { rules.replace(right, wrong) } else { rules });
        }
        let tests = read("alerts/tests/abandonment.yaml").replace("../", "");
        let tests = folder.write("tests.yaml", &tests);
        let (is_content, told) = said(tool("promtool", &["test", "rules", tests.to_str().unwrap()]));
        assert!(!is_content && told.contains("FAILED"), "{wrong} instead of {right} in {file} is not seen: {told}");
    }
}

/// What the tests of an alert show: the operations whose data they make up, and the times with what is expected at each.
struct Shown {
    scenarios: BTreeSet<String>,
    expected: Vec<Vec<String>>,
}

/// The value of the label `operation` in a series.
fn operation(series: &str) -> Option<String> {
    Some(series.split_once("operation=\"")?.1.split('"').next()?.to_owned())
}

fn shown() -> BTreeMap<String, Shown> {
    let mut found = BTreeMap::new();
    for file in test_files() {
        let tests: Value = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for test in list(&tests["tests"]) {
            let scenarios: BTreeSet<_> =
                list(&test["input_series"]).iter().filter_map(|one| operation(text(&one["series"]))).collect();
            for case in list(&test["alert_rule_test"]) {
                let entry = found
                    .entry(text(&case["alertname"]).to_owned())
                    .or_insert_with(|| Shown { scenarios: BTreeSet::new(), expected: Vec::new() });
                entry.scenarios.extend(scenarios.iter().cloned());
                let fired = list(&case["exp_alerts"])
                    .iter()
                    .map(|one| one["exp_labels"]["operation"].as_str().unwrap_or_default().to_owned());
                entry.expected.push(fired.collect());
            }
        }
    }
    found
}

#[test]
fn every_alert_is_seen_to_fire_and_to_be_silent() {
    let shown = shown();
    for (name, alert) in alerts() {
        let shown = shown.get(&name).unwrap_or_else(|| panic!("{name} has no test"));
        assert!(shown.expected.iter().any(|fired| !fired.is_empty()), "{name} is never seen to fire");
        assert!(shown.expected.iter().any(Vec::is_empty), "{name} is never seen to wait");
        if name == "WolkvoxExporterDown" {
            continue;
        }
        let mut needed = vec!["fires", "gone"];
        let expr = text(&alert["expr"]);
        for (word, scenario) in [
            ("wilson_", "few"),
            ("minimum_", "few"),
            ("gate:open", "closed"),
            ("gate:open30m", "opening"),
            ("gate:open30m", "midnight"),
            ("wolkvox_gate:", "stale"),
            ("wolkvox_gate:", "below"),
        ] {
            if expr.contains(word) {
                needed.push(scenario);
            }
        }
        // A day is over before its first twenty minutes matter.
        needed.retain(|scenario| name != "WolkvoxServiceLevelBurnSlow" || *scenario != "opening");
        for scenario in needed {
            assert!(shown.scenarios.contains(scenario), "{name} has no test in which something is {scenario}");
            let fires = shown.expected.last().unwrap().iter().any(|fired| fired == scenario);
            assert_eq!(fires, scenario == "fires", "{name}, {scenario}, in its last test");
        }
    }
}

#[test]
fn every_alert_says_what_for_whom_and_where_to_look() {
    let all = rules(ALERTS);
    assert_eq!(all.len(), alerts().len(), "two alerts have one name");
    let index = read("docs/runbooks/README.md");
    for (name, alert) in alerts() {
        assert!(name.starts_with("Wolkvox"), "{name}");
        assert!(alert["for"].is_string(), "{name} alerts at once");
        let severity = text(&alert["labels"]["severity"]);
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
        let audience = text(&alert["labels"]["audience"]);
        assert!(["floor", "workforce", "team", "finance", "sre"].contains(&audience), "{name}: {audience}");
        let annotations = &alert["annotations"];
        for annotation in ["summary", "description"] {
            let told = text(&annotations[annotation]);
            assert!(told.contains("$labels.") || told.contains("$value"), "{name}: {annotation} tells no particulars");
        }
        assert_eq!(text(&annotations["runbook_url"]), format!("{RUNBOOKS}{name}.md"));
        assert!(text(&annotations["dashboard_url"]).starts_with("http://localhost:3000/d/wolkvox-"), "{name}");
        let page = read(&format!("docs/runbooks/{name}.md"));
        let headings: Vec<_> = page.lines().filter(|line| line.starts_with('#')).collect();
        let title = format!("# {name}");
        let wanted =
            [&title, "## What it means", "## Formula", "## Look at", "## Do", "## Over", "## When it is wrong"];
        assert_eq!(headings, wanted, "docs/runbooks/{name}.md");
        assert!(page.lines().nth(2).unwrap().contains(severity), "docs/runbooks/{name}.md does not say {severity}");
        let row = format!("| [{name}]({name}.md) | ");
        assert!(index.lines().any(|line| line.starts_with(&row) && line.contains(severity)), "no row for {name}");
    }
    let pages = fs::read_dir(root().join("docs/runbooks")).unwrap().count();
    assert_eq!(pages, alerts().len() + 1, "a runbook is about no alert");
}

/// The queries that runbooks say to look at, each with its page.
pub(crate) fn runbook_queries() -> Vec<(String, String)> {
    let queries = alerts().into_keys().flat_map(|name| {
        let page = format!("docs/runbooks/{name}.md");
        let blocks: Vec<_> = read(&page).split("```promql\n").skip(1).map(str::to_owned).collect();
        assert!(!blocks.is_empty(), "{page} says no query to look at");
        blocks.into_iter().map(move |block| (page.clone(), block.split("```").next().unwrap().trim().to_owned()))
    });
    queries.collect()
}

#[test]
fn runbooks_ask_for_what_is_there() {
    let served = golden::families();
    let recorded: BTreeSet<_> = [THRESHOLDS, RECORDING].iter().flat_map(|file| recorded(file)).collect();
    for (page, query) in runbook_queries() {
        let asked = names(&query);
        assert!(!asked.is_empty() || query.contains("up{") || query.contains("process_"), "{page}: {query}");
        for name in asked {
            let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
            let is_served = served.contains(&name) || of_histogram.is_some_and(|name| served.contains(name));
            assert!(is_served || recorded.contains(&name), "{page}: {name} is neither served nor recorded");
        }
    }
}

/// The names of series in an expression: what is no label, word or text.
fn names(expr: &str) -> BTreeSet<String> {
    // Every second piece between quotes is a text.
    let outside: Vec<_> = expr.split('"').step_by(2).collect();
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':');
    let joined = outside.join(" ");
    let words = joined.split(|letter: char| !is_inside(letter));
    words.filter(|word| word.contains("wolkvox_") || word.contains("wolkvox:")).map(str::to_owned).collect()
}

#[test]
fn every_series_that_is_used_is_served_or_recorded() {
    let served = golden::families();
    let recorded: BTreeSet<_> = [THRESHOLDS, RECORDING].iter().flat_map(|file| recorded(file)).collect();
    for rule in [THRESHOLDS, RECORDING, ALERTS].iter().flat_map(|file| rules(file)) {
        // Templates ask as well.
        let annotations = rule["annotations"].as_object().into_iter().flatten();
        let asked = annotations.flat_map(|(_, said)| {
            let asked: Vec<_> =
                text(said).split("printf \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            asked.into_iter().map(str::to_owned).collect::<Vec<_>>()
        });
        for expr in asked.chain([text(&rule["expr"]).to_owned()]) {
            for name in names(&expr) {
                let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
                let is_served = served.contains(&name) || of_histogram.is_some_and(|name| served.contains(name));
                let is_there = is_served || recorded.contains(&name);
                assert!(is_there, "{name} is neither served nor recorded: {expr}");
            }
        }
    }
}

#[test]
fn no_rule_steps_into_a_trap_that_is_known() {
    for rule in [RECORDING, ALERTS].iter().flat_map(|file| rules(file)) {
        let expr = text(&rule["expr"]);
        for trap in ["le=", "threshold_seconds=", "__interval", "[1m]", "[2m]", "[5m]", "group_left (\n"] {
            assert!(!expr.contains(trap), "{trap} in {expr}");
        }
    }
}

#[test]
fn every_threshold_is_resolved_and_used() {
    let all: BTreeMap<_, _> = rules(THRESHOLDS)
        .into_iter()
        .map(|rule| (text(&rule["record"]).to_owned(), text(&rule["expr"]).trim().to_owned()))
        .collect();
    let alerts = read(ALERTS);
    let mut known = 0;
    for name in all.keys().filter_map(|name| name.strip_prefix("wolkvox:threshold:")) {
        let wanted = format!(
            "max by (operation) (wolkvox:threshold:{name}{{operation!=\"\"}})\n  or on (operation)\n0 * \
             operation:wolkvox_operation:known + on () group_left () wolkvox:threshold:{name}{{operation=\"\"}}"
        );
        assert_eq!(all.get(&format!("operation:wolkvox_threshold:{name}")), Some(&wanted), "{name}");
        assert!(alerts.contains(&format!("operation:wolkvox_threshold:{name}")), "no alert uses {name}");
        known += 1;
    }
    assert_eq!(all.len(), 2 * known + 1);
}

#[test]
fn the_table_of_recorded_series_is_what_is_recorded() {
    let text = read("docs/rules.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned));
    let thresholds = recorded(THRESHOLDS).into_iter();
    let thresholds = thresholds.filter_map(|name| name.strip_prefix("wolkvox:threshold:").map(str::to_owned));
    let wanted: Vec<_> = recorded(RECORDING).into_iter().chain(thresholds).collect();
    assert_eq!(rows.collect::<Vec<_>>(), wanted);
}

#[test]
fn alerts_reach_those_whom_they_are_for() {
    let config = root().join(ALERTMANAGER).display().to_string();
    let (is_content, told) = said(tool("amtool", &["check-config", &config]));
    assert!(is_content, "{told}");
    let file = format!("--config.file={config}");
    for (severity, audience, receiver) in [
        ("critical", "floor", "floor-duty"),
        ("critical", "sre", "operators-duty"),
        ("warning", "floor", "floor"),
        ("warning", "team", "team-leads"),
        ("info", "team", "team-leads"),
        ("warning", "workforce", "workforce"),
        ("info", "workforce", "workforce"),
        ("warning", "finance", "finance"),
        ("warning", "sre", "operators"),
        ("info", "sre", "operators"),
        ("warning", "nobody", "operators"),
    ] {
        let labels = [format!("severity={severity}"), format!("audience={audience}")];
        let wanted = format!("--verify.receivers={receiver}");
        let arguments = ["config", "routes", "test", &file, &wanted, &labels[0], &labels[1], "operation=acme"];
        let (is_content, told) = said(tool("amtool", &arguments));
        assert!(is_content, "{severity} for {audience}: {told}");
    }
    // Every alert as it is, with its own labels.
    for (name, alert) in alerts() {
        let [severity, audience] = ["severity", "audience"].map(|label| text(&alert["labels"][label]));
        let receiver = match (severity, audience) {
            ("critical", "floor") => "floor-duty",
            ("critical", "sre") => "operators-duty",
            (_, "team") => "team-leads",
            (_, "sre") => "operators",
            ("warning" | "info", other) => other,
            other => panic!("{name}: nobody is told of {other:?}"),
        };
        let labels = [format!("alertname={name}"), format!("severity={severity}"), format!("audience={audience}")];
        let wanted = format!("--verify.receivers={receiver}");
        let mut arguments = vec!["config", "routes", "test", &file, &wanted];
        arguments.extend(labels.iter().map(String::as_str));
        let (is_content, told) = said(tool("amtool", &arguments));
        assert!(is_content, "{name}: {told}");
    }
    let arguments = ["config", "routes", "test", &file, "--verify.receivers=finance", "audience=floor"];
    assert!(!said(tool("amtool", &arguments)).0, "amtool takes any receiver");
}

#[test]
fn what_silences_what_is_spelt_right() {
    let alerts = alerts();
    let config = yaml(ALERTMANAGER);
    let inhibitions = list(&config["inhibit_rules"]);
    assert!(!inhibitions.is_empty());
    for rule in inhibitions {
        let matchers = list(&rule["source_matchers"]).iter().chain(list(&rule["target_matchers"])).map(text);
        for names in matchers.filter_map(|matcher| matcher.strip_prefix("alertname")) {
            let names = names.trim_start_matches(['=', '~', '!']).trim_matches('"');
            for name in names.split('|') {
                let is_there = match name.strip_suffix(".+") {
                    Some(start) => alerts.keys().any(|alert| alert.starts_with(start)),
                    None => alerts.contains_key(name),
                };
                assert!(is_there, "there is no alert {name}");
            }
        }
        // `up` knows no operation, and a missing label equals no other.
        let is_about_all = list(&rule["source_matchers"]).iter().any(|one| text(one).contains("ExporterDown"));
        assert_eq!(list(&rule["equal"]).is_empty(), is_about_all, "{rule}");
    }
}
