//! wolkvox-exporter

pub mod board;
pub mod clock;
pub mod family;
pub mod lane;
pub mod report;
pub mod reports;
pub mod row;
pub mod samples;
pub mod terms;
pub mod token;
pub mod upstream;
pub mod value;
pub mod vitals;
