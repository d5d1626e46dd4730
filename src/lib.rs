//! A Prometheus exporter for the wolkvox contact-centre cloud.
//!
//! wolkvox tells what happens in a contact centre as reports over HTTP, with a daily quota of requests. This program asks
//! for them in the background, at a pace that fits the quota, and serves the newest answer of each as metrics. A scrape
//! never asks wolkvox anything.
//!
//! # The pipeline
//!
//! ```text
//!   turn          permit           bytes            data            facts              samples          page        text
//!  ┌──────┐      ┌──────┐      ┌──────────┐     ┌──────────┐     ┌──────────┐       ┌──────────┐     ┌───────┐
//!  │ poll │─────>│ lane │─────>│ upstream │────>│ envelope │────>│ absorb   │──────>│ measure  │────>│ board │──> /metrics
//!  └──────┘      └──────┘      └──────────┘     └──────────┘     │ (report) │       │ (report) │     └───────┘
//!   one loop per  the day's     HTTP, token,     rows, nothing,   └──────────┘       └──────────┘      the newest page of
//!   operation     budget, one   time and size    or one trouble    wolkvox's words    facts become      each report, put up
//!                 in flight                                        become ours, or    samples           and withdrawn whole
//!                 per token                                        are rejected
//! ```
//!
//! Between *bytes* and *page* all is synchronous and pure: no clock, no socket, no operation in sight.
//!
//! # Modules, in reading order
//!
//! - [`reports`]: the subject. One file per report: what it is, what it measures, what its rows mean.
//! - [`report`]: the contract that a report fulfils, and how the engine sees it.
//! - [`family`], [`row`], [`samples`], [`terms`], [`value`]: the words of that contract.
//! - [`poll`]: the loop of one operation.
//! - [`lane`]: what an operation may do, and when: turns, the day's budget, pauses, one request at a time.
//! - [`upstream`]: the only code that speaks HTTP to wolkvox, and what its answers mean.
//! - [`ledger`], [`storage`]: what makes totals exact over midnights, corrections and restarts.
//! - [`staffing`]: how many agents the last half hour's work takes.
//! - `format`: how the two formats of an exposition are written.
//! - [`board`]: the newest page of everything, and the exposition made of them.
//! - [`backfill`]: the history of past days, for promtool.
//! - [`process`], [`status`], [`vitals`]: what the exporter tells about itself.
//! - [`web`]: the endpoints.
//! - [`config`], [`estimate`], [`plan`], [`token`]: what was written becomes what is meant, or every mistake at once.
//! - [`simulator`], `spelling`, [`world`]: a simulated contact centre behind wolkvox's face, for demonstrations and tests.
//! - [`app`], [`cli`], [`clock`], [`listen`], [`log`], [`tasks`], [`version`]: the program around it all.
//!
//! # Invariants
//!
//! 1. A report knows no clock, no operation, no HTTP and nothing asynchronous.
//! 2. The engine names no report. A new one is a file in [`reports`] and its lines in the list there.
//! 3. Nothing but [`upstream`] knows wolkvox's statuses or reads its messages.
//! 4. A bad row never fails its report, a bad report never touches another, a bad operation never another.
//! 5. No scrape sees half a page; no total is made up here: what is served was told.
//! 6. No answer is held whole: rows are folded as they arrive.
//! 7. `simulate` never goes through what reads it, so that a slip cannot agree with itself.
//! 8. Nothing spawns but [`tasks`], reads wall time but [`clock`], reads the environment but [`config`].
//! 9. A token cannot be printed.
//!
//! `tests/suite/structure.rs` reads the sources and holds what of this can be read off them. `ARCHITECTURE.md` says why.

// The subject.
pub mod reports;

// The contract that its parts fulfil...
pub mod report;

// ...and the words in which it is written.
pub mod family;
pub mod row;
pub mod samples;
pub mod terms;
pub mod value;

// The engine, in the order in which an answer passes through it.
pub mod poll;

pub mod lane;

pub mod upstream;

pub mod ledger;

pub mod storage;

pub mod staffing;

pub mod format;

pub mod board;

// What is told of days gone by.
pub mod backfill;

// What the exporter tells about itself.
pub mod process;
pub mod status;
pub mod vitals;

// What it serves.
pub mod web;

// What is configured.
pub mod config;
pub mod estimate;
pub mod plan;
pub mod token;

// A contact centre that never was.
pub mod simulator;
mod spelling;
pub mod world;

// The program around it.
pub mod app;
pub mod cli;
pub mod clock;
pub mod listen;
pub mod log;
pub mod tasks;
pub mod version;
