//! A scraper that scrapes as fast as it is answered, over connections that stay.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use serde_json::json;
use tokio::time::Instant;

use crate::flags::Flags;
use crate::reply::Connection;
use crate::say;

/// What all connections do.
#[derive(Clone, Debug)]
struct Task {
    host: String,
    path: String,
    wants_gzip: bool,
    duration: Duration,
    at_least: usize,
    pause: Duration,
    /// How far behind the beginning of a page the buffer begins: 0, but to see what that changes.
    offset: usize,
    /// A family whose samples are the same within an operation, if all are of one answer.
    consistent: Option<String>,
}

/// Scrapes, and prints what it took as JSON.
pub(crate) fn run(flags: &Flags) -> anyhow::Result<()> {
    let url = flags.text("url")?.strip_prefix("http://").context("--url: only http")?;
    let (host, path) = url.split_once('/').context("--url has no path")?;
    let task = Task {
        host: host.to_owned(),
        path: format!("/{path}"),
        wants_gzip: flags.has("gzip"),
        duration: Duration::from_secs_f64(flags.number("seconds", 1.0)?),
        at_least: flags.number("at-least", 5)?,
        pause: Duration::from_millis(flags.number("pause-ms", 0)?),
        offset: flags.number("offset", 0)?,
        consistent: flags.given("consistent").map(str::to_owned),
    };
    let clients: usize = flags.number("clients", 1)?;
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let task = task.clone();
            thread::spawn(move || scrape(&task))
        })
        .collect();
    let (mut times, mut bytes) = (Vec::new(), 0);
    for thread in threads {
        let (own, size) = thread.join().map_err(|_| anyhow!("a client panicked"))??;
        times.extend(own);
        bytes = size;
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a position among a few thousand"
        )]
        let position = ((times.len() - 1) as f64 * share).round() as usize;
        times.get(position).copied().unwrap_or_default()
    };
    let told = json!({
        "scrapes": times.len(), "bytes": bytes,
        "median_ms": at(0.5), "p99_ms": at(0.99), "worst_ms": at(1.0),
    });
    say(&told.to_string());
    Ok(())
}

/// One connection; answers how long each scrape took in milliseconds, and the bytes of the last body.
fn scrape(task: &Task) -> anyhow::Result<(Vec<f64>, u64)> {
    let mut connection = Connection::open(&task.host, &task.path, task.wants_gzip, task.offset)?;
    let begun = Instant::now();
    let (mut times, mut bytes, mut body) = (Vec::new(), 0, Vec::new());
    while times.len() < task.at_least || begun.elapsed() < task.duration {
        let asked = Instant::now();
        body.clear();
        let reply = connection.ask(task.consistent.is_some().then_some(&mut body))?;
        times.push(asked.elapsed().as_secs_f64() * 1000.0);
        ensure!(reply.status == 200, "status {}", reply.status);
        bytes = reply.bytes;
        if let Some(family) = &task.consistent {
            check(std::str::from_utf8(&body)?, family)?;
        }
        thread::sleep(task.pause);
    }
    Ok((times, bytes))
}

/// Holds each operation's samples of a family to one another.
fn check(text: &str, family: &str) -> anyhow::Result<()> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix(family)?.strip_prefix('{')) {
        let (labels, value) = line.rsplit_once(' ').context("a series without a value")?;
        let operation = labels.split(',').next().unwrap_or_default();
        if *seen.entry(operation).or_insert(value) != value {
            bail!("{operation} shows two answers at once");
        }
    }
    ensure!(!seen.is_empty(), "there is no {family}");
    ensure!(text.ends_with('\n'), "the text breaks off");
    Ok(())
}
