//! `demo` as its user sees it: everything on `/metrics` within seconds, and nobody's secret anywhere.

use std::collections::BTreeSet;

use exposition_checker::Exposition;
use serde_json::Value;

use crate::golden;
use crate::promise;
use crate::running::{ANY_PORT, Running, ask, program, rows};

const OPERATIONS: [&str; 2] = ["andes", "luzon"];

/// The process's own families.
const PROCESS: [&str; 10] = [
    "wolkvox_exporter_build_info",
    "wolkvox_exporter_config_last_reload_success_timestamp_seconds",
    "wolkvox_exporter_config_last_reload_successful",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];

/// Holds that every family is there, and no other.
#[track_caller]
fn has_every_family(exposition: &Exposition) {
    let mut expected = golden::families();
    expected.extend(PROCESS.map(str::to_owned));
    let found: BTreeSet<String> = exposition.names().map(str::to_owned).collect();
    let difference: Vec<_> =
        expected.symmetric_difference(&found).filter(|name| !golden::RARE.contains(&name.as_str())).collect();
    assert!(difference.is_empty(), "{difference:?}");
}

#[test]
fn every_family_is_there_within_seconds_and_both_operations_are_up() {
    let demo = Running::serving(&["demo"]);
    demo.ready();
    let exposition = demo.metrics();
    has_every_family(&exposition);
    for operation in OPERATIONS {
        assert_eq!(exposition.value("wolkvox_up", &[("operation", operation)]), Some(1.0), "{operation}");
        assert_eq!(exposition.sum("wolkvox_report_success", &[("operation", operation)]), Some(6.0), "{operation}");
    }
    for name in [
        "wolkvox_exporter_api_request_failures_total",
        "wolkvox_exporter_rejected_rows_total",
        "wolkvox_exporter_unknown_fields_total",
        "wolkvox_exporter_dropped_series_total",
        "wolkvox_exporter_skipped_polls_total",
    ] {
        assert_eq!(exposition.sum(name, &[]), Some(0.0), "{name}");
    }
}

#[test]
fn metrics_are_text_and_packed_only_where_that_is_accepted() {
    let demo = Running::serving(&["demo"]);
    demo.ready();
    let url = format!("{}/metrics", demo.url());
    for (accepted, packed) in
        [(None, false), (Some("identity"), false), (Some("gzip;q=0, *"), false), (Some("gzip"), true)]
    {
        let headers: Vec<_> = accepted.map(|coding| ("Accept-Encoding", coding)).into_iter().collect();
        let answer = ask("GET", &url, &headers);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
        assert_eq!(answer.header("content-encoding"), packed.then_some("gzip"), "{accepted:?}");
        let text = if packed { answer.unpacked() } else { answer.text() };
        has_every_family(&promise::kept(&text));
    }
}

#[test]
fn who_asks_for_openmetrics_is_given_it_whole() {
    const WANTED: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let demo = Running::serving(&["demo"]);
    demo.ready();
    for packed in [false, true] {
        let coding = if packed { "gzip" } else { "identity" };
        let answer = ask("GET", &format!("{}/metrics", demo.url()), &[("Accept", WANTED), ("Accept-Encoding", coding)]);
        let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answer.header("content-type"), Some(content_type));
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
        let text = if packed { answer.unpacked() } else { answer.text() };
        assert_eq!(text.find("# EOF\n"), Some(text.len() - 6), "the end stands at the end");
        for expected in [
            "# TYPE wolkvox_skill_inbound_calls counter\n",
            "\nwolkvox_skill_inbound_calls_created{operation=\"andes\",",
            "\nwolkvox_exporter_api_requests_created{operation=\"luzon\",",
            // Soon after midnight one of the two operations may not have had a call yet.
            "\nwolkvox_skill_wait_seconds_created{operation=\"",
            "# UNIT wolkvox_agent_occupancy_ratio ratio\n",
            "# TYPE wolkvox_operation info\n",
            ",le=\"20.0\"} ",
            "\nprocess_cpu_seconds_created ",
        ] {
            assert!(text.contains(expected), "{expected:?} is missing");
        }
    }
}

#[test]
fn every_path_answers_as_it_should_and_no_other() {
    let demo = Running::serving(&["demo"]);
    demo.ready();
    let paths = [
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        ("/api/v1/status", "application/json"),
        ("/-/healthy", "text/plain; charset=utf-8"),
        ("/-/ready", "text/plain; charset=utf-8"),
    ];
    for (path, content_type) in paths {
        let url = format!("{}{path}", demo.url());
        let answer = ask("GET", &url, &[]);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)), "{path}");
        let head = ask("HEAD", &url, &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = ask(method, &url, &[]);
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")), "{method} {path}");
        }
    }
    for path in
        ["/metrics/", "/metric", "/-/", "/-/faults", "/-/requests", "/api/v1", "/api/v2/real_time.php", "/..", "/%2e"]
    {
        assert_eq!(demo.get(path).status, 404, "{path}");
    }
    assert_eq!(demo.get("/metrics?collect[]=skills").status, 200);
    let status = demo.get("/api/v1/status").json();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    let told: Vec<_> = status["operations"].as_array().unwrap().iter().map(|one| &one["operation"]).collect();
    assert_eq!(told, OPERATIONS);
}

/// Whatever the simulated centres tell of these days that identifies a person.
fn personal_data(url: &str) -> BTreeSet<String> {
    let day = |days: i64| jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let window = format!("date_ini={}&date_end={}", day(-1).strftime("%Y%m%d000000"), day(1).strftime("%Y%m%d235959"));
    let mut found = BTreeSet::new();
    for operation in OPERATIONS {
        for (query, fields) in [
            ("customer.php?api=agents_statustime", &["agent_name", "agent_dni"][..]),
            ("reports_manager.php?api=diagram_11", &["ani", "customer_id", "conn_id", "agent_name"]),
            ("reports_manager.php?api=chat_7", &["agent_name"]),
        ] {
            let rows = rows(url, operation, &format!("{query}&{window}"));
            let rows = rows.as_array().unwrap_or_else(|| panic!("{operation} {query}"));
            for (row, field) in rows.iter().flat_map(|row| fields.iter().map(move |field| (row, field))) {
                let value = row[field].as_str().unwrap_or_else(|| panic!("{field} in {row}")).trim();
                if !["", "-"].contains(&value) {
                    found.insert(value.to_owned());
                }
            }
        }
    }
    found
}

/// The texts that a status holds.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(object) => object.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_page_and_no_line_of_the_log_tells_a_token_or_a_person() {
    let demo = Running::start(program(&["demo", ANY_PORT, "--log.level=debug"]));
    demo.ready();
    let secrets = personal_data(&demo.simulated_url());
    assert!(secrets.len() > 500, "{}", secrets.len());
    let metrics = demo.get("/metrics").text();
    let labels: Vec<_> = promise::kept(&metrics)
        .all_samples()
        .flat_map(|sample| sample.labels.clone())
        .map(|(_, value)| value)
        .collect();
    for label in &labels {
        let is_number = label.len() >= 7 && label.bytes().all(|byte| byte.is_ascii_digit());
        assert!(!is_number, "looks like a telephone number: {label}");
    }
    for agent in demo.metrics().samples("wolkvox_agent_info", &[]) {
        let name = agent.label("agent_name").unwrap();
        assert!(name.starts_with("agent-"), "an agent is called by name: {name}");
    }
    let status = demo.get("/api/v1/status");
    let pages = [metrics, demo.get("/").text(), status.text(), demo.log()];
    for token in OPERATIONS.map(|operation| format!("{operation}-token")) {
        assert!(pages.iter().all(|page| !page.contains(&token)), "{token}");
    }
    // Digits alone could be part of any measurement, so numbers are looked for among texts.
    let mut words: BTreeSet<String> = labels.into_iter().chain(texts(&status.json())).collect();
    let is_inner = |letter: char| letter.is_ascii_alphanumeric();
    words.extend([1, 3].iter().flat_map(|page| pages[*page].split(|letter| !is_inner(letter)).map(str::to_owned)));
    for secret in secrets {
        assert!(!words.contains(&secret), "{secret}");
        let is_name = !secret.contains(|letter: char| letter.is_ascii_digit());
        assert!(!is_name || pages.iter().all(|page| !page.contains(&secret)), "{secret}");
    }
}
