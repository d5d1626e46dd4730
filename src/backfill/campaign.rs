//! What is written against what happened: every sample of every moment, over both changes of the clock, through
//! interruptions, troubles and spent budgets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use tempfile::TempDir;

use super::stretch::{start, stretches};
use super::*;
use crate::config::{Poll, simulated};
use crate::reports::measured_in;
use crate::samples::{Buckets, Reading, Samples};
use crate::simulator::{self, Fault, FaultRule, Simulator};
use crate::terms::{AgentNames, Terms};
use crate::upstream::Transport;
use crate::world::{Profile, World};

/// Long after every day that is asked for.
const NOW: &str = "2026-11-20T15:00:00Z";

/// Contact centres, a simulated wolkvox, and a place to write.
struct Stage {
    simulator: Simulator,
    worlds: Vec<Arc<World>>,
    clock: Clock,
    folder: TempDir,
}

fn stage(zones: &[&str]) -> Stage {
    let clock = Clock::starting_at(NOW.parse().unwrap());
    let profile = |(zone, seed): (&&str, u64)| Profile {
        agents: 5,
        skills: 3,
        licences: 1,
        ..Profile::new(&zone.replace('/', "-"), seed, TimeZone::get(zone).unwrap())
    };
    let worlds: Vec<_> = zones.iter().zip(1..).map(profile).map(|profile| Arc::new(World::new(profile))).collect();
    let now = clock.clone();
    let simulated = |world: &Arc<World>| {
        simulator::Operation::new(Arc::clone(world), &world.profile().name).with_latency(Duration::from_millis(200))
    };
    let simulator = Simulator::new(Arc::new(move || now.now()), worlds.iter().map(simulated));
    Stage { simulator, worlds, clock, folder: TempDir::new().unwrap() }
}

fn terms() -> Terms {
    Terms::new(None, AgentNames::Show, 20)
}

/// An operation whose serving takes so little that a day leaves `allowed` requests for history.
fn operation(profile: &Profile, allowed: u64) -> Operation {
    let polls: Vec<Poll> =
        reports::ALL.iter().map(|report| Poll { report, interval: Duration::from_hours(24) }).collect();
    let quota_share = crate::samples::whole(allowed + polls.len() as u64) / 1000.0;
    Operation { licenses: Some(1), quota_share, polls, ..simulated(profile) }
}

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn prepare(&self, wanted: Wanted, allowed: u64) -> Result<Backfill, Failure> {
        let asked = |world: &Arc<World>| {
            let upstream = Upstream::new(Transport::Router(self.simulator.router()), "http://wolkvox.test");
            (operation(world.profile(), allowed), upstream)
        };
        Backfill::prepare(wanted, self.worlds.iter().map(asked).collect(), self.clock.clone())
    }

    async fn run(&self, wanted: Wanted, allowed: u64) -> Ended {
        self.prepare(wanted, allowed).unwrap().run().await.unwrap()
    }

    /// All requests of an operation so far.
    fn requests(&self) -> u64 {
        self.simulator.requests().iter().flat_map(|told| told.requests.values()).sum()
    }
}

fn wanted(from: Date, to: Date, output: &Path) -> Wanted {
    Wanted {
        from,
        to,
        every: Every::HOUR,
        output: Some(output.to_owned()),
        requests: None,
        wait: false,
        series_per_report: 10_000,
    }
}

/// Samples by series and moment.
type Told = BTreeMap<String, BTreeMap<i64, f64>>;

/// Reads a text, and holds that each series comes in the order of time and each head once.
fn read(text: &str) -> Told {
    let text = text.strip_suffix("# EOF\n").expect("an end");
    let mut heads = BTreeSet::new();
    let mut told = Told::new();
    for line in text.lines() {
        if line.starts_with('#') {
            assert!(heads.insert(line.split(' ').take(3).collect::<Vec<_>>()), "{line} twice");
            continue;
        }
        let (series, rest) = line.rsplit_once("} ").unwrap();
        let (value, at) = rest.split_once(' ').unwrap();
        let samples = told.entry(format!("{series}}}")).or_default();
        let at: i64 = at.parse().unwrap();
        assert!(samples.last_key_value().is_none_or(|(newest, _)| *newest < at), "{line} out of order");
        samples.insert(at, value.parse().unwrap());
    }
    told
}

/// What happened, as it would have been served at each moment.
fn truth(world: &World, from: Date, to: Date, every: Every, now: Timestamp) -> Told {
    let (zone, operation) = (world.profile().timezone.clone(), &world.profile().name);
    let mut truth = Told::new();
    let mut day = from;
    while day <= to {
        let begun = start(day, &zone).unwrap().as_second() + 1;
        for report in reports::ALL.iter().filter(|report| report.span != Span::Now) {
            let mut born = BTreeSet::new();
            let mut before = begun;
            for stretch in stretches(day, every, &zone).unwrap() {
                let at = stretch.over.as_second();
                let period = day.at(0, 0, 0, 0)..=stretch.window.to;
                let mut measured = measured_in(report, world, &period, now, &terms());
                if measured.is_empty() {
                    measured = nothing(report);
                }
                for (series, reading) in measured {
                    for (name, value, is_total) in lines(&series, operation, &reading) {
                        let samples = truth.entry(name.clone()).or_default();
                        if is_total && born.insert(name) {
                            samples.extend([(begun, 0.0), (before, 0.0)]);
                        }
                        samples.insert(at, value);
                    }
                }
                before = at;
            }
        }
        day = day.saturating_add(1.day());
    }
    truth
}

/// What is known where nothing happened.
fn nothing(report: &Listing) -> BTreeMap<String, Reading> {
    let mut samples = Samples::of(report.families, usize::MAX);
    (report.nothing)(&mut samples);
    let sheets = samples.sheets().iter();
    sheets
        .flat_map(|sheet| {
            sheet.samples().map(|(labels, reading)| (format!("{} {labels}", sheet.family().name()), reading.clone()))
        })
        .collect()
}

/// The lines of one reading: name with labels, value, and whether it is a total.
fn lines(series: &str, operation: &str, reading: &Reading) -> Vec<(String, f64, bool)> {
    let (name, labels) = series.split_once(' ').unwrap();
    let labels = if labels.is_empty() { String::new() } else { format!(",{labels}") };
    let labels = format!("{{operation=\"{operation}\"{labels}");
    match reading {
        Reading::Number(value) => vec![(format!("{name}{labels}}}"), *value, name.ends_with("_total"))],
        Reading::Histogram(buckets) => {
            let Buckets { bounds, cumulative, sum } = &**buckets;
            let bound = |position: usize| bounds.get(position).map_or("+Inf".to_owned(), |bound| format!("{bound:?}"));
            let count = |position: usize| crate::samples::whole(cumulative[position]);
            let mut lines: Vec<_> = (0..cumulative.len())
                .map(|at| (format!("{name}_bucket{labels},le=\"{}\"}}", bound(at)), count(at), true))
                .collect();
            lines.push((format!("{name}_count{labels}}}"), count(cumulative.len() - 1), true));
            lines.push((format!("{name}_sum{labels}}}"), *sum, true));
            lines
        }
    }
}

fn check(told: &Told, truth: &Told) {
    assert_eq!(told.keys().collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
    for (series, samples) in told {
        let expected = &truth[series];
        assert_eq!(samples.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{series}");
        for (at, value) in samples {
            // Costs have a fraction, and fractions that are added up differ in their last bit.
            assert!((value - expected[at]).abs() < 1e-6, "{series} at {at}: {value} for {}", expected[at]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_sample_is_what_happened() {
    for (from, to, every) in [
        (date(2026, 3, 7), date(2026, 3, 9), Every::HOUR),
        (date(2026, 10, 31), date(2026, 11, 2), Every::HOUR),
        (date(2026, 6, 4), date(2026, 6, 5), Every::hours(6).unwrap()),
    ] {
        let stage = stage(&["America/Bogota", "America/New_York"]);
        let path = stage.path("h.om");
        let ended = stage.run(Wanted { every, ..wanted(from, to, &path) }, 900).await;
        assert_eq!(ended, Ended::Complete);
        let told = read(&std::fs::read_to_string(&path).unwrap());
        let mut expected = Told::new();
        for world in &stage.worlds {
            expected.extend(truth(world, from, to, every, stage.clock.now()));
        }
        assert!(expected.len() > 200);
        check(&told, &expected);
        assert!(!stage.path("h.om.progress").exists());
        assert!(stage.simulator.requests().iter().all(|told| told.most_at_once == 1));
    }
}

#[tokio::test(start_paused = true)]
async fn interruptions_and_troubles_leave_no_trace() {
    let stage = stage(&["America/Bogota"]);
    let (from, to) = (date(2026, 6, 4), date(2026, 6, 6));
    let whole = stage.path("whole.om");
    assert_eq!(stage.run(wanted(from, to, &whole), 900).await, Ended::Complete);
    let path = stage.path("h.om");
    let mut chance = fastrand::Rng::with_seed(3);
    let mut interruptions = 0;
    let started = stage.requests();
    loop {
        let faults = [Fault::Http500, Fault::CutShort, Fault::NotJson, Fault::Maintenance];
        stage.simulator.set_fault(FaultRule::new(faults[chance.usize(..4)]).times(chance.u32(1..3)));
        let backfill = stage.prepare(wanted(from, to, &path), 900).unwrap();
        let patience = Duration::from_millis(chance.u64(1..20_000));
        match tokio::time::timeout(patience, backfill.run()).await {
            Ok(ended) => {
                assert_eq!(ended.unwrap(), Ended::Complete);
                break;
            }
            Err(_) => interruptions += 1,
        }
        // What was written after the last save is cut off.
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, b"half a li").unwrap();
    }
    assert!(interruptions > 2, "{interruptions} interruptions");
    assert!(stage.requests() - started < 900, "an interruption costs a report's day at most");
    assert!(std::fs::read(&path).unwrap() == std::fs::read(&whole).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_days_budget_is_never_passed() {
    let stage = stage(&["America/Bogota"]);
    let (from, to) = (date(2026, 6, 4), date(2026, 6, 6));
    let whole = stage.path("whole.om");
    assert_eq!(stage.run(wanted(from, to, &whole), 900).await, Ended::Complete);
    let path = stage.path("h.om");
    let mut days = BTreeMap::<Date, u64>::new();
    for _ in 0..40 {
        let today = stage.clock.now().to_zoned(stage.worlds[0].profile().timezone.clone()).date();
        let before = stage.requests();
        let ended = stage.run(wanted(from, to, &path), 60).await;
        *days.entry(today).or_default() += stage.requests() - before;
        if ended == Ended::Complete {
            break;
        }
        // Twice a day: the second run of a day knows what the first one has spent.
        tokio::time::sleep(Duration::from_hours(12)).await;
    }
    assert!(days.values().all(|spent| *spent <= 60), "{days:?}");
    assert!(days.len() > 3);
    assert!(std::fs::read(&path).unwrap() == std::fs::read(&whole).unwrap());

    // The same in one run that waits.
    let waited = stage.path("waited.om");
    let waiting = Wanted { wait: true, ..wanted(from, to, &waited) };
    assert_eq!(stage.run(waiting, 60).await, Ended::Complete);
    assert!(std::fs::read(&waited).unwrap() == std::fs::read(&whole).unwrap());

    // A run may be held shorter, and wolkvox's own word counts as well.
    let capped = stage.path("capped.om");
    let before = stage.requests();
    assert_eq!(stage.run(Wanted { requests: Some(30), ..wanted(from, to, &capped) }, 900).await, Ended::Spent);
    assert!(stage.requests() - before <= 30);
    stage.simulator.spend_elsewhere(&stage.worlds[0].profile().name, 2_000);
    let before = stage.requests();
    assert_eq!(stage.run(wanted(from, to, &capped), 900).await, Ended::Spent);
    assert_eq!(stage.run(wanted(from, to, &capped), 900).await, Ended::Spent);
    assert_eq!(stage.requests() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_refused_before_the_first_request() {
    let stage = stage(&["America/Bogota"]);
    let path = stage.path("h.om");
    let (from, to) = (date(2026, 6, 4), date(2026, 6, 5));
    let refused = |wanted: Wanted, allowed: u64| stage.prepare(wanted, allowed).map(|_| ()).unwrap_err().to_string();
    assert!(refused(wanted(to, from, &path), 900).contains("is before --from"));
    assert!(refused(wanted(from, date(2026, 11, 20), &path), 900).contains("newest whole day is 2026-11-19"));
    assert!(refused(wanted(from, to, &path), 20).contains("--every"));
    std::fs::write(&path, "mine").unwrap();
    assert!(refused(wanted(from, to, &path), 900).contains("is there already"));
    // An empty one is what a run leaves that was killed before it had written anything.
    std::fs::write(&path, "").unwrap();

    let first = stage.prepare(wanted(from, to, &path), 900).unwrap();
    assert!(refused(wanted(from, to, &path), 900).contains("another backfill is writing"));
    let plan = first.plan();
    for line in ["ivr_calls               24 a day           48", "requests in all                           146"] {
        assert!(plan.contains(line), "{plan}");
    }
    drop(first);
    assert!(refused(wanted(from, from, &path), 900).contains("unfinished backfill of other days"));
    let every = Every::hours(2).unwrap();
    assert!(refused(Wanted { every, ..wanted(from, to, &path) }, 900).contains("unfinished backfill of other days"));
    let to_stdout = Wanted { output: None, ..wanted(from, to, &path) };
    let few = Wanted { requests: Some(100), wait: true, ..to_stdout.clone() };
    let refusal = stage.prepare(few, 900).unwrap().run().await.unwrap_err().to_string();
    assert!(refusal.contains("--output"), "{refusal}");
    let refusal = stage.prepare(to_stdout, 60).unwrap().run().await.unwrap_err().to_string();
    assert!(refusal.contains("--output"), "{refusal}");
    assert_eq!(stage.requests(), 0);
}
