//! The eight dashboards, one file each, and the strip that all of them have on top.

use crate::dashboard::Dashboard;

mod age;
mod agents;
mod calls;
mod exporter;
mod operations;
mod process;
mod service_level;
mod skill;
pub(crate) mod strip;
mod verdict;
mod wallboard;
mod workforce;

/// All of them, in the order in which they link to each other.
#[must_use]
pub fn all() -> Vec<Dashboard> {
    vec![
        operations::dashboard(),
        skill::dashboard(),
        agents::dashboard(),
        workforce::dashboard(),
        calls::dashboard(),
        service_level::dashboard(),
        wallboard::dashboard(),
        exporter::dashboard(),
    ]
}

/// All of them as files: names without `.json`, and texts.
#[must_use]
pub fn texts() -> Vec<(String, String)> {
    all().iter().map(|dashboard| (dashboard.name.to_owned(), dashboard.text())).collect()
}
