//! Answers of wolkvox that are right as far as HTTP goes, and odd in what they say.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// A way in which rows are odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangeness {
    /// Every row has a field that nobody has heard of.
    UnknownField,
    /// The first row of every answer has no number where one belongs.
    BadRow,
    /// Counts above three are told one lower, as after a correction.
    Lowered,
    /// Answers that are lists of calls have so many rows more: copies of their last one, which count once.
    ManyRows(usize),
}

/// The strangenesses that happen at the moment. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Mood(Arc<Mutex<Vec<Strangeness>>>);

impl Mood {
    /// Puts these in place of those before.
    pub(crate) fn set(&self, strangenesses: Vec<Strangeness>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = strangenesses;
    }

    fn get(&self) -> Vec<Strangeness> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A wolkvox whose answers are in this mood.
    pub(crate) fn over(&self, router: Router) -> Router {
        let mood = self.clone();
        router.layer(middleware::from_fn(move |request: Request, next: Next| {
            let strangenesses = mood.get();
            async move {
                let response = next.run(request).await;
                if strangenesses.is_empty() || !response.status().is_success() {
                    response
                } else {
                    twist(response, &strangenesses).await
                }
            }
        }))
    }
}

async fn twist(response: Response, strangenesses: &[Strangeness]) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return axum::http::StatusCode::BAD_GATEWAY.into_response();
    };
    let Ok(mut answer) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if let Some(rows) = answer.get_mut("data").and_then(Value::as_array_mut) {
        for strangeness in strangenesses {
            strangeness.befall(rows);
        }
    }
    Response::from_parts(parts, Body::from(answer.to_string()))
}

impl Strangeness {
    fn befall(self, rows: &mut Vec<Value>) {
        match self {
            Self::UnknownField => {
                for row in rows {
                    row["sentiment_score"] = "0.7".into();
                }
            }
            Self::BadRow => {
                let Some(row) = rows.first_mut() else { return };
                for field in ["stat_inbound", "login_time", "time_on_rp", "interactions"] {
                    if !row[field].is_null() {
                        row[field] = "#REF!".into();
                    }
                }
            }
            Self::Lowered => rows.iter_mut().for_each(lower),
            Self::ManyRows(more) => {
                let last = rows.last().filter(|row| !row["conn_id"].is_null()).cloned();
                rows.extend(last.into_iter().flat_map(|row| std::iter::repeat_n(row, more)));
            }
        }
    }
}

fn lower(row: &mut Value) {
    for field in ["stat_inbound", "stat_answer", "calls_inbound", "interactions"] {
        let count = row[field].as_str().and_then(|text| text.parse::<u64>().ok());
        if let Some(count) = count.filter(|count| *count > 3) {
            row[field] = (count - 1).to_string().into();
        }
    }
}
