//! The tests of the whole, in one binary: each module is a subject.

mod answers;
mod asking;
mod configuration;
mod dockerfile;
mod polling;
