//! Exactness, proven in virtual time: over weeks with late rows and codes, outages, midnights and changes of the clock,
//! what Prometheus adds up over the scrapes of every counter and histogram series is what really happened, exactly.
//!
//! `CAMPAIGN_SEEDS=3..20` plays other seeds than the usual one; one that fails tells how to play it alone.

mod account;
mod happened;
mod mistakes;
mod queues;
mod reading;
mod scraper;
mod troubles;
mod wolkvox;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use tempfile::TempDir;
use tokio::time::Instant;

use self::account::raise;
use self::happened::Happened;
use self::mistakes::{Mistake, Mistakes};
use self::reading::Totals;
use self::scraper::Scraper;
use self::troubles::Troubles;
use self::wolkvox::Wolkvox;
use super::{Poller, Surroundings};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Operation, simulated};
use crate::lane::Gates;
use crate::ledger::forgetting;
use crate::simulator::{self, Fault, FaultRule, Simulator};
use crate::storage::{Moment, Storage};
use crate::tasks::Tasks;
use crate::upstream::{Transport, Upstream};
use crate::world::{Profile, ServiceLevelBase, World};

const SCRAPE: Duration = Duration::from_secs(30);

/// What makes sums that are not whole differ in their last digits.
const ROUNDING: f64 = 1e-6;

/// How the name of a file with a report's state ends.
const STATE: &str = "state";

/// When each operation's wolkvox sets the counts of its skills back: always when nobody calls.
const RESETS: [Time; 3] = [time(0, 0, 0, 0), time(23, 0, 0, 0), time(4, 30, 0, 0)];

/// What each operation's service levels are shares of.
const BASES: [ServiceLevelBase; 3] = [ServiceLevelBase::Inbound, ServiceLevelBase::Answered, ServiceLevelBase::Inbound];

/// What makes totals exact, each of which can be taken away.
#[derive(Clone, Copy)]
struct Safeguards {
    settling: Duration,
    births: Duration,
    keeps_state: bool,
    /// What is to be forgotten.
    forgets: Option<&'static std::thread::LocalKey<std::cell::Cell<bool>>>,
    /// How long wolkvox's reports lag behind, which is none of ours.
    lag: Duration,
}

const ALL: Safeguards = Safeguards {
    settling: Duration::from_mins(20),
    births: Duration::from_mins(1),
    keeps_state: true,
    forgets: None,
    lag: Duration::from_mins(10),
};

/// A stretch of days somewhere.
struct Season<'s> {
    start: &'s str,
    days: u32,
    zones: &'s [&'s str],
}

struct Campaign {
    safeguards: Safeguards,
    chance: fastrand::Rng,
    simulator: Simulator,
    wolkvoxes: Vec<Arc<Wolkvox>>,
    troubles: Vec<Troubles>,
    clock: Clock,
    scraper: Scraper,
    /// How the exporter died.
    happened: Happened,
    storage: Storage,
    _folder: TempDir,
    /// The exporter that runs, if one does.
    running: Option<(Arc<Board>, Tasks)>,
    /// When the next one is started.
    down_until: Instant,
}

impl Campaign {
    fn start(season: &Season<'_>, seed: u64, safeguards: Safeguards) -> Self {
        for safeguard in [&forgetting::MARKS, &forgetting::SAVED_MARKS, &forgetting::ORDER, &forgetting::OWN_RESETS] {
            safeguard.set(safeguards.forgets.is_some_and(|forgotten| std::ptr::eq(forgotten, safeguard)));
        }
        let clock = Clock::starting_at(season.start.parse().unwrap());
        let profiles = season.zones.iter().zip(seed * 10..).map(|(zone, seed)| Profile {
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
        let troubles =
            worlds.iter().zip(seed * 10 + 5..).map(|(world, seed)| Troubles::new(&world.profile().name, seed));
        let troubles = troubles.collect();
        let wolkvoxes = worlds.into_iter().zip(RESETS.into_iter().zip(BASES));
        let wolkvoxes =
            wolkvoxes.map(|(world, (reset, base))| Arc::new(Wolkvox::new(world, clock.clone(), reset, base))).collect();
        let folder = folder();
        let storage = Storage::open(folder.path()).unwrap();
        let mut campaign = Self {
            safeguards,
            chance: fastrand::Rng::with_seed(seed),
            simulator,
            wolkvoxes,
            troubles,
            clock,
            scraper: Scraper::new(),
            happened: Happened::default(),
            storage,
            _folder: folder,
            running: None,
            down_until: Instant::now(),
        };
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
        for (position, wolkvox) in self.wolkvoxes.iter().enumerate() {
            let Safeguards { settling, births, .. } = self.safeguards;
            let operation = Operation { settling, births, ..simulated(wolkvox.world.profile()) };
            let upstream = Upstream::new(Transport::Router(wolkvox.face(self.simulator.router())), &operation.base_url);
            let token = operation.token.read().unwrap();
            let (poller, _) = Poller::new(Arc::new(operation), position, token, upstream, around.clone());
            tasks.spawn("poll", poller.run(tasks.shutdown()));
        }
        self.running = Some((board, tasks));
    }

    /// Lets `days` pass, with trouble on the way.
    async fn pass(&mut self, days: u32) {
        for _ in 0..days * 2880 {
            self.meddle();
            self.step().await;
        }
        // The end is quiet: what was told is taken in, and then nothing more comes until all of it is served.
        self.troubles.iter_mut().for_each(Troubles::end);
        self.set_troubles();
        for _ in 0..240 {
            self.step().await;
        }
        self.simulator.set_fault(FaultRule::new(Fault::Http500));
        for _ in 0..6 {
            self.step().await;
        }
        for wolkvox in &self.wolkvoxes {
            wolkvox.state().account.enter();
        }
    }

    /// Lets something go wrong, or end.
    fn meddle(&mut self) {
        let now = self.clock.now();
        let hours: Vec<i8> = self.wolkvoxes.iter().map(|wolkvox| wolkvox.world.local(now).hour()).collect();
        let changed: Vec<bool> =
            self.troubles.iter_mut().zip(hours).map(|(troubles, hour)| troubles.pass(hour)).collect();
        if changed.contains(&true) {
            self.set_troubles();
        }
        if self.running.is_some() && self.chance.u32(..250) == 0 {
            let moments = [Moment::Before, Moment::Halfway, Moment::After];
            // Each request writes the spendings before it, and mostly a report's state after it.
            let file = [STATE, STATE, "spendings"][self.chance.usize(..3)];
            self.storage.death().arm(file, moments[self.chance.usize(..3)]);
        }
    }

    fn set_troubles(&self) {
        self.simulator.clear_faults();
        for (wolkvox, troubles) in self.wolkvoxes.iter().zip(&self.troubles) {
            let mut state = wolkvox.state();
            (state.mood, state.fault) = (troubles.mood, troubles.fault);
            drop(state);
            troubles.rules.iter().for_each(|rule| self.simulator.set_fault(rule.clone()));
        }
    }

    /// Half a minute, and a scrape at its end. The exporter may die in it, and another one may be started.
    async fn step(&mut self) {
        let end = Instant::now() + SCRAPE;
        // At any moment, perhaps in the middle of a request.
        let kill = if self.running.is_some() && self.chance.u32(..500) == 0 {
            Instant::now() + Duration::from_millis(self.chance.u64(1..30_000))
        } else {
            end
        };
        let storage = self.storage.clone();
        let is_alive = tokio::select! {
            biased;
            () = storage.death().has_struck() => false,
            () = tokio::time::sleep_until(kill) => kill == end,
        };
        if !is_alive {
            // What was put up to the very last may have been seen, or may not.
            if self.chance.bool() {
                self.scrape();
            }
            self.die();
            tokio::time::sleep_until(end).await;
        }
        if self.running.is_none() && self.down_until <= Instant::now() {
            self.storage.death().revive();
            self.run();
        }
        self.scrape();
    }

    fn die(&mut self) {
        self.running = None;
        let most = [60, 3_000][self.chance.usize(..2)];
        self.down_until = Instant::now() + Duration::from_secs(self.chance.u64(1..most));
        let struck = self.storage.death().struck();
        let is_asking = self.wolkvoxes.iter().any(|wolkvox| wolkvox.state().is_asked);
        let place = struck.as_ref().map(|(file, moment)| (file.as_str(), *moment));
        self.happened.kill(place, is_asking);
        for wolkvox in &self.wolkvoxes {
            wolkvox.state().is_asked = false;
            let was_saved = struck.as_ref().is_some_and(|(file, moment)| {
                let is_its = file.starts_with(&format!("{}.", wolkvox.world.profile().name));
                // Before its spendings are written for the next request, an answer was saved.
                is_its && (*moment == Moment::After || !file.ends_with(STATE))
            });
            wolkvox.state().account.end(was_saved);
        }
    }

    fn scrape(&mut self) {
        let Some((board, _)) = &self.running else { return };
        let text = Bytes::from(board.exposition(Instant::now()).text());
        let wolkvoxes: BTreeMap<&str, &Wolkvox> =
            self.wolkvoxes.iter().map(|wolkvox| (wolkvox.world.profile().name.as_str(), &**wolkvox)).collect();
        let day = |operation: &str, report: usize| wolkvoxes[operation].state().account.newest.get(&report).copied();
        self.scraper.scrape(&text, self.clock.now(), day);
    }

    /// What the totals of every day make together: of a day that has passed what really happened or, where wolkvox told
    /// more of it before, the highest that it told; of the newest day what was told so far.
    fn truth(&self, start: Timestamp) -> Totals {
        let mut truth = Totals::new();
        for wolkvox in &self.wolkvoxes {
            let state = wolkvox.state();
            let first = wolkvox.world.local(start).date().saturating_sub(1.day());
            for (position, newest) in &state.account.newest {
                let mut day = first;
                while day <= *newest {
                    let told = state.account.highest.get(&(*position, day));
                    // The first day of the skills may have begun the day before.
                    let happened = if day < *newest && (day > first || told.is_some()) {
                        wolkvox.whole_day(*position, day)
                    } else {
                        Totals::new()
                    };
                    let mut highest = happened;
                    if let Some(told) = told {
                        raise(&mut highest, told);
                    }
                    for (series, total) in highest {
                        *truth.entry(series).or_default() += total;
                    }
                    day = day.saturating_add(1.day());
                }
            }
        }
        truth
    }

    /// Everything that the scraper saw, against what happened.
    fn check(&self, start: Timestamp) -> Result<(), Mistakes> {
        let truth = self.truth(start);
        let mut all = self.scraper.mistakes.clone();
        for (series, watched) in &self.scraper.series {
            // What the first scrape saw was no rise.
            let expected = truth.get(series).copied().unwrap_or_default() - watched.first;
            let what = || {
                let (first, last) = (watched.first, watched.last);
                (series.clone(), format!("{} for {expected} (first {first}, last {last})", watched.increase))
            };
            if watched.increase < expected - ROUNDING {
                let (series, what) = what();
                all.push(Mistake::TooLittle(series, what));
            } else if watched.increase > expected + ROUNDING {
                let (series, what) = what();
                all.push(Mistake::TooMuch(series, what));
            }
        }
        let unseen = truth.iter().filter(|(series, total)| **total > 0.0 && !self.scraper.series.contains_key(*series));
        all.extend(unseen.map(|(series, total)| Mistake::Unseen(series.clone(), total.to_string())));
        assert!(self.scraper.series.len() > 150 * self.wolkvoxes.len(), "{} series", self.scraper.series.len());
        all.sort();
        if all.is_empty() { Ok(()) } else { Err(Mistakes { all, series: self.scraper.series.len() }) }
    }

    /// What went wrong on the way.
    fn happened(&self) -> Happened {
        let mut happened = self.happened.clone();
        self.wolkvoxes.iter().for_each(|wolkvox| happened.add(&wolkvox.state().happened));
        happened
    }
}

/// Where the state is written: in memory, where there is such a place, since every request writes.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

/// Plays a season; answers what is wrong about the sums, and what happened on the way.
async fn play(season: &Season<'_>, seed: u64, safeguards: Safeguards) -> (Result<(), Mistakes>, Happened) {
    let mut campaign = Campaign::start(season, seed, safeguards);
    tokio::time::sleep(Duration::from_secs(20)).await;
    campaign.pass(season.days).await;
    (campaign.check(season.start.parse().unwrap()), campaign.happened())
}

/// Plays a season with the usual seed, or with those that were asked for.
async fn all_adds_up(test: &str, season: Season<'_>) {
    #[expect(
        clippy::disallowed_methods,
        reason = "seeds are a matter of this test, not of the exporter's configuration"
    )]
    let seeds = std::env::var("CAMPAIGN_SEEDS").unwrap_or_else(|_| "1..2".to_owned());
    let (from, to) = seeds.split_once("..").expect("CAMPAIGN_SEEDS is like 3..20");
    for seed in from.parse::<u64>().unwrap()..to.parse().unwrap() {
        let again = format!("CAMPAIGN_SEEDS={seed}..{} cargo test --lib poll::campaign::{test}", seed + 1);
        let (told, happened) = play(&season, seed, ALL).await;
        if let Err(mistakes) = told {
            panic!("{mistakes}\nto see it again: {again}");
        }
        let missing = happened.missing();
        assert!(missing.is_empty(), "nothing of this happened: {missing:?}\nto see it again: {again}");
        println!("seed {seed} adds up: {}", happened.told());
    }
}

#[tokio::test(start_paused = true)]
async fn three_weeks_of_autumn_add_up() {
    // In 2018 Madrid set its clocks back on October 28, and São Paulo forward on November 4, when its midnight was left
    // out. Bogotá has no summer time.
    let zones = &["America/Bogota", "America/Sao_Paulo", "Europe/Madrid"];
    all_adds_up("three_weeks_of_autumn_add_up", Season { start: "2018-10-20T15:00:00Z", days: 21, zones }).await;
}

#[tokio::test(start_paused = true)]
async fn three_weeks_of_spring_add_up() {
    // Madrid sets its clocks forward on March 29, and Santiago back on April 5: its hour before midnight comes twice.
    // Manila has no summer time.
    let zones = &["Asia/Manila", "Europe/Madrid", "America/Santiago"];
    all_adds_up("three_weeks_of_spring_add_up", Season { start: "2026-03-18T07:00:00Z", days: 21, zones }).await;
}

/// Whether the sums are wrong in the way in which a loss must show.
type Sign = fn(&[Mistake]) -> bool;

/// Something is lost, and nothing falls.
const LOSES: Sign = |all| all.iter().any(is_little) && !all.iter().any(falls);
/// A series falls within its day, and what it tells again is counted twice.
const FALLS: Sign = |all| all.iter().any(falls) && all.iter().any(is_much);
/// Days that ended unseen are lost, and what is told again is counted twice.
const FORGETS: Sign = |all| all.iter().any(is_little) && all.iter().any(is_much);
/// Skills lose calls, and nothing else does.
const LOSES_SKILLS: Sign =
    |all| all.iter().any(is_little) && all.iter().all(|mistake| mistake.series().starts_with("wolkvox_skill_"));

fn falls(mistake: &Mistake) -> bool {
    matches!(mistake, Mistake::Fall(..))
}

fn is_little(mistake: &Mistake) -> bool {
    matches!(mistake, Mistake::TooLittle(..))
}

fn is_much(mistake: &Mistake) -> bool {
    matches!(mistake, Mistake::TooMuch(..))
}

#[tokio::test(start_paused = true)]
async fn without_any_one_safeguard_it_does_not_add_up() {
    // Nights are quiet: only reports that are rebuilt at 14:00 and 02:00 have much to tell after midnight.
    let late = Safeguards { settling: Duration::from_mins(130), lag: Duration::from_hours(12), ..ALL };
    let three_days = Season { start: "2026-03-06T03:00:00Z", days: 3, zones: &["Asia/Manila"] };
    let two_days = Season { start: "2026-03-06T15:00:00Z", days: 2, zones: &["America/Bogota", "America/New_York"] };
    for (season, all) in [(&three_days, late), (&three_days, ALL), (&two_days, ALL)] {
        if let (Err(mistakes), _) = play(season, 5, all).await {
            panic!("with all of them {mistakes}");
        }
    }
    let forgets = |what| Safeguards { forgets: Some(what), ..ALL };
    for (what, season, safeguards, sign) in [
        ("settling", &three_days, Safeguards { settling: Duration::ZERO, ..late }, LOSES),
        ("births", &three_days, Safeguards { births: Duration::ZERO, ..late }, LOSES),
        ("state", &three_days, Safeguards { keeps_state: false, ..late }, FORGETS),
        ("marks", &three_days, forgets(&forgetting::MARKS), FALLS),
        ("saved marks", &three_days, forgets(&forgetting::SAVED_MARKS), FALLS),
        ("the order of saving and serving", &three_days, forgets(&forgetting::ORDER), FALLS),
        ("the skills' own beginnings", &two_days, forgets(&forgetting::OWN_RESETS), LOSES_SKILLS),
    ] {
        let (told, _) = play(season, 5, safeguards).await;
        let Err(mistakes) = told else { panic!("without {what} all adds up: nothing here would notice its loss") };
        println!("without {what} {mistakes}\n");
        assert!(sign(&mistakes.all), "without {what} it goes wrong for another reason: {mistakes}");
    }
}
