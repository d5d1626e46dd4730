//! What a poller does when it is not answered: when it asks again, and what it says of it.

use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Date;
use tokio::time::Instant;
use tracing::{debug, error, warn};

use super::{Poller, Rest, left_of_day};
use crate::lane::Backoff;
use crate::report::Urgency;
use crate::upstream::{Retry, Trouble};

/// How far the clock by which wolkvox counts its days may be from ours.
const DAY_TURNS_WITHIN: Duration = Duration::from_mins(15);

impl Poller {
    /// The answers themselves were right, but are of no use together.
    pub(super) fn gave_up(&mut self, position: usize, trouble: &Trouble, day: Date) {
        if let Some(slot) = self.slots.get_mut(position) {
            slot.vitals.failed(trouble.cause());
        }
        self.failed(position, trouble, day);
    }

    /// Says what went wrong with a question asked on this day, and decides when to ask again.
    pub(super) fn failed(&mut self, position: usize, trouble: &Trouble, day: Date) {
        let now = Instant::now();
        let failures = self.slots.get_mut(position).map_or(1, |slot| slot.failed(trouble.clone()));
        if let Some(pause) = trouble.retry_after() {
            self.schedule.hold(position, now + pause);
        }
        let next = match trouble.retry() {
            Retry::Soon => {
                self.retry_soon(position, now);
                None
            }
            Retry::NextTurn => None,
            Retry::NewToken => {
                self.refusals += 1;
                let until = now + Backoff::REFUSED_TOKEN.pause(self.refusals, self.jitter.f64());
                self.rest = Some(Rest::RefusedToken { until });
                self.refuse_all(trouble);
                Some(until)
            }
            // A refusal that comes after midnight speaks of the day before, whose quota is none of today's.
            Retry::Tomorrow if day != self.local_now().date() => None,
            Retry::Tomorrow => {
                let local = self.local_now();
                // Just after midnight it may still be yesterday where wolkvox counts.
                let is_early = since_midnight(&local) < DAY_TURNS_WITHIN;
                let until = now + if is_early { DAY_TURNS_WITHIN } else { left_of_day(&local) };
                self.rest = Some(Rest::SpentQuota { day, until });
                self.refuse_all(trouble);
                Some(until)
            }
        };
        self.log_failure(position, trouble, failures, next.or(self.schedule.due(position)), now);
    }

    /// Another try, where the turn has one left and the day's plan does not need the request.
    fn retry_soon(&mut self, position: usize, now: Instant) {
        let planned = self.schedule.planned(now, left_of_day(&self.local_now()), Urgency::Service);
        if self.budget.has_room(planned) {
            let pause = Backoff::RETRY.pause(self.schedule.retries(position) + 1, self.jitter.f64());
            self.schedule.retry(position, now, pause);
        }
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

fn since_midnight(local: &Zoned) -> Duration {
    let start = local.start_of_day().map_or(local.timestamp(), |start| start.timestamp());
    Duration::try_from(local.timestamp().duration_since(start)).unwrap_or_default()
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
