//! One report of one operation, in virtual time: exporters that come and go over the same saved state, before a wolkvox
//! that tells what the test lets it tell.

mod damage;
mod outages;
mod privacy;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Poller, Surroundings};
use crate::board::Board;
use crate::clock::Clock;
use crate::config::{Base, Operation, Poll, ServiceLevel};
use crate::lane::Gates;
use crate::reports;
use crate::storage::Storage;
use crate::tasks::Tasks;
use crate::terms::{AgentNames, Terms};
use crate::token::{Token, TokenSource};
use crate::upstream::{Transport, Upstream};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What wolkvox was asked for, and what it tells.
#[derive(Default)]
struct Told {
    /// Nothing where it does not answer.
    data: Option<Value>,
    /// The days asked for, in order.
    days: Vec<String>,
}

struct Scene {
    clock: Clock,
    operation: Operation,
    told: Arc<Mutex<Told>>,
    folder: TempDir,
    storage: Storage,
    running: Option<(Arc<Board>, Tasks)>,
}

impl Scene {
    /// An operation in Bogotá with one report, which nobody has asked for yet.
    fn at(start: &str, report: &str, interval: Duration) -> Self {
        let poll = Poll { report: reports::named(report).unwrap(), interval };
        let folder = TempDir::new().unwrap();
        let operation = Operation {
            name: "acme".to_owned(),
            server: "0013".to_owned(),
            base_url: "http://wolkvox.test".to_owned(),
            token: TokenSource::Held(Token::new("token").unwrap()),
            timezone_name: "America/Bogota".to_owned(),
            timezone: TimeZone::get("America/Bogota").unwrap(),
            licenses: None,
            quota_share: 0.8,
            open_hours: None,
            service_level: ServiceLevel { target: 0.8, threshold: 20, base: Base::Auto },
            settling: 20 * MINUTE,
            births: MINUTE,
            polls: vec![poll],
            terms: Terms::new(None, AgentNames::Show, 20).into(),
        };
        Self {
            clock: Clock::starting_at(start.parse().unwrap()),
            operation,
            told: Arc::default(),
            storage: Storage::open(folder.path()).unwrap(),
            folder,
            running: None,
        }
    }

    /// What wolkvox tells from now on.
    fn tells(&self, data: Value) {
        self.told.lock().unwrap().data = Some(data);
    }

    /// It does not answer from now on.
    fn fails(&self) {
        self.told.lock().unwrap().data = None;
    }

    /// The days that it was asked for since this was asked last.
    fn days(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap().days)
    }

    /// Starts an exporter, and lets it ask for what is due.
    async fn live(&mut self) {
        self.start();
        self.pass(2 * SECOND).await;
    }

    fn start(&mut self) {
        self.over(Router::new().fallback(answer).with_state(Arc::clone(&self.told)));
    }

    /// Starts an exporter before any other wolkvox.
    fn over(&mut self, router: Router) {
        let board = Arc::new(Board::default());
        let around = Surroundings {
            clock: self.clock.clone(),
            gates: Arc::new(Gates::default()),
            board: Arc::clone(&board),
            series_per_report: 1_000,
            storage: Some(self.storage.clone()),
        };
        let upstream = Upstream::new(Transport::Router(router), &self.operation.base_url);
        let token = self.operation.token.read().unwrap();
        let (poller, _) = Poller::new(Arc::new(self.operation.clone()), 0, token, upstream, around);
        let mut tasks = Tasks::new();
        tasks.spawn("poll", poller.run(tasks.shutdown()));
        self.running = Some((board, tasks));
    }

    fn die(&mut self) {
        self.running = None;
    }

    /// Ends the exporter, and begins another one at once.
    async fn live_again(&mut self) {
        self.die();
        self.live().await;
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn text(&self) -> String {
        let (board, _) = self.running.as_ref().unwrap();
        String::from_utf8(board.exposition(Instant::now()).text().clone()).unwrap()
    }

    /// The value of a family's series with these labels beside the operation.
    fn value(&self, family: &str, labels: &str) -> Option<f64> {
        let comma = if labels.is_empty() { "" } else { "," };
        let series = format!("{family}{{operation=\"acme\"{comma}{labels}}} ");
        let text = self.text();
        let line = text.lines().find(|line| line.starts_with(&series))?;
        line.rsplit_once(' ').unwrap().1.parse().ok()
    }

    /// The file of the report's state.
    fn state(&self) -> PathBuf {
        self.folder.path().join(format!("acme.{}.state", self.operation.polls[0].report.name))
    }

    fn storage_path(&self) -> &Path {
        self.folder.path()
    }
}

async fn answer(
    State(told): State<Arc<Mutex<Told>>>,
    Query(query): Query<std::collections::BTreeMap<String, String>>,
) -> Response {
    let mut told = told.lock().unwrap();
    told.days.push(query.get("date_end").map(|end| end[..8].to_owned()).unwrap_or_default());
    match &told.data {
        Some(data) => json!({ "code": "200", "data": data }).to_string().into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A row of the skills.
fn skill(inbound: u32) -> Value {
    json!([{ "skill_id": "7", "stat_inbound": inbound }])
}

/// A row of the agents: an hour of this day in which somebody took so many calls.
fn agent(day: &str, id: &str, calls: u32) -> Value {
    json!({ "date": day, "hour": "00:00", "agent_id": id, "agent_name": "ANA", "calls_inbound": calls })
}
