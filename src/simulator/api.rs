//! One request for a report, from its token to its answer.

use std::future;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::Simulator;
use super::answer::{Answer, cut, envelope, indented};
use super::fault::Fault;
use super::mischief::{RightAnswer, spoil};
use super::operation::Operation;
use super::question::{self, Parameters};
use super::refusal::Refusal;
use crate::report::{Asked, Listing, Usage};

/// Answers a request for a report.
pub(super) async fn answer(
    State(simulator): State<Simulator>,
    Path(file): Path<String>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if !question::is_file(&file) {
        return no_such_page().await;
    }
    let Some(token) = headers.get("wolkvox-token") else {
        return Answer::refused(Refusal::NO_TOKEN).send(None);
    };
    let Some(operation) = simulator.0.operations.iter().find(|each| each.is_known_by(token.as_bytes())) else {
        return Answer::refused(Refusal::BAD_TOKEN).send(None);
    };
    let parameters = Parameters(query.map(|Query(parameters)| parameters).unwrap_or_default());
    let report = question::report(&file, &parameters);
    let (under_way, verdict) = operation.admit(report.map_or("other", |report| report.name), simulator.now());

    if !operation.latency().is_zero() {
        tokio::time::sleep(operation.latency()).await;
    }
    let usage = match verdict {
        Ok(usage) => usage,
        Err(refusal) => {
            operation.count_refusal();
            return Answer::refused(refusal).send(Some(under_way));
        }
    };
    let right = || right_answer(&simulator, operation, report, &parameters, usage);
    let Some(rule) = simulator.take_fault(report.map(|report| report.name), operation.name()) else {
        return right().answer().send(Some(under_way));
    };
    match rule.fault {
        Fault::Slow => tokio::time::sleep(rule.delay).await,
        Fault::Hang => future::pending().await,
        _ => {}
    }
    spoil(&rule, right).send(Some(under_way))
}

/// What the web server says of paths that are none of wolkvox's.
pub(super) async fn no_such_page() -> Response {
    Answer::page(StatusCode::NOT_FOUND, "404 Not Found").send(None)
}

fn right_answer(
    simulator: &Simulator,
    operation: &Operation,
    report: Option<&'static Listing>,
    parameters: &Parameters,
    usage: Usage,
) -> RightAnswer {
    let asked = report.ok_or(Refusal::NO_SUCH_API).and_then(|report| {
        let period = question::check(report, parameters)?;
        let services_time = parameters.get("services_time").and_then(|seconds| seconds.parse().ok());
        let skill_id = parameters.get("skill_id");
        let now = operation.known_until(report.span, simulator.now());
        Ok((report, Asked { now, period, skill_id, services_time, usage }))
    });
    let told = asked.and_then(|(report, asked)| match (report.simulate)(operation.world(), &asked) {
        Value::Null => Err(Refusal::NO_DATA),
        data => Ok((report, cut(data))),
    });
    match told {
        Ok((report, data)) => RightAnswer { status: StatusCode::OK, body: envelope(report.endpoint, data).into() },
        Err(refusal) => {
            if refusal != Refusal::NO_DATA {
                operation.count_refusal();
            }
            RightAnswer { status: refusal.status, body: indented(&refusal.body()).into() }
        }
    }
}
