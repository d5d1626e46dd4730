//! How large the state of a large operation is.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use tokio::time::Instant;

use super::resume::Moments;
use super::slot::Slot;
use crate::config::{Base, Operation, Poll, ServiceLevel};
use crate::report::{Ask, Window};
use crate::reports;
use crate::samples::Samples;
use crate::storage::Storage;
use crate::terms::{AgentNames, Terms};
use crate::token::{Token, TokenSource};

/// What is held of the state of a report of as many series.
const SERIES: usize = 100_000;
const MOST_BYTES: u64 = 4_000_000;

fn operation() -> Operation {
    Operation {
        name: "acme".to_owned(),
        server: "0013".to_owned(),
        base_url: "https://wv0013.wolkvox.com".to_owned(),
        token: TokenSource::Held(Token::new("token").unwrap()),
        timezone_name: "UTC".to_owned(),
        timezone: jiff::tz::TimeZone::UTC,
        licenses: None,
        quota_share: 0.8,
        open_hours: None,
        service_level: ServiceLevel { target: 0.8, threshold: 20, base: Base::Auto },
        settling: Duration::from_mins(20),
        births: Duration::from_mins(1),
        polls: Vec::new(),
        terms: Terms::new(None, AgentNames::Pseudonym { salt: "acme".to_owned() }, 20).into(),
    }
}

/// The size of a report's file after these rows, and how many series they make.
fn stored(report: &str, rows: impl Iterator<Item = serde_json::Value>) -> (u64, usize) {
    let (operation, report) = (operation(), reports::named(report).unwrap());
    let mut slot = Slot::new(&Poll { report, interval: report.interval }, &operation);
    let day = date(2026, 6, 5);
    let window = Window { from: day.at(0, 0, 0, 0), to: day.at(17, 0, 0, 0) };
    let mut facts = (report.begin)();
    let ask = Ask { window, terms: Arc::clone(&operation.terms) };
    for row in rows {
        let absorbed = facts.absorb(&row.to_string(), &ask).unwrap();
        assert_eq!(absorbed.rejection, None, "{row}");
    }
    let mut samples = Samples::of(report.families, SERIES);
    facts.measure(&operation.terms, &mut samples);
    let now = Instant::now();
    slot.enter(day, &mut samples, now);
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let at = Moments { now, wall: day.at(17, 0, 1, 0).in_tz("UTC").unwrap().timestamp() };
    storage.keep_report("acme", report.name, &slot.saved(&samples, &operation, at));
    let file = folder.path().join(format!("acme.{}.state", report.name));
    (file.metadata().unwrap().len(), samples.series())
}

fn clock(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[tokio::test]
async fn the_state_of_a_hundred_thousand_series_is_small() {
    let mut chance = fastrand::Rng::with_seed(7);
    let agents = (0..7_000).map(|agent| {
        let mut row = serde_json::json!({
            "hour": "08:00",
            "agent_id": (10_000 + agent).to_string(),
            "agent_name": format!("AGENT {agent}"),
            "aht": clock(chance.u32(60..600)),
            "occupancy": format!("{}.{:02} %", chance.u32(40..95), chance.u32(..100)),
        });
        for state in ["ready", "inbound", "outbound", "acw", "ring", "login", "aux"] {
            row[format!("{state}_time")] = clock(chance.u32(1..20_000)).into();
        }
        for direction in ["inbound", "outbound", "internal"] {
            row[format!("calls_{direction}")] = chance.u32(1..90).to_string().into();
        }
        row
    });
    let interactions = (0..1_000).flat_map(|agent| {
        (0..100).map(move |code| {
            let count = (agent * 7 + code * 3) % 40 + 1;
            serde_json::json!({
                "agent_name": format!("AGENT {agent}"),
                "cod_act": format!("CODE {code}"),
                "interactions": count.to_string(),
            })
        })
    });
    let told =
        [("agents", stored("agents", agents)), ("closed_interactions", stored("closed_interactions", interactions))];
    for (report, (bytes, series)) in told {
        println!("{report}: {bytes} bytes for {series} series");
        assert!(series > SERIES - 10, "{report}: {series} series");
        assert!(bytes < MOST_BYTES, "{report}: {bytes} bytes");
    }
}
