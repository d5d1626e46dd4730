//! The rows of one answer, held until it is whole.

use crate::report::{Absorbed, Absorbing, Ask, Folding};

/// More than 60,000 rows of wolkvox's are, which is its limit: an answer is not held beyond it.
const MOST_BYTES: usize = 64 << 20;

/// An answer's rows as they were told: an answer that breaks off has not touched the facts of the hours before it. They
/// are those of one report of an hour, or of a day where rows are by the hour.
pub(super) struct Rows {
    held: Vec<String>,
    bytes: usize,
    /// What says whether a row is one.
    trial: Box<dyn Folding>,
}

impl Rows {
    /// No rows yet, for a report whose facts begin so.
    pub(super) fn new(trial: Box<dyn Folding>) -> Self {
        Self { held: Vec::new(), bytes: 0, trial }
    }

    fn hold(&mut self, json: &str) {
        self.bytes += json.len();
        self.held.push(json.to_owned());
    }

    /// The rows, as JSON text.
    pub(super) fn told(self) -> Vec<String> {
        self.held
    }
}

/// Rows hold personal data: only how many they are is told.
impl std::fmt::Debug for Rows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Rows({})", self.held.len())
    }
}

impl Absorbing for Rows {
    fn absorb(&mut self, json: &str, ask: &Ask) -> Result<Absorbed, serde_json::Error> {
        let absorbed = self.trial.absorb(json, ask)?;
        self.hold(json);
        Ok(absorbed)
    }

    fn absorb_alike(&mut self, text: &str, ask: &Ask) -> Option<(Absorbed, usize)> {
        let (absorbed, length) = self.trial.absorb_alike(text, ask)?;
        self.hold(text.get(..length)?);
        Some((absorbed, length))
    }

    fn is_full(&self) -> bool {
        self.bytes >= MOST_BYTES || self.trial.is_full()
    }

    fn answer_is_over(&mut self) {
        self.trial.answer_is_over();
    }
}
