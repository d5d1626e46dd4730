//! The built program at the speed of real time, killed and started again, before a real Prometheus: what it has stored
//! adds up to what really happened, series by series, exactly.
//!
//! `KILLS_SECONDS` makes it last longer than its minute and a half, `KILLS_SEED` plays a seed again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use wolkvox_exporter::simulator::{self, Simulator};
use wolkvox_exporter::world::{Profile, World};

use crate::prometheus::Prometheus;
use crate::running::{Folder, Running, program, until};
use crate::truth::{self, Totals};

/// How long is polled and killed unless said otherwise.
const USUALLY: u64 = 90;

/// What makes sums that are not whole differ in their last digits.
const ROUNDING: f64 = 1e-6;

/// The values that were stored of a series, in order.
type Stored = BTreeMap<String, Vec<f64>>;

/// What Prometheus adds up: the rises, and after a fall all of the new value.
fn increase(values: &[f64]) -> f64 {
    values.windows(2).map(|pair| if pair[1] < pair[0] { pair[1] } else { pair[1] - pair[0] }).sum()
}

/// What is wrong with what was stored. Of series that were there at the beginning the first value is no rise.
fn mistakes(stored: &Stored, truth: &Totals, beginning: &Totals) -> Vec<String> {
    let mut wrong = Vec::new();
    for (series, values) in stored {
        let (first, total) = (values[0], truth.get(series).copied().unwrap_or(0.0));
        let told = increase(values);
        if (first + told - total).abs() > ROUNDING {
            wrong.push(format!("{series}: {told} from {first} on, and not {total} in all"));
        }
        // What nobody had seen grow was there before anybody looked.
        if first > beginning.get(series).copied().unwrap_or(0.0) + ROUNDING {
            wrong.push(format!("{series}: first seen as {first}, when it had begun"));
        }
    }
    let unseen = truth.iter().filter(|(series, total)| **total > 0.0 && !stored.contains_key(*series));
    wrong.extend(unseen.map(|(series, total)| format!("{series}: never seen, though {total}")));
    wrong
}

/// Contact centres whose time runs, until it is stopped.
struct Centres {
    worlds: Vec<Arc<World>>,
    simulator: Arc<Simulator>,
    stopped: Arc<Mutex<Option<Timestamp>>>,
    url: String,
    _runtime: tokio::runtime::Runtime,
}

impl Centres {
    /// One that is busy and one in its afternoon, at whatever time this is run.
    fn open(seed: u64) -> Self {
        let hour = i32::from(Timestamp::now().to_zoned(TimeZone::UTC).hour());
        let place = |name: &str, seed: u64, wanted: i32| {
            // The sign is the other way round in these names, which have no summer time.
            let behind = match hour - wanted {
                behind if behind < -12 => behind + 24,
                behind if behind > 12 => behind - 24,
                behind => behind,
            };
            let zone = if behind == 0 { "Etc/GMT".to_owned() } else { format!("Etc/GMT{behind:+}") };
            let zone = TimeZone::get(&zone).unwrap();
            Profile { agents: 60, skills: 4, load: 110, licences: 500, ..Profile::new(name, seed, zone) }
        };
        let profiles = [place("morning", seed, 10), place("afternoon", seed + 1, 16)];
        let worlds: Vec<_> = profiles.map(|profile| Arc::new(World::new(profile))).into();
        let stopped = Arc::<Mutex<Option<Timestamp>>>::default();
        let clock = Arc::clone(&stopped);
        let simulator = Arc::new(Simulator::new(
            Arc::new(move || clock.lock().unwrap().unwrap_or_else(Timestamp::now)),
            worlds.iter().map(|world| {
                simulator::Operation::new(Arc::clone(world), &world.profile().name)
                    .with_latency(Duration::from_millis(100))
            }),
        ));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = simulator.router();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { worlds, simulator, stopped, url, _runtime: runtime }
    }

    /// What happened today until this instant, in all of them.
    fn truth(&self, now: Timestamp) -> Totals {
        let mut totals = Totals::new();
        self.worlds.iter().for_each(|world| truth::add_day(&mut totals, world, now));
        totals
    }

    fn requests(&self) -> u64 {
        self.simulator.requests().iter().flat_map(|one| one.requests.values()).sum()
    }

    fn configuration(&self) -> String {
        let mut text = "defaults:\n  settling: 30s\n  births: 4s\n  licenses: 500\n  reports:\n".to_owned();
        for (report, interval) in [("skills", 1), ("agents", 2), ("call_durations", 2), ("ivr_calls", 2)] {
            let _ = writeln!(text, "    {report}: {{ interval: {interval}s }}");
        }
        text.push_str("    closed_interactions: { interval: 3s }\nprivacy: { agent_names: show }\noperations:\n");
        for world in &self.worlds {
            let (name, zone) = (&world.profile().name, world.profile().timezone.iana_name().unwrap());
            let _ = writeln!(text, "  - name: {name}\n    base_url: {}\n    token_file: {name}.token", self.url);
            let _ = writeln!(text, "    timezone: {zone}");
        }
        text
    }
}

/// The program, which is killed and started again at the same address.
struct Killed {
    arguments: Vec<String>,
    folder: Folder,
    address: String,
    running: Option<Running>,
}

impl Killed {
    fn new(centres: &Centres, chance: &mut fastrand::Rng) -> Self {
        let folder = Folder::new();
        for world in &centres.worlds {
            folder.write(&format!("{}.token", world.profile().name), &world.profile().name);
        }
        // Below the ports that the system gives to whoever asks for any, so that nobody has taken it after a kill.
        let free = || {
            let address = format!("127.0.0.1:{}", chance.u16(20_000..30_000));
            TcpListener::bind(&address).is_ok().then_some(address)
        };
        let address = until("a free port", free);
        let arguments = vec![
            folder.configuration(&centres.configuration()),
            format!("--web.listen-address={address}"),
            format!("--storage.path={}", folder.path().join("state").display()),
        ];
        Self { arguments, folder, address, running: None }
    }

    fn start(&mut self) {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        self.running = Some(Running::start(program(&arguments)));
    }

    /// When a report's state was last written.
    fn newest_state(&self) -> Option<SystemTime> {
        let files = std::fs::read_dir(self.folder.path().join("state")).ok()?;
        let states = files.filter_map(Result::ok).filter(|file| file.file_name().to_string_lossy().ends_with(".state"));
        states.filter_map(|file| file.metadata().ok()?.modified().ok()).max()
    }

    /// Kills it: at any moment, while it waits for an answer, or just when it has written what it is about to serve.
    fn kill(&mut self, centres: &Centres, chance: &mut fastrand::Rng) {
        std::thread::sleep(Duration::from_millis(chance.u64(200..7_000)));
        let soon = Instant::now() + Duration::from_secs(5);
        match chance.u8(..3) {
            0 => {}
            1 => {
                let before = centres.requests();
                while centres.requests() == before && Instant::now() < soon {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(Duration::from_millis(chance.u64(..100)));
            }
            _ => {
                let before = self.newest_state();
                while self.newest_state() == before && Instant::now() < soon {}
                std::thread::sleep(Duration::from_micros(chance.u64(..5_000)));
            }
        }
        self.running = None;
    }
}

/// The values that Prometheus has stored of every counter and histogram that tells of wolkvox.
fn stored(prometheus: &Prometheus, during: Duration) -> Stored {
    let query = format!("{{__name__=~\"wolkvox_.+(_total|_bucket|_sum|_count)\"}}[{}s]", during.as_secs() + 60);
    let mut stored = Stored::new();
    for sample in prometheus.query(&query) {
        let labels = sample["metric"].as_object().unwrap();
        let name = labels["__name__"].as_str().unwrap();
        if name.starts_with("wolkvox_exporter_") {
            continue;
        }
        let own = labels.iter().filter(|(label, _)| !["__name__", "job", "instance"].contains(&label.as_str()));
        let series = truth::series(name, own.map(|(label, value)| (label.as_str(), value.as_str().unwrap())));
        let value = |pair: &Value| pair[1].as_str().unwrap().parse().unwrap();
        stored.insert(series, sample["values"].as_array().unwrap().iter().map(value).collect());
    }
    stored
}

#[test]
fn what_prometheus_has_stored_is_what_happened_however_often_the_program_was_killed() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let during = Duration::from_secs(number("KILLS_SECONDS").unwrap_or(USUALLY));
    let seed = number("KILLS_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
    let mut chance = fastrand::Rng::with_seed(seed);
    let centres = Centres::open(seed);
    let mut killed = Killed::new(&centres, &mut chance);
    killed.start();
    killed.running.as_ref().unwrap().ready();
    let prometheus = Prometheus::scraping(&format!("http://{}", killed.address));
    until("a first scrape", || (prometheus.value("up") == Some(1.0)).then_some(()));
    let beginning = centres.truth(Timestamp::now());

    let (begun, mut kills) = (Instant::now(), 0);
    while begun.elapsed() < during {
        killed.kill(&centres, &mut chance);
        kills += 1;
        std::thread::sleep(Duration::from_millis(chance.u64(..3_000)));
        killed.start();
    }
    let end = Timestamp::now();
    *centres.stopped.lock().unwrap() = Some(end);
    let running = killed.running.as_ref().unwrap();
    // A second round after the end shows what was born in the first.
    running.metrics_once("every report answered after the end", |exposition| {
        let answered = exposition.samples("wolkvox_report_last_success_timestamp_seconds", &[]);
        let late = (end + Duration::from_secs(6)).as_millisecond() as f64 / 1000.0;
        let mut answered = answered.filter(|sample| sample.label("report") != Some("quota")).map(|sample| sample.value);
        answered.by_ref().all(|moment| moment > late)
    });
    let last = prometheus.value("timestamp(up)").unwrap();
    until("two more scrapes", || prometheus.value("timestamp(up)").filter(|now| *now > last + 2.0));

    let (stored, truth) = (stored(&prometheus, begun.elapsed()), centres.truth(end));
    let grown = stored.values().filter(|values| increase(values) > 0.0).count();
    let wrong = mistakes(&stored, &truth, &beginning);
    println!("seed {seed}: {kills} kills, {} series, {grown} of them grew", stored.len());
    assert!(wrong.is_empty(), "seed {seed}, after {kills} kills {} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(kills > 5 && grown > 100, "seed {seed}: {kills} kills, and {grown} series grew");
}

#[test]
fn what_is_lost_counted_twice_or_never_seen_is_noticed() {
    let totals =
        |pairs: &[(&str, f64)]| -> Totals { pairs.iter().map(|(name, total)| ((*name).to_owned(), *total)).collect() };
    let checked = |values: &[f64]| {
        let stored = Stored::from([("old".to_owned(), vec![7.0, 7.0, 9.0]), ("new".to_owned(), values.to_vec())]);
        mistakes(&stored, &totals(&[("old", 9.0), ("new", 5.0)]), &totals(&[("old", 8.0)])).len()
    };
    assert_eq!(checked(&[0.0, 0.0, 3.0, 5.0]), 0);
    assert_eq!(checked(&[0.0, 3.0, 0.0, 5.0]), 1, "a fall to zero after a restart counts twice");
    assert_eq!(checked(&[0.0, 5.0, 4.0, 5.0]), 1, "so does one to an older value");
    assert_eq!(checked(&[3.0, 5.0]), 1, "the first jump of one that was not born at zero is lost");
    assert_eq!(checked(&[0.0, 3.0]), 1, "the end is lost");
    let nothing = mistakes(&Stored::new(), &totals(&[("a", 1.0), ("b", 0.0)]), &Totals::new());
    assert_eq!(nothing, ["a: never seen, though 1"]);
}
