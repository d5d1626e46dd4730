//! `simulate`: the simulated wolkvox API alone, for rehearsals and other people's clients.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tracing::info;

use super::{say, serve};
use crate::cli::{Arguments, Simulate};
use crate::clock::Clock;
use crate::reports;
use crate::simulator::{Fault, FaultRule, Operation, Simulator};
use crate::tasks::Tasks;
use crate::web;
use crate::world::{self, Profile, World};

/// How long wolkvox thinks about an answer.
const LATENCY: Duration = Duration::from_millis(150);

pub(super) async fn run(arguments: &Arguments, simulate: &Simulate) -> anyhow::Result<ExitCode> {
    let profiles = profiles(simulate.seed);
    let simulator = simulator(&profiles, &Clock::System);
    for fault in &simulate.faults {
        simulator.set_fault(rule(fault)?);
    }
    let mut tasks = Tasks::new();
    for listener in serve::bind_all(&arguments.listen)? {
        let url = web::url(listener.local_addr()?);
        say(&how_to_ask(&url, &profiles));
        info!(url, "simulating wolkvox");
        tasks.spawn(format!("serve {url}"), web::serve(listener, simulator.router(), tasks.shutdown()));
    }
    Ok(serve::until_the_end(tasks).await)
}

/// The demonstration's contact centres; another seed makes other days of them.
pub(super) fn profiles(seed: Option<u64>) -> Vec<Profile> {
    let mut profiles = world::demo();
    for (profile, number) in profiles.iter_mut().zip(0..) {
        profile.seed = seed.map_or(profile.seed, |seed| seed.wrapping_add(number));
    }
    profiles
}

/// A simulated wolkvox that serves these contact centres by this clock.
pub(super) fn simulator(profiles: &[Profile], clock: &Clock) -> Simulator {
    let clock = clock.clone();
    let operations = profiles.iter().map(|profile| {
        let world = Arc::new(World::new(profile.clone()));
        Operation::new(world, &token(profile)).with_latency(LATENCY)
    });
    Simulator::new(Arc::new(move || clock.now()), operations)
}

/// The token of a simulated contact centre, which is nobody's secret.
pub(super) fn token(profile: &Profile) -> String {
    format!("{}-token", profile.name)
}

/// A fault as the command line writes it: `REPORT=FAULT`, or `all=FAULT`.
fn rule(text: &str) -> anyhow::Result<FaultRule> {
    let (report, fault) = text.split_once('=').with_context(|| format!("--fault {text}: write REPORT=FAULT"))?;
    let names = |all: &mut dyn Iterator<Item = &'static str>| all.collect::<Vec<_>>().join(", ");
    let Some(found) = Fault::named(fault) else {
        bail!(
            "--fault {text}: there is no fault {fault}; there are {}",
            names(&mut Fault::ALL.iter().map(|one| one.name()))
        );
    };
    if report == "all" {
        return Ok(FaultRule::new(found));
    }
    if reports::named(report).is_none() {
        bail!(
            "--fault {text}: there is no report {report}; there are all, {}",
            names(&mut reports::ALL.iter().map(|one| one.name))
        );
    }
    Ok(FaultRule::new(found).of_report(report))
}

fn how_to_ask(url: &str, profiles: &[Profile]) -> String {
    let mut text = format!("A simulated wolkvox answers at {url}. For example:\n\n");
    for profile in profiles {
        let (name, token, zone) = (&profile.name, token(profile), profile.timezone.iana_name().unwrap_or("UTC"));
        let _ = writeln!(
            text,
            "  # {name}, {zone}, {} licences\n  curl -H 'wolkvox-token: {token}' '{url}/api/v2/real_time.php?api=skills&skill_id=all'",
            profile.licences
        );
    }
    let _ = writeln!(
        text,
        "\nFaults on request:  curl -X PUT '{url}/-/faults?report=skills&fault=maintenance'\n\
         All of them:        curl '{url}/-/faults'\n\
         What was asked:     curl '{url}/-/requests'\n"
    );
    text
}
