//! From the bytes of an answer to the facts of a report, by the way that answers go (but for the network); beside
//! `serde_json::Value` of the whole, which is the simplest way, and structs of borrowed fields, which is the quickest
//! of the simple ones.
//!
//! Items are rows; allocations are of one answer.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops, as a test does")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use divan::{AllocProfiler, Bencher, black_box, counter::BytesCount, counter::ItemsCount};
use futures_util::stream;
use jiff::civil::date;
use serde::Deserialize;
use tokio::runtime::Runtime;
use wolkvox_exporter::report::{Ask, Listing, Window};
use wolkvox_exporter::reports;
use wolkvox_exporter::samples::Samples;
use wolkvox_exporter::terms::{AgentNames, Terms};
use wolkvox_exporter::token::Token;
use wolkvox_exporter::upstream::{Answered, Transport, Upstream};
use yardstick::answers::{self, Edition, Shape};
use yardstick::calls::{Blocks, Calls, Spelling};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// What arrives at once.
const PIECE: usize = 32 << 10;

const SHAPE: Shape = Shape { agents: 100, pool: 100, skills: 100, calls: 5_000 };

fn main() {
    divan::main();
}

/// A report, and an answer of it.
fn answer(name: &str) -> (&'static Listing, Bytes) {
    let edition = Edition { day: "2026-06-05", seed: 1, generation: 0 };
    let text = match name {
        "skills" => answers::skills(SHAPE, edition).into(),
        "agents" => answers::agents(SHAPE, edition).into(),
        "call_durations" => answers::call_durations(edition).into(),
        "ivr_calls" => Calls::of_rows(Blocks::new(1, Spelling::Indented), SHAPE.calls).text().into(),
        "closed_interactions" => answers::closed_interactions(SHAPE, edition).into(),
        _ => answers::quota(edition).into(),
    };
    (reports::named(name).expect("there is such a report"), text)
}

/// A wolkvox in this process that knows one answer.
fn upstream(text: &Bytes) -> Upstream {
    let pieces: Vec<Result<Bytes, Infallible>> = text.chunks(PIECE).map(|piece| Ok(text.slice_ref(piece))).collect();
    let send = async move || Body::from_stream(stream::iter(pieces.clone()));
    Upstream::new(Transport::Router(Router::new().route("/api/v2/{file}", get(send))), "http://wolkvox.test")
}

/// Asks once, and answers how many rows there were and how many series they make.
fn fold(runtime: &Runtime, upstream: &Upstream, report: &Listing) -> (u64, usize) {
    let token = Token::new("bench").expect("a token");
    let terms = Arc::new(Terms::new(None, AgentNames::Show, 20));
    let (from, to) = (date(2026, 6, 5).at(0, 0, 0, 0), date(2026, 6, 5).at(23, 59, 59, 0));
    let ask = Ask { window: Window { from, to }, terms: Arc::clone(&terms) };
    let (reply, facts) = runtime.block_on(upstream.ask(&token, report, ask, (report.begin)()));
    assert!(matches!(reply.outcome, Ok(Answered::Data)), "{:?}", reply.outcome);
    assert_eq!(reply.tally.rejected.iter().sum::<u64>(), 0);
    let mut samples = Samples::of(report.families, usize::MAX);
    facts.measure(&terms, &mut samples);
    (reply.tally.rows, samples.series())
}

/// The exporter's own way, up to samples.
#[divan::bench(args = ["skills", "agents", "call_durations", "ivr_calls", "closed_interactions", "quota"])]
fn exporter(bencher: Bencher<'_, '_>, name: &str) {
    let (report, text) = answer(name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let upstream = upstream(&text);
    let (rows, _) = fold(&runtime, &upstream, report);
    let counted = bencher.counter(BytesCount::new(text.len())).counter(ItemsCount::new(rows));
    counted.bench_local(|| fold(&runtime, &upstream, report));
}

/// The whole answer as values.
#[divan::bench(args = ["agents", "ivr_calls"])]
fn value(bencher: Bencher<'_, '_>, name: &str) {
    let (_, text) = answer(name);
    bencher.counter(BytesCount::new(text.len())).bench(|| serde_json::from_slice::<serde_json::Value>(&text));
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Vec<Call<'a>>,
}

/// A call as far as metrics need it.
#[derive(Deserialize)]
struct Call<'a> {
    conn_id: &'a str,
    time_on_rp: &'a str,
    rp_id: &'a str,
    time_on_skill: &'a str,
    skill_id: &'a str,
    skill_result: &'a str,
    time_with_agent: &'a str,
    #[serde(rename = "Total_time ")]
    total_time: &'a str,
}

/// The whole answer in structs, folded.
#[divan::bench]
fn borrowed(bencher: Bencher<'_, '_>) {
    let (_, text) = answer("ivr_calls");
    bencher.counter(BytesCount::new(text.len())).bench(|| {
        let answer: Answer<'_> = serde_json::from_slice(&text).expect("an answer is JSON");
        let mut folded: HashMap<(&str, &str, &str), usize> = HashMap::new();
        for call in &answer.data {
            black_box((call.conn_id, call.time_on_rp, call.time_on_skill, call.time_with_agent, call.total_time));
            *folded.entry((call.rp_id, call.skill_id, call.skill_result)).or_default() += 1;
        }
        folded.len()
    });
}
