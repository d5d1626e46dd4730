//! The plan of a day: how many requests each report makes, and whether the quota has room for them.
//!
//! All of it is whole numbers: a plan that is one request beyond the quota is refused, and one that meets it exactly is
//! not. A poll is counted as one request; the few more that cut windows and repeated questions make come out of the
//! day's budget when they are made.

use std::fmt;
use std::time::Duration;

use crate::config::{Operation, Poll};
use crate::ledger::{RECENT, WHOLE_EVERY, turns_per_whole};
use crate::report::{Listing, Span, Urgency};

/// What wolkvox allows per licence and day, to all integrations of an operation together.
pub const REQUESTS_PER_LICENSE: u64 = 1000;

const DAY: Duration = Duration::from_hours(24);
/// A share is known to the millionth: enough for any percentage that people write, and then exact.
const SHARES: f64 = 1_000_000.0;

/// Intervals that people would choose, in seconds.
const HUMANE: [u64; 24] = [
    1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 7200, 10_800, 21_600, 43_200,
    86_400,
];

/// The requests of one operation in one civil day.
#[derive(Clone, Debug)]
pub struct Plan {
    operation: String,
    polls: Vec<Poll>,
    licenses: Option<u32>,
    /// The share of the quota, in millionths.
    share: u64,
}

impl Plan {
    /// The plan of this operation.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        Self::new(&operation.name, &operation.polls, operation.licenses, operation.quota_share)
    }

    /// The plan of these polls for an operation that has so many licences, of whose quota this share may be used.
    #[must_use]
    pub fn new(operation: &str, polls: &[Poll], licenses: Option<u32>, quota_share: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a million")]
        let share = (quota_share.clamp(0.0, 1.0) * SHARES).round() as u64;
        Self { operation: operation.to_owned(), polls: polls.to_vec(), licenses, share }
    }

    /// How many requests the polls make in a day.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.polls.iter().map(|poll| requests_per_day(poll.interval)).sum()
    }

    /// How many requests may be made in a day, if the licences are known.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.licenses.map(|licenses| self.allowed_of(u64::from(licenses) * REQUESTS_PER_LICENSE))
    }

    /// How many requests of this daily quota may be made.
    #[must_use]
    pub fn allowed_of(&self, quota: u64) -> u64 {
        // Rounded down: the last request of a share is either within it or not.
        quota.saturating_mul(self.share) / 1_000_000
    }

    /// Whether there is room for all of them; without licences nobody can tell, and the plan stands.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.limit().is_none_or(|limit| self.requests() <= limit)
    }

    /// Why the plan is refused: the whole sum, and intervals that would fit. Nothing if it fits.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let (limit, licenses) = (self.limit()?, self.licenses?);
        if self.fits() {
            return None;
        }
        let parts: Vec<String> = self.polls.iter().map(part).collect();
        let sum = format!(
            "the plan of {} makes {} requests a day ({}), but {} are allowed ({licenses} licences × \
             {REQUESTS_PER_LICENSE} × {})",
            self.operation,
            self.requests(),
            parts.join(" + "),
            limit,
            self.percent(),
        );
        Some(match self.suggestion() {
            None => format!("{sum}; no intervals fit, switch reports off or raise quota_share"),
            Some(polls) => {
                let fitting = Self { polls, ..self.clone() };
                let reports = fitting.polls.iter().zip(&self.polls).filter(|(new, old)| new.interval != old.interval);
                let reports: Vec<String> = reports.map(|(poll, _)| written(poll)).collect();
                format!(
                    "{sum}; {} requests would be made with reports: {{ {} }}",
                    fitting.requests(),
                    reports.join(", ")
                )
            }
        })
    }

    /// The same reports at intervals that fit, none shorter than it was; nothing where even one request a day for each
    /// is too much.
    #[must_use]
    pub fn suggestion(&self) -> Option<Vec<Poll>> {
        let limit = self.limit()?;
        let total = |intervals: &[Duration]| intervals.iter().map(|interval| requests_per_day(*interval)).sum::<u64>();
        let mut intervals: Vec<Duration> = self.polls.iter().map(|poll| poll.interval).collect();

        // All of them slower by one factor, so that who was fast stays fast among them.
        let mut factor: u32 = 1;
        while total(&intervals) > limit {
            if intervals.iter().all(|interval| *interval >= DAY) {
                return None;
            }
            factor += 1;
            for (interval, poll) in intervals.iter_mut().zip(&self.polls) {
                // From a second on, so that multiplying reaches a day whatever the interval was.
                let scaled = poll.interval.max(Duration::from_secs(1)).saturating_mul(factor);
                *interval = humane(scaled).max(poll.interval);
            }
        }

        // Rounding up has left room: live reports take it first, and what was never the trouble goes back to what it was.
        let mut turns: Vec<usize> = (0..self.polls.len()).collect();
        turns.sort_by_key(|turn| self.polls.get(*turn).map_or(Urgency::Service, |poll| poll.report.urgency));
        for turn in turns {
            let Some(wanted) = self.polls.get(turn).map(|poll| poll.interval) else { continue };
            let shorter = std::iter::once(wanted).chain(HUMANE.map(Duration::from_secs));
            for interval in shorter.filter(|interval| *interval >= wanted) {
                let Some(slot) = intervals.get_mut(turn) else { break };
                let before = std::mem::replace(slot, interval.min(*slot));
                if total(&intervals) <= limit {
                    break;
                }
                if let Some(slot) = intervals.get_mut(turn) {
                    *slot = before;
                }
            }
        }
        let polls = self.polls.iter().zip(intervals).map(|(poll, interval)| Poll { report: poll.report, interval });
        Some(polls.collect())
    }

    fn percent(&self) -> String {
        // Millionths are four decimals of a percent; no more are shown than there are.
        let text = format!("{}.{:04}", self.share / 10_000, self.share % 10_000);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The first interval that people would choose and that is not shorter; a day at most.
fn humane(interval: Duration) -> Duration {
    HUMANE.map(Duration::from_secs).into_iter().find(|humane| *humane >= interval).unwrap_or(DAY)
}

/// How many polls of this interval begin in a day: 86,400 s by the interval, rounded up.
#[must_use]
pub fn requests_per_day(interval: Duration) -> u64 {
    let polls = DAY.as_nanos().div_ceil(interval.as_nanos().max(1));
    u64::try_from(polls).unwrap_or(u64::MAX)
}

fn part(poll: &Poll) -> String {
    let Poll { report: Listing { name, .. }, interval } = poll;
    format!("{name} every {}: {}", humantime::format_duration(*interval), requests_per_day(*interval))
}

fn written(poll: &Poll) -> String {
    format!("{}: {{ interval: {} }}", poll.report.name, humantime::format_duration(poll.interval))
}

/// Bytes of one row of a report that tells every event, as wolkvox writes it, indented.
const BYTES_PER_ROW: f64 = 430.0;

/// What a day's answers of a report that tells every event weigh, in MB for each thousand rows of the day: as it is
/// asked for, and as it would be if every turn asked for the whole day. The day's rows are taken to come evenly.
fn megabytes(interval: Duration) -> [f64; 2] {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let [turns, wholes] = [1, turns_per_whole(interval)].map(|every| requests_per_day(interval).div_ceil(every) as f64);
    // On average half of the day has passed.
    let (whole, recent) = (0.5, RECENT.as_secs_f64() / DAY.as_secs_f64());
    let weight = |days: f64| days * 1000.0 * BYTES_PER_ROW / 1e6;
    [weight(wholes * whole + (turns - wholes) * recent), weight(turns * whole)]
}

/// How a report that tells every event is asked for, and what it costs.
fn write_windows(formatter: &mut fmt::Formatter<'_>, poll: &Poll) -> fmt::Result {
    let [windows, wholes] = megabytes(poll.interval);
    if turns_per_whole(poll.interval) == 1 {
        return writeln!(formatter, "    the whole day each time: {windows:.0} MB a day per 1000 calls");
    }
    let [recent, every] = [RECENT, WHOLE_EVERY].map(humantime::format_duration);
    writeln!(
        formatter,
        "    the last {recent}, the whole day every {every}: {windows:.0} MB a day per 1000 calls ({BYTES_PER_ROW} bytes \
         each), not {wholes:.0} MB"
    )
}

/// The plan as a table for people.
impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "operation {}: requests per day", self.operation)?;
        for poll in &self.polls {
            let every = format!("every {}", humantime::format_duration(poll.interval));
            writeln!(formatter, "  {:<20} {every:<14} {:>9}", poll.report.name, requests_per_day(poll.interval))?;
            if poll.report.span == Span::Rows {
                write_windows(formatter, poll)?;
            }
        }
        writeln!(formatter, "  {:<35} {:>9}", "planned", self.requests())?;
        match (self.limit(), self.licenses) {
            (Some(limit), Some(licenses)) => {
                let terms = format!("allowed: {licenses} × {REQUESTS_PER_LICENSE} × {}", self.percent());
                writeln!(formatter, "  {terms:<35} {limit:>9}")?;
                let used = self.requests() * 100 / limit.max(1);
                write!(
                    formatter,
                    "  {}, {used} % of what is allowed",
                    if self.fits() { "fits" } else { "does not fit" }
                )
            }
            _ => write!(formatter, "  not compared with the quota: licenses is not configured"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reports;

    fn polls(seconds: &[(&str, u64)]) -> Vec<Poll> {
        let poll = |(name, seconds): &(&str, u64)| Poll {
            report: reports::named(name).unwrap(),
            interval: Duration::from_secs(*seconds),
        };
        seconds.iter().map(poll).collect()
    }

    #[test]
    fn a_day_is_divided_exactly_and_rounded_up() {
        for (interval, requests) in [
            (Duration::from_secs(1), 86_400),
            (Duration::from_secs(7), 12_343),
            (Duration::from_millis(1500), 57_600),
            (Duration::from_hours(24), 1),
            (Duration::from_nanos(86_399_999_999_999), 2),
        ] {
            assert_eq!(requests_per_day(interval), requests, "{interval:?}");
        }
    }

    #[test]
    fn a_plan_may_meet_its_limit_and_not_pass_it() {
        // 86,400 / 10 = 8640 = 9 × 1000 × 96 %.
        let polls = polls(&[("skills", 10)]);
        assert!(Plan::new("acme", &polls, Some(9), 0.96).fits());
        assert!(!Plan::new("acme", &polls, Some(9), 0.959_999).fits());
        assert!(Plan::new("acme", &polls, None, 0.01).fits());
        assert_eq!(Plan::new("acme", &polls, Some(100), 0.57).limit(), Some(57_000));
        assert_eq!(Plan::new("acme", &polls, Some(1), 0.0015).limit(), Some(1));
    }

    #[test]
    fn a_refusal_does_the_sum_and_shows_a_way_out() {
        let polls = polls(&[("skills", 1), ("agents", 300), ("quota", 900)]);
        let refusal = Plan::new("acme", &polls, Some(20), 0.8).refusal().unwrap();
        assert_eq!(
            refusal,
            "the plan of acme makes 86784 requests a day (skills every 1s: 86400 + agents every 5m: 288 + quota every \
             15m: 96), but 16000 are allowed (20 licences × 1000 × 80 %); 9024 requests would be made with reports: \
             { skills: { interval: 10s } }"
        );
        assert!(Plan::new("acme", &polls, Some(1), 0.001).refusal().unwrap().contains("no intervals fit"));
    }

    #[test]
    fn the_table_adds_up() {
        let polls = polls(&[("skills", 60), ("agents", 300)]);
        assert_eq!(
            Plan::new("acme", &polls, Some(20), 0.8).to_string(),
            "operation acme: requests per day\n  \
               skills               every 1m            1440\n  \
               agents               every 5m             288\n  \
               planned                                  1728\n  \
               allowed: 20 × 1000 × 80 %               16000\n  \
               fits, 10 % of what is allowed"
        );
        assert!(Plan::new("acme", &polls, None, 0.8).to_string().ends_with("licenses is not configured"));
    }

    #[test]
    fn what_windows_save_is_told() {
        let plan = |seconds| Plan::new("acme", &polls(&[("ivr_calls", seconds)]), Some(20), 0.8).to_string();
        let told = |seconds| plan(seconds).lines().nth(2).unwrap().trim().to_owned();
        assert_eq!(
            told(300),
            "the last 2h, the whole day every 1h: 15 MB a day per 1000 calls (430 bytes each), not 62 MB"
        );
        assert_eq!(
            told(60),
            "the last 2h, the whole day every 1h: 56 MB a day per 1000 calls (430 bytes each), not 310 MB"
        );
        assert_eq!(told(3600), "the whole day each time: 5 MB a day per 1000 calls");
        assert!(plan(300).contains("every 5m             288\n"), "windows make no more requests");
    }

    fn any_polls() -> impl Strategy<Value = Vec<Poll>> {
        let interval = prop_oneof![1_000..10_000u64, 1_000..400_000u64, 1_000..86_400_001u64];
        let poll = (0..reports::ALL.len(), interval).prop_map(|(report, millis)| Poll {
            report: &reports::ALL[report],
            interval: Duration::from_millis(millis),
        });
        prop::collection::vec(poll, 1..10)
    }

    proptest! {
        #[test]
        fn requests_are_never_off_by_one(millis in 1_000..86_400_001u64) {
            let requests = requests_per_day(Duration::from_millis(millis));
            prop_assert!(requests * millis >= 86_400_000);
            prop_assert!((requests - 1) * millis < 86_400_000);
        }

        #[test]
        fn limits_are_never_off_by_one(licenses in 1..100_000u32, percent in 1..101u32) {
            let limit = Plan::new("p", &[], Some(licenses), f64::from(percent) / 100.0).limit();
            prop_assert_eq!(limit, Some(u64::from(licenses) * u64::from(percent) * 10));
        }

        #[test]
        fn a_suggestion_always_fits(polls in any_polls(), licenses in 1..60u32, percent in 1..101u32) {
            let plan = Plan::new("p", &polls, Some(licenses), f64::from(percent) / 100.0);
            let suggestion = plan.suggestion().unwrap();
            let fitting = Plan { polls: suggestion.clone(), ..plan.clone() };
            prop_assert!(fitting.fits());
            prop_assert_eq!(fitting.refusal(), None);
            for (new, old) in suggestion.iter().zip(&polls) {
                prop_assert!(new.interval >= old.interval && new.interval <= DAY.max(old.interval));
            }
            if plan.fits() {
                prop_assert!(suggestion.iter().zip(&polls).all(|(new, old)| new.interval == old.interval));
            }
        }
    }
}
