//! The tests of the whole, in one binary: each module is a subject.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod asking;
mod configuration;
mod dockerfile;
mod polling;
mod promise;
