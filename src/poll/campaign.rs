//! Exactness, proven in virtual time: over days and nights with late rows, outages and midnights, what Prometheus adds
//! up over the scrapes of every counter and histogram series is what really happened, exactly.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::IntoResponse as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use tokio::time::Instant;

use super::{Poller, Surroundings};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Base, Operation, Poll, ServiceLevel};
use crate::lane::Gates;
use crate::ledger::forgetting;
use crate::report::Urgency;
use crate::reports;
use crate::reports::measured;
use crate::samples::{Reading, whole};
use crate::simulator::{self, Fault, FaultRule, Simulator};
use crate::storage::Storage;
use crate::tasks::Tasks;
use crate::terms::{AgentNames, Terms};
use crate::token::{Token, TokenSource};
use crate::upstream::{Transport, Upstream};
use crate::world::{Profile, World};

const SCRAPE: Duration = Duration::from_secs(30);

/// What Prometheus knows of one series.
struct Watched {
    last: f64,
    /// The rises so far; after a fall, all of the new value is a rise.
    increase: f64,
    first: f64,
    /// The scrape that saw it last.
    seen: u32,
}

/// A scraper that remembers every counter and histogram series.
#[derive(Default)]
struct Scraper {
    series: HashMap<String, Watched>,
    kinds: HashMap<String, bool>,
    scrapes: u32,
}

impl Scraper {
    fn scrape(&mut self, text: &str) {
        self.scrapes += 1;
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                self.kinds.insert(name.to_owned(), kind != "gauge");
                continue;
            }
            let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) else { continue };
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix).filter(|family| self.kinds.contains_key(*family)));
            if name.starts_with("wolkvox_exporter_") || !self.kinds[family.unwrap_or(name)] {
                continue;
            }
            let value: f64 = value.parse().unwrap();
            if let Some(watched) = self.series.get_mut(series) {
                watched.seen = self.scrapes;
                watched.increase += if value < watched.last { value } else { value - watched.last };
                watched.last = value;
            } else {
                let watched = Watched { last: value, increase: 0.0, first: value, seen: self.scrapes };
                self.series.insert(series.to_owned(), watched);
            }
        }
    }
}

/// Answers that leave out some rows (an agent or a skill that vanishes, and returns) and tell some totals lower than
/// before, as corrections do, while the mood is not 0.
fn moody(router: Router, mood: Arc<AtomicU64>) -> Router {
    router.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
        let mood = mood.load(Ordering::Relaxed);
        async move {
            let response = next.run(request).await;
            if mood == 0 || !response.status().is_success() {
                return response;
            }
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            // An answer that breaks off is let through as what it is: broken off.
            let Ok(Ok(mut answer)) = body.map(|body| serde_json::from_slice::<Value>(&body)) else {
                return axum::http::StatusCode::BAD_GATEWAY.into_response();
            };
            if let Some(rows) = answer.get_mut("data").and_then(Value::as_array_mut) {
                worsen(rows, mood);
            }
            answer.to_string().into_response()
        }
    }))
}

fn worsen(rows: &mut Vec<Value>, mood: u64) {
    let luck = |row: &Value| {
        let key: String =
            ["agent_id", "skill_id", "agent_name", "conn_id"].iter().filter_map(|key| row[*key].as_str()).collect();
        fastrand::Rng::with_seed(key.bytes().fold(mood, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())))
            .u8(..10)
    };
    rows.retain(|row| luck(row) != 0);
    for row in rows {
        if luck(row) > 3 {
            continue;
        }
        for field in ["calls_inbound", "stat_inbound", "stat_answer", "interactions"] {
            // Less than half would be a beginning, where wolkvox keeps the count itself.
            let lower = row[field].as_str().and_then(|text| text.parse::<u64>().ok()).filter(|count| *count > 3);
            if let Some(count) = lower {
                row[field] = (count - 1).to_string().into();
            }
        }
    }
}

fn operation(profile: &Profile) -> Operation {
    let zone = profile.timezone.clone();
    Operation {
        name: profile.name.clone(),
        server: "simulated".to_owned(),
        base_url: "http://wolkvox.test".to_owned(),
        token: TokenSource::Held(Token::new(&profile.name).unwrap()),
        timezone_name: zone.iana_name().unwrap().to_owned(),
        timezone: zone,
        licenses: Some(profile.licences),
        quota_share: 0.8,
        open_hours: None,
        service_level: ServiceLevel { target: 0.8, threshold: 20, base: Base::Auto },
        settling: Duration::from_mins(20),
        births: Duration::from_mins(1),
        polls: reports::ALL.iter().map(|report| Poll { report, interval: report.interval }).collect(),
        terms: Arc::new(Terms::new(None, AgentNames::Show, 20)),
    }
}

/// What a report's totals of a whole day are, by the series that Prometheus sees.
fn totals(report: &crate::report::Listing, world: &World, day: Date, operation: &str) -> BTreeMap<String, f64> {
    let end = day.at(23, 59, 59, 0).to_zoned(world.profile().timezone.clone()).unwrap().timestamp();
    let terms = Terms::new(None, AgentNames::Show, 20);
    let mut totals = BTreeMap::new();
    for (series, reading) in measured(report, world, end, &terms) {
        let (name, labels) = series.split_once(' ').unwrap();
        let labels = if labels.is_empty() { String::new() } else { format!(",{labels}") };
        let prefix = format!("{{operation=\"{operation}\"{labels}");
        match reading {
            Reading::Number(value) => drop(totals.insert(format!("{name}{prefix}}}"), value)),
            Reading::Histogram { bounds, cumulative, sum } => {
                for (position, count) in cumulative.iter().enumerate() {
                    let bound = bounds.get(position).map_or("+Inf".to_owned(), ToString::to_string);
                    totals.insert(format!("{name}_bucket{prefix},le=\"{bound}\"}}"), whole(*count));
                }
                totals.insert(format!("{name}_sum{prefix}}}"), sum);
                totals.insert(format!("{name}_count{prefix}}}"), whole(*cumulative.last().unwrap()));
            }
        }
    }
    totals
}

/// What makes totals exact, each of which can be taken away.
#[derive(Clone, Copy)]
struct Safeguards {
    settling: Duration,
    births: Duration,
    keeps_state: bool,
    keeps_marks: bool,
    /// How long wolkvox's reports lag behind, which is none of ours.
    lag: Duration,
}

const ALL: Safeguards = Safeguards {
    settling: Duration::from_mins(20),
    births: Duration::from_mins(1),
    keeps_state: true,
    keeps_marks: true,
    lag: Duration::from_mins(10),
};

struct Campaign {
    safeguards: Safeguards,
    /// While it is not 0: answers leave rows out and tell lower totals, at random by this seed.
    mood: Arc<AtomicU64>,
    simulator: Simulator,
    worlds: Vec<Arc<World>>,
    clock: Clock,
    storage: Storage,
    _folder: tempfile::TempDir,
    /// The exporter that runs, if one does.
    running: Option<(Arc<Board>, Tasks)>,
}

impl Campaign {
    fn start(start: Timestamp, zones: &[&str], seed: u64, safeguards: Safeguards) -> Self {
        forgetting::MARKS.set(!safeguards.keeps_marks);
        let clock = Clock::starting_at(start);
        let profiles = zones.iter().zip(seed..).map(|(zone, seed)| Profile {
            agents: 6,
            skills: 3,
            licences: 5,
            ..Profile::new(&zone.replace('/', "-"), seed, TimeZone::get(zone).unwrap())
        });
        let worlds: Vec<_> = profiles.map(|profile| Arc::new(World::new(profile))).collect();
        let now = clock.clone();
        let simulator = Simulator::new(
            Arc::new(move || now.now()),
            worlds.iter().map(|world| {
                simulator::Operation::new(Arc::clone(world), &world.profile().name)
                    .with_latency(Duration::from_millis(300))
                    .with_reports_rebuilt_every(safeguards.lag)
            }),
        );
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let mood = Arc::default();
        let mut campaign = Self { safeguards, mood, simulator, worlds, clock, storage, _folder: folder, running: None };
        campaign.run();
        campaign
    }

    /// Starts an exporter, which knows nothing but what is stored.
    fn run(&mut self) {
        let board = Arc::new(Board::default());
        let around = Surroundings {
            clock: self.clock.clone(),
            gates: Arc::new(Gates::default()),
            board: Arc::clone(&board),
            series_per_report: 100_000,
            storage: self.safeguards.keeps_state.then(|| self.storage.clone()),
        };
        let mut tasks = Tasks::new();
        for (position, world) in self.worlds.iter().enumerate() {
            let Safeguards { settling, births, .. } = self.safeguards;
            let operation = Operation { settling, births, ..operation(world.profile()) };
            let router = moody(self.simulator.router(), Arc::clone(&self.mood));
            let upstream = Upstream::new(Transport::Router(router), &operation.base_url);
            let token = operation.token.read().unwrap();
            let (poller, _) = Poller::new(Arc::new(operation), position, token, upstream, around.clone());
            tasks.spawn("poll", poller.run(tasks.shutdown()));
        }
        self.running = Some((board, tasks));
    }

    /// Lets `days` pass, with trouble on the way, and answers what a scraper saw.
    async fn pass(&mut self, days: u32, seed: u64) -> Scraper {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut scraper = Scraper::default();
        let mut trouble_ends = Instant::now();
        let mut down_until = None;
        for _ in 0..days * 2880 {
            if trouble_ends <= Instant::now() && chance.u32(..240) == 0 {
                self.trouble(&mut chance);
                trouble_ends = Instant::now() + Duration::from_mins(chance.u64(1..90));
            } else if trouble_ends <= Instant::now() {
                self.simulator.clear_faults();
                self.mood.store(0, Ordering::Relaxed);
            }
            tokio::time::sleep(SCRAPE).await;
            if self.running.is_some() && chance.u32(..500) == 0 {
                // Killed at any moment, perhaps in the middle of a request.
                tokio::time::sleep(Duration::from_millis(chance.u64(..2_000))).await;
                self.running = None;
                down_until = Some(Instant::now() + Duration::from_secs(chance.u64(..3_000)));
            }
            if self.running.is_none() && down_until.is_some_and(|until| until <= Instant::now()) {
                self.run();
            }
            if let Some((board, _)) = &self.running {
                let text = board.exposition(Instant::now()).text();
                scraper.scrape(std::str::from_utf8(&text).unwrap());
            }
        }
        scraper
    }

    /// One trouble, of any report but the skills: those keep their counts themselves, and what happened to them in an
    /// outage over midnight cannot be known.
    fn trouble(&self, chance: &mut fastrand::Rng) {
        if chance.bool() {
            self.mood.store(chance.u64(1..), Ordering::Relaxed);
            return;
        }
        let faults = [Fault::Http500, Fault::CutShort, Fault::NotJson, Fault::Maintenance, Fault::Html, Fault::Slow];
        let reports: Vec<_> = reports::ALL.iter().filter(|report| report.urgency == Urgency::Day).collect();
        let fault = faults[chance.usize(..faults.len())];
        self.simulator.set_fault(FaultRule::new(fault).of_report(reports[chance.usize(..reports.len())].name));
    }

    /// Everything that a scraper saw, against what happened.
    fn check(&self, scraper: &Scraper, start: Timestamp) -> Result<(), String> {
        let mut wrong = Vec::new();
        let mut expected: BTreeMap<String, f64> = BTreeMap::new();
        for world in &self.worlds {
            let zone = world.profile().timezone.clone();
            let (first, last) = (start.to_zoned(zone.clone()).date(), self.clock.now().to_zoned(zone).date());
            let mut day = first;
            while day < last {
                for report in reports::ALL {
                    for (series, total) in totals(report, world, day, &world.profile().name) {
                        *expected.entry(series).or_default() += total;
                    }
                }
                day = day.saturating_add(1.day());
            }
        }
        for (series, watched) in &scraper.series {
            let days = expected.get(series).copied().unwrap_or(0.0);
            // What the first scrape saw was no rise; what the day that has not ended has so far is one.
            let today = if watched.seen == scraper.scrapes { watched.last } else { 0.0 };
            let truth = days - watched.first + today;
            if (watched.increase - truth).abs() > 1e-6 {
                wrong.push(format!(
                    "{series}: {} for {truth} (first {}, last {})",
                    watched.increase, watched.first, watched.last
                ));
            }
        }
        for (series, total) in &expected {
            let is_gauge = !scraper.series.contains_key(series)
                && (series.contains("_ratio{")
                    || series.contains("_info{")
                    || series.contains("_aht_")
                    || series.contains("_in_queue{")
                    || series.contains("_requests{"));
            if *total > 0.0 && !is_gauge && !scraper.series.contains_key(series) {
                wrong.push(format!("{series}: never seen, though {total}"));
            }
        }
        assert!(scraper.series.len() > 80 * self.worlds.len(), "{} series", scraper.series.len());
        wrong.sort();
        if wrong.is_empty() {
            return Ok(());
        }
        let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        Err(format!("{} of {} series are wrong:\n{shown}", wrong.len(), scraper.series.len()))
    }
}

/// So many days from `start` on, with these safeguards.
async fn days(start: &str, zones: &[&str], seed: u64, days: u32, safeguards: Safeguards) -> Result<(), String> {
    let start = start.parse().unwrap();
    let mut campaign = Campaign::start(start, zones, seed, safeguards);
    tokio::time::sleep(Duration::from_secs(20)).await;
    let scraper = campaign.pass(days, seed).await;
    let checked = campaign.check(&scraper, start);
    checked.map_err(|wrong| format!("seed {seed}, {days} days from {start} in {zones:?}: {wrong}"))
}

#[tokio::test(start_paused = true)]
async fn over_weekends_and_both_changes_of_the_clock_all_adds_up() {
    for (start, zones, seed) in [
        ("2026-03-06T15:00:00Z", ["America/Bogota", "America/New_York"], 1),
        ("2026-10-30T14:00:00Z", ["America/New_York", "Asia/Manila"], 2),
        ("2026-03-27T11:00:00Z", ["Europe/Madrid", "America/Bogota"], 3),
    ] {
        days(start, &zones, seed, 3, ALL).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_one_safeguard_it_does_not_add_up() {
    // Nights are quiet: only reports that are rebuilt at 14:00 and 02:00 have much to tell after midnight.
    let all = Safeguards { settling: Duration::from_mins(130), lag: Duration::from_hours(12), ..ALL };
    for (name, safeguards) in [
        ("settling", Safeguards { settling: Duration::ZERO, ..all }),
        ("births", Safeguards { births: Duration::ZERO, ..all }),
        ("state", Safeguards { keeps_state: false, ..all }),
        ("marks", Safeguards { keeps_marks: false, ..all }),
    ] {
        let told = days("2026-03-06T03:00:00Z", &["Asia/Manila"], 5, 2, safeguards).await;
        assert!(told.is_err(), "without {name} all adds up: nothing here would notice its loss");
    }
    days("2026-03-06T03:00:00Z", &["Asia/Manila"], 5, 2, all).await.unwrap();
}
