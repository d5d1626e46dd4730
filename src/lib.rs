//! wolkvox-exporter

pub mod app;
pub mod board;
pub mod cli;
pub mod clock;
pub mod config;
pub mod estimate;
pub mod family;
pub mod lane;
pub mod listen;
pub mod log;
pub mod plan;
pub mod poll;
pub mod process;
pub mod report;
pub mod reports;
pub mod row;
pub mod samples;
pub mod status;
pub mod tasks;
pub mod terms;
pub mod token;
pub mod upstream;
pub mod value;
pub mod version;
pub mod vitals;
pub mod web;
