//! The simulator's own pages, which wolkvox does not have: faults to set, and what it was asked.

use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{Fault, FaultRule};
use super::{OperationRequests, Simulator};
use crate::reports;

/// The parameters of a fault to set.
#[derive(Deserialize)]
pub(super) struct Setting {
    fault: String,
    report: Option<String>,
    times: Option<u32>,
    seconds: Option<u64>,
    location: Option<String>,
    operation: Option<String>,
    token: Option<String>,
}

impl Setting {
    /// The rule that is meant.
    fn rule(&self, simulator: &Simulator) -> Result<FaultRule, String> {
        let fault = Fault::named(&self.fault).ok_or_else(|| format!("no fault is named {}", self.fault))?;
        let mut rule = FaultRule::new(fault);
        if let Some(report) = self.report.as_deref().filter(|report| *report != "all") {
            reports::named(report).ok_or_else(|| format!("no report is named {report}"))?;
            rule = rule.of_report(report);
        }
        if let Some(name) = &self.operation {
            simulator.operation(name).ok_or_else(|| format!("no operation is named {name}"))?;
            rule = rule.of_operation(name);
        }
        if let Some(token) = &self.token {
            let mut operations = simulator.0.operations.iter();
            let operation = operations.find(|operation| operation.is_known_by(token.as_bytes()));
            rule = rule.of_operation(operation.ok_or("no operation has this token")?.name());
        }
        rule.times = self.times;
        if let Some(seconds) = self.seconds {
            rule = rule.delay(Duration::from_secs(seconds));
        }
        if let Some(location) = &self.location {
            rule = rule.location(location);
        }
        Ok(rule)
    }
}

/// `PUT /-/faults`
pub(super) async fn set_fault(State(simulator): State<Simulator>, Query(setting): Query<Setting>) -> Response {
    match setting.rule(&simulator) {
        Ok(rule) => {
            simulator.set_fault(rule);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(mistake) => (StatusCode::BAD_REQUEST, mistake + "\n").into_response(),
    }
}

/// `GET /-/faults`
pub(super) async fn faults(State(simulator): State<Simulator>) -> Json<Value> {
    let set: Vec<Value> = simulator
        .faults()
        .iter()
        .map(|rule| {
            json!({
                "fault": rule.fault.name(),
                "report": rule.report.as_deref().unwrap_or("all"),
                "operation": rule.operation.as_deref().unwrap_or("all"),
                "times": rule.times,
                "seconds": rule.delay.as_secs(),
            })
        })
        .collect();
    let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    Json(json!({ "set": set, "names": names }))
}

/// `DELETE /-/faults`
pub(super) async fn clear_faults(State(simulator): State<Simulator>) -> StatusCode {
    simulator.clear_faults();
    StatusCode::NO_CONTENT
}

/// `GET /-/requests`
pub(super) async fn requests(State(simulator): State<Simulator>) -> Json<Vec<OperationRequests>> {
    Json(simulator.requests())
}
