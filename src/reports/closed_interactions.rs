//! `closed_interactions`: closed e-mails and posts by agent and activity code, `reports_manager.php?api=chat_7`.
//!
//! - There is no agent id: two agents of one name are one, and rows of one name and code are added up.
//! - "Interactions" are the e-mail and social-post channels, not chats. On some servers the report has never anything.
//! - A code may be blank, or `TIMEOUTACW` where the agent did not classify in time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::room::Room;
use crate::family::{Counter, Families};
use crate::report::{Ask, Asked, Endpoint, Report, Span, Urgency};
use crate::row::{Rejection, Row};
use crate::samples::{Samples, whole};
use crate::spelling;
use crate::terms::Terms;
use crate::world::World;

static CLOSED: Counter<2> = Counter::new(
    "wolkvox_closed_interactions_total",
    "Interactions (e-mails and social posts) closed today, by agent (under the privacy setting) and activity code \
     (report closed_interactions, field interactions; polled).",
    ["agent_name", "activity_code"],
);

/// Bytes that a pair of agent and code takes beside the texts.
const PAIR: usize = 150;

/// The report `closed_interactions`.
pub(super) struct ClosedInteractions;

impl Report for ClosedInteractions {
    type Facts = Facts;

    const NAME: &'static str = "closed_interactions";
    const ENDPOINT: Endpoint = Endpoint { file: "reports_manager.php", api: "chat_7" };
    const SPAN: Span = Span::Day;
    const URGENCY: Urgency = Urgency::Day;
    const INTERVAL: Duration = Duration::from_mins(5);
    const FAMILIES: Families = &[&CLOSED];
    const FIELDS: &'static [&'static str] = &["interactions", "agent_name", "cod_act", "description_cod_act"];

    fn absorb(facts: &mut Facts, row: &mut Row<'_>, ask: &Ask) -> Result<(), Rejection> {
        let name = row.id("agent_name")?;
        if name.eq_ignore_ascii_case("total") || name.eq_ignore_ascii_case("all") {
            return Ok(());
        }
        let Some(interactions) = row.count("interactions")? else { return Ok(()) };
        let code = row.text("cod_act").unwrap_or_default().into_owned();
        let agent = ask.terms.agent_name(&name).into_owned();
        let pair = PAIR + agent.len() + code.len();
        let counted = facts.closed.entry((agent, code)).or_insert_with(|| {
            facts.room.take(pair);
            0
        });
        *counted += interactions;
        Ok(())
    }

    fn is_full(facts: &Facts) -> bool {
        facts.room.is_full()
    }

    fn measure(facts: &Facts, _terms: &Terms, samples: &mut Samples) {
        for ((agent, code), interactions) in &facts.closed {
            samples.counter(&CLOSED, [agent, code], whole(*interactions));
        }
    }

    fn simulate(world: &World, asked: &Asked<'_>) -> Value {
        let closed = world.closed_interactions(&asked.period(world), asked.now);
        spelling::rows(closed.into_iter().map(|told| {
            json!({
                "Interactions": spelling::count(told.interactions),
                "agent_name": told.agent.name,
                "cod_act": told.code.code,
                "description_cod_act ": told.code.description,
            })
        }))
    }
}

/// Closed interactions by agent and activity code.
#[derive(Default)]
pub(super) struct Facts {
    closed: BTreeMap<(String, String), u64>,
    room: Room,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reports::bodies::{expect, fold, measured, terms};

    #[test]
    fn rows_of_one_name_and_code_are_added_up() {
        let lines = measured::<ClosedInteractions>(&json!([
            {"interactions":"14","agent_name":"AGENTE UNO","cod_act":"RESUELTO","description_cod_act":"Caso resuelto"},
            {"interactions":"2","agent_name":"AGENTE DOS","cod_act":"","description_cod_act":""},
            {"interactions":"1,000","agent_name":" AGENTE  UNO ","cod_act":"RESUELTO"},
            {"interactions":"9","agent_name":"TOTAL","cod_act":"-"},
        ]));
        expect(
            &lines,
            "wolkvox_closed_interactions_total",
            &[
                r#"{agent_name="AGENTE UNO",activity_code="RESUELTO"} 1014"#,
                r#"{agent_name="AGENTE DOS",activity_code=""} 2"#,
            ],
        );
    }

    #[test]
    fn rows_without_a_name_or_a_number_are_not_counted() {
        let rows = json!([{"interactions":"1","agent_name":"-"}, {"interactions":"x","agent_name":"A"}, {"interactions":"","agent_name":"A"}]);
        let (lines, rejections, _) = fold::<ClosedInteractions>(&terms(), &rows);
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!(rejections, [Rejection::NoId, Rejection::BadNumber]);
    }
}
