//! How many agents the last half hour's work takes: what the answers tell of it, remembered from one to the next.
//!
//! A report tells totals of the day; how much came within half an hour is the growth of these totals from answer to
//! answer, as the ledger tells it: never falling within a day, and from 0 where a count begins anew.

mod erlang;
mod growth;

use std::time::{Duration, Instant};

use jiff::civil::Date;

use crate::report::Work;

pub use self::erlang::required_agents;

use self::growth::Growth;

/// What is told of the work of one operation, and from when on.
#[derive(Debug, Default)]
pub struct Workload {
    /// Calls offered.
    arrivals: Growth,
    /// Calls handled.
    handled: Growth,
    /// Seconds that these took.
    handling: Growth,
}

impl Workload {
    /// Takes in an answer of a report that tells this work: by how much its totals have grown, all added up. `day` is the
    /// civil day that they are of, where they begin anew with it and not by themselves.
    pub fn answered(&mut self, work: Work, at: Instant, day: Option<Date>, growth: f64) {
        self.growth(work).answered(at, day, growth);
    }

    /// Takes up what another process was told: the totals of that day, all added up, and when it was, where that is known.
    pub fn resumed(&mut self, work: Work, at: Option<Instant>, day: Option<Date>, total: f64) {
        self.growth(work).resumed(at, day, total);
    }

    /// The report that tells this work is too old to be served.
    pub fn withdrawn(&mut self, work: Work) {
        self.growth(work).withdrawn();
    }

    /// The agents needed to answer the share `target` of the calls within `threshold` seconds, if calls go on to come
    /// and to be handled as in the last half hour. Nothing while too little is known for that.
    #[must_use]
    pub fn required_agents(&self, target: f64, threshold: u32) -> Option<u32> {
        let arrivals = self.arrivals.recent()?;
        if arrivals.rise == 0.0 {
            return Some(0);
        }
        let handling = self.handling_time()?;
        let load = arrivals.rise / arrivals.during.as_secs_f64() * handling;
        required_agents(load, handling, target, f64::from(threshold))
    }

    /// Mean seconds that a call is handled for: in the last half hour, else (no call handled in it, or too little of it
    /// seen) today.
    fn handling_time(&self) -> Option<f64> {
        let recent = || Some((self.handling.recent()?.rise, self.handled.recent()?.rise));
        let today = || Some((self.handling.today()?, self.handled.today()?));
        let mean = |(seconds, calls): (f64, f64)| (calls > 0.0 && seconds > 0.0).then(|| seconds / calls);
        recent().and_then(mean).or_else(|| today().and_then(mean))
    }

    fn growth(&mut self, work: Work) -> &mut Growth {
        match work {
            Work::Arrivals => &mut self.arrivals,
            Work::Handled => &mut self.handled,
            Work::Handling => &mut self.handling,
        }
    }
}

/// By how much something grew, and in what time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rise {
    rise: f64,
    during: Duration,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// A morning: what skills and agents tell, minute by minute.
    struct Morning {
        start: Instant,
        workload: Workload,
        /// What was told last: of skills, of calls handled, of their seconds.
        told: [f64; 3],
    }

    impl Morning {
        fn new() -> Self {
            Self { start: tokio::time::Instant::now().into_std(), workload: Workload::default(), told: [0.0; 3] }
        }

        /// By how much this has grown since it was told last.
        fn growth(&mut self, which: usize, total: f64) -> f64 {
            total - std::mem::replace(&mut self.told[which], total)
        }

        fn skills(&mut self, minute: u32, calls: f64) {
            let (at, growth) = (self.start + minute * MINUTE, self.growth(0, calls));
            self.workload.answered(Work::Arrivals, at, None, growth);
        }

        fn agents(&mut self, minute: u32, calls: f64, seconds: f64) {
            let (at, day) = (self.start + minute * MINUTE, Some(date(2026, 6, 5)));
            let growths = [self.growth(1, calls), self.growth(2, seconds)];
            self.workload.answered(Work::Handled, at, day, growths[0]);
            self.workload.answered(Work::Handling, at, day, growths[1]);
        }

        fn required(&self) -> Option<u32> {
            self.workload.required_agents(0.8, 20)
        }
    }

    #[test]
    fn ten_erlang_take_fourteen_agents() {
        let mut morning = Morning::new();
        for minute in 0..=90 {
            // 100 calls in half an hour; the hour before is another story.
            morning.skills(minute, f64::from(minute.min(30)) * 50.0 + f64::from(minute) * 10.0 / 3.0);
            if minute % 5 == 0 {
                let calls = f64::from(minute) * 4.0;
                morning.agents(minute, calls, 180.0 * calls);
            }
        }
        assert_eq!(morning.required(), Some(14));
    }

    #[test]
    fn nothing_is_told_before_five_minutes_and_todays_handling_time_until_there_is_a_newer() {
        let mut morning = Morning::new();
        morning.agents(0, 50.0, 50.0 * 180.0);
        for minute in 0..5 {
            morning.skills(minute, f64::from(minute) * 10.0 / 3.0);
            assert_eq!(morning.required(), None);
        }
        morning.skills(5, 50.0 / 3.0);
        assert_eq!(morning.required(), Some(14));
        // Half as long in the last ten minutes: half the load.
        morning.skills(10, 100.0 / 3.0);
        morning.agents(10, 80.0, 50.0 * 180.0 + 30.0 * 90.0);
        assert_eq!(morning.required(), required_agents(5.0, 90.0, 0.8, 20.0));
        // Nobody handled a call since: the day's mean is the best that is known.
        let mut quiet = Morning::new();
        for minute in [0, 35] {
            quiet.skills(minute, f64::from(minute) * 10.0 / 3.0);
            quiet.agents(minute, 50.0, 50.0 * 180.0);
        }
        assert_eq!(quiet.required(), Some(14));
    }

    #[test]
    fn no_arrivals_take_no_agents_and_arrivals_of_unknown_length_an_unknown_number() {
        let mut morning = Morning::new();
        morning.skills(0, 7.0);
        morning.skills(31, 7.0);
        assert_eq!(morning.required(), Some(0));
        morning.skills(62, 9.0);
        assert_eq!(morning.required(), None);
        morning.agents(62, 0.0, 0.0);
        assert_eq!(morning.required(), None);
        morning.agents(62, 1.0, 180.0);
        assert_eq!(morning.required(), required_agents(2.0 / 31.0 / 60.0 * 180.0, 180.0, 0.8, 20.0));
    }

    #[test]
    fn what_is_too_old_to_be_served_tells_nothing() {
        for work in [Work::Arrivals, Work::Handling] {
            let mut morning = Morning::new();
            for minute in [0, 30] {
                morning.skills(minute, f64::from(minute));
                morning.agents(minute, 10.0, 1800.0);
            }
            assert!(morning.required().is_some());
            morning.workload.withdrawn(work);
            assert_eq!(morning.required(), None);
            morning.skills(31, 31.0);
            morning.agents(31, 10.0, 1800.0);
            assert!(morning.required().is_some());
        }
    }
}
