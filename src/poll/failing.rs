//! What a poller does when it is not answered: when it asks again, and what it says of it.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{debug, error, warn};

use super::{Poller, Rest, left_of_day};
use crate::lane::Backoff;
use crate::report::Urgency;
use crate::upstream::{Retry, Trouble};

impl Poller {
    /// Says what went wrong and decides when to ask again.
    pub(super) fn failed(&mut self, position: usize, trouble: &Trouble) {
        let now = Instant::now();
        let failures = self.slots.get_mut(position).map_or(1, |slot| slot.failed(trouble.clone()));
        if let Some(pause) = trouble.retry_after() {
            self.schedule.hold(position, now + pause);
        }
        let next = match trouble.retry() {
            Retry::Soon => self.retry_soon(position, now),
            Retry::NextTurn => None,
            Retry::NewToken => {
                self.refusals += 1;
                let until = now + Backoff::REFUSED_TOKEN.pause(self.refusals, self.jitter.f64());
                self.rest = Some(Rest::RefusedToken { until });
                self.refuse_all(trouble);
                Some(until)
            }
            Retry::Tomorrow => {
                self.rest = Some(Rest::SpentQuota { day: self.budget.day() });
                self.refuse_all(trouble);
                Some(now + left_of_day(&self.local_now()))
            }
        };
        self.log_failure(position, trouble, failures, next.or(self.schedule.due(position)), now);
    }

    /// Another try, where the turn has one left and the day's plan does not need the request.
    fn retry_soon(&mut self, position: usize, now: Instant) -> Option<Instant> {
        let planned = self.schedule.planned(now, left_of_day(&self.local_now()), Urgency::Service);
        if !self.budget.has_room(planned) {
            return None;
        }
        let pause = Backoff::RETRY.pause(self.schedule.retries(position) + 1, self.jitter.f64());
        self.schedule.retry(position, now, pause)
    }

    /// wolkvox will answer no report of the operation: none of them passes for answered.
    fn refuse_all(&mut self, trouble: &Trouble) {
        for slot in &mut self.slots {
            slot.refused(trouble);
        }
        self.tell_all();
    }

    /// One line per failure that is news; a failure that goes on is told at its 2nd, 4th, 8th… time.
    fn log_failure(&self, position: usize, trouble: &Trouble, failures: u32, next: Option<Instant>, now: Instant) {
        let Some(slot) = self.slots.get(position) else { return };
        let (operation, report, cause) = (self.operation.name.as_str(), slot.poll.report.name, trouble.cause());
        let again = rounded(next.map(|next| next.saturating_duration_since(now)).unwrap_or_default());
        let (what, advice) = (trouble.to_string(), cause.advice());
        let cause = cause.label();
        match trouble.retry() {
            _ if !failures.is_power_of_two() => {
                debug!(operation, report, cause, failures, next_try_in = %again, "wolkvox {what}");
            }
            Retry::NewToken => {
                error!(operation, report, cause, next_try_in = %again, advice, "wolkvox {what}");
            }
            Retry::Tomorrow => {
                error!(operation, report, cause, rests_for = %again, advice, "wolkvox {what}");
            }
            Retry::Soon | Retry::NextTurn => {
                warn!(operation, report, cause, failures, next_try_in = %again, advice, "wolkvox {what}");
            }
        }
    }
}

/// A duration as a person would say it.
fn rounded(duration: Duration) -> humantime::FormattedDuration {
    let whole = if duration < Duration::from_secs(10) {
        Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) / 100 * 100)
    } else {
        Duration::from_secs(duration.as_secs())
    };
    humantime::format_duration(whole)
}
