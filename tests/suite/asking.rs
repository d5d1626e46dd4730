//! Verbs for tests that ask: an operation, a question, and the lines that come of it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::civil::date;
use jiff::tz::TimeZone;
use tokio::time::Instant;
use wolkvox_exporter::board::{Board, Page, Subject};
use wolkvox_exporter::config::{Base, Operation, Poll, ServiceLevel};
use wolkvox_exporter::report::{Absorbing, Ask, Listing, Window};
use wolkvox_exporter::reports;
use wolkvox_exporter::samples::Samples;
use wolkvox_exporter::terms::{AgentNames, Terms};
use wolkvox_exporter::token::{Token, TokenSource};
use wolkvox_exporter::upstream::{Reply, Transport, Upstream};

use crate::promise;

/// The token of the tests. No page and no log line may ever hold it.
pub(crate) const TOKEN: &str = "7b69645f6469737-4f3c2a1e-SECRET";

pub(crate) fn terms() -> Terms {
    Terms::new(None, AgentNames::Show, 20)
}

/// An operation that is asked at `base_url`, for these reports at these intervals in seconds.
pub(crate) fn operation(name: &str, zone: &str, base_url: &str, polls: &[(&str, u64)]) -> Operation {
    let poll = |(report, seconds): &(&str, u64)| Poll {
        report: reports::named(report).expect("a report of that name"),
        interval: Duration::from_secs(*seconds),
    };
    Operation {
        name: name.to_owned(),
        server: "0013".to_owned(),
        base_url: base_url.to_owned(),
        token: TokenSource::Held(Token::new(TOKEN).expect("a token")),
        timezone: TimeZone::get(zone).expect("a zone"),
        timezone_name: zone.to_owned(),
        licenses: None,
        quota_share: 0.8,
        open_hours: None,
        service_level: ServiceLevel { target: 0.8, threshold: 20, base: Base::Auto },
        settling: Duration::from_mins(20),
        births: Duration::from_mins(1),
        polls: polls.iter().map(poll).collect(),
        terms: Arc::new(terms()),
    }
}

/// Asks for one report at `base_url` and answers what came of it, with the lines that were measured.
pub(crate) async fn ask(report: &str, base_url: &str) -> (Reply, BTreeSet<String>) {
    let transport = Transport::network(base_url).expect("a client");
    ask_over(transport, report, base_url).await
}

pub(crate) async fn ask_over(transport: Transport, report: &str, base_url: &str) -> (Reply, BTreeSet<String>) {
    let report = reports::named(report).expect("a report of that name");
    let position = reports::ALL.iter().position(|one| one.name == report.name).expect("a listed report");
    let (reply, facts) = ask_into((report.begin)(), transport, report, base_url).await;
    let mut samples = Samples::of(report.families, usize::MAX);
    facts.measure(&terms(), &mut samples);
    let board = Arc::new(Board::default());
    drop(board.publish(Subject::Report(position), (0, 0), Page::of(&samples, &["operation"], &["acme"]), None));
    (reply, lines(&board))
}

/// Asks for one report and hands the rows of the answer to this taker.
pub(crate) async fn ask_into<A>(taker: A, transport: Transport, report: &Listing, base_url: &str) -> (Reply, A)
where
    A: Absorbing + 'static,
{
    let day = date(2026, 6, 5);
    let ask = Ask { window: Window { from: day.at(0, 0, 0, 0), to: day.at(12, 30, 15, 0) }, terms: Arc::new(terms()) };
    let token = Token::new(TOKEN).expect("a token");
    Upstream::new(transport, base_url).ask(&token, report, ask, taker).await
}

/// A body as it is sent, in pieces of so many bytes.
pub(crate) fn in_pieces(body: &[u8], piece: usize) -> Vec<Result<Bytes, Infallible>> {
    let body = Bytes::copy_from_slice(body);
    body.chunks(piece).map(|piece| Ok(body.slice_ref(piece))).collect()
}

/// The lines of the board's samples, without HELP and TYPE, once the whole keeps its promise.
pub(crate) fn lines(board: &Board) -> BTreeSet<String> {
    let text = board.exposition(Instant::now()).text();
    let text = String::from_utf8(text).expect("an exposition is text");
    let _ = promise::kept(&text);
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The value of the series that begins so: a name, and the beginning of its labels.
pub(crate) fn value(lines: &BTreeSet<String>, series: &str) -> Option<f64> {
    let mut found = lines.iter().filter(|line| line.starts_with(series));
    let line = found.next()?;
    assert!(found.next().is_none(), "{series} is more than one series");
    line.rsplit_once(' ')?.1.parse().ok()
}
