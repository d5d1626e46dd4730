//! Answers as wolkvox sends them: an envelope of indented JSON, in chunks, without a length.

use std::io;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, SERVER};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::MOST_ROWS;
use super::operation::UnderWay;
use super::refusal::Refusal;
use crate::report::Endpoint;

/// Bytes of one piece of a body: small enough that a large answer comes in many.
const PIECE: usize = 16 * 1024;

/// The pieces of a body, made as they are sent; an error breaks the connection.
pub(super) type Pieces = Box<dyn Iterator<Item = io::Result<Bytes>> + Send>;

/// An answer before it is sent.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) pieces: Pieces,
}

/// The envelope of an answer with data.
#[derive(Serialize)]
struct Envelope<'a> {
    code: Value,
    error: Option<&'a str>,
    msg: String,
    data: Value,
}

impl Answer {
    /// An answer with this body, in pieces.
    pub(super) fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(SERVER, HeaderValue::from_static("Apache"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache, must-revalidate"));
        Self { status, headers, pieces: pieces(body.into()) }
    }

    /// JSON of this text.
    pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json; charset=utf-8", body)
    }

    /// A refusal, in its envelope.
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::json(refusal.status, indented(&refusal.body()))
    }

    /// A page of the web server itself, which knows nothing of reports.
    pub(super) fn page(status: StatusCode, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>{title}</title>\n</head>\
             <body>\n<h1>{title}</h1>\n</body></html>\n"
        );
        Self::new(status, "text/html; charset=iso-8859-1", page)
    }

    /// Sends it. The request is under way until the last piece is read or the body is dropped.
    pub(super) fn send(self, under_way: Option<UnderWay>) -> Response {
        let body = stream::unfold((self.pieces, under_way, false), |(mut pieces, under_way, has_begun)| async move {
            let piece = pieces.next()?;
            if piece.is_err() && has_begun {
                // The server sends what it has when it must wait; otherwise it would break off before the first byte.
                tokio::task::yield_now().await;
            }
            Some((piece, (pieces, under_way, true)))
        });
        let mut response = Response::new(Body::from_stream(body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The text of a successful answer.
pub(super) fn envelope(endpoint: Endpoint, data: Value) -> Vec<u8> {
    let rows = data.as_array().map_or_else(|| data.as_object().map_or(0, serde_json::Map::len), Vec::len);
    // Both the code and the message differ from file to file.
    let (code, msg) = match (endpoint.file, endpoint.api) {
        ("information.php", _) => ("".into(), " records were found".to_owned()),
        ("reports_manager.php", "chat_7") => ("0".into(), format!("{rows} records were found")),
        ("reports_manager.php", _) => ("200".into(), format!("{rows} records were found")),
        _ => (200.into(), format!("{rows} records were found")),
    };
    indented(&Envelope { code, error: None, msg, data })
}

/// The data without what is beyond the limit of rows.
pub(super) fn cut(mut data: Value) -> Value {
    if let Value::Array(rows) = &mut data {
        rows.truncate(MOST_ROWS);
    }
    data
}

/// JSON as PHP's `JSON_PRETTY_PRINT` writes it, with four blanks.
pub(super) fn indented(content: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"    "));
    // Writing to memory does not fail, and neither do the contents, whose keys are all texts.
    let written = content.serialize(&mut serializer);
    debug_assert!(written.is_ok(), "{written:?}");
    text
}

/// A body in pieces.
pub(super) fn pieces(mut body: Bytes) -> Pieces {
    Box::new(std::iter::from_fn(move || {
        let piece = body.split_to(body.len().min(PIECE));
        (!piece.is_empty()).then_some(Ok(piece))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_has_more_rows_than_the_limit() {
        let rows = |number: usize| Value::Array(vec![Value::Null; number]);
        assert_eq!(cut(rows(MOST_ROWS + 7)), rows(MOST_ROWS));
        assert_eq!(cut(rows(MOST_ROWS)), rows(MOST_ROWS));
    }

    #[test]
    fn a_body_is_the_same_in_pieces() {
        let body: Vec<u8> = (0..PIECE * 2 + 5).map(|position| u8::try_from(position % 251).unwrap()).collect();
        let pieces: Vec<Bytes> = pieces(body.clone().into()).map(Result::unwrap).collect();
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces.concat(), body);
    }
}
