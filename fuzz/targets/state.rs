//! Whatever stands in a file of saved state, with a right checksum or a wrong one: a start takes it up or sets it aside,
//! and nothing panics.
#![no_main]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use libfuzzer_sys::fuzz_target;
use tokio::time::Instant;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::config::{Config, Switches};
use wolkvox_exporter::lane::Gates;
use wolkvox_exporter::poll::{Poller, Surroundings};
use wolkvox_exporter::storage::Storage;
use wolkvox_exporter::token::Token;
use wolkvox_exporter::upstream::{Transport, Upstream};

const CONFIGURATION: &str = "operations:\n  \
    - { name: acme, base_url: http://wolkvox.test, token_env: TOKEN, timezone: America/Bogota, licenses: 20 }\n";

/// A file of this name that holds this JSON.
fn packed(name: &str, json: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(json).expect("memory takes all");
    let packed = packer.finish().expect("memory takes all");
    let checksum = crc32fast::hash(&packed).to_le_bytes();
    [b"wolkvox-exporter state 1 ", name.as_bytes(), b"\n", &checksum, &packed].concat()
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, content)) = data.split_first() else { return };
    let names = ["acme.skills.state", "acme.agents.state", "acme.ivr_calls.state", "acme.spendings"];
    let name = names[usize::from(choice & 3)];
    let bytes = if choice & 4 == 0 { packed(name, content) } else { content.to_vec() };
    let folder = tempfile::tempdir_in("/dev/shm").expect("a folder");
    fs::write(folder.path().join(name), bytes).expect("a file");

    let environment = |variable: &str| (variable == "TOKEN").then(|| "a-token".to_owned());
    let config = Config::parse(CONFIGURATION, Path::new("wolkvox.yaml"), &Switches::default(), &environment);
    let operation = config.expect("a configuration").operations.remove(0);
    let board = Arc::new(Board::default());
    let around = Surroundings {
        clock: Clock::starting_at("2026-03-02T14:00:00Z".parse().expect("a moment")),
        gates: Arc::new(Gates::default()),
        board: Arc::clone(&board),
        series_per_report: 1_000,
        storage: Some(Storage::open(folder.path()).expect("a folder")),
    };
    let token = Token::new("a-token").expect("a token");
    let upstream = Upstream::new(Transport::Router(Router::new()), &operation.base_url);
    drop(Poller::new(Arc::new(operation), 0, token, upstream, around));
    drop(board.exposition(Instant::now()).text());
});
