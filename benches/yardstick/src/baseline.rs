//! What one writes first: vectors of the `prometheus` crate, gathered and encoded at each scrape.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use prometheus::{Encoder as _, GaugeVec, Opts, Registry, TextEncoder};
use tokio::net::TcpListener;

use crate::flags::Flags;
use crate::say;

/// Serves the series of an exposition in a file until the process is ended.
pub(crate) async fn run(flags: &Flags) -> anyhow::Result<()> {
    let path = flags.text("series")?;
    let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
    let registry = Arc::new(registry(&text)?);
    drop(text);
    let router = Router::new().route("/metrics", get(scrape)).with_state(registry);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    say(&listener.local_addr()?.to_string());
    axum::serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}

async fn scrape(State(registry): State<Arc<Registry>>, headers: HeaderMap) -> Response {
    let mut text = Vec::new();
    if TextEncoder::new().encode(&registry.gather(), &mut text).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains("gzip")) {
        return text.into_response();
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packed.write_all(&text).and_then(|()| packed.finish());
    let mut response = packed.unwrap_or_default().into_response();
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// A vector for each name of a series; what a histogram is made of becomes vectors, too.
fn registry(text: &str) -> anyhow::Result<Registry> {
    let mut vectors: BTreeMap<&str, GaugeVec> = BTreeMap::new();
    let registry = Registry::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').context("a series without a value")?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let labels = pairs(labels.trim_end_matches('}'));
        if !vectors.contains_key(name) {
            let names: Vec<&str> = labels.iter().map(|(name, _)| *name).collect();
            let vector = GaugeVec::new(Opts::new(name, "A family of the exporter's, as vectors have it."), &names)?;
            registry.register(Box::new(vector.clone()))?;
            vectors.insert(name, vector);
        }
        let values: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
        if let Some(vector) = vectors.get(name) {
            vector.get_metric_with_label_values(&values)?.set(value.parse()?);
        }
    }
    Ok(registry)
}

/// The labels of a series; their values hold neither quotes nor commas here.
fn pairs(labels: &str) -> Vec<(&str, &str)> {
    labels.split("\",").filter_map(|pair| pair.trim_end_matches('"').split_once("=\"")).collect()
}
