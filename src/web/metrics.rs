//! `/metrics`: the board's text and the process's own numbers, in either format, plain or as gzip.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::{Site, accept};
use crate::board::{Exposition, Form};

pub(super) async fn scrape(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Ok(_permit) = site.scrapes.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at once; see --web.max-requests\n").into_response();
    };
    site.watches.wait().await;
    let form = (accept::format(&headers), accept::gzip(&headers));
    let Some(exposition) = exposition(&site, form).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be put together\n").into_response();
    };
    let (format, as_gzip) = form;
    let ending = site.living.ending(format, Instant::now());
    let pieces: VecDeque<Bytes> = if as_gzip {
        exposition.packed(format).closed_with(&ending.packed).collect()
    } else {
        exposition.plain(format).iter().chain([&ending.plain]).cloned().collect()
    };
    let mut response = Response::new(Body::new(Pieces::of(pieces)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if as_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// What is to be served, made in this form.
async fn exposition(site: &Arc<Site>, form: Form) -> Option<Arc<Exposition>> {
    let now = Instant::now();
    if let Some(ready) = site.board.ready(form, now) {
        return Some(ready);
    }
    let board = Arc::clone(&site.board);
    // Putting the text together and packing it take milliseconds where there is much of it, which would hold up others.
    let made = tokio::task::spawn_blocking(move || {
        let exposition = board.exposition(now);
        exposition.make(form);
        exposition
    });
    made.await.ok()
}

/// A body of shared pieces, whose length is known.
struct Pieces {
    pieces: VecDeque<Bytes>,
    left: u64,
}

impl Pieces {
    fn of(pieces: VecDeque<Bytes>) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, left }
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
