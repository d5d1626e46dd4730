//! What an operation may do, and when: its turns, its day's budget, its pauses, one request in flight per token.
//!
//! All of it but the gate is plain arithmetic over moments that it is given, so that days are tested in microseconds.

mod backoff;
mod budget;
mod gate;
mod schedule;

pub use backoff::Backoff;
pub use budget::Budget;
pub use gate::{Gates, Pass};
pub use schedule::{Schedule, Turn};
