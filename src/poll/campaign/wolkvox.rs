//! The wolkvox that the campaign's exporters meet: the simulated one, which also changes its mind. Codes come hours late,
//! an agent gets another name at noon, rows vanish and return, totals are lowered, and skills begin anew when they like.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::account::Account;
use super::happened::Happened;
use super::queues::Queues;
use super::reading::{self, Totals, field, tidy};
use crate::clock::Clock;
use crate::report::{Asked, Listing, Span, Usage};
use crate::reports;
use crate::simulator::Fault;
use crate::world::{Period, ServiceLevelBase, World};

/// How long after an e-mail was closed its code comes, of those whose code comes late.
const CODE_AFTER: SignedDuration = SignedDuration::from_hours(2);

/// One operation's wolkvox.
pub(super) struct Wolkvox {
    pub(super) world: Arc<World>,
    clock: Clock,
    /// When it sets the counts of its skills back.
    reset: Time,
    /// What its levels are shares of.
    base: ServiceLevelBase,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// While it is not 0: answers leave rows out and tell lower totals, at random by this seed.
    pub(super) mood: u64,
    /// How it answers a report, or all, if not rightly.
    pub(super) fault: Option<(Fault, Option<&'static str>)>,
    /// Whether somebody waits for an answer.
    pub(super) is_asked: bool,
    pub(super) happened: Happened,
    pub(super) account: Account,
    /// Each call of a day as it was told last, by its id.
    calls: BTreeMap<Date, BTreeMap<String, Value>>,
    /// What was answered last to each report, and what was told with that.
    last: BTreeMap<usize, Last>,
}

struct Last {
    /// What the simulated contact centre answered to which question; what was made of it goes by these alone.
    question: (Date, u64, bool, Bytes),
    answer: Bytes,
    totals: Arc<Totals>,
}

impl Wolkvox {
    pub(super) fn new(world: Arc<World>, clock: Clock, reset: Time, base: ServiceLevelBase) -> Self {
        Self { world, clock, reset, base, state: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self) -> &str {
        &self.world.profile().name
    }

    /// Its HTTP face over the simulated one.
    pub(super) fn face(self: &Arc<Self>, simulated: Router) -> Router {
        let wolkvox = Arc::clone(self);
        simulated.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
            let wolkvox = Arc::clone(&wolkvox);
            async move {
                let (report, period) = wolkvox.question(request.uri());
                wolkvox.asked(report);
                let response = next.run(request).await;
                wolkvox.state().is_asked = false;
                let is_nothing = response.status() == http::StatusCode::NOT_FOUND;
                if !response.status().is_success() && !is_nothing {
                    return response;
                }
                let (head, body) = response.into_parts();
                let (body, broken) = read(body).await;
                let told = if broken.is_some() { None } else { wolkvox.tell(report, &period, &body, is_nothing) };
                let pieces = [Ok(told.unwrap_or(body))].into_iter().chain(broken.map(Err));
                Response::from_parts(head, Body::from_stream(futures_util::stream::iter(pieces)))
            }
        }))
    }

    /// Somebody asks for a report.
    fn asked(&self, report: usize) {
        let hour = self.world.local(self.clock.now()).hour();
        let mut state = self.state();
        state.account.enter();
        state.is_asked = true;
        let name = reports::ALL[report].name;
        if let Some((fault, of)) = state.fault.filter(|(_, of)| of.is_none_or(|of| of == name)) {
            state.happened.fault(fault, of.is_none() && hour < 4);
        }
    }

    /// Which report is asked for, and which stretch of time.
    fn question(&self, uri: &http::Uri) -> (usize, Period) {
        let query: BTreeMap<&str, &str> =
            uri.query().unwrap().split('&').filter_map(|pair| pair.split_once('=')).collect();
        let is_asked =
            |report: &Listing| uri.path().ends_with(report.endpoint.file) && query["api"] == report.endpoint.api;
        let report = reports::ALL.iter().position(is_asked).unwrap();
        let moment = |name: &str| query.get(name).map(|text| DateTime::strptime("%Y%m%d%H%M%S", text).unwrap());
        let period = moment("date_ini").zip(moment("date_end")).map(|(from, to)| from..=to);
        (report, period.unwrap_or_else(|| self.world.today(self.clock.now())))
    }

    /// Changes a right answer into what is told, and writes that down. Nothing where it is no answer.
    fn tell(&self, position: usize, period: &Period, body: &Bytes, is_nothing: bool) -> Option<Bytes> {
        let report = &reports::ALL[position];
        let now = self.clock.now();
        let mut state = self.state();
        if report.name == "skills" {
            return self.tell_skills(&mut state, position, body, now);
        }
        let day = period.end().date();
        if is_nothing {
            // A window of a day without calls says nothing of the others.
            if *period.start() == day.at(0, 0, 0, 0) {
                state.calls.remove(&day);
            }
            state.account.tell(position, day, Arc::default());
            return None;
        }
        let question = (day, state.mood, self.is_renamed(day, now), body.clone());
        // Windows and codes to come are told anew each time.
        let last = state.last.get(&position).filter(|last| last.question == question);
        if let Some((answer, totals)) = last.map(|last| (last.answer.clone(), Arc::clone(&last.totals))) {
            state.account.tell(position, day, totals);
            return Some(answer);
        }
        let mut answer: Value = serde_json::from_slice(body).ok()?;
        let data = reading::data(&mut answer)?;
        if data.as_array().is_some_and(|rows| !rows.iter().all(Value::is_object)) {
            return None;
        }
        let mood = state.mood;
        let is_waiting = self.alter(report, period, now, mood, data, &mut state.happened);
        // What is certainly unchanged goes on as it came.
        let is_its_own = report.name == "agents" && state.mood == 0 && !question.2;
        let sent = if is_its_own { body.clone() } else { Bytes::from(answer.to_string()) };
        let told = reading::data(&mut answer)?.take();
        let totals = if report.span == Span::Rows {
            let Value::Array(rows) = told else { return None };
            state.calls.retain(|told, _| *told >= day);
            let calls = state.calls.entry(day).or_default();
            if *period.start() == day.at(0, 0, 0, 0) {
                calls.clear();
            }
            calls.extend(rows.into_iter().filter(Value::is_object).map(|row| (field(&row, "conn_id").to_owned(), row)));
            reading::totals_of_calls(self.name(), calls.values())
        } else {
            reading::totals(report.name, self.name(), &told)
        };
        let totals = Arc::new(totals);
        state.account.tell(position, day, Arc::clone(&totals));
        state.last.remove(&position);
        if !is_waiting && report.span != Span::Rows {
            state.last.insert(position, Last { question, answer: sent.clone(), totals });
        }
        Some(sent)
    }

    fn tell_skills(&self, state: &mut State, position: usize, body: &Bytes, now: Timestamp) -> Option<Bytes> {
        let mut answer: Value = serde_json::from_slice(body).ok()?;
        let data = reading::data(&mut answer).filter(|data| data[0].is_object())?;
        let mut queues = Queues::at(&self.world, now, self.reset);
        if state.mood != 0 {
            let [corrected, left_out] = queues.worsen(|id| luck(state.mood, id));
            state.happened.times("a skill's counts are lowered", corrected);
            state.happened.times("a skill vanishes", left_out);
        }
        *data = queues.rows(self.base);
        state.account.tell(position, queues.since, Arc::new(queues.totals(self.name())));
        Some(Bytes::from(answer.to_string()))
    }

    /// What is told of a day once all has been told.
    pub(super) fn whole_day(&self, position: usize, day: Date) -> Totals {
        let report = &reports::ALL[position];
        if report.name == "skills" {
            return Queues::end(&self.world, day, self.reset).totals(self.name());
        }
        let period = day.at(0, 0, 0, 0)..=day.at(23, 59, 59, 0);
        let end = period.end().to_zoned(self.world.profile().timezone.clone()).unwrap().timestamp();
        let asked = Asked {
            now: end,
            period: Some(period.clone()),
            skill_id: None,
            services_time: None,
            usage: Usage::default(),
        };
        let mut data = (report.simulate)(&self.world, &asked);
        let is_waiting = self.alter(report, &period, end, 0, &mut data, &mut Happened::default());
        assert!(!is_waiting, "a code of {day} comes too late for its day");
        reading::totals(report.name, self.name(), &data)
    }

    /// Changes rows as this wolkvox does; answers whether something of them is still to come.
    fn alter(
        &self,
        report: &Listing,
        period: &Period,
        now: Timestamp,
        mood: u64,
        data: &mut Value,
        happened: &mut Happened,
    ) -> bool {
        let day = period.end().date();
        let mut is_waiting = false;
        if let Some(rows) = data.as_array_mut() {
            match report.name {
                "ivr_calls" => rows.iter_mut().for_each(|row| is_waiting |= hide_code(row, now)),
                "closed_interactions" => is_waiting = self.hide_codes(rows, period, now),
                _ => {}
            }
            if self.is_renamed(day, now) {
                let name = self.renamed(day);
                for row in rows.iter_mut().filter(|row| field(row, "agent_name") == name) {
                    row["agent_name"] = format!("{name} DE ARMAS").into();
                    happened.times("an agent gets another name", 1);
                }
            }
            if mood != 0 {
                let before = rows.len();
                rows.retain(|row| luck(mood, &key(row)) != 0);
                let vanishes = if report.name == "agents" { "an agent vanishes" } else { "rows vanish" };
                happened.times(vanishes, before - rows.len());
                let lowered = rows.iter_mut().filter(|row| luck(mood, &key(row)) <= 3).map(lower);
                happened.times("a total is lowered", lowered.filter(|is_lower| *is_lower).count());
            }
        } else if let Some(intervals) = data.as_object_mut().filter(|_| mood % 3 == 1) {
            let lowered = intervals.values_mut().map(lower);
            happened.times("a total of lengths is lowered", lowered.filter(|is_lower| *is_lower).count());
        }
        happened.times("a code is still to come", usize::from(is_waiting));
        is_waiting
    }

    /// Who gets another name on this day.
    fn renamed(&self, day: Date) -> &str {
        let agents = self.world.agents();
        let position = usize::try_from(day.day()).unwrap() % agents.len();
        &agents[position].name
    }

    /// Whether somebody got another name today, at noon.
    fn is_renamed(&self, day: Date, now: Timestamp) -> bool {
        let local = self.world.local(now);
        day.day() % 2 == 0 && local >= day.at(12, 0, 0, 0)
    }

    /// Tells e-mails of some agents and codes without their codes at first.
    fn hide_codes(&self, rows: &mut Vec<Value>, period: &Period, now: Timestamp) -> bool {
        let coded = self.world.closed_interactions(period, now - CODE_AFTER);
        let mut hidden: BTreeMap<String, u64> = BTreeMap::new();
        for row in rows.iter_mut() {
            let (name, code) = (field(row, "agent_name").to_owned(), field(row, "cod_act").to_owned());
            if code.is_empty() || luck(7, &format!("{name}{code}")) > 3 {
                continue;
            }
            let is_its =
                |told: &&crate::world::ClosedInteractions<'_>| told.agent.name == name && told.code.code == code;
            let coded: u64 = coded.iter().filter(is_its).map(|told| told.interactions).sum();
            let told: u64 = field(row, "Interactions").parse().unwrap();
            row["Interactions"] = coded.min(told).to_string().into();
            *hidden.entry(name).or_default() += told.saturating_sub(coded);
        }
        hidden.retain(|_, hidden| *hidden > 0);
        let is_waiting = !hidden.is_empty();
        for row in rows.iter_mut().filter(|row| field(row, "cod_act").is_empty()) {
            let more = hidden.remove(field(row, "agent_name")).unwrap_or_default();
            let told: u64 = field(row, "Interactions").parse().unwrap();
            row["Interactions"] = (told + more).to_string().into();
        }
        rows.retain(|row| field(row, "Interactions") != "0");
        rows.extend(hidden.into_iter().map(
            |(name, hidden)| json!({ "Interactions": hidden.to_string(), "agent_name": name, "cod_act": "", "description_cod_act ": "" }),
        ));
        is_waiting
    }
}

/// Takes a call's code away while it has not come yet; answers whether it has not.
fn hide_code(row: &mut Value, now: Timestamp) -> bool {
    let id = field(row, "conn_id");
    let luck = luck(11, id);
    if luck > 3 || field(row, "cod_act") == "-" {
        return false;
    }
    let began = id.split('.').next().unwrap().parse().unwrap();
    let hours = SignedDuration::from_hours(i64::from(luck.clamp(1, 3)));
    let is_waiting = now < Timestamp::from_second(began).unwrap() + hours;
    if is_waiting {
        (row["cod_act"], row["cod_act_2"]) = ("-".into(), "-".into());
    }
    is_waiting
}

/// Lowers counts that are not small; answers whether any was.
fn lower(row: &mut Value) -> bool {
    let mut is_lower = false;
    for name in ["calls_inbound", "Interactions", "calls"] {
        let count = row.get(name).and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok());
        if let Some(count) = count.filter(|count| *count > 3) {
            row[name] = (count - 1).to_string().into();
            is_lower = true;
        }
    }
    is_lower
}

/// Whom a row is about.
fn key(row: &Value) -> String {
    ["conn_id", "agent_id"]
        .iter()
        .map(|name| field(row, name))
        .find(|id| !id.is_empty() && *id != "-")
        .map_or_else(|| tidy(field(row, "agent_name")), str::to_owned)
}

/// A number from 0 to 9 that is the same for the same key in the same mood.
fn luck(mood: u64, key: &str) -> u8 {
    fastrand::Rng::with_seed(key.bytes().fold(mood, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())))
        .u8(..10)
}

/// A body, and what broke it off if it did not end.
async fn read(mut body: Body) -> (Bytes, Option<axum::Error>) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) => return (bytes.into(), Some(error)),
        }
    }
    (bytes.into(), None)
}
