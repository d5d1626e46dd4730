//! `/metrics`: the board's text and the process's own numbers, plain or as gzip.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::Site;
use crate::board::Segment;

/// The text format that every Prometheus reads.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn scrape(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Ok(_permit) = site.scrapes.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at once; see --web.max-requests\n").into_response();
    };
    let now = Instant::now();
    let as_gzip = accepts_gzip(&headers);
    let living = Bytes::from(site.process.text());
    let board = Arc::clone(&site.board);
    // Putting the text together and packing it take milliseconds where there is much of it, which would hold up others.
    let made = tokio::task::spawn_blocking(move || {
        let exposition = board.exposition(now);
        if as_gzip {
            Segment::join(&[exposition.packed(), &Segment::of(&living)])
        } else {
            [exposition.text(), living].concat().into()
        }
    });
    let Ok(body) = made.await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be put together\n").into_response();
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(TEXT));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if as_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether the client takes gzip: named or by `*`, and not with a weight of 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut by_star = None;
    for coding in headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for offer in coding.split(',') {
            let mut parts = offer.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            let is_wanted = weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f64| weight > 0.0));
            if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                return is_wanted;
            }
            if name == "*" {
                by_star = Some(is_wanted);
            }
        }
    }
    by_star.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_only_where_it_is_accepted() {
        for (accepted, expected) in [
            (Some("gzip"), true),
            (Some("deflate, GZip;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; q=0.000"), false),
            (Some("*"), true),
            (Some("*, gzip;q=0"), false),
            (Some("*;q=0"), false),
            (Some("identity"), false),
            (Some("br, zstd"), false),
            (Some(""), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            }
            assert_eq!(accepts_gzip(&headers), expected, "{accepted:?}");
        }
    }
}
