//! Operations over simulated contact centres, as the tests that play whole days configure them.

use std::sync::Arc;
use std::time::Duration;

use super::{Base, Operation, Poll, ServiceLevel};
use crate::reports;
use crate::terms::{AgentNames, Terms};
use crate::token::{Token, TokenSource};
use crate::world::Profile;

/// An operation over a simulated contact centre, known by its name as the token, with every report at its own pace.
pub(crate) fn simulated(profile: &Profile) -> Operation {
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
