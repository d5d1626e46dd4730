//! A backfill loaded by the real `promtool` and asked back from a real Prometheus: each day's increase is what happened.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use wolkvox_exporter::backfill::{Backfill, Ended, Every, Wanted};
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::simulator::{self, Simulator};
use wolkvox_exporter::upstream::{Transport, Upstream};
use wolkvox_exporter::world::{Course, Profile, World};

use crate::asking::{TOKEN, operation};

const ZONE: &str = "America/New_York";

/// The clock is set forward on the second of them.
const DAYS: [Date; 3] = [date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)];

/// Long after them.
const NOW: &str = "2026-03-20T15:00:00Z";

/// How long the slowest machine may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Between two looks at whether something has come.
const PAUSE: Duration = Duration::from_millis(100);

/// Writes the history of those days into a file, from a simulated wolkvox in this process.
async fn write_history(world: &Arc<World>, path: &Path) {
    let simulated = simulator::Operation::new(Arc::clone(world), TOKEN);
    let simulator = Simulator::new(Arc::new(|| NOW.parse().unwrap()), [simulated]);
    let reports = [("agents", 300), ("call_durations", 300), ("ivr_calls", 300), ("closed_interactions", 300)];
    let mut operation = operation("acme", ZONE, "http://wolkvox.test", &reports);
    operation.licenses = Some(8);
    let upstream = Upstream::new(Transport::Router(simulator.router()), "http://wolkvox.test");
    let wanted = Wanted {
        from: DAYS[0],
        to: DAYS[2],
        every: Every::HOUR,
        output: Some(path.to_owned()),
        requests: None,
        wait: false,
        series_per_report: 50_000,
    };
    let clock = Clock::starting_at(NOW.parse().unwrap());
    let backfill = Backfill::prepare(wanted, vec![(operation, upstream)], clock).unwrap();
    assert_eq!(backfill.run().await.unwrap(), Ended::Complete);
}

/// Makes blocks of a file of history.
async fn load(history: &Path, data: &Path) {
    let mut promtool = Command::new("promtool");
    promtool.args(["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=486h"]);
    let loaded = promtool.arg(history).arg(data).output().await;
    let loaded = loaded.expect("promtool cannot be run: tests/run says how it is installed");
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
}

/// A Prometheus over these blocks that scrapes nothing.
async fn serve(folder: &Path) -> (Child, String) {
    let config = folder.join("prometheus.yml");
    fs::write(&config, "global: {}\n").unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("prometheus cannot be run: tests/run says how it is installed");
    let url = format!("http://127.0.0.1:{port}");
    while !reqwest::get(format!("{url}/-/ready")).await.is_ok_and(|answer| answer.status().is_success()) {
        sleep(PAUSE).await;
    }
    (child, url)
}

/// What a query says at an instant, by the value of this label.
async fn ask(url: &str, query: &str, at: Timestamp, label: &str) -> BTreeMap<String, f64> {
    let mut address = reqwest::Url::parse(&format!("{url}/api/v1/query")).unwrap();
    address.query_pairs_mut().append_pair("query", query).append_pair("time", &at.as_second().to_string());
    let text = reqwest::get(address).await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let results = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{query}: {text}"));
    let value = |result: &Value| result["value"][1].as_str().unwrap().parse().unwrap();
    results.iter().map(|one| (one["metric"][label].as_str().unwrap_or("").to_owned(), value(one))).collect()
}

/// The calls of a day by what became of them, and the seconds that agents were logged in.
fn truth(world: &World, day: Date) -> (BTreeMap<String, f64>, BTreeMap<String, f64>) {
    let (period, now) = (day.at(0, 0, 0, 0)..=day.at(23, 59, 59, 0), NOW.parse().unwrap());
    let mut calls = BTreeMap::new();
    for call in world.ivr_calls(&period, now) {
        let outcome = match call.course {
            Course::Contained => "contained",
            Course::Abandoned { .. } => "abandoned",
            Course::Answered { .. } => "agent",
        };
        *calls.entry(outcome.to_owned()).or_default() += 1.0;
    }
    let mut logins = BTreeMap::new();
    for hour in world.agent_hours(&period, now) {
        if hour.work.login() > 0 {
            *logins.entry(hour.agent.id.to_string()).or_default() += f64::from(hour.work.login());
        }
    }
    (calls, logins)
}

#[track_caller]
fn check(told: &BTreeMap<String, f64>, truth: &BTreeMap<String, f64>, of: &str) {
    let happened: BTreeMap<_, _> = told.iter().filter(|(_, value)| **value > 0.0).collect();
    assert_eq!(happened.keys().copied().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>(), "{of}");
    for (name, value) in happened {
        assert!((value - truth[name]).abs() < 1e-6, "{of}, {name}: {value} for {}", truth[name]);
    }
}

#[tokio::test]
async fn prometheus_tells_what_happened_from_a_backfill() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = TempDir::new().unwrap();
    let zone = TimeZone::get(ZONE).unwrap();
    let world = Arc::new(World::new(Profile::new("acme", 7, zone.clone())));
    let history = folder.path().join("history.om");
    write_history(&world, &history).await;
    load(&history, &folder.path().join("data")).await;
    let (mut prometheus, url) = timeout(PATIENCE, serve(folder.path())).await.expect("ready in time");
    let mut all_calls = BTreeMap::new();
    let midnight = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp();
    for day in DAYS {
        let (begin, end) = (midnight(day), midnight(day.saturating_add(1.day())));
        let length = end.duration_since(begin).as_secs();
        let (calls, logins) = truth(&world, day);
        let query = format!("sum by (outcome) (increase(wolkvox_ivr_calls_total[{length}s]))");
        check(&ask(&url, &query, end, "outcome").await, &calls, &format!("calls of {day}"));
        let query = format!("increase(wolkvox_agent_login_seconds_total[{length}s])");
        check(&ask(&url, &query, end, "agent_id").await, &logins, &format!("logins of {day}"));
        for (outcome, calls) in calls {
            *all_calls.entry(outcome).or_default() += calls;
        }
    }
    // Over midnights, too.
    let (begin, end) = (midnight(DAYS[0]), midnight(date(2026, 3, 10)));
    let length = end.duration_since(begin).as_secs();
    let query = format!("sum by (outcome) (increase(wolkvox_ivr_calls_total[{length}s]))");
    check(&ask(&url, &query, end, "outcome").await, &all_calls, "all calls");
    prometheus.kill().await.unwrap();
}
