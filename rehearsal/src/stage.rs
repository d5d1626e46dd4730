//! The stage: a scenario played from its first midnight to its last, and scraped on the way.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::{Config, Mistakes};
use wolkvox_exporter::simulator::{self, Simulator};
use wolkvox_exporter::storage::Storage;
use wolkvox_exporter::world::World;

use crate::configuration;
use crate::exporter::Exporter;
use crate::history::{History, Recorded};
use crate::scenario::{Mishap, Scenario, Trouble};
use crate::strangeness::Mood;

/// How long wolkvox thinks about an answer.
const LATENCY: Duration = Duration::from_millis(700);

/// How far its reports about a day are behind.
const REBUILT_EVERY: Duration = Duration::from_mins(10);

/// Why a scenario could not be recorded.
#[derive(Debug, Error)]
pub enum RecordError {
    /// Scrapes must be apart.
    #[error("a step of less than a second is no step")]
    Step,
    /// The scenario's operations make no configuration.
    #[error("the scenario's configuration is wrong: {0}")]
    Configuration(Mistakes),
    /// A token that is none.
    #[error("a token cannot be read: {0}")]
    Token(String),
    /// The process's own metrics.
    #[error("the process's own metrics cannot be made: {0}")]
    Process(String),
    /// The state, the runtime, or what is written to.
    #[error("failed to play or to write")]
    Io(#[from] io::Error),
}

/// Plays a scenario and writes what is scraped.
pub(crate) fn record(scenario: &Scenario, to: impl Write, step: Duration) -> Result<Recorded, RecordError> {
    if step < Duration::from_secs(1) {
        return Err(RecordError::Step);
    }
    // One thread and a paused clock: time passes only when nothing else is left to do, so that every run is the same.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(play(scenario, to, step))
}

async fn play(scenario: &Scenario, to: impl Write, step: Duration) -> Result<Recorded, RecordError> {
    let mut stage = Stage::set_up(scenario)?;
    let mut history = History::new(to);
    let step = SignedDuration::try_from(step).unwrap_or(SignedDuration::MAX);
    let end = scenario.end();
    let mut changes = stage.changes();
    stage.begin(scenario.start())?;
    let mut scrape = scenario.start();
    loop {
        scrape = scrape.saturating_add(step).unwrap_or(Timestamp::MAX);
        while let Some(change) = changes.pop_if(|change| *change <= scrape.min(end)) {
            stage.wait_until(change).await;
            stage.begin(change)?;
        }
        if scrape > end {
            return Ok(history.end()?);
        }
        stage.wait_until(scrape).await;
        let exposition = stage.exporter.as_ref().map(Exporter::scrape);
        history.scrape(exposition.as_deref(), scrape)?;
    }
}

struct Stage<'s> {
    scenario: &'s Scenario,
    clock: Clock,
    simulator: Simulator,
    mood: Mood,
    wolkvox: Router,
    config: Config,
    /// Where the exporter's state is, if it is ever started again.
    storage: Option<(Storage, tempfile::TempDir)>,
    /// The exporter, while it runs.
    exporter: Option<Exporter>,
}

impl<'s> Stage<'s> {
    fn set_up(scenario: &'s Scenario) -> Result<Self, RecordError> {
        let config = configuration::of(&scenario.centres)?;
        let clock = Clock::starting_at(scenario.start());
        let now = clock.clone();
        let simulator = Simulator::new(
            Arc::new(move || now.now()),
            scenario.centres.iter().map(|centre| {
                let token = configuration::token(&centre.profile.name);
                simulator::Operation::new(Arc::new(World::new(centre.profile.clone())), &token)
                    .with_latency(LATENCY)
                    .with_reports_rebuilt_every(REBUILT_EVERY)
            }),
        );
        let mood = Mood::default();
        let wolkvox = mood.over(simulator.router());
        let is_restarted = scenario.troubles.iter().any(|trouble| matches!(trouble.what, Mishap::ExporterDown));
        let storage = is_restarted.then(state_folder).transpose()?;
        Ok(Self { scenario, clock, simulator, mood, wolkvox, config, storage, exporter: None })
    }

    /// The moments at which a trouble begins or ends, the last first.
    fn changes(&self) -> Vec<Timestamp> {
        let ends = self.scenario.troubles.iter().flat_map(|trouble| [trouble.from, trouble.to]);
        let mut changes: Vec<Timestamp> = ends.map(|clock| self.scenario.instant(clock)).collect();
        changes.sort_unstable_by(|one, other| other.cmp(one));
        changes.dedup();
        changes
    }

    /// Lets everything be as it is from this moment on.
    fn begin(&mut self, now: Timestamp) -> Result<(), RecordError> {
        self.simulator.clear_faults();
        let mut strange = Vec::new();
        let mut is_down = false;
        for Trouble { from, to, what } in &self.scenario.troubles {
            let (from, to) = (self.scenario.instant(*from), self.scenario.instant(*to));
            let lasts = (from..to).contains(&now);
            match what {
                Mishap::Fault(rule) if lasts => self.simulator.set_fault(rule.clone()),
                Mishap::Strange(strangeness) if lasts => strange.push(*strangeness),
                Mishap::ExporterDown if lasts => is_down = true,
                Mishap::SpentElsewhere { operation, requests } if from == now => {
                    self.simulator.spend_elsewhere(operation, *requests);
                }
                _ => {}
            }
        }
        self.mood.set(strange);
        if is_down {
            self.exporter = None;
        } else if self.exporter.is_none() {
            let storage = self.storage.as_ref().map(|(storage, _)| storage.clone());
            self.exporter = Some(Exporter::start(self.config.clone(), &self.clock, &self.wolkvox, storage)?);
        }
        Ok(())
    }

    async fn wait_until(&self, moment: Timestamp) {
        let left = moment.duration_since(self.clock.now());
        tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
    }
}

fn state_folder() -> io::Result<(Storage, tempfile::TempDir)> {
    // Each save is flushed to the disk, ten thousand times in two days: where there is a folder in memory, that is enough.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
    Ok((Storage::open(folder.path())?, folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::scenario;

    #[test]
    fn every_run_of_a_scenario_is_the_same_and_a_killed_exporter_is_down() {
        let scenario = scenario("exporter-down").unwrap();
        let play = || {
            let mut written = Vec::new();
            let recorded = scenario.record(&mut written, Duration::from_mins(15)).unwrap();
            assert_eq!((recorded.scrapes, recorded.bytes), (2 * 96, written.len() as u64));
            String::from_utf8(written).unwrap()
        };
        let (one, other) = (play(), play());
        assert!(one == other, "two runs differ");
        assert!(one.ends_with("# EOF\n"));
        // Scraped at 10:00, when it is killed, 10:15 and 10:30.
        let up = |value: &str| one.lines().filter(|line| line.starts_with("up{") && line.contains(value)).count();
        assert_eq!((up("} 0 "), up("} 1 ")), (3, 2 * 96 - 3));
    }

    #[test]
    fn a_step_of_nothing_is_refused() {
        let told = scenario("aux").unwrap().record(io::sink(), Duration::from_millis(10));
        assert!(matches!(told, Err(RecordError::Step)));
    }
}
