//! The keys that an operation and `defaults` share, as they are written: a key that is not there is not there.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::mistakes::Mistakes;
use super::node::Kind;
use super::open_hours::OpenHours;
use super::section::{Field, Section};
use super::{polls, quantity, service_level, zone};

/// What is written of the shared keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) timezone: Option<(TimeZone, String)>,
    pub(super) licenses: Option<u32>,
    pub(super) quota_share: Option<f64>,
    pub(super) open_hours: Option<OpenHours>,
    pub(super) service_level: service_level::Written,
    pub(super) skills: Option<Skills>,
    pub(super) settling: Option<Duration>,
    pub(super) births: Option<Duration>,
    pub(super) reports: polls::Written,
}

/// Which skills are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Skills {
    All,
    These(BTreeSet<String>),
}

impl Settings {
    /// The shared keys.
    pub(super) const KEYS: [&'static str; 9] = [
        "timezone",
        "licenses",
        "quota_share",
        "open_hours",
        "service_level",
        "skills",
        "settling",
        "births",
        "reports",
    ];

    /// What this mapping says. A value that is wrong is told and counts as not written.
    pub(super) fn read(section: &Section<'_>, mistakes: &mut Mistakes) -> Self {
        Self {
            timezone: section.get("timezone").and_then(|field| field.meaning(zone::named, mistakes)),
            licenses: section.get("licenses").and_then(|field| field.meaning(quantity::count, mistakes)),
            quota_share: section.get("quota_share").and_then(|field| field.meaning(quantity::share, mistakes)),
            open_hours: section.get("open_hours").and_then(|field| OpenHours::read(&field, mistakes)),
            service_level: section
                .get("service_level")
                .map(|field| service_level::Written::read(&field, mistakes))
                .unwrap_or_default(),
            skills: section.get("skills").and_then(|field| Skills::read(&field, mistakes)),
            settling: section.get("settling").and_then(|field| field.meaning(quantity::duration, mistakes)),
            births: section.get("births").and_then(|field| field.meaning(quantity::duration, mistakes)),
            reports: section.get("reports").map(|field| polls::Written::read(&field, mistakes)).unwrap_or_default(),
        }
    }

    /// These, completed by the defaults: an operation's own win, and reports and the service level are completed key
    /// by key.
    pub(super) fn over(self, defaults: &Self) -> Self {
        Self {
            timezone: self.timezone.or_else(|| defaults.timezone.clone()),
            licenses: self.licenses.or(defaults.licenses),
            quota_share: self.quota_share.or(defaults.quota_share),
            open_hours: self.open_hours.or_else(|| defaults.open_hours.clone()),
            service_level: self.service_level.over(defaults.service_level),
            skills: self.skills.or_else(|| defaults.skills.clone()),
            settling: self.settling.or(defaults.settling),
            births: self.births.or(defaults.births),
            reports: self.reports.over(&defaults.reports),
        }
    }
}

impl Skills {
    fn read(field: &Field<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if let Kind::Scalar(text) = &field.node.kind {
            if text == "all" {
                return Some(Self::All);
            }
            field.wrong(format!("\"{text}\" is neither all nor a list; write all, or ids such as [{text}]"), mistakes);
            return None;
        }
        let items = field.items(mistakes)?;
        if items.is_empty() {
            field.wrong("no skill is listed; write all, or switch the report skills off", mistakes);
            return None;
        }
        let mut ids = BTreeSet::new();
        let mut whole = true;
        for item in &items {
            match item.meaning(skill_id, mistakes) {
                Some(id) if ids.contains(&id) => item.wrong(format!("{id} is listed twice; keep one"), mistakes),
                Some(id) => whole &= ids.insert(id),
                None => whole = false,
            }
        }
        whole.then_some(Self::These(ids))
    }

    /// The ids that are wanted; nothing stands for all.
    pub(super) fn meant(self) -> Option<BTreeSet<String>> {
        match self {
            Self::All => None,
            Self::These(ids) => Some(ids),
        }
    }
}

/// An id as wolkvox writes it: digits today, and compared as text, so that leading zeros count.
fn skill_id(text: &str) -> Result<String, String> {
    if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
        return Err(format!("{text:?} is not the id of a skill; write it as wolkvox shows it"));
    }
    Ok(text.to_owned())
}
