//! The built program polling a simulated wolkvox in another process, with a configuration file: what it serves is what
//! wolkvox tells, and what goes wrong with one token or one report stays there.

use std::collections::BTreeMap;
use std::net::TcpListener;

use exposition_checker::Exposition;
use serde_json::{Map, Value};
use wolkvox_exporter::reports;

use crate::running::{Folder, Running, Wolkvox, until};

/// `andes` and `luzon` at this address, with their tokens in the files `first` and `second`.
fn two_operations(url: &str, intervals: &str) -> String {
    let reports: Vec<_> =
        reports::ALL.iter().map(|report| format!("{}: {{ interval: {intervals} }}", report.name)).collect();
    let reports = reports.join(", ");
    format!(
        "defaults:\n  licenses: 1000\n  births: 0s\n  settling: 0s\n  reports: {{ {reports} }}\noperations:\n  - name: andes\n    base_url: {url}\n    \
         token_file: first\n    timezone: America/Bogota\n  - name: luzon\n    base_url: {url}\n    \
         token_file: second\n    timezone: Asia/Manila\n"
    )
}

/// An exporter of both operations, with the right tokens.
fn both(wolkvox: &Wolkvox, intervals: &str) -> (Folder, Running) {
    let folder = Folder::new();
    folder.write("first", "andes-token\n");
    folder.write("second", "luzon-token\n");
    let exporter = Running::serving(&["serve", &folder.configuration(&two_operations(&wolkvox.url, intervals))]);
    exporter.ready();
    (folder, exporter)
}

fn of_report(exposition: &Exposition, family: &str, operation: &str, report: &str) -> f64 {
    exposition.value(family, &[("operation", operation), ("report", report)]).unwrap_or_default()
}

fn requests(exposition: &Exposition, operation: &str) -> f64 {
    exposition.sum("wolkvox_exporter_api_requests_total", &[("operation", operation)]).unwrap_or_default()
}

/// A number as wolkvox spells it.
fn number(value: &Value) -> f64 {
    value.as_str().unwrap().replace([',', '%', ' '], "").parse().unwrap()
}

/// Series by their labels beside `operation`, in order.
fn series(exposition: &Exposition, family: &str, labels: &[&str]) -> BTreeMap<String, f64> {
    let key = |sample: &exposition_checker::Sample| labels.iter().map(|label| sample.label(label).unwrap()).collect();
    let samples = exposition.samples(family, &[("operation", "andes")]);
    samples.map(|sample| (key(sample), sample.value)).collect::<BTreeMap<String, f64>>()
}

/// What the rows say: keys and numbers, those of one key added up.
fn told<'v>(rows: impl IntoIterator<Item = &'v Value>, key: &str, field: &str) -> BTreeMap<String, f64> {
    let mut told = BTreeMap::new();
    for row in rows {
        *told.entry(row[key].as_str().unwrap().to_owned()).or_default() += number(&row[field]);
    }
    told
}

#[test]
fn what_is_served_is_what_wolkvox_tells() {
    let wolkvox = Wolkvox::start(&["--seed=7"]);
    let (_folder, exporter) = both(&wolkvox, "1s");
    let day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("America/Bogota").unwrap());
    let window = day.strftime("date_ini=%Y%m%d000000&date_end=%Y%m%d235959").to_string();
    let ask = || {
        let of_day = |api: &str| wolkvox.rows("andes", &format!("reports_manager.php?api={api}&{window}"));
        [wolkvox.rows("andes", "real_time.php?api=skills&skill_id=all"), of_day("cdr_4"), of_day("chat_7")]
    };
    // The centre lives on meanwhile: what it tells must be the same before and after the polls that are compared.
    let (said, exposition) = until("a moment in which nothing happens", || {
        let before = ask();
        let attempted = |exposition: &Exposition| {
            ["skills", "call_durations", "closed_interactions"]
                .map(|report| of_report(exposition, "wolkvox_exporter_api_requests_total", "andes", report))
        };
        let then = attempted(&exporter.metrics());
        // The poll under way when `before` was asked may be older than it; the one behind it is not.
        let exposition = exporter.metrics_once("two polls more", |exposition| {
            attempted(exposition).iter().zip(then).all(|(now, then)| *now >= then + 2.0)
        });
        (ask() == before).then_some((before, exposition))
    });
    let [skills, durations, closed] = &said;
    let skills = skills.as_array().unwrap();
    for (family, field) in [
        ("wolkvox_skill_inbound_calls_total", "stat_inbound"),
        ("wolkvox_skill_answered_calls_total", "stat_answer"),
        ("wolkvox_skill_abandoned_calls_total", "stat_abandon"),
        ("wolkvox_skill_calls_in_queue", "calls_in_queue_now"),
    ] {
        assert_eq!(series(&exposition, family, &["skill_id"]), told(skills, "skill_id", field), "{family}");
    }
    let none = Map::new();
    let durations = durations.as_object().unwrap_or(&none);
    let calls: f64 = durations.values().map(|interval| number(&interval["calls"])).sum();
    let count = exposition.sum("wolkvox_call_duration_seconds_count", &[("operation", "andes")]);
    assert_eq!(count.unwrap_or_default(), calls);
    let cost: f64 = durations.values().map(|interval| number(&interval["cost"])).sum();
    let costs = exposition.sum("wolkvox_call_cost_total", &[("operation", "andes")]).unwrap_or_default();
    assert!((costs - cost).abs() < 0.001, "{costs} is {cost}");
    let closed = closed.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut by_code: BTreeMap<String, f64> = BTreeMap::new();
    for sample in exposition.samples("wolkvox_closed_interactions_total", &[("operation", "andes")]) {
        *by_code.entry(sample.label("activity_code").unwrap().to_owned()).or_default() += sample.value;
    }
    assert_eq!(by_code, told(closed, "cod_act", "Interactions"));
}

#[test]
fn a_wrong_token_is_one_operations_trouble_and_a_right_one_ends_it() {
    let wolkvox = Wolkvox::start(&[]);
    let folder = Folder::new();
    folder.write("first", "andes-token");
    let second = folder.write("second", "revoked-token");
    let exporter = Running::serving(&[&folder.configuration(&two_operations(&wolkvox.url, "1s"))]);
    exporter.ready();
    let later = exporter.metrics_once("twenty polls of the other", |now| requests(now, "andes") >= 20.0);
    assert_eq!(later.value("wolkvox_up", &[("operation", "andes")]), Some(1.0));
    assert_eq!(later.value("wolkvox_up", &[("operation", "luzon")]), Some(0.0));
    assert_eq!(later.sum("wolkvox_report_success", &[("operation", "luzon")]), Some(0.0));
    assert_eq!(later.count("wolkvox_report_success", &[("operation", "luzon")]), reports::ALL.len());
    // The first try, and at most one more half a minute later on a slow machine.
    assert!(requests(&later, "luzon") <= 2.0, "{}", requests(&later, "luzon"));
    let refused = [("operation", "luzon"), ("cause", "auth")];
    assert_eq!(later.sum("wolkvox_exporter_api_request_failures_total", &refused), Some(requests(&later, "luzon")));
    assert_eq!(later.count("wolkvox_skill_info", &[("operation", "luzon")]), 0);
    assert!(exporter.get("/").text().contains("Make a new token in wolkvox Manager"));
    assert_eq!(exporter.get("/-/healthy").status, 200);

    std::fs::write(second, "luzon-token").unwrap();
    let mended = exporter.metrics_once("up with the new token", |now| {
        now.sum("wolkvox_report_success", &[("operation", "luzon")]) == Some(6.0)
    });
    assert_eq!(mended.value("wolkvox_up", &[("operation", "luzon")]), Some(1.0));
    assert!(mended.count("wolkvox_skill_info", &[("operation", "luzon")]) > 0);
    let log = exporter.log();
    assert!(log.contains("the token has changed: asking again"), "{log}");
    assert!(!log.contains("-token"), "{log}");
}

#[test]
fn what_goes_wrong_with_a_report_is_counted_by_cause_and_stays_there() {
    let wolkvox = Wolkvox::start(&[]);
    let (_folder, exporter) = both(&wolkvox, "1s");
    // A redirect is never followed: nobody must come here.
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let redirect = format!("redirect&location=http://{}/", elsewhere.local_addr().unwrap());
    for (fault, cause) in [
        // No two that follow each other have one cause: an answer still under way must not pass for the next one.
        ("html", "not_json"),
        ("cut-short", "connect"),
        ("not-json", "not_json"),
        ("data-string", "bad_shape"),
        ("reset", "connect"),
        ("endless-nesting", "bad_shape"),
        ("http-500", "http_status"),
        ("empty", "not_json"),
        ("maintenance", "forbidden"),
        (&redirect, "http_status"),
        ("bad-request", "bad_request"),
    ] {
        let failures = |exposition: &Exposition| {
            let labels = [("operation", "andes"), ("report", "skills"), ("cause", cause)];
            exposition.value("wolkvox_exporter_api_request_failures_total", &labels).unwrap()
        };
        let before = exporter.metrics();
        wolkvox.fault(&format!("report=skills&operation=andes&fault={fault}"));
        let broken = exporter.metrics_once(&format!("{fault} counted as {cause}"), |now| {
            failures(now) > failures(&before) && of_report(now, "wolkvox_report_success", "andes", "skills") == 0.0
        });
        let others = exporter.metrics_once(&format!("others go on during {fault}"), |now| {
            reports::ALL.iter().filter(|report| report.name != "skills").all(|report| {
                let asked = |when| of_report(when, "wolkvox_exporter_api_requests_total", "andes", report.name);
                asked(now) > asked(&broken)
            })
        });
        assert_eq!(others.sum("wolkvox_report_success", &[("operation", "andes")]), Some(5.0), "{fault}");
        assert_eq!(others.sum("wolkvox_report_success", &[("operation", "luzon")]), Some(6.0), "{fault}");
        assert_eq!(others.value("wolkvox_up", &[("operation", "andes")]), Some(1.0), "{fault}");
        assert_eq!(exporter.get("/-/healthy").status, 200, "{fault}");
    }
    wolkvox.heal();
    exporter.metrics_once("well again", |now| of_report(now, "wolkvox_report_success", "andes", "skills") == 1.0);
    assert!(elsewhere.accept().is_err(), "a redirect was followed");
    let log = exporter.log();
    assert!(!log.contains("panicked") && !log.contains("-token"), "{log}");
}

#[test]
fn a_request_that_hangs_holds_up_its_operation_alone() {
    let wolkvox = Wolkvox::start(&[]);
    let (_folder, exporter) = both(&wolkvox, "1s");
    wolkvox.fault("report=skills&operation=andes&fault=hang");
    let begun = exporter.metrics();
    exporter
        .metrics_once("twenty polls of the other", |now| requests(now, "luzon") >= requests(&begun, "luzon") + 20.0);
    assert_eq!(wolkvox.requests("andes")["at_once"], 1);
    assert_eq!(wolkvox.requests("andes")["most_at_once"], 1);
    assert_eq!(exporter.get("/-/healthy").status, 200);
}

#[test]
fn scrapes_never_ask_wolkvox() {
    let wolkvox = Wolkvox::start(&[]);
    let (_folder, exporter) = both(&wolkvox, "1h");
    let asked = || ["andes", "luzon"].map(|operation| wolkvox.requests(operation)["requests"].clone());
    let before = asked();
    for _ in 0..200 {
        assert_eq!(exporter.get("/metrics").status, 200);
    }
    for path in ["/", "/api/v1/status", "/-/ready", "/-/healthy"] {
        assert_eq!(exporter.get(path).status, 200);
    }
    assert_eq!(asked(), before);
    for reports in before {
        let each = reports.as_object().unwrap();
        assert!(each.len() == reports::ALL.len() && each.values().all(|times| *times == 1), "{reports}");
    }
}
