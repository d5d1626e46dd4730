//! The tests of the whole, in one binary: each module is a subject.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::cast_precision_loss, clippy::unchecked_time_subtraction, reason = "the numbers of tests are small")]
#![expect(clippy::disallowed_methods, reason = "tests spawn and read the environment where they need to")]

mod answers;
mod asking;
mod backfill;
mod binary;
mod commands;
mod compose;
mod configuration;
mod dashboards;
mod demonstration;
mod dockerfile;
mod documentation;
mod golden;
mod history;
mod inhibition;
mod kills;
mod large;
mod mutants;
mod pieces;
mod polling;
mod prometheus;
mod promise;
mod replay;
mod replayed;
mod restarting;
mod ruler;
mod rules;
mod running;
mod schema;
mod scraping;
mod staffing;
mod stage;
mod stories;
mod structure;
mod truth;
mod windows;
