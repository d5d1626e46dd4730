//! wolkvox-exporter

pub mod cli;
pub mod config;
pub mod estimate;
pub mod family;
pub mod listen;
pub mod plan;
pub mod report;
pub mod reports;
pub mod row;
pub mod samples;
pub mod terms;
pub mod token;
pub mod value;
pub mod version;
