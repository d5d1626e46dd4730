//! A stand-in for wolkvox: every report for any number of operations, told apart by their tokens, as fast as it can.
//!
//! Unlike the exporter's own simulator it costs next to nothing, so that beside it the exporter's cost is seen.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;
use tokio::time::Instant;
use yardstick::answers::{self, Edition, Shape};
use yardstick::calls::{Blocks, Calls, Spelling};

use crate::flags::Flags;
use crate::hostile::Hostile;
use crate::say;

/// A body, piece by piece.
pub(crate) type Pieces = Box<dyn Iterator<Item = Bytes> + Send>;

struct Upstream {
    shape: Shape,
    latency: Duration,
    large: Option<Large>,
    /// What is hostile, and packed beforehand where it is.
    hostile: Option<(Hostile, Option<Bytes>)>,
    begun: Instant,
    /// When each report of each token was asked for, in seconds since the beginning.
    arrivals: Mutex<HashMap<(String, String), Vec<f64>>>,
}

/// What `ivr_calls` answers where it is to be large.
struct Large {
    blocks: Blocks,
    size: u64,
    ids: u64,
    /// Packed beforehand, because packing is slower than whoever reads it.
    packed: Option<Bytes>,
}

impl Large {
    fn calls(&self) -> Calls {
        Calls::of_size(self.blocks.clone(), self.size, self.ids)
    }
}

/// Serves until the process is ended.
pub(crate) async fn run(flags: &Flags) -> anyhow::Result<()> {
    let agents = flags.number("agents", 100)?;
    let shape = Shape {
        agents,
        pool: flags.number("pool", agents)?,
        skills: flags.number("skills", 40)?,
        calls: flags.number("calls", 1_000)?,
    };
    let mut large = None;
    if flags.has("large") {
        let spelling = match () {
            () if flags.has("sparse") => Spelling::Sparse,
            () if flags.has("dense") => Spelling::Dense,
            () => Spelling::Indented,
        };
        let mut made = Large {
            blocks: Blocks::new(1, spelling),
            size: flags.number("large", 0)?,
            ids: flags.number("ids", u64::MAX)?,
            packed: None,
        };
        made.packed = flags.has("gzip").then(|| packed(made.calls()));
        large = Some(made);
    }
    let hostile = flags.given("hostile").map(|name| Hostile::named(name).context("--hostile: unknown")).transpose()?;
    let hostile = hostile.map(|hostile| (hostile, hostile.packed(flags.has("gzip"))));
    let upstream = Arc::new(Upstream {
        shape,
        latency: Duration::from_millis(flags.number("latency-ms", 0)?),
        large,
        hostile,
        begun: Instant::now(),
        arrivals: Mutex::default(),
    });
    let router =
        Router::new().route("/api/v2/{file}", get(answer)).route("/arrivals", get(arrivals)).with_state(upstream);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    say(&listener.local_addr()?.to_string());
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}

async fn answer(
    State(upstream): State<Arc<Upstream>>,
    Path(_file): Path<String>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let Some(token) = headers.get("wolkvox-token").and_then(|token| token.to_str().ok()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let api = parameters.get("api").map(String::as_str).unwrap_or_default();
    let generation = upstream.arrived(token, api);
    if !upstream.latency.is_zero() {
        tokio::time::sleep(upstream.latency).await;
    }
    match &upstream.hostile {
        Some((_, Some(packed))) => return send(in_pieces(packed), true),
        Some((hostile, None)) => return send(hostile.pieces(), false),
        None => {}
    }
    let day =
        parameters.get("date_end").and_then(|end| Some([end.get(..4)?, end.get(4..6)?, end.get(6..8)?].join("-")));
    let day = day.unwrap_or_default();
    let seed = token.bytes().fold(0, |seed: u32, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let edition = Edition { day: &day, seed, generation };
    let text = match api {
        "skills" => answers::skills(upstream.shape, edition),
        "agents_statustime" => answers::agents(upstream.shape, edition),
        "cdr_4" => answers::call_durations(edition),
        "chat_7" => answers::closed_interactions(upstream.shape, edition),
        "token_info" => answers::quota(edition),
        "diagram_11" => return upstream.calls(seed),
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    send(Box::new(std::iter::once(text.into())), false)
}

impl Upstream {
    /// Notes a request; answers how many there were before for this report and token.
    fn arrived(&self, token: &str, api: &str) -> u32 {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let moments = arrivals.entry((token.to_owned(), api.to_owned())).or_default();
        moments.push(self.begun.elapsed().as_secs_f64());
        u32::try_from(moments.len() - 1).unwrap_or(u32::MAX)
    }

    fn calls(&self, seed: u32) -> Response {
        match &self.large {
            Some(Large { packed: Some(packed), .. }) => send(in_pieces(packed), true),
            Some(large) => send(Box::new(large.calls().map(Bytes::from)), false),
            None => {
                let blocks = Blocks::new(seed, Spelling::Indented);
                send(Box::new(Calls::of_rows(blocks, self.shape.calls).map(Bytes::from)), false)
            }
        }
    }
}

fn in_pieces(packed: &Bytes) -> Pieces {
    let mut rest = packed.clone();
    Box::new(std::iter::from_fn(move || {
        let piece = rest.split_to(rest.len().min(64 << 10));
        (!piece.is_empty()).then_some(piece)
    }))
}

/// An answer in pieces, without a length, as wolkvox sends it.
fn send(pieces: Pieces, is_gzip: bool) -> Response {
    let mut response = Response::new(Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>))));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if is_gzip {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn packed(calls: Calls) -> Bytes {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for piece in calls {
        // Writing to memory does not fail.
        let _ = packed.write_all(&piece);
    }
    packed.finish().map(Bytes::from).unwrap_or_default()
}

/// A line for each report of each token: when it was asked for.
async fn arrivals(State(upstream): State<Arc<Upstream>>) -> String {
    let arrivals = upstream.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    let line = |((token, api), moments): (&(String, String), &Vec<f64>)| {
        let moments: Vec<String> = moments.iter().map(|moment| format!("{moment:.4}")).collect();
        format!("{token} {api} {}\n", moments.join(" "))
    };
    arrivals.iter().map(line).collect()
}
