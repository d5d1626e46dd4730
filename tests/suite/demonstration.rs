//! The program itself, run as `demo` and scraped: what a newcomer sees first keeps the promise too.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::promise;

/// How long the slowest machine may take until every report was asked for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at whether something has come.
const PAUSE: Duration = Duration::from_millis(50);

/// Starts the demonstration on a free port, and answers where it serves.
async fn start() -> (Child, String) {
    let log = NamedTempFile::new().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_wolkvox-exporter"))
        .args(["demo", "--web.listen-address", "127.0.0.1:0", "--log.format", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.reopen().unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    loop {
        let text = fs::read_to_string(log.path()).unwrap();
        if let Some((_, behind)) = text.split_once("\"metrics\":\"") {
            return (child, behind.split("/metrics").next().unwrap().to_owned());
        }
        sleep(PAUSE).await;
    }
}

/// How the health check ends where there are no certificates, as in an image.
async fn check_health(url: &str) -> Option<i32> {
    let address = url.trim_start_matches("http://");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wolkvox-exporter"));
    command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
    command.args(["healthcheck", "--web.listen-address", address]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.unwrap().code()
}

/// Holds that a scraper that asks for OpenMetrics is given it, whole, plain and packed.
async fn assert_openmetrics(url: &str) {
    const WANTED: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    for packed in [false, true] {
        let client = reqwest::Client::builder().gzip(packed).build().unwrap();
        let answer = client.get(url).header("Accept", WANTED).send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
        assert_eq!(header("vary"), "Accept, Accept-Encoding");
        let text = answer.text().await.unwrap();
        assert_eq!(text.find("# EOF\n"), Some(text.len() - 6), "the end stands at the end");
        for expected in [
            "# TYPE wolkvox_skill_inbound_calls counter\n",
            "\nwolkvox_skill_inbound_calls_created{operation=\"andes\",",
            "\nwolkvox_exporter_api_requests_created{operation=\"luzon\",",
            "\nwolkvox_skill_wait_seconds_created{operation=\"luzon\",",
            "# UNIT wolkvox_agent_occupancy_ratio ratio\n",
            "# TYPE wolkvox_operation info\n",
            ",le=\"20.0\"} ",
            "\nprocess_cpu_seconds_created ",
        ] {
            assert!(text.contains(expected), "{expected:?} is missing");
        }
    }
}

#[tokio::test]
async fn the_demonstration_keeps_the_promise_and_tells_its_health() {
    let (mut child, url) = timeout(PATIENCE, start()).await.expect("served in time");
    // The client wants to know a TLS library before it speaks plain HTTP; another test may have told it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let get = async |path: &str| reqwest::get(format!("{url}{path}")).await.unwrap();
    timeout(PATIENCE, async {
        while !get("/-/ready").await.status().is_success() {
            sleep(PAUSE).await;
        }
    })
    .await
    .expect("ready in time");
    let exposition = promise::kept(&get("/metrics").await.text().await.unwrap());
    assert_openmetrics(&format!("{url}/metrics")).await;
    assert_eq!(check_health(&url).await, Some(0), "healthy");
    child.kill().await.unwrap();
    assert_eq!(check_health(&url).await, Some(1), "gone");

    assert_eq!(exposition.sum("wolkvox_up", &[]), Some(2.0), "two operations answer");
    for sample in exposition.all_samples() {
        for (label, value) in &sample.labels {
            let is_number = value.len() >= 7 && value.bytes().all(|byte| byte.is_ascii_digit());
            assert!(!is_number, "{}: {label} looks like a telephone number: {value}", sample.name);
        }
    }
    for agent in exposition.samples("wolkvox_agent_info", &[]) {
        let name = agent.label("agent_name").unwrap();
        assert!(name.starts_with("agent-"), "an agent is called by name: {name}");
    }
}
