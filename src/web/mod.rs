//! What the exporter serves: metrics, health, status. No endpoint ever asks wolkvox anything.

mod accept;
mod landing;
mod living;
mod metrics;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SetOnce};

use crate::board::Board;
use crate::clock::Clock;
use crate::status::Watch;
use crate::tasks::Shutdown;

pub use self::living::Living;

const MOST_THREADS: usize = 4;

/// What the endpoints show.
#[derive(Debug)]
pub struct Site {
    /// The answers.
    pub board: Arc<Board>,
    /// The operations' states, once all pollers have begun. Until then nothing is told but that the process lives:
    /// whoever asks for more waits for the moment that it takes.
    pub watches: SetOnce<Vec<Watch>>,
    /// The process's own metrics.
    pub living: Living,
    /// What time it is.
    pub clock: Clock,
    /// Where the metrics are: `/metrics` unless configured.
    pub telemetry_path: String,
    /// So many scrapes at once are answered; more get 503.
    pub scrapes: Semaphore,
}

/// The endpoints.
pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route(&site.telemetry_path.clone(), get(metrics::scrape))
        .route("/", get(landing::page))
        .route("/-/healthy", get(healthy))
        .route("/-/ready", get(ready))
        .route("/api/v1/status", get(status))
        .fallback(async || (StatusCode::NOT_FOUND, "404: nothing here; / tells what there is\n"))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "405: only GET\n"))
        .with_state(site)
}

/// On how many threads of their own answers are given: as web servers have it, one for each core, but no more than any
/// number of Prometheus servers keep busy.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS)
}

/// Takes an address, for [`serve`].
///
/// # Errors
///
/// Fails where the address cannot be had.
pub fn bind(address: impl ToSocketAddrs) -> std::io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until the shutdown; answers that have begun are finished. Several may serve the same listener.
pub async fn serve(listener: std::net::TcpListener, router: Router, mut shutdown: Shutdown) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "nothing can be served"),
    };
    // A body in two parts would wait 40 ms for an acknowledgement otherwise. A socket that refuses the option is
    // slower, nothing else.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { shutdown.begun().await }).await;
    if let Err(error) = served {
        tracing::error!(%error, "serving has stopped");
    }
}

/// The URL at which a listener can be reached from this machine.
#[must_use]
pub fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

async fn healthy(State(site): State<Arc<Site>>) -> Response {
    if site.watches.get().is_none_or(|watches| watches.iter().all(Watch::is_alive)) {
        "healthy\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "a polling loop has stopped\n").into_response()
    }
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    if site.watches.get().is_some_and(|watches| watches.iter().all(Watch::is_ready)) {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not every report was asked for yet\n").into_response()
    }
}

async fn status(State(site): State<Arc<Site>>) -> Response {
    let statuses: Vec<_> = site.watches.wait().await.iter().map(Watch::status).collect();
    let body = serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "operations": statuses });
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body.to_string())
        .into_response()
}
