//! wolkvox-exporter

pub mod family;
pub mod report;
pub mod reports;
pub mod row;
pub mod samples;
pub mod simulator;
mod spelling;
pub mod terms;
pub mod value;
pub mod world;
