//! What an operation's configuration says about its answers: which skills, which threshold, whether names are shown.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

/// Upper bounds of waiting times in seconds, before the configured threshold joins them.
const WAIT_BOUNDS: [f64; 11] = [5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0, 600.0];

/// The label that holds an agent's name, or the word for it.
pub const AGENT_NAME: &str = "agent_name";

/// How an agent's name becomes a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentNames {
    /// As wolkvox writes it.
    Show,
    /// As a short word that is the same for the same name in the same operation, and tells nothing else.
    Pseudonym {
        /// What makes the words of one operation different from another's.
        salt: String,
    },
}

/// Which calls wolkvox divides by for a service level; it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelBase {
    /// All that came in.
    Inbound,
    /// Those that were answered.
    Answered,
}

impl LevelBase {
    /// The word for it in labels and in saved state.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Answered => "answered",
        }
    }
}

/// What an operation's configuration says about its answers.
#[derive(Clone, Debug)]
pub struct Terms {
    skills: Option<BTreeSet<String>>,
    agent_names: AgentNames,
    threshold: u32,
    level_base: Option<LevelBase>,
    wait_bounds: Vec<f64>,
}

impl Terms {
    /// Terms from the skills that are wanted (all without a list), the way of showing names, and the configured
    /// service-level threshold in seconds.
    #[must_use]
    pub fn new(skills: Option<BTreeSet<String>>, agent_names: AgentNames, threshold: u32) -> Self {
        let mut wait_bounds = WAIT_BOUNDS.to_vec();
        let bound = f64::from(threshold);
        if !wait_bounds.contains(&bound) {
            wait_bounds.push(bound);
            wait_bounds.sort_by(f64::total_cmp);
        }
        Self { skills, agent_names, threshold, level_base: None, wait_bounds }
    }

    /// The same terms with a base of service levels that is not to be found out from the numbers.
    #[must_use]
    pub fn with_level_base(self, level_base: Option<LevelBase>) -> Self {
        Self { level_base, ..self }
    }

    /// Whether this skill is to be shown.
    #[must_use]
    pub fn wants_skill(&self, id: &str) -> bool {
        self.skills.as_ref().is_none_or(|wanted| wanted.contains(id))
    }

    /// How many skills are listed, if they are.
    #[must_use]
    pub fn listed_skills(&self) -> Option<usize> {
        self.skills.as_ref().map(BTreeSet::len)
    }

    /// The configured service-level threshold, in seconds.
    #[must_use]
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// The configured base of service levels; without one it is found out from the numbers.
    #[must_use]
    pub fn level_base(&self) -> Option<LevelBase> {
        self.level_base
    }

    /// Upper bounds of waiting times in seconds, ascending, the configured threshold among them.
    #[must_use]
    pub fn wait_bounds(&self) -> &[f64] {
        &self.wait_bounds
    }

    /// An agent's name as it may be shown.
    #[must_use]
    pub fn agent_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match &self.agent_names {
            AgentNames::Show => Cow::Borrowed(name),
            AgentNames::Pseudonym { salt } => {
                let digest = Sha256::new().chain_update(salt).chain_update([0]).chain_update(name).finalize();
                // 48 bits: two of a thousand agents share a word once in half a billion operations.
                let word = digest.iter().take(6).fold(String::from("agent-"), |word, byte| format!("{word}{byte:02x}"));
                Cow::Owned(word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms(salt: &str) -> Terms {
        Terms::new(None, AgentNames::Pseudonym { salt: salt.to_owned() }, 25)
    }

    #[test]
    fn a_pseudonym_is_steady_within_an_operation_and_tells_nothing() {
        let acme = pseudonyms("acme");
        let word = acme.agent_name("ANA PÉREZ");
        assert_eq!(word, acme.agent_name("ANA PÉREZ"));
        assert_ne!(word, acme.agent_name("ANA PEREZ"));
        assert_ne!(word, pseudonyms("umbrella").agent_name("ANA PÉREZ"));
        assert_eq!(word.len(), "agent-".len() + 12);
        assert!(!word.contains("ANA"));
    }

    #[test]
    fn the_configured_threshold_is_a_bound_of_waits_once() {
        assert_eq!(pseudonyms("a").wait_bounds().iter().filter(|bound| **bound == 25.0).count(), 1);
        let usual = Terms::new(None, AgentNames::Show, 20);
        assert_eq!(usual.wait_bounds(), WAIT_BOUNDS);
    }
}
