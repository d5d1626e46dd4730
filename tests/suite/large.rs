//! Large answers, of which all but the beginning is read on a thread of its own.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write as _;
use std::thread::ThreadId;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;
use wolkvox_exporter::report::{Absorbed, Absorbing, Ask};
use wolkvox_exporter::reports;
use wolkvox_exporter::upstream::{Answered, Cause, Reply, Transport};
use yardstick::calls::{Blocks, Calls, Spelling};

use crate::asking::{ask_into, ask_over, in_pieces};

/// Of an answer that is larger the rest is read elsewhere.
const LARGE: usize = 4 << 20;

/// A row of a list without end.
const ROW: &[u8] = br#"{"conn_id":"1781180000.1","rp_id":"7","time_on_rp":"00:00:10"},"#;

/// More than the beginning of an answer.
fn beginning() -> Vec<u8> {
    [br#"{"code":"200","data":["#, ROW.repeat(LARGE / ROW.len() + 30_000).as_slice()].concat()
}

/// A wolkvox that sends these bytes in pieces of so many, whatever is asked.
fn sending(body: &[u8], piece: usize, is_packed: bool) -> Transport {
    let pieces = in_pieces(body, piece);
    let headers: HeaderMap =
        is_packed.then(|| (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))).into_iter().collect();
    let send = async move || (headers, Body::from_stream(stream::iter(pieces)));
    Transport::Router(Router::new().fallback(send))
}

async fn ask(transport: Transport) -> (Reply, BTreeSet<String>) {
    ask_over(transport, "ivr_calls", "http://wolkvox.test").await
}

/// Asks as one who takes rows.
async fn hand_to<A: Absorbing + 'static>(taker: A, transport: Transport) -> (Reply, A) {
    let report = reports::named("ivr_calls").expect("a report of that name");
    ask_into(taker, transport, report, "http://wolkvox.test").await
}

/// Takes rows until there are so many, and then does what it is to do.
#[derive(Default)]
struct Taker {
    rows: usize,
    most: Option<usize>,
    panics: bool,
    ends: u32,
    /// Where the last row was taken.
    thread: Option<ThreadId>,
}

impl Absorbing for Taker {
    fn absorb(&mut self, _json: &str, _ask: &Ask) -> Result<Absorbed, serde_json::Error> {
        self.rows += 1;
        self.thread = Some(std::thread::current().id());
        assert!(!self.panics || !self.is_full(), "a defect");
        Ok(Absorbed { unknown_fields: 0, rejection: None })
    }

    fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.rows >= most)
    }

    fn answer_is_over(&mut self) {
        self.ends += 1;
    }
}

#[tokio::test]
async fn they_say_the_same_packed_or_not_in_pieces_of_any_size() {
    const ROWS: u32 = 313 * 96;
    let body = Calls::of_rows(Blocks::new(1, Spelling::Indented), ROWS).text();
    assert!(body.len() > 2 * LARGE);
    let (whole, lines) = ask(sending(&body, body.len(), false)).await;
    assert_eq!(
        (&whole.outcome, whole.tally.rows, whole.tally.bytes),
        (&Ok(Answered::Data), u64::from(ROWS), body.len() as u64)
    );
    let calls = lines.iter().filter(|line| line.starts_with("wolkvox_ivr_calls_total{"));
    let calls: f64 = calls.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum();
    assert_eq!(calls, f64::from(ROWS));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&body).expect("memory takes all");
    let packed = gzip.finish().expect("memory takes all");
    for (body, piece, is_packed) in
        [(&body, 700, false), (&body, 100_000, false), (&packed, 700, true), (&packed, packed.len(), true)]
    {
        let (reply, in_pieces) = ask(sending(body, piece, is_packed)).await;
        assert_eq!((reply.outcome, reply.tally), (whole.outcome.clone(), whole.tally.clone()), "{piece}, {is_packed}");
        assert_eq!(in_pieces, lines, "{piece}, {is_packed}");
    }
}

#[tokio::test]
async fn what_is_wrong_at_their_end_is_told_as_of_small_ones() {
    for (end, expected) in [
        ("{}]}", Ok(Answered::Data)),
        ("{}], \"code\": \"404\", \"error\": \"Not found\", \"data\": null}", Ok(Answered::Nothing)),
        ("{}]", Err(Cause::NotJson)),
        ("{\"conn_id\":", Err(Cause::NotJson)),
        ("{},]", Err(Cause::NotJson)),
        ("{}], \"data\": []}", Err(Cause::BadShape)),
        (&format!("{{\"conn_id\":\"{}", "x".repeat(3 << 20)), Err(Cause::TooLarge)),
    ] {
        let body = [beginning().as_slice(), end.as_bytes()].concat();
        let (reply, taker) = hand_to(Taker::default(), sending(&body, 100_000, false)).await;
        assert_eq!(reply.outcome.map_err(|trouble| trouble.cause()), expected, "{end:.40}");
        assert!(taker.rows > LARGE / ROW.len() && taker.ends == 1, "{end:.40}");
    }
}

#[tokio::test]
async fn their_end_is_read_by_another_thread_and_small_ones_by_this_one() {
    let small = sending(&[br#"{"data":["#, ROW, b"{}]}"].concat(), 100_000, false);
    let large = sending(&[beginning().as_slice(), b"{}]}"].concat(), 100_000, false);
    let here = Some(std::thread::current().id());
    assert_eq!(hand_to(Taker::default(), small).await.1.thread, here);
    assert_ne!(hand_to(Taker::default(), large).await.1.thread, here);
}

#[tokio::test]
async fn one_that_breaks_off_is_no_answer() {
    let broken = async || {
        let pieces = [Ok(Bytes::from(beginning())), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(pieces))
    };
    let (reply, taker) = hand_to(Taker::default(), Transport::Router(Router::new().fallback(broken))).await;
    assert_eq!(reply.outcome.map_err(|trouble| trouble.cause()), Err(Cause::Connect));
    assert_eq!(taker.ends, 1);
}

#[tokio::test]
async fn nothing_more_is_received_of_one_that_is_more_than_enough() {
    let endless = async || {
        let head = stream::iter([Bytes::from_static(br#"{"data":["#)]);
        let rows = stream::repeat(Bytes::from(ROW.repeat(100)));
        Body::from_stream(head.chain(rows).map(Ok::<_, Infallible>))
    };
    let taker = Taker { most: Some(2 * LARGE / ROW.len()), ..Taker::default() };
    let (reply, taker) = hand_to(taker, Transport::Router(Router::new().fallback(endless))).await;
    assert_eq!(reply.outcome, Ok(Answered::Cut));
    // As soon as a piece is read, and none is read afterwards.
    assert!(taker.rows <= 2 * LARGE / ROW.len() + 100, "{}", taker.rows);
}

#[tokio::test]
async fn what_is_known_early_is_told_though_the_server_hangs() {
    let hanging = async || {
        let pieces = in_pieces(&[beginning().as_slice(), b"{},]"].concat(), 100_000);
        Body::from_stream(stream::iter(pieces).chain(stream::pending()))
    };
    let asking = hand_to(Taker::default(), Transport::Router(Router::new().fallback(hanging)));
    let (reply, taker) = tokio::time::timeout(Duration::from_secs(30), asking).await.expect("it is told");
    assert_eq!(reply.outcome.map_err(|trouble| trouble.cause()), Err(Cause::NotJson));
    assert_eq!(taker.ends, 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_takes_more_than_a_minute_is_given_up() {
    let hanging = async || {
        let pieces = stream::iter([Ok::<_, Infallible>(Bytes::from(beginning()))]);
        Body::from_stream(pieces.chain(stream::pending()))
    };
    let asking = hand_to(Taker::default(), Transport::Router(Router::new().fallback(hanging)));
    // While a thread waits for more a paused clock does not go on by itself.
    let begun = Instant::now();
    let clock = async {
        while begun.elapsed() < Duration::from_secs(61) {
            tokio::time::advance(Duration::from_secs(1)).await;
        }
    };
    let ((reply, taker), ()) = tokio::join!(asking, clock);
    assert_eq!(reply.outcome.map_err(|trouble| trouble.cause()), Err(Cause::Timeout));
    assert!(taker.rows > LARGE / ROW.len() && taker.ends == 1, "{}", taker.rows);
}

#[tokio::test]
#[should_panic(expected = "a defect")]
async fn a_defect_in_that_thread_is_one_here() {
    let taker = Taker { most: Some(LARGE / ROW.len() + 20_000), panics: true, ..Taker::default() };
    hand_to(taker, sending(&beginning(), 100_000, false)).await;
}
