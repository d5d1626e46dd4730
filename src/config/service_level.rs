//! The service level that an operation aims at: so many of the calls answered within so many seconds.

use super::mistakes::Mistakes;
use super::quantity;
use super::section::{Field, Keys};
use super::suggestion;
use crate::terms::LevelBase;

/// Which calls wolkvox divides by; it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Found out from the numbers.
    #[default]
    Auto,
    /// All that came in.
    Inbound,
    /// Those that were answered.
    Answered,
}

impl Base {
    const WORDS: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("inbound", Self::Inbound), ("answered", Self::Answered)];

    /// The base, where it need not be found out.
    #[must_use]
    pub fn given(self) -> Option<LevelBase> {
        match self {
            Self::Auto => None,
            Self::Inbound => Some(LevelBase::Inbound),
            Self::Answered => Some(LevelBase::Answered),
        }
    }

    fn named(text: &str) -> Result<Self, String> {
        let found = Self::WORDS.into_iter().find(|(word, _)| *word == text);
        found.map(|(_, base)| base).ok_or_else(|| {
            format!("\"{text}\" is no base; {}", suggestion::instead(text, &Self::WORDS.map(|(word, _)| word)))
        })
    }
}

/// The service level that an operation aims at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServiceLevel {
    /// The share of calls, above 0 and up to 1.
    pub target: f64,
    /// Within how many seconds they are to be answered.
    pub threshold: u32,
    /// Of which calls it is a share.
    pub base: Base,
}

/// 80 % within 20 s: the industry's usual target.
impl Default for ServiceLevel {
    fn default() -> Self {
        Self { target: 0.8, threshold: 20, base: Base::Auto }
    }
}

/// What of it is written; the rest is the default's, or the usual.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    target: Option<f64>,
    threshold: Option<u32>,
    base: Option<Base>,
}

impl Written {
    const KEYS: Keys<'static> = Keys {
        known: &["target", "threshold", "base"],
        refused: &[],
        example: "a mapping such as { target: 80%, threshold: 20s }",
    };

    pub(super) fn read(field: &Field<'_>, mistakes: &mut Mistakes) -> Self {
        let Some(section) = field.section(&Self::KEYS, mistakes) else { return Self::default() };
        Self {
            target: section.get("target").and_then(|field| field.meaning(quantity::share, mistakes)),
            threshold: section.get("threshold").and_then(|field| field.meaning(quantity::whole_seconds, mistakes)),
            base: section.get("base").and_then(|field| field.meaning(Base::named, mistakes)),
        }
    }

    /// This, completed by what the defaults say.
    pub(super) fn over(self, defaults: Self) -> Self {
        Self {
            target: self.target.or(defaults.target),
            threshold: self.threshold.or(defaults.threshold),
            base: self.base.or(defaults.base),
        }
    }

    pub(super) fn meant(self) -> ServiceLevel {
        let usual = ServiceLevel::default();
        ServiceLevel {
            target: self.target.unwrap_or(usual.target),
            threshold: self.threshold.unwrap_or(usual.threshold),
            base: self.base.unwrap_or(usual.base),
        }
    }
}
