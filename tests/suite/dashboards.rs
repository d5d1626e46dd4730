//! The dashboards held to what makes them, to what the exporter serves, and to a real Prometheus that scraped it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;
use wolkvox_exporter::process::Process;
use workshop::boards;
use workshop::check::{self, Kind, Vocabulary};
use workshop::panel::{Panel, Query, letter};

use crate::history::History;
use crate::prometheus::{Prometheus, tool};
use crate::rules::{self, ALERTS, RECORDING, THRESHOLDS};
use crate::running::{Folder, Running, until};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What an exporter serves: the golden exposition and what the process says of itself.
fn vocabulary() -> Vocabulary {
    let golden = fs::read_to_string(root().join("tests/golden/demo.txt")).unwrap();
    let process = Process::new(Timestamp::UNIX_EPOCH).unwrap().text();
    Vocabulary::of(&exposition_checker::read(&format!("{golden}{process}")))
}

/// The dashboards as they lie in the repository.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("dashboards")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn the_files_are_what_the_workshop_makes() {
    let mut made = boards::texts();
    made.sort();
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let files = files();
    assert_eq!(names(&files), names(&made));
    let other: Vec<_> =
        files.iter().zip(&made).filter(|(file, made)| file.1 != made.1).map(|(file, _)| &file.0).collect();
    assert!(other.is_empty(), "not what the workshop makes: {other:?}; `cargo run -p workshop` writes them anew");
}

#[test]
fn the_files_have_no_fault() {
    let found = check::dashboards(&files(), &vocabulary());
    let told: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{} faults:\n{}", told.len(), told.join("\n"));
}

/// What the checker says of rules that are right all the same, each with its reason.
const RIGHT_ALL_THE_SAME: &[(&str, Kind, &str)] = &[
    ("WolkvoxQueueStuck", Kind::ShortWindow, "skills are asked each minute: ten minutes are ten polls"),
    ("WolkvoxQueueAfterClosing", Kind::ShortWindow, "skills are asked each minute: ten minutes are ten polls"),
    ("WolkvoxQuotaRunningOut", Kind::UnlikeUnits, "requests per second times seconds are requests: deriv() and time()"),
];

#[test]
fn the_rules_have_no_fault() {
    let files = [THRESHOLDS, RECORDING, ALERTS].map(|file| (file.to_owned(), rules::read(file)));
    let found = check::rules(&files, &vocabulary());
    let excuse = |rule: &str, kind: Kind| RIGHT_ALL_THE_SAME.iter().any(|(name, one, _)| *name == rule && *one == kind);
    let told: Vec<_> = found.iter().filter(|one| !excuse(&one.place, one.kind)).map(ToString::to_string).collect();
    assert!(told.is_empty(), "{} faults:\n{}", told.len(), told.join("\n"));
    for (rule, kind, why) in RIGHT_ALL_THE_SAME {
        let is_needed = found.iter().any(|one| one.place == *rule && one.kind == *kind);
        assert!(is_needed, "{rule} is no longer told for {kind:?}, so it needs no excuse: {why}");
    }
}

/// What is chosen at the top of a dashboard, one choice after the other.
struct Choice {
    operation: String,
    skill: String,
    agent: String,
}

impl Choice {
    fn in_place(&self, expr: &str) -> String {
        let variables = [("$operation", &self.operation), ("$skill", &self.skill), ("$agent", &self.agent)];
        // The steps of a subquery stand at whole minutes, of which this Prometheus may not have seen one yet.
        let expr = expr.replace("$__range", "12h").replace(":1m]", ":1s]");
        variables.iter().fold(expr, |expr, (name, value)| expr.replace(name, value))
    }
}

/// The value of a label in the first sample of a query.
fn label(prometheus: &Prometheus, query: &str, label: &str) -> String {
    let found = prometheus.query(query);
    found.first().unwrap_or_else(|| panic!("{query} has no sample"))["metric"][label].as_str().unwrap().to_owned()
}

/// Whether a query needs more of the past than a minute, so that it may have nothing yet: what has not grown within
/// that minute divides nothing by nothing.
fn needs_a_past(expr: &str) -> bool {
    expr.contains("increase(")
}

/// Whether a query is about callers who gave up: on a good day there may be none.
fn speaks_of_misfortune(expr: &str) -> bool {
    expr.contains("outcome=\"abandoned\"")
}

/// Whether a query asks only for what wolkvox has told lately, and not for what was seen before or for how old it is.
fn asks_for_now(expr: &str) -> bool {
    let wolkvox = ["skill", "agent", "call", "ivr", "closed"].map(|subject| format!("wolkvox_{subject}_"));
    let ranges: Vec<_> = expr.split('[').skip(1).filter_map(|rest| rest.split(']').next()).collect();
    wolkvox.iter().any(|family| expr.contains(family))
        && !expr.contains("wolkvox_report_last_success")
        && !expr.contains("offset")
        && ranges.iter().all(|range| ["15m", "30m"].contains(range))
}

/// While wolkvox has answered nothing for more than half an hour, its numbers are gone from every panel instead of standing
/// still, and panels on the age of data tell it.
#[track_caller]
pub(crate) fn is_blind(history: &History, clock: DateTime) {
    let choice = Choice { operation: ".*".to_owned(), skill: ".*".to_owned(), agent: ".*".to_owned() };
    let (mut calm, mut asked, mut oldest) = (Vec::new(), 0, 0.0_f64);
    for dashboard in boards::all() {
        for panel in dashboard.panels() {
            for query in &panel.queries {
                let is_age = query.expr.contains("time() - ") && query.expr.contains("wolkvox_report_last_success");
                if !is_age && !asks_for_now(&query.expr) {
                    continue;
                }
                let found = history.samples(&choice.in_place(&query.expr), clock);
                if is_age {
                    let ages = found.iter().map(|sample| sample["value"][1].as_str().unwrap().parse::<f64>().unwrap());
                    oldest = ages.fold(oldest, f64::max);
                } else {
                    asked += 1;
                    if !found.is_empty() {
                        calm.push(format!("{}: {}: {}: {found:?}", dashboard.name, panel.title, query.expr));
                    }
                }
            }
        }
    }
    assert!(calm.is_empty(), "{} at {clock}:\n{}", history.scenario.name, calm.join("\n"));
    assert!(asked > 50, "{asked} queries ask for now");
    assert!(oldest > 3000.0, "the greatest age that is shown is {oldest} s");
}

/// Every query of every panel is answered for every choice, with numbers that can be.
#[test]
fn every_query_is_answered_by_a_prometheus_that_scraped_the_demonstration() {
    let demo = Running::serving(&["demo"]);
    demo.ready();
    let prometheus = Prometheus::scraping(&demo.url());
    until("both operations are stored", || {
        (prometheus.query("wolkvox_skill_service_level_base_info").len() == 2).then_some(())
    });
    // At night an operation has no agents, but not both at once.
    until("agents are stored", || prometheus.value("count(wolkvox_agent_login_seconds_total)"));
    until("two scrapes are stored", || {
        prometheus.value("min(count_over_time(wolkvox_up[1m]))").filter(|scrapes| *scrapes >= 3.0)
    });

    let all = || ".*".to_owned();
    let mut choices = vec![Choice { operation: all(), skill: all(), agent: all() }];
    for operation in ["andes", "luzon"] {
        let skill = format!("topk(1, wolkvox_skill_inbound_calls_total{{operation=\"{operation}\"}})");
        choices.push(Choice {
            operation: operation.to_owned(),
            skill: label(&prometheus, &skill, "skill_id"),
            agent: label(&prometheus, "topk(1, wolkvox_agent_login_seconds_total)", "agent_id"),
        });
    }
    choices.push(Choice { operation: "(andes|luzon)".to_owned(), skill: all(), agent: all() });

    // What a runbook says to look at is asked as it stands there; what is recorded has no samples here, and no error.
    for (page, query) in rules::runbook_queries() {
        let found = prometheus.query(&query);
        let is_plain = query.split_whitespace().count() == 1 && query.starts_with("wolkvox_");
        assert!(!(is_plain && found.is_empty()), "{page}: {query} has no sample");
    }
    let (faults, answered) = ask_all(&choices, true, |expr| prometheus.query(expr));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // How many agents there are is told by two answers, of which there has been one.
    assert!(answered.len() == 8 && answered.values().all(|count| *count > 15), "{answered:?}");
}

/// Two operations with thresholds of their own: the share within 45 s is of the calls of the one that has that threshold.
#[test]
fn a_threshold_of_one_operation_is_a_share_of_its_own_calls() {
    let expr = query_of("skill", "Service level at each threshold", 0);
    let told = |name: &str, labels: &str, per_minute: u32| {
        format!("      - {{ series: 'wolkvox_skill_{name}_calls_total{{{labels}}}', values: '0+{per_minute}x60' }}\n")
    };
    let (north, south) = ("operation=\"north\",skill_id=\"1\"", "operation=\"south\",skill_id=\"1\"");
    let series = [
        told("answered", north, 8),
        told("abandoned", north, 2),
        told("answered_within", &format!("{north},threshold_seconds=\"20\""), 5),
        told("answered", south, 5),
        told("abandoned", south, 0),
        told("answered_within", &format!("{south},threshold_seconds=\"20\""), 1),
        told("answered_within", &format!("{south},threshold_seconds=\"45\""), 4),
    ];
    is_told(&series.concat(), "1h", &expr, &[("threshold_seconds=\"20\"", 0.4), ("threshold_seconds=\"45\"", 0.8)]);
}

/// A query says this of these series at this time, by promtool.
#[track_caller]
fn is_told(series: &str, time: &str, expr: &str, expected: &[(&str, f64)]) {
    let sample = |(labels, value): &(&str, f64)| format!("{{ labels: '{{{labels}}}', value: {value} }}");
    let expected: Vec<_> = expected.iter().map(sample).collect();
    let test = format!(
        "rule_files: []\ntests:\n  - interval: 1m\n    input_series:\n{series}    promql_expr_test:\n      \
         - eval_time: {time}\n        expr: |\n          {expr}\n        exp_samples: [{}]\n",
        expected.join(", ")
    );
    let folder = Folder::new();
    let file = folder.write("told.yaml", &test);
    let (is_so, told) = rules::said(tool("promtool", &["test", "rules", file.to_str().unwrap()]));
    assert!(is_so, "{told}");
}

/// A query of a panel, for all that can be chosen.
fn query_of(dashboard: &str, title: &str, position: usize) -> String {
    let all = Choice { operation: ".*".to_owned(), skill: ".*".to_owned(), agent: ".*".to_owned() };
    let dashboard = boards::all().into_iter().find(|one| one.name == dashboard).unwrap();
    let panels = dashboard.panels();
    all.in_place(&panels.iter().find(|panel| panel.title == title).unwrap().queries[position].expr)
}

/// Ten agents are ten as soon as they were told of twice, though the window of half an hour is not full; and before that
/// they are not 0.
#[test]
fn agents_are_counted_by_the_time_that_was_told_of() {
    let ready = r#"wolkvox_agent_state_seconds_total{operation="north",agent_id="7",state="ready"}"#;
    let end = r#"wolkvox_report_window_end_timestamp_seconds{operation="north",report="agents"}"#;
    let series = |seconds: &str, told: &str| {
        format!(
            "      - {{ series: '{ready}', values: '{seconds}' }}\n      - {{ series: '{end}', values: '{told}' }}\n"
        )
    };
    let available = query_of("workforce", "Available", 0);
    let ten = &[("operation=\"north\"", 10.0)][..];
    let (young, once) = (series("6000+600x12", "6000+60x12"), series("6000x12", "6000x12"));
    is_told(&young, "12m", &available, ten);
    is_told(&once, "12m", &available, &[]);
    // After an outage one answer tells of two hours.
    let outage = series("6000+600x20 18000x100 90000+600x2", "6000+60x20 7200x100 14400+60x2");
    is_told(&outage, "122m", &available, ten);
}

/// Of two operations one has never been answered: a number for both would be that of one, so there is none, and it says so.
#[test]
fn the_wall_shows_no_sum_of_which_a_part_was_never_told() {
    let report = |operation: &str, family: &str, values: &str| {
        format!("      - {{ series: 'wolkvox_{family}{{operation=\"{operation}\"{values}' }}\n")
    };
    let skills = "report_interval_seconds";
    let series = [
        report("north", "skill_calls_in_queue", ",skill_id=\"1\"}', values: '3x60"),
        report("north", skills, ",report=\"skills\"}', values: '60x60"),
        report("north", "report_last_success_timestamp_seconds", ",report=\"skills\"}', values: '0+60x60"),
    ]
    .concat();
    let both = format!("{series}{}", report("south", skills, ",report=\"skills\"}', values: '60x60"));
    let (waiting, age) = (query_of("wallboard", "WAITING NOW", 0), query_of("wallboard", "WAITING NOW", 1));
    is_told(&series, "1h", &waiting, &[("", 3.0)]);
    is_told(&series, "1h", &age, &[]);
    is_told(&both, "1h", &waiting, &[]);
    is_told(&both, "1h", &age, &[("", 720.0)]);
}

/// Asks for every panel's queries with each choice. Tells what is wrong with the answers, and how many queries of each
/// dashboard had one. With the first choice every query has an answer where there `must_be` one.
fn ask_all(
    choices: &[Choice],
    must_be: bool,
    ask: impl Fn(&str) -> Vec<Value>,
) -> (Vec<String>, BTreeMap<&'static str, usize>) {
    let mut faults = Vec::new();
    let mut answered: BTreeMap<&str, usize> = BTreeMap::new();
    for dashboard in boards::all() {
        for panel in dashboard.panels() {
            for (position, query) in panel.queries.iter().enumerate() {
                for (at, choice) in choices.iter().enumerate() {
                    let found = ask(&choice.in_place(&query.expr));
                    *answered.entry(dashboard.name).or_default() += usize::from(!found.is_empty());
                    let place = format!("{}: {}: query {position}, choice {at}", dashboard.name, panel.title);
                    let fault = fault(query, &panel, position, &found, must_be && at == 0);
                    faults.extend(fault.map(|fault| format!("{place}: {fault}")));
                }
            }
        }
    }
    (faults, answered)
}

/// Every query of every panel is answered at this time of a recorded day, for all and for each operation with a skill and
/// an agent of its own, with numbers that can be; and with some for all where it is busy.
#[track_caller]
pub(crate) fn shows(history: &History, clock: DateTime, is_busy: bool) {
    let all = || ".*".to_owned();
    let mut choices = vec![Choice { operation: all(), skill: all(), agent: all() }];
    for centre in &history.scenario.centres {
        let operation = &centre.profile.name;
        let first = |query: &str, label: &str| {
            let found =
                history.samples(&format!("topk(1, last_over_time({query}{{operation=\"{operation}\"}}[1d]))"), clock);
            found.first().unwrap_or_else(|| panic!("{query}: nothing within a day"))["metric"][label]
                .as_str()
                .unwrap()
                .to_owned()
        };
        choices.push(Choice {
            operation: operation.clone(),
            skill: first("wolkvox_skill_inbound_calls_total", "skill_id"),
            agent: first("wolkvox_agent_login_seconds_total", "agent_id"),
        });
    }
    let (faults, answered) = ask_all(&choices, is_busy, |expr| history.samples(expr, clock));
    assert!(faults.is_empty(), "{} at {clock}:\n{}", history.scenario.name, faults.join("\n"));
    // A dashboard that is empty at night would be so by day as well if this did not reach it.
    assert!(answered.len() == 8 && answered.values().all(|count| *count > 0), "{answered:?}");
}

/// The unit in which a panel shows one of its queries.
fn unit(panel: &Panel, position: usize) -> &str {
    let letter = letter(position).to_string();
    let own = panel.overrides.iter().filter(|(matcher, of, _)| *matcher == "byFrameRefID" && *of == letter);
    let unit = own.flat_map(|(.., properties)| properties).find(|(id, _)| *id == "unit");
    unit.and_then(|(_, unit)| unit.as_str()).unwrap_or(panel.unit)
}

/// What is wrong with an answer.
fn fault(query: &Query, panel: &Panel, position: usize, found: &[Value], must_be: bool) -> Option<String> {
    if found.is_empty() {
        let may_be = query.may_be_empty.is_some() || needs_a_past(&query.expr) || speaks_of_misfortune(&query.expr);
        let may_be = may_be || !must_be;
        return (!may_be).then(|| format!("no series: {}", query.expr));
    }
    let values = found.iter().map(|sample| sample["value"][1].as_str().unwrap().parse::<f64>().unwrap());
    // A long state that ends within a window may push occupancy above 1; nothing else goes above.
    // The wall shows the age of data in minutes where they are old, in place of the share.
    let top = match unit(panel, position) {
        "percentunit" if query.expr.contains("time() - ") => f64::INFINITY,
        "percentunit" if query.expr.contains("wolkvox_agent_") => 20.0,
        "percentunit" if query.expr.contains("process_cpu") || query.legend.contains("budget") => 64.0,
        // More than was forgiven may be used up.
        "percentunit" if panel.title.to_lowercase().contains("budget") => 64.0,
        "percentunit" => 1.0,
        _ => f64::INFINITY,
    };
    let bottom = if query.expr.contains(" - ") { f64::NEG_INFINITY } else { 0.0 };
    let astray: Vec<_> = values.filter(|value| !(bottom..=top).contains(value) || !value.is_finite()).collect();
    (!astray.is_empty()).then(|| format!("{astray:?}: {}", query.expr))
}
