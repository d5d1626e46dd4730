//! Restarts with saved state, in virtual time: what the first scrape after one shows, and what is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use crate::polling::MINUTE;
use crate::stage::{Exporter, MORNING, Stage};

const SECOND: Duration = Duration::from_secs(1);

/// Lets an exporter with this folder live for so long; answers the series of its first scrape and of its last one.
async fn life(stage: &Stage, folder: &Path, length: Duration) -> [BTreeSet<String>; 2] {
    let exporter = stage.exporter(Some(folder));
    let first = series(&exporter);
    sleep(length).await;
    let last = series(&exporter);
    exporter.stop().await;
    [first, last]
}

/// How often each report was asked for so far.
fn requests(stage: &Stage) -> BTreeMap<&'static str, u64> {
    stage.simulator.requests().remove(0).requests
}

/// What is served, but for what a process counts about itself.
fn series(exporter: &Exporter) -> BTreeSet<String> {
    let text = exporter.text();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let names = samples.map(|line| line.rsplit_once(' ').unwrap().0.to_owned());
    names.filter(|name| !name.starts_with("wolkvox_exporter_api_")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_first_scrape_misses_no_series() {
    let (stage, folder) = (Stage::at(MORNING), tempfile::tempdir().unwrap());
    let [first, before] = life(&stage, folder.path(), 2 * MINUTE).await;
    assert!(first.len() < before.len());
    let [after, _] = life(&stage, folder.path(), SECOND).await;
    let missing: Vec<_> = before.difference(&after).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_report_whose_state_is_damaged_is_asked_for_at_once() {
    let (stage, folder) = (Stage::at(MORNING), tempfile::tempdir().unwrap());
    life(&stage, folder.path(), MINUTE).await;
    let damaged = folder.path().join(format!("{}.agents.state", stage.profile.name));
    std::fs::write(&damaged, "wolkvox-exporter state 1\nnonsense").unwrap();
    let before = requests(&stage);
    life(&stage, folder.path(), SECOND).await;
    let after = requests(&stage);
    let asked: Vec<_> =
        after.iter().filter(|(report, count)| before[*report] < **count).map(|(report, _)| *report).collect();
    assert!(asked.contains(&"agents"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_years_ahead_keeps_nobody_from_asking() {
    let folder = tempfile::tempdir().unwrap();
    life(&Stage::at("2036-06-05T14:50:00Z"), folder.path(), 2 * MINUTE).await;
    let stage = Stage::at(MORNING);
    life(&stage, folder.path(), 5 * MINUTE).await;
    let requests = requests(&stage);
    for report in ["skills", "agents", "ivr_calls"] {
        assert!(requests.get(report).is_some_and(|count| *count > 1), "{requests:?}");
    }
}
