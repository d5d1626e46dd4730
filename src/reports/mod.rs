//! The reports of wolkvox that are read, one file each. A new one is a file here and its lines below.

mod agents;
#[cfg(test)]
mod bodies;
mod call_durations;
mod closed_interactions;
mod ivr_calls;
mod level_base;
mod quota;
mod room;
mod skills;

#[cfg(test)]
mod truth;

use crate::report::Listing;

#[cfg(test)]
pub(crate) use truth::measured_in;

/// Every report, in the order in which its families are served.
pub const ALL: &[Listing] = &[
    Listing::of::<skills::Skills>(),
    Listing::of::<agents::Agents>(),
    Listing::of::<call_durations::CallDurations>(),
    Listing::of::<ivr_calls::IvrCalls>(),
    Listing::of::<closed_interactions::ClosedInteractions>(),
    Listing::of::<quota::Quota>(),
];

/// The report of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Listing> {
    ALL.iter().find(|report| report.name == name)
}
