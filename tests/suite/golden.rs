//! The demonstration's exposition, whole and to the letter, at one moment that never changes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use wolkvox_exporter::app::demo;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::Switches;
use wolkvox_exporter::lane::Gates;
use wolkvox_exporter::poll::{Poller, Surroundings};
use wolkvox_exporter::tasks::Tasks;
use wolkvox_exporter::upstream::{Transport, Upstream};
use wolkvox_exporter::{reports, vitals};

use crate::promise;

/// A Friday: at 07:40 in Bogotá the morning has begun, and at 20:40 in Manila the last calls of the evening are over.
const MOMENT: &str = "2026-06-05T12:40:00Z";

/// How long is polled: every report at its turn several times, and long enough to know how many calls come.
const POLLED: Duration = Duration::from_secs(330);

/// Nobody has an average of an hour that has just begun, before the first call in it; and what is made of a stretch of
/// time is not there at its beginning.
pub(crate) const RARE: [&str; 2] = ["wolkvox_agent_current_hour_aht_seconds", "wolkvox_operation_required_agents"];

const GOLDEN: &str = "tests/golden/demo.txt";

/// What the demonstration serves of its data, having polled for so long from this moment on.
async fn exposition(moment: Timestamp, during: Duration) -> String {
    let clock = Clock::starting_at(moment);
    let profiles = demo::profiles();
    let simulator = demo::simulator(&profiles, &clock);
    let config = demo::config(&profiles, "http://wolkvox.test", &Switches::default()).unwrap();
    let board = Arc::new(Board::default());
    let around = Surroundings {
        clock,
        gates: Arc::new(Gates::default()),
        board: Arc::clone(&board),
        series_per_report: config.series_per_report,
        storage: None,
    };
    let (mut pollers, mut seen) = (Tasks::new(), Vec::new());
    for (position, operation) in config.operations.into_iter().enumerate() {
        let token = operation.token.read().unwrap();
        let upstream = Upstream::new(Transport::Router(simulator.router()), &operation.base_url);
        let (poller, watch) = Poller::new(Arc::new(operation), position, token, upstream, around.clone());
        pollers.spawn("poll", poller.run(pollers.shutdown()));
        seen.push(watch);
    }
    for watch in &mut seen {
        watch.ready().await;
    }
    tokio::time::sleep(during).await;
    let text = board.exposition(Instant::now()).text();
    pollers.end().await;
    String::from_utf8(text).unwrap()
}

fn names(text: &str) -> BTreeSet<String> {
    promise::kept(text).names().map(str::to_owned).collect()
}

/// The families of the data and of the vitals.
pub(crate) fn families() -> BTreeSet<String> {
    let lists = reports::ALL.iter().map(|report| report.families);
    let lists = lists.chain([vitals::OPERATION_FAMILIES, vitals::REPORT_FAMILIES]);
    lists.flatten().map(|family| family.name().to_owned()).collect()
}

/// The lines that only one of two texts has, around each other, in the order of the texts.
fn difference(golden: &str, text: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (golden.lines().collect(), text.lines().collect());
    let (kept, made): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), after.iter().collect());
    let gone = before.iter().filter(|line| !made.contains(line)).map(|line| format!("- {line}"));
    let new = after.iter().filter(|line| !kept.contains(line)).map(|line| format!("+ {line}"));
    let mut lines: Vec<_> = gone.chain(new).collect();
    // A series that has another value stands with its old value above its new one.
    lines.sort_by(|one, other| {
        let series = |line: &str| line[2..].rsplit_once(' ').map(|(series, _)| series.to_owned());
        (series(one), &other[..1]).cmp(&(series(other), &one[..1]))
    });
    let all = lines.len();
    lines.truncate(60);
    if all > lines.len() {
        lines.push(format!("… and {} lines more", all - lines.len()));
    }
    if lines.is_empty() { "the same lines in another order".to_owned() } else { lines.join("\n") }
}

#[tokio::test(start_paused = true)]
async fn the_demonstration_says_what_it_said() {
    let text = exposition(MOMENT.parse().unwrap(), POLLED).await;
    assert_eq!(names(&text), families(), "every family is in the golden exposition");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "the exposition is not {GOLDEN}; `UPDATE_GOLDEN=1 tests/run golden` writes it anew, if that is meant:\n{}",
        difference(&golden, &text)
    );
}

#[test]
fn a_difference_is_told_series_by_series() {
    let golden = "# HELP a A.\na{x=\"1\"} 1\na{x=\"2\"} 2\nb 3\n";
    let text = "# HELP a A.\na{x=\"1\"} 1\na{x=\"2\"} 5\nc 3\n";
    assert_eq!(difference(golden, text), "- a{x=\"2\"} 2\n+ a{x=\"2\"} 5\n- b 3\n+ c 3");
    assert_eq!(difference("a 1\nb 1\n", "b 1\na 1\n"), "the same lines in another order");
}

/// Whoever tries the demonstration, on whatever day and at whatever hour, finds every family.
#[tokio::test(start_paused = true)]
async fn every_family_is_there_at_any_hour() {
    let monday: Timestamp = "2026-06-01T00:05:00Z".parse().unwrap();
    // Seven hours apart, a week has each hour of the day once.
    for hour in (0..7 * 24).step_by(7) {
        let moment = monday + Duration::from_hours(hour);
        let names = names(&exposition(moment, Duration::from_secs(1)).await);
        let lacking: Vec<_> = families().into_iter().filter(|family| !names.contains(family)).collect();
        assert!(lacking.iter().all(|family| RARE.contains(&family.as_str())), "{moment}: {lacking:?}");
    }
}
