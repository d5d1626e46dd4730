//! `demo`: the same exporter, over real HTTP, against simulated contact centres: no account, no configuration.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use super::{serve, simulate};
use crate::cli::Arguments;
use crate::clock::Clock;
use crate::config::{Base, Config, Operation, Poll, ServiceLevel, Switches};
use crate::report::Urgency;
use crate::reports;
use crate::simulator::Simulator;
use crate::tasks::Tasks;
use crate::terms::{AgentNames, Terms};
use crate::token::{Token, TokenSource};
use crate::web;
use crate::world::Profile;

/// Enough for intervals at which a person sees something happen.
const LICENCES: u32 = 40;

/// Series of a report; the demonstration has a few hundred.
const SERIES_PER_REPORT: usize = 50_000;

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let profiles = profiles();
    let simulator = simulator(&profiles, &Clock::System);
    let listener = web::bind(("127.0.0.1", 0))?;
    let url = web::url(listener.local_addr()?);
    info!(url, operations = profiles.len(), "simulating wolkvox for the demonstration");
    let mut tasks = Tasks::new();
    tasks.spawn("simulated wolkvox", web::serve(listener, simulator.router(), tasks.shutdown()));
    let config = config(&profiles, &url, &arguments.switches)?;
    serve::run_with(tasks, arguments, config, Clock::System).await
}

/// The contact centres of the demonstration.
#[must_use]
pub fn profiles() -> Vec<Profile> {
    simulate::profiles(None).into_iter().map(|profile| Profile { licences: LICENCES, ..profile }).collect()
}

/// A simulated wolkvox that serves these contact centres by this clock.
#[must_use]
pub fn simulator(profiles: &[Profile], clock: &Clock) -> Simulator {
    simulate::simulator(profiles, clock)
}

/// What an operator of these contact centres would configure, with wolkvox at this address.
///
/// # Errors
///
/// Fails where a contact centre has a name that no token can be made of.
pub fn config(profiles: &[Profile], url: &str, switches: &Switches) -> anyhow::Result<Config> {
    let operations = profiles.iter().map(|profile| operation(profile, url, switches)).collect::<Result<_, _>>()?;
    Ok(Config { operations, series_per_report: SERIES_PER_REPORT })
}

fn operation(profile: &Profile, url: &str, switches: &Switches) -> anyhow::Result<Operation> {
    let service_level = ServiceLevel { target: 0.8, threshold: 20, base: Base::Auto };
    let names = AgentNames::Pseudonym { salt: profile.name.clone() };
    let wanted = reports::ALL.iter().filter(|report| switches.get(report).unwrap_or(true));
    Ok(Operation {
        name: profile.name.clone(),
        server: "simulated".to_owned(),
        base_url: url.to_owned(),
        token: TokenSource::Held(Token::new(&simulate::token(profile))?),
        timezone: profile.timezone.clone(),
        timezone_name: profile.timezone.iana_name().unwrap_or("UTC").to_owned(),
        licenses: Some(profile.licences),
        quota_share: 0.8,
        open_hours: None,
        terms: Arc::new(Terms::new(None, names, service_level.threshold)),
        service_level,
        settling: Duration::from_mins(20),
        births: Duration::from_mins(1),
        polls: wanted.map(|report| Poll { report, interval: interval(report.urgency) }).collect(),
    })
}

/// Quicker than for a real contact centre, but within the quota as any plan.
const fn interval(urgency: Urgency) -> Duration {
    match urgency {
        Urgency::Live => Duration::from_secs(5),
        Urgency::Day => Duration::from_secs(30),
        Urgency::Service => Duration::from_mins(1),
    }
}
