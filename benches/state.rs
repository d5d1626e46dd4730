//! What a report knows, saved and taken up again; beside plain JSON of the same, without a checksum and a disk.
//!
//! Items are samples.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops, as a test does")]

use divan::{Bencher, counter::ItemsCount};
use jiff::Timestamp;
use wolkvox_exporter::samples::Reading;
use wolkvox_exporter::storage::{SavedMark, SavedReport, SavedSample, Storage};

/// Totals of a report: those of a hundred agents.
const TOTALS: u32 = 1_000;

const BASE_URL: &str = "https://wv0013.wolkvox.com";
const TIMEZONE: &str = "America/Bogota";

fn main() {
    divan::main();
}

fn saved() -> SavedReport {
    let family = |number: u32| format!("wolkvox_agent_family_{}_total", number % 8);
    let labels = |number: u32| format!("agent_id=\"{}\",state=\"ready\"", 12_000 + number);
    let mark = |number| SavedMark {
        family: family(number),
        labels: labels(number),
        high: Reading::Number(f64::from(number)),
        told: None,
        is_zero: false,
    };
    let sample = |number| SavedSample { family: family(number), labels: labels(number), reading: None };
    SavedReport {
        base_url: BASE_URL.to_owned(),
        timezone: TIMEZONE.to_owned(),
        names: String::new(),
        day: None,
        corrections: 0,
        marks: (0..TOTALS).map(mark).collect(),
        samples: (0..TOTALS).map(sample).collect(),
        is_empty: false,
        served_until: Timestamp::UNIX_EPOCH,
        last_attempt: None,
        duration: None,
        last_success: None,
        window_end: None,
        rows: Some(2_400),
        memory: None,
    }
}

/// Writes, and waits for the disk.
#[divan::bench]
fn keep(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (storage, saved) = (Storage::open(folder.path()).expect("which is empty"), saved());
    bencher.counter(ItemsCount::new(TOTALS)).bench(|| storage.keep_report("acme", "agents", &saved));
}

/// Reads and checks.
#[divan::bench]
fn take_up(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(folder.path()).expect("which is empty");
    storage.keep_report("acme", "agents", &saved());
    bencher
        .counter(ItemsCount::new(TOTALS))
        .bench(|| storage.report("acme", "agents", BASE_URL, TIMEZONE).ok().flatten().expect("it was kept"));
}

/// JSON alone.
#[divan::bench]
fn json_written(bencher: Bencher<'_, '_>) {
    let saved = saved();
    bencher.counter(ItemsCount::new(TOTALS)).bench(|| serde_json::to_vec(&saved));
}

/// JSON alone.
#[divan::bench]
fn json_read(bencher: Bencher<'_, '_>) {
    let json = serde_json::to_vec(&saved()).expect("it can be written");
    bencher.counter(ItemsCount::new(TOTALS)).bench(|| serde_json::from_slice::<SavedReport>(&json));
}
