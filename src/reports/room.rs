//! How much memory the facts of one answer may take.

/// Facts of more bytes are no contact centre's: 60,000 rows of agents, as many as wolkvox tells, take less.
const MOST_BYTES: usize = 8 << 20;

/// The room that facts take, as far as it grows with the answer.
#[derive(Debug, Default)]
pub(super) struct Room {
    taken: usize,
}

impl Room {
    /// More is kept, of about so many bytes.
    pub(super) fn take(&mut self, bytes: usize) {
        self.taken += bytes;
    }

    /// Whether the answer should tell no more.
    pub(super) fn is_full(&self) -> bool {
        self.taken >= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::civil::date;

    use super::super::bodies::terms;
    use crate::report::{Ask, Listing, Window};

    /// How many rows of these a report takes before it is full, of a million.
    fn rows_taken(report: &str, row: impl Fn(usize) -> String) -> usize {
        let day = date(2026, 6, 5);
        let window = Window { from: day.at(0, 0, 0, 0), to: day.at(12, 30, 0, 0) };
        let ask = Ask { window, terms: Arc::new(terms()) };
        let report: &Listing = super::super::named(report).unwrap();
        let mut facts = (report.begin)();
        let rows = 0..1_000_000;
        rows.take_while(|number| {
            assert_eq!(facts.absorb(&row(*number), &ask).unwrap().rejection, None);
            !facts.is_full()
        })
        .count()
    }

    #[test]
    fn facts_are_full_before_they_take_much_memory_and_not_before_wolkvox_has_told_all() {
        let agent = |agent: usize, hour: usize| {
            format!(
                r#"{{"agent_id":"{agent}","agent_name":"Agente {agent:08}","hour":"{hour:02}:00","calls_inbound":"3"}}"#
            )
        };
        let by_the_hour = rows_taken("agents", |row| agent(row / 24, row % 24));
        assert!((60_000..90_000).contains(&by_the_hour), "{by_the_hour}");
        let new_ones = rows_taken("agents", |row| agent(row, 8));
        assert!((20_000..35_000).contains(&new_ones), "{new_ones}");
        let again = rows_taken("agents", |row| agent(7, row % 24));
        assert_eq!(again, 1_000_000);
        let long = "x".repeat(200);
        let skills = rows_taken("skills", |row| format!(r#"{{"skill_id":"{row}","skill_name":"{long}"}}"#));
        assert!((10_000..20_000).contains(&skills), "{skills}");
        let pair =
            |name: &str, row: usize| format!(r#"{{"interactions":"1","agent_name":"{name}","cod_act":"{row}"}}"#);
        let pairs = rows_taken("closed_interactions", |row| pair(&long, row));
        assert!((20_000..30_000).contains(&pairs), "{pairs}");
        let short = rows_taken("closed_interactions", |row| pair("x", row));
        assert!((50_000..60_000).contains(&short), "{short}");
        let again = rows_taken("closed_interactions", |row| pair("x", row % 100));
        assert_eq!(again, 1_000_000);
    }
}
