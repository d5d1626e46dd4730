//! `quota`: what wolkvox says of the daily quota, `information.php?api=token_info`.
//!
//! - Asking costs one request itself.
//! - The quota is the operation's, shared by all its tokens: `all_token_today` counts against it, not the use of the
//!   one token (`token_use_today`), which stands in only where the other is blank.

use std::time::Duration;

use serde_json::{Value, json};

use crate::family::{Families, Gauge};
use crate::report::{Allowance, Ask, Asked, Endpoint, Report, Span, Urgency, Usage};
use crate::row::{Rejection, Row};
use crate::samples::{Samples, whole};
use crate::spelling;
use crate::terms::Terms;
use crate::world::World;

static LIMIT: Gauge<0> = Gauge::new(
    "wolkvox_quota_limit_requests",
    "Requests that all tokens of the operation may make in a day, as wolkvox tells it (report quota, field token_limit; \
     polled).",
    [],
);
static USED: Gauge<0> = Gauge::new(
    "wolkvox_quota_used_requests",
    "Requests that all tokens of the operation have made today, as wolkvox counts them (report quota, field \
     all_token_today; polled).",
    [],
);

/// The report `quota`.
pub(super) struct Quota;

impl Report for Quota {
    type Facts = Facts;

    const NAME: &'static str = "quota";
    const ENDPOINT: Endpoint = Endpoint { file: "information.php", api: "token_info" };
    const SPAN: Span = Span::Now;
    const URGENCY: Urgency = Urgency::Service;
    const INTERVAL: Duration = Duration::from_mins(15);
    const FAMILIES: Families = &[&LIMIT, &USED];
    const FIELDS: &'static [&'static str] =
        &["description", "token_limit", "token_use_today", "all_token_today", "available_consumption_options"];

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, _ask: &Ask) -> Result<(), Rejection> {
        let limit = row.count("token_limit")?;
        let of_all = row.count("all_token_today")?;
        let of_this = row.count("token_use_today")?;
        // Several rows would be several tokens of one operation: the pool is the same, the largest is the newest.
        facts.limit = facts.limit.max(limit);
        facts.used = facts.used.max(of_all.or(of_this));
        Ok(())
    }

    fn measure(facts: &Facts, _terms: &Terms, samples: &mut Samples) {
        if let Some(limit) = facts.limit {
            samples.gauge(&LIMIT, [], whole(limit));
        }
        if let Some(used) = facts.used {
            samples.gauge(&USED, [], whole(used));
        }
    }

    fn allowance(facts: &Facts) -> Option<Allowance> {
        Some(Allowance { limit: facts.limit?, used: facts.used? })
    }

    fn simulate(_world: &World, asked: &Asked<'_>) -> Value {
        let Usage { limit, by_token, by_all } = asked.usage;
        spelling::rows([json!({
            "description": "Prometheus",
            "token_limit": spelling::count(limit),
            "token_use_today": spelling::count(by_token),
            "all_token_today": spelling::count(by_all),
            // The limit less the use of this token alone, as the vendor's page defines it.
            "available_consumption_options": spelling::count(limit.saturating_sub(by_token)),
        })])
    }
}

/// The quota, as far as it was told.
#[derive(Default)]
pub(super) struct Facts {
    limit: Option<u64>,
    used: Option<u64>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::bodies::{expect, measured};

    #[test]
    fn the_pool_of_all_tokens_counts() {
        for (row, used) in [
            (
                json!({"description":"bi","token_limit":"8,000","token_use_today":"12","all_token_today":"345","available_consumption_options":"7655"}),
                "345",
            ),
            (json!([{"token_limit":8000,"token_use_today":12,"all_token_today":"-"}]), "12"),
        ] {
            let lines = measured::<Quota>(&row);
            expect(&lines, "wolkvox_quota_limit_requests ", &["8000"]);
            expect(&lines, "wolkvox_quota_used_requests ", &[used]);
        }
        assert!(measured::<Quota>(&json!([{"token_limit":""}])).is_empty());
    }
}
