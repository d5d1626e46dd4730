//! The workshop of the dashboards: what a panel can be, what the figures mean, the eight dashboards, and what may be
//! wrong with them.
//!
//! Grafana's JSON is long, repeats itself, and hides what matters: the same service level stands in it a dozen times,
//! and a slip in one of them is seen by nobody. So the figures are spelt once, in [`formulas`], the dashboards are put
//! together of them in [`boards`], and `cargo run -p workshop` writes `dashboards/*.json`. [`check`] knows nothing of
//! that: it reads the JSON as anybody would who was handed it, and tells every fault that it finds.

pub mod boards;
pub mod check;
pub mod dashboard;
pub mod formulas;
pub mod grafana;
pub mod panel;
