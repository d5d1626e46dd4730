//! A real Prometheus scrapes the demonstration: what it stores is what was served.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::running::{Folder, Running, ask, until};

/// What the system's own programs need to be found and to run.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> Command {
    let paths = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file());
    let path = found.unwrap_or_else(|| panic!("{name} is not on the PATH: tests/run installs it"));
    let mut command = Command::new(path);
    command.args(arguments);
    command
}

/// A Prometheus that runs, until this is dropped.
pub(crate) struct Prometheus {
    running: Running,
    _folder: Folder,
}

impl Prometheus {
    /// One that scrapes this address each second.
    pub(crate) fn scraping(url: &str) -> Self {
        let folder = Folder::new();
        let target = url.strip_prefix("http://").unwrap();
        let config = format!(
            "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: wolkvox\n    static_configs:\n      \
             - targets: [\"{target}\"]\n"
        );
        let data = folder.path().join("data");
        Self::start(folder, &config, &data, "5m")
    }

    /// One that scrapes nothing and knows what is in this folder, however old it is. A sample holds for less than the
    /// step at which they lie: what a scrape no longer held is gone at once, as where its end was marked.
    pub(crate) fn over(data: &Path, step: Duration) -> Self {
        Self::start(Folder::new(), "global: {}\n", data, &format!("{}s", step.as_secs() - 1))
    }

    fn start(folder: Folder, config: &str, data: &Path, lookback: &str) -> Self {
        let config = folder.write("prometheus.yml", config);
        let running = Running::start(tool(
            "prometheus",
            &[
                &format!("--config.file={}", config.display()),
                &format!("--storage.tsdb.path={}", data.display()),
                "--storage.tsdb.retention.time=100y",
                &format!("--query.lookback-delta={lookback}"),
                "--web.listen-address=127.0.0.1:0",
                "--log.format=logfmt",
            ],
        ));
        running.logged(&["Server is ready to receive web requests"]);
        Self { running, _folder: folder }
    }

    /// Where it is asked.
    pub(crate) fn url(&self) -> String {
        // It says where it listens, not as an address to ask.
        let line = self.running.logged(&["Listening on", "address=127.0.0.1:"]);
        let address = line.split("address=").nth(1).unwrap();
        format!("http://{}", address.split_whitespace().next().unwrap())
    }

    /// What its API answers to a request.
    #[track_caller]
    pub(crate) fn api(&self, request: &str) -> Value {
        let mut answer = ask("GET", &format!("{}/api/v1/{request}", self.url()), &[]).json();
        assert_eq!(answer["status"], "success", "{request}: {answer}");
        answer["data"].take()
    }

    /// The samples that a query has now.
    #[track_caller]
    pub(crate) fn query(&self, query: &str) -> Vec<Value> {
        self.api(&format!("query?query={}", escaped(query)))["result"]
            .as_array_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// The only value that a query has now.
    #[track_caller]
    pub(crate) fn value(&self, query: &str) -> Option<f64> {
        let found = self.query(query);
        assert!(found.len() <= 1, "{query}: {found:?}");
        found.first().map(|sample| sample["value"][1].as_str().unwrap().parse().unwrap())
    }
}

/// A query as part of an address.
pub(crate) fn escaped(query: &str) -> String {
    let bytes: Vec<_> = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

/// What Prometheus asks for.
const ACCEPTED: &str =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5";

/// What is served to Prometheus.
#[track_caller]
fn served(demo: &Running) -> String {
    let answer = ask("GET", &format!("{}/metrics", demo.url()), &[("Accept", ACCEPTED)]);
    assert_eq!(answer.status, 200);
    answer.text()
}

/// How many samples a text has by name.
fn samples(text: &str) -> BTreeMap<String, usize> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = &line[..line.find(['{', ' ']).unwrap()];
        *samples.entry(name.to_owned()).or_default() += 1;
    }
    samples
}

#[test]
fn promtool_finds_no_fault_with_the_metrics() {
    let demo = Running::serving(&["demo"]);
    demo.ready();
    let _ = demo.metrics();
    let mut check = tool("promtool", &["check", "metrics"]);
    let mut check = check.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    check.stdin.take().unwrap().write_all(&demo.get("/metrics").body).unwrap();
    let said = check.wait_with_output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!((said.status.code(), told.as_str()), (Some(0), ""));
}

#[test]
fn prometheus_stores_what_is_served() {
    let demo = Running::serving(&["demo"]);
    demo.ready();
    let prometheus = Prometheus::scraping(&demo.url());
    until("up", || (prometheus.value("up") == Some(1.0)).then_some(()));

    // The demonstration goes on meanwhile: what is compared was served both before and after it was scraped.
    until("Prometheus has as many samples by name as are served", || {
        let before = samples(&served(&demo));
        let stored = prometheus.query("count by (__name__) ({job=\"wolkvox\", __name__!~\"up|scrape_.*\"})");
        let scraped = prometheus.value("scrape_samples_scraped");
        let stored: BTreeMap<String, usize> = stored
            .iter()
            .map(|sample| {
                let name = sample["metric"]["__name__"].as_str().unwrap().to_owned();
                (name, sample["value"][1].as_str().unwrap().parse().unwrap())
            })
            .collect();
        let all: usize = before.values().sum();
        (before == stored && scraped == Some(f64::from(u32::try_from(all).unwrap()))).then_some(())
    });
    assert_eq!(prometheus.value("scrape_samples_post_metric_relabeling - scrape_samples_scraped"), Some(0.0));

    let requests = "wolkvox_exporter_api_requests_total{operation=\"andes\",report=\"skills\"}";
    let first = prometheus.value(requests).unwrap();
    until("more requests", || prometheus.value(requests).filter(|now| *now >= first + 2.0));
    let increase = prometheus.value(&format!("sum(increase({requests}[1m]))")).unwrap();
    assert!((1.0..=20.0).contains(&increase), "{increase} requests in a minute, of which one is made in five seconds");
    // What the exporter itself counts does not start anew while it runs.
    assert_eq!(prometheus.value("max(resets(wolkvox_exporter_api_requests_total[1m]))"), Some(0.0));

    let targets = prometheus.api("targets");
    let targets = targets["activeTargets"].as_array().unwrap();
    assert_eq!(targets.len(), 1);
    assert_eq!((&targets[0]["health"], &targets[0]["lastError"]), (&"up".into(), &"".into()), "{targets:?}");

    let metadata = prometheus.api("metadata");
    for line in served(&demo).lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (family, kind) = line.split_once(' ').unwrap();
        assert_eq!(metadata[family][0]["type"], kind, "{family}");
        assert!(metadata[family][0]["help"].as_str().is_some_and(|help| !help.is_empty()), "{family}");
    }
    let log = prometheus.running.log();
    let complaints: BTreeSet<_> =
        log.lines().filter(|line| ["level=warn", "level=error"].iter().any(|level| line.contains(level))).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}
