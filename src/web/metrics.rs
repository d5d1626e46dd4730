//! `/metrics`: the board's text and the process's own numbers, in either format, plain or as gzip.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::{Site, accept};
use crate::board::Segment;

pub(super) async fn scrape(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Ok(_permit) = site.scrapes.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at once; see --web.max-requests\n").into_response();
    };
    let now = Instant::now();
    let (format, as_gzip) = (accept::format(&headers), accept::gzip(&headers));
    let mut living = site.process.written(format);
    living.push_str(format.end());
    let living = Bytes::from(living);
    let board = Arc::clone(&site.board);
    // Putting the text together and packing it take milliseconds where there is much of it, which would hold up others.
    let made = tokio::task::spawn_blocking(move || {
        let exposition = board.exposition(now);
        if as_gzip {
            Segment::join(&[exposition.packed(format), &Segment::of(&living)])
        } else {
            [exposition.written(format), living].concat().into()
        }
    });
    let Ok(body) = made.await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be put together\n").into_response();
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if as_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
