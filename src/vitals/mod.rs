//! The exporter's own families about operations and reports: age, requests, failures, budget.
//!
//! They live beside the data they speak of, on pages of the board, rather than in vectors of the `prometheus` crate:
//! vectors find their series by a hash of label values written one behind the other, in which two operations can become
//! one, and they are gathered and encoded anew at each scrape, changed or not.

mod operation;
mod report;

pub use operation::{FAMILIES as OPERATION_FAMILIES, OperationVitals};
pub use report::{FAMILIES as REPORT_FAMILIES, ReportVitals, Skip, seconds};
