//! Whatever a wolkvox answers, packed or not and in pieces of any size: nothing panics, the size of the pieces makes no
//! difference, and what is served of it is a clean exposition without the token.
#![no_main]

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::get;
use exposition_checker::{Rules, assert_clean};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use wolkvox_exporter::board::{Board, Page, Subject};
use wolkvox_exporter::report::{Ask, Window};
use wolkvox_exporter::reports;
use wolkvox_exporter::samples::Samples;
use wolkvox_exporter::terms::{AgentNames, Terms};
use wolkvox_exporter::token::Token;
use wolkvox_exporter::upstream::{Transport, Upstream};

const TOKEN: &str = "a-token-that-nobody-may-see";

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

/// What becomes of an answer that arrives in pieces of this size: what was wrong with it, and what is served of it.
fn served(report: usize, body: &Bytes, is_packed: bool, piece: usize) -> (String, String) {
    let listing = &reports::ALL[report];
    let body = if is_packed {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(body).expect("memory takes all");
        Bytes::from(packer.finish().expect("memory takes all"))
    } else {
        body.clone()
    };
    let pieces: Vec<Result<Bytes, Infallible>> = body.chunks(piece).map(|piece| Ok(body.slice_ref(piece))).collect();
    let headers: HeaderMap =
        is_packed.then(|| (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))).into_iter().collect();
    let send = async move || (headers.clone(), Body::from_stream(stream::iter(pieces.clone())));
    let router = Router::new().route("/api/v2/{file}", get(send));
    let upstream = Upstream::new(Transport::Router(router), "http://wolkvox.test");
    let terms = Arc::new(Terms::new(None, AgentNames::Pseudonym { salt: "acme".to_owned() }, 20));
    let (from, to) = (date(2026, 6, 5).at(0, 0, 0, 0), date(2026, 6, 5).at(23, 59, 59, 0));
    let ask = Ask { window: Window { from, to }, terms: Arc::clone(&terms) };
    let token = Token::new(TOKEN).expect("a token");
    let (reply, facts) =
        RUNTIME.with(|runtime| runtime.block_on(upstream.ask(&token, listing, ask, (listing.begin)())));
    // How much was read before it was wrong is another matter.
    let outcome = match &reply.outcome {
        Ok(answered) => format!("{answered:?}, {:?}", reply.tally),
        Err(trouble) => format!("{trouble:?}"),
    };
    let mut samples = Samples::of(listing.families, 1_000);
    if reply.outcome.is_ok() {
        facts.measure(&terms, &mut samples);
    }
    let page = Page::of(&samples, &["operation"], &["acme"]);
    let reread = Page::of(&page.samples(listing.families, &["operation"], &["acme"]), &["operation"], &["acme"]);
    let [text, again] = [page, reread].map(|page| {
        let board = Arc::new(Board::default());
        drop(board.publish(Subject::Report(report), (0, report), page, None));
        String::from_utf8(board.exposition(Instant::now()).text()).expect("an exposition is text")
    });
    assert_eq!(text, again, "a page is read back as it was written");
    (outcome, text)
}

fuzz_target!(|data: &[u8]| {
    let Some((&[choice, piece], body)) = data.split_first_chunk::<2>() else { return };
    let body = Bytes::copy_from_slice(body);
    let (report, is_packed) = (usize::from(choice & 7) % reports::ALL.len(), choice & 8 != 0);
    let whole = served(report, &body, false, usize::MAX);
    let pieces = served(report, &body, is_packed, usize::from(piece) + 1);
    assert_eq!(whole, pieces, "an answer is the same in pieces");
    let rules = Rules::new().forbid([TOKEN]).allow("wolkvox_*", LABELS.iter().copied());
    drop(assert_clean(&whole.1, &rules));
});

/// Every label that a report may have.
const LABELS: [&str; 15] = [
    "operation",
    "activity_code",
    "activity_code_2",
    "agent_id",
    "agent_name",
    "base",
    "direction",
    "interaction_type",
    "interval",
    "outcome",
    "routing_point_id",
    "skill_id",
    "skill_name",
    "state",
    "threshold_seconds",
];
