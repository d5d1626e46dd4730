//! Answers that go wrong.

use std::io;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use serde_json::{Value, json};

use super::answer::{Answer, indented, pieces};
use super::fault::{Fault, FaultRule};
use super::refusal::Refusal;

/// How deep the lists in lists go: far deeper than any reader's stack.
const NESTING: usize = 100_000;

/// Pieces of the answer that is too large, of 64 KiB each: 272 MiB.
const LARGE_PIECES: usize = 272 * 16;

/// What is sent in place of the right answer, which `right` makes.
pub(super) fn spoil(rule: &FaultRule, right: impl FnOnce() -> RightAnswer) -> Answer {
    match rule.fault {
        Fault::Auth => Answer::refused(Refusal::BAD_TOKEN),
        Fault::AuthInSpanish => Answer::refused(Refusal::BAD_TOKEN_IN_SPANISH),
        Fault::Quota => Answer::refused(Refusal::QUOTA),
        Fault::QuotaInSpanish => Answer::refused(Refusal::QUOTA_IN_SPANISH),
        Fault::QuotaIn200 => Answer { status: StatusCode::OK, ..Answer::refused(Refusal::QUOTA) },
        Fault::Concurrency => Answer::refused(Refusal::CONCURRENCY),
        Fault::ConcurrencyInSpanish => Answer::refused(Refusal::CONCURRENCY_IN_SPANISH),
        Fault::Maintenance => Answer::refused(Refusal::MAINTENANCE),
        Fault::MaintenanceInSpanish => Answer::refused(Refusal::MAINTENANCE_IN_SPANISH),
        Fault::BadRequest => Answer::refused(Refusal::NO_SUCH_API),
        Fault::NoData => Answer::refused(Refusal::NO_DATA),
        Fault::Http500 => Answer::page(StatusCode::INTERNAL_SERVER_ERROR, "500 Internal Server Error"),
        Fault::TooManyRequests => {
            let seconds = rule.delay.as_secs().to_string();
            with_header(Answer::refused(Refusal::TOO_MANY_REQUESTS), RETRY_AFTER, &seconds)
        }
        Fault::Html => Answer::page(StatusCode::OK, "Bienvenido a wolkvox"),
        Fault::CutShort => cut_short(&right()),
        Fault::NotJson => Answer::json(StatusCode::OK, NOT_JSON),
        Fault::DataString => with_data(&json!("Validate dates entered")),
        Fault::WrongShape => with_data(&json!([["skill_id", "4101"], 7, "row", null, true])),
        Fault::EndlessNesting => nested(),
        Fault::BareArray => bare(right()),
        Fault::TooLarge => too_large(),
        Fault::Redirect => with_header(Answer::page(StatusCode::FOUND, "302 Found"), LOCATION, &rule.location),
        Fault::Empty => Answer::json(StatusCode::OK, Bytes::new()),
        Fault::Gzip => gzip(right()),
        Fault::Reset => Answer {
            pieces: Box::new(std::iter::once(Err(io::ErrorKind::ConnectionReset.into()))),
            ..Answer::json(StatusCode::OK, Bytes::new())
        },
        // Both have been waited for, or for ever, before an answer is made.
        Fault::Slow | Fault::Hang => right().answer(),
    }
}

/// The right answer, before it is sent.
pub(super) struct RightAnswer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl RightAnswer {
    pub(super) fn answer(self) -> Answer {
        Answer::json(self.status, self.body)
    }
}

/// What PHP says when it has lost its database, in the middle of a response that promised JSON.
const NOT_JSON: &str = "<br />\n<b>Warning</b>:  mysqli_connect(): (HY000/2002): Connection refused in \
                        <b>/var/www/html/api/v2/include/connection.php</b> on line <b>12</b><br />\n";

fn with_header(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers.insert(name, value);
    }
    answer
}

fn with_data(data: &Value) -> Answer {
    Answer::json(StatusCode::OK, indented(&json!({ "code": 200, "error": null, "msg": "", "data": data })))
}

/// The data of an answer that has some, without the envelope.
fn bare(right: RightAnswer) -> Answer {
    match serde_json::from_slice::<Value>(&right.body) {
        Ok(envelope) if right.status == StatusCode::OK => Answer::json(right.status, indented(&envelope["data"])),
        _ => right.answer(),
    }
}

fn cut_short(right: &RightAnswer) -> Answer {
    let half = right.body.slice(..right.body.len() / 2);
    let broken = std::iter::once(Err(io::ErrorKind::ConnectionAborted.into()));
    Answer { pieces: Box::new(pieces(half).chain(broken)), ..Answer::json(right.status, Bytes::new()) }
}

fn nested() -> Answer {
    let body = [r#"{"code":200,"error":null,"msg":"","data":"#, &"[".repeat(NESTING), &"]".repeat(NESTING), "}"];
    Answer::json(StatusCode::OK, body.concat())
}

fn too_large() -> Answer {
    let row = format!("{{\"filler\":\"{}\"}},", "x".repeat(64 * 1024 - 14));
    let row = Bytes::from(row);
    let rows = std::iter::repeat_n(row, LARGE_PIECES).map(Ok);
    let begin = Bytes::from_static(br#"{"code":200,"error":null,"msg":"","data":["#);
    let end = Bytes::from_static(br#"{"filler":""}]}"#);
    let pieces = std::iter::once(Ok(begin)).chain(rows).chain(std::iter::once(Ok(end)));
    Answer { pieces: Box::new(pieces), ..Answer::json(StatusCode::OK, Bytes::new()) }
}

fn gzip(right: RightAnswer) -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    match encoder.write_all(&right.body).and_then(|()| encoder.finish()) {
        Ok(compressed) => {
            let answer = Answer::json(right.status, compressed);
            with_header(answer, CONTENT_ENCODING, "gzip")
        }
        // Writing to memory does not fail.
        Err(_) => right.answer(),
    }
}
