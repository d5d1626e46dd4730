//! What is configured: what was written becomes what is meant, and every mistake is told at once.
//!
//! ```text
//!  file ──────> text ──> node (a tree of places and raw texts) ──> section, field ──> settings ──> Operation, Config
//!  environment ────────> node                                           │
//!                                                                       └──────────> Mistakes, sorted by place
//! ```
//!
//! Nothing here decides from half a configuration: either all of it is right, or all that is wrong with it is returned.

mod environment;
mod file;
mod mistakes;
mod node;
mod open_hours;
mod operation;
mod polls;
mod quantity;
mod root;
mod section;
mod server;
mod service_level;
mod settings;
#[cfg(test)]
mod simulated;
mod suggestion;
mod zone;

pub use environment::{Environment, process_environment};
pub use mistakes::{Mistake, Mistakes, Place};
pub use open_hours::OpenHours;
pub use operation::Operation;
pub use polls::{Poll, Switches};
pub use root::Config;
pub use service_level::{Base, ServiceLevel};

#[cfg(test)]
pub(crate) use simulated::simulated;
