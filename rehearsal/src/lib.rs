//! Rehearsals: days of a contact centre in which something goes wrong, seen through the whole exporter, and written down
//! as what a Prometheus would have scraped.
//!
//! Dashboards and alerts speak of days: a lunch with too few agents, a forenoon without wolkvox, a quiet night. Such days
//! are played here in virtual time, with everything that the exporter is made of but its sockets: simulated operations
//! behind wolkvox's face, pollers, budget, ledger, board. At each step one scrape is written with its timestamp, so that
//! a minute of real time makes days of history that a real Prometheus answers questions about.
//!
//! ```text
//! scenario ──> configuration ──> exporter (pollers, board) ──scrape──> history ──> promtool ──> Prometheus
//!     └──────> contact centres ──> simulated wolkvox ┘
//!                 incidents            faults
//! ```
//!
//! # What is written
//!
//! OpenMetrics with timestamps, scrape by scrape, with `job` and `instance` on every sample, and the samples that
//! Prometheus makes itself: `up`, `scrape_duration_seconds`, `scrape_samples_scraped` and
//! `scrape_samples_post_metric_relabeling`. A family's metadata stand where it is first seen. That a family's samples do
//! not stand together is against the letter of OpenMetrics, but the only order that need not hold days in memory, and
//! `promtool tsdb create-blocks-from openmetrics` takes it.
//!
//! # What is other than in a live Prometheus
//!
//! - **A series that ends is not marked as stale**: the format cannot say so. What a scrape no longer holds is still
//!   answered for five minutes, Prometheus' lookback, instead of going at once.
//! - When a counter began (`_created`) is left out: it would be a third of all samples, and nothing asks for it.
//! - The process's own numbers (`process_*`) are made up, because the real process plays days in seconds.
//!
//! The same scenario and step give the same bytes.
//!
//! ```
//! let scenario = rehearsal::scenario("quiet-night").ok_or("it is there")?;
//! assert_eq!(scenario.days, 2);
//! # Ok::<(), &str>(())
//! ```

mod catalogue;
mod configuration;
mod exporter;
mod history;
mod process;
mod scenario;
mod stage;
mod strangeness;

pub use catalogue::{scenario, scenarios};
pub use history::{INSTANCE, JOB, Recorded};
pub use scenario::{Centre, Mishap, Scenario, Trouble};
pub use stage::RecordError;
pub use strangeness::Strangeness;
