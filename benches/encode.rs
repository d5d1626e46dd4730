//! From what a report knows to what is served: samples, the ledger, pages, the text, its gzip; beside `TextEncoder` over families that
//! are held ready, which is the least that the library of the same name needs.
//!
//! Figures are for all pages together; items are series.

#![expect(clippy::expect_used, reason = "a bench that cannot go on stops, as a test does")]

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use divan::{Bencher, black_box, counter::ItemsCount};
use jiff::civil::date;
use prometheus::proto::MetricFamily;
use prometheus::{Encoder as _, GaugeVec, Opts, Registry, TextEncoder};
use tokio::time::Instant;
use wolkvox_exporter::board::{Board, Exposition, Page, Segment, Subject};
use wolkvox_exporter::format::Format;
use wolkvox_exporter::ledger::{Beginning, Ledger};
use wolkvox_exporter::report::{Ask, Folding, Listing, Window};
use wolkvox_exporter::reports;
use wolkvox_exporter::samples::Samples;
use wolkvox_exporter::terms::{AgentNames, Terms};
use yardstick::answers::{self, Edition, Shape};

/// Operations, each with a page of this many agents.
const OPERATIONS: usize = 10;
const AGENTS: u32 = 100;

fn main() {
    divan::main();
}

fn terms() -> Terms {
    Terms::new(None, AgentNames::Show, 20)
}

fn agents() -> (usize, &'static Listing) {
    let found = reports::ALL.iter().enumerate().find(|(_, report)| report.name == "agents");
    found.expect("there is such a report")
}

/// The facts of an answer of a hundred agents; in the next generation others have come in place of some.
fn facts_of(generation: u32) -> Box<dyn Folding> {
    let shape = Shape { agents: AGENTS, pool: 2 * AGENTS, skills: 0, calls: 0 };
    let text = answers::agents(shape, Edition { day: "2026-06-05", seed: 1, generation });
    let answer: serde_json::Value = serde_json::from_str(&text).expect("an answer is JSON");
    let (from, to) = (date(2026, 6, 5).at(0, 0, 0, 0), date(2026, 6, 5).at(23, 59, 59, 0));
    let ask = Ask { window: Window { from, to }, terms: Arc::new(terms()) };
    let mut facts = (agents().1.begin)();
    for row in answer["data"].as_array().expect("of rows") {
        facts.absorb(&row.to_string(), &ask).expect("which are JSON");
    }
    facts
}

fn facts() -> &'static dyn Folding {
    static FACTS: OnceLock<Box<dyn Folding>> = OnceLock::new();
    FACTS.get_or_init(|| facts_of(0)).as_ref()
}

fn samples() -> Samples {
    samples_of(facts())
}

fn samples_of(facts: &dyn Folding) -> Samples {
    let mut samples = Samples::of(agents().1.families, usize::MAX);
    facts.measure(&terms(), &mut samples);
    samples
}

fn knowing_ledger() -> Ledger {
    let mut ledger = Ledger::new(Beginning::AtMidnight, Duration::from_mins(1));
    ledger.enter(date(2026, 6, 5), &mut samples(), Instant::now(), |_, _, _| {});
    ledger
}

fn page(operation: usize, samples: &Samples) -> Page {
    Page::of(samples, &["operation"], &[&format!("operation-{operation:02}")])
}

fn board() -> Arc<Board> {
    let (board, samples) = (Arc::new(Board::default()), samples());
    for operation in 0..OPERATIONS {
        drop(board.publish(Subject::Report(agents().0), (operation, 0), page(operation, &samples), None));
    }
    board
}

fn exposition() -> Arc<Exposition> {
    board().exposition(Instant::now())
}

fn all_series() -> ItemsCount {
    ItemsCount::new(OPERATIONS * samples().series())
}

/// Facts become samples.
#[divan::bench]
fn measure(bencher: Bencher<'_, '_>) {
    bencher.counter(all_series()).bench(|| {
        for _ in 0..OPERATIONS {
            black_box(samples());
        }
    });
}

/// Samples are entered in a ledger that knows them from the answer before.
#[divan::bench]
fn ledger(bencher: Bencher<'_, '_>) {
    let (now, day, mut ledger) = (Instant::now(), date(2026, 6, 5), knowing_ledger());
    bencher.counter(all_series()).with_inputs(|| [(); OPERATIONS].map(|()| samples())).bench_local_values(|mut all| {
        for samples in &mut all {
            ledger.enter(day, samples, now, |_, _, _| {});
        }
        all
    });
}

/// The same, where some agents have come since then, and others have gone.
#[divan::bench]
fn ledger_of_others(bencher: Bencher<'_, '_>) {
    let (mut now, day, mut ledger) = (Instant::now(), date(2026, 6, 5), knowing_ledger());
    let facts: Vec<_> = (0..u32::try_from(OPERATIONS).expect("few")).map(facts_of).collect();
    let all = || facts.iter().map(|facts| samples_of(facts.as_ref())).collect::<Vec<_>>();
    bencher.counter(all_series()).with_inputs(all).bench_local_values(|mut all| {
        for samples in &mut all {
            now += agents().1.interval;
            ledger.enter(day, samples, now, |_, _, _| {});
        }
        all
    });
}

/// Samples become pages.
#[divan::bench]
fn pages(bencher: Bencher<'_, '_>) {
    let samples = samples();
    bencher.counter(all_series()).bench(|| {
        for operation in 0..OPERATIONS {
            black_box(page(operation, &samples));
        }
    });
}

/// All of these: facts become pages.
#[divan::bench]
fn facts_to_pages(bencher: Bencher<'_, '_>) {
    let (now, day, mut ledger) = (Instant::now(), date(2026, 6, 5), knowing_ledger());
    bencher.counter(all_series()).bench_local(|| {
        for operation in 0..OPERATIONS {
            let mut samples = samples();
            ledger.enter(day, &mut samples, now, |_, _, _| {});
            black_box(page(operation, &samples));
        }
    });
}

/// Pages become the text of an exposition.
#[divan::bench]
fn text(bencher: Bencher<'_, '_>) {
    bencher.counter(all_series()).with_inputs(exposition).bench_values(|made| made.plain(Format::Text).len());
}

/// Pages become the text of the other format.
#[divan::bench]
fn openmetrics(bencher: Bencher<'_, '_>) {
    bencher.counter(all_series()).with_inputs(exposition).bench_values(|made| made.plain(Format::OpenMetrics).len());
}

/// One of ten pages changes, and the text is packed again, as a Prometheus asks for it.
#[divan::bench]
fn gzip_after_one_change(bencher: Bencher<'_, '_>) {
    let (board, samples) = (board(), samples());
    board.exposition(Instant::now()).make((Format::OpenMetrics, true));
    bencher.counter(all_series()).with_inputs(|| page(3, &samples)).bench_local_values(|page| {
        drop(board.publish(Subject::Report(agents().0), (3, 0), page, None));
        board.exposition(Instant::now()).make((Format::OpenMetrics, true));
    });
}

/// Pages become packed text, as a Prometheus asks for it.
#[divan::bench]
fn gzip(bencher: Bencher<'_, '_>) {
    let end = Segment::of(b"# EOF\n");
    bencher
        .counter(all_series())
        .with_inputs(exposition)
        .bench_values(|made| made.packed(Format::OpenMetrics).closed_with(&end).collect::<Vec<_>>());
}

/// Families that are held ready become text by way of the library.
#[divan::bench]
fn text_encoder(bencher: Bencher<'_, '_>) {
    let families = families();
    bencher.counter(all_series()).bench(|| encoded(&families));
}

/// Vectors are gathered and become text, which is what happens at each scrape where nothing is kept.
#[divan::bench]
fn vectors(bencher: Bencher<'_, '_>) {
    let registry = registry();
    bencher.counter(all_series()).bench(|| encoded(&registry.gather()));
}

fn encoded(families: &[MetricFamily]) -> Vec<u8> {
    let mut text = Vec::new();
    TextEncoder::new().encode(families, &mut text).expect("families are right");
    text
}

fn families() -> Vec<MetricFamily> {
    registry().gather()
}

/// The same series as vectors.
fn registry() -> Registry {
    let registry = Registry::new();
    for sheet in samples().sheets() {
        let family = sheet.family();
        let names: Vec<&str> = ["operation"].into_iter().chain(family.labels().iter().copied()).collect();
        let vector = GaugeVec::new(Opts::new(family.name(), family.help()), &names).expect("names are right");
        registry.register(Box::new(vector.clone())).expect("and differ");
        for operation in 0..OPERATIONS {
            let operation = format!("operation-{operation:02}");
            for (labels, _) in sheet.samples() {
                let values =
                    labels.split("\",").filter_map(|pair| Some(pair.trim_end_matches('"').split_once("=\"")?.1));
                let values: Vec<&str> = [operation.as_str()].into_iter().chain(values).collect();
                vector.with_label_values(&values).set(1234.5);
            }
        }
    }
    registry
}
