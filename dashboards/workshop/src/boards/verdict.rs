//! A service level beside its target: on target, below it, or too few calls to tell. The target is what is configured,
//! so the colour cannot come from a fixed threshold; each verdict is a query of its own, with its own name.

use crate::formulas::{HIGHEST_TARGET, SKILL, Since, service_level, service_level_at_best};
use crate::panel::{Panel, query};

/// What stands in the description of each such panel.
pub(crate) const VERDICTS: &str = "strict: answered within the operation's threshold / (answered + abandoned). Green and \
     “on target”: at or above the configured target (the highest one, of several operations). Red and “below \
     target”: even the upper end of the 95 % interval (Wilson) is below it. Yellow and “just below target”: below, but \
     it may be chance.";

/// Asks for the service level as three verdicts, and takes these away where a condition says so.
pub(crate) fn verdicts(panel: Panel, since: Since, unless: &str) -> Panel {
    let level = service_level("", SKILL, since);
    let best = service_level_at_best("", SKILL, since);
    panel
        .ask(query(format!("{level} >= {HIGHEST_TARGET}{unless}"), "on target").may_be_empty("below target"))
        .ask(
            query(format!("{level} < {HIGHEST_TARGET} and {best} < {HIGHEST_TARGET}{unless}"), "below target")
                .may_be_empty("not below target"),
        )
        .ask(
            query(format!("{level} < {HIGHEST_TARGET} and {best} >= {HIGHEST_TARGET}{unless}"), "just below target")
                .may_be_empty("many calls, or on target"),
        )
        .colour("A", "green")
        .colour("B", "red")
        .colour("C", "yellow")
}

/// Colours of calls that wait, the same on every dashboard.
pub(crate) const WAITING: [(f64, &str); 4] = [(0.0, "green"), (1.0, "yellow"), (5.0, "orange"), (10.0, "red")];

/// Colours of calls that are to be made good, the same on every dashboard.
pub(crate) const MISSING: [(f64, &str); 3] = [(0.0, "green"), (1.0, "yellow"), (20.0, "red")];
