//! What can go wrong, or just otherwise, in a contact centre: for rehearsals of dashboards and alerts.
//!
//! An incident is of the world, not of wolkvox: the day really goes that way, and all views agree on it. Without
//! incidents a day is to the second what it would be if there were none of them in the program: chance of their own is
//! drawn from streams of their own, or only while one lasts.

use std::ops::Range;

use jiff::civil::{Date, Time};

use super::calendar::Calendar;
use super::random::Random;

/// Something that happens between two times of the clock, on one day or on every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The only day on which it happens; every day where nothing is said.
    pub on: Option<Date>,
    /// The local time from which on it lasts.
    pub from: Time,
    /// The local time at which it is over.
    pub to: Time,
    /// What happens.
    pub what: What,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// So many percent of the agents are not there: they log out, and log in again when it is over.
    FewerAgents(u32),
    /// Every agent logs out, with the callers still there.
    NobodyReady,
    /// So many percent of the agents sit in auxiliary time, logged in.
    LongAux(u32),
    /// The line is dead: nobody gets through to a routing point.
    DeadTrunk,
    /// So many percent of an ordinary day's calls beside those that come anyway: 100 is about twice as many.
    MoreCalls(u32),
    /// Only so many percent of the calls that would come.
    FewCalls(u32),
    /// So many percent of the calls ring for the better part of a minute before the agent picks up.
    SlowPickUp(u32),
    /// Talk and after-call work take so many percent longer.
    LongCalls(u32),
    /// So many percent of the talks are over within five seconds.
    ShortCalls(u32),
    /// The IVR hands callers to skills though the doors are closed.
    QueueAfterClosing,
}

/// Nobody is handed to a skill so late that patience or a long talk could reach midnight, in seconds before it.
const LATEST_QUEUE: u32 = 2 * 3600;

/// Calls cannot grow beyond this many times as long, so that the last one ends on its day.
const MOST_STRETCHED: u32 = 300;

/// What happens on one day, in seconds of the day.
#[derive(Clone, Debug, Default)]
pub(super) struct Incidents(Vec<(Range<u32>, What)>);

impl Incidents {
    /// Those of these that happen on the calendar's day.
    pub(super) fn of(incidents: &[Incident], date: Date, calendar: &Calendar) -> Self {
        let today = incidents.iter().filter(|incident| incident.on.is_none_or(|on| on == date));
        let seconds = |incident: &Incident| calendar.second_of(incident.from)..calendar.second_of(incident.to);
        Self(today.map(|incident| (seconds(incident), incident.what)).collect())
    }

    /// What this finds in those that last at a second, added up.
    fn at(&self, second: u32, found: impl Fn(What) -> Option<u32>) -> u32 {
        let lasting = self.0.iter().filter(|(seconds, _)| seconds.contains(&second));
        lasting.filter_map(|(_, what)| found(*what)).sum()
    }

    /// Whether no call comes through at a second.
    pub(super) fn is_dead(&self, second: u32) -> bool {
        self.at(second, |what| (what == What::DeadTrunk).then_some(1)) > 0
    }

    /// The percentage of calls that come beside the usual ones.
    pub(super) fn more_calls(&self, second: u32) -> u32 {
        self.at(second, |what| if let What::MoreCalls(percent) = what { Some(percent) } else { None })
    }

    /// The percentage of calls that come at all.
    pub(super) fn calls_left(&self, second: u32) -> u32 {
        let fewer = |what| if let What::FewCalls(percent) = what { Some(100 - percent.min(100)) } else { None };
        100_u32.saturating_sub(self.at(second, fewer))
    }

    /// Whether callers are handed to skills behind closed doors, on a day of this length.
    pub(super) fn queues_though_closed(&self, second: u32, length: u32) -> bool {
        second + LATEST_QUEUE < length && self.at(second, |what| (what == What::QueueAfterClosing).then_some(1)) > 0
    }

    /// How long a talk, or the work after it, becomes.
    pub(super) fn stretched(&self, second: u32, length: u32) -> u32 {
        let more = self.at(second, |what| if let What::LongCalls(percent) = what { Some(percent) } else { None });
        length + length * more.min(MOST_STRETCHED - 100) / 100
    }

    /// The percentage of talks that are over at once.
    pub(super) fn short_calls(&self, second: u32) -> u32 {
        self.at(second, |what| if let What::ShortCalls(percent) = what { Some(percent) } else { None })
    }

    /// The percentage of calls that ring for long.
    pub(super) fn slow_pick_ups(&self, second: u32) -> u32 {
        self.at(second, |what| if let What::SlowPickUp(percent) = what { Some(percent) } else { None })
    }

    /// For each of so many agents, when they do nothing of what they are there for; agents are picked at random.
    pub(super) fn absences(&self, random: &mut Random, agents: u32) -> Vec<Vec<Absence>> {
        let mut absences: Vec<Vec<Absence>> = (0..agents).map(|_| Vec::new()).collect();
        for (seconds, what) in &self.0 {
            let (percent, is_logged_in) = match what {
                What::FewerAgents(percent) => (*percent, false),
                What::NobodyReady => (100, false),
                What::LongAux(percent) => (*percent, true),
                _ => continue,
            };
            for agent in random.some_of(agents, agents * percent.min(100) / 100) {
                absences[agent as usize].push(Absence { seconds: seconds.clone(), is_logged_in });
            }
        }
        absences
    }
}

/// A stretch in which an agent answers nobody.
#[derive(Clone, Debug)]
pub(super) struct Absence {
    pub(super) seconds: Range<u32>,
    /// Whether in auxiliary time, or not there at all.
    pub(super) is_logged_in: bool,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::{date, time};
    use jiff::tz::TimeZone;
    use jiff::{SignedDuration, Timestamp};

    use super::super::{Course, Profile, SkillToday, Work, World};
    use super::*;

    /// A Thursday.
    const DAY: Date = date(2026, 6, 4);

    fn world(what: &[What]) -> World {
        let (from, to) = (time(12, 0, 0, 0), time(14, 0, 0, 0));
        let incidents = what.iter().map(|what| Incident { on: Some(DAY), from, to, what: *what }).collect();
        World::new(Profile { incidents, ..Profile::new("test", 11, TimeZone::get("America/Bogota").unwrap()) })
    }

    fn at(hour: i64) -> Timestamp {
        let midnight = DAY.to_zoned(TimeZone::get("America/Bogota").unwrap()).unwrap().timestamp();
        midnight + SignedDuration::from_hours(hour)
    }

    /// How much a count rose from noon to two, beside an ordinary day's rise.
    fn rise(what: &[What], of: impl Fn(&World, Timestamp) -> u64) -> (u64, u64) {
        let (ordinary, rehearsed) = (world(&[]), world(what));
        let rise = |world: &World| of(world, at(14)) - of(world, at(12));
        assert_eq!(of(&ordinary, at(12)), of(&rehearsed, at(12)), "nothing is otherwise before it");
        (rise(&ordinary), rise(&rehearsed))
    }

    fn skills(count: fn(&SkillToday<'_>) -> u64) -> impl Fn(&World, Timestamp) -> u64 {
        move |world, now| world.skills(now).iter().map(count).sum()
    }

    fn work(seconds: fn(&Work) -> u32) -> impl Fn(&World, Timestamp) -> u64 {
        move |world, now| {
            world.agent_hours(&world.today(now), now).iter().map(|row| u64::from(seconds(&row.work))).sum()
        }
    }

    fn short_calls(world: &World, now: Timestamp) -> u64 {
        world.call_durations(&world.today(now), now)[0].calls
    }

    #[test]
    fn each_incident_does_what_it_says() {
        let (usual, few) = rise(&[What::FewerAgents(60)], skills(|skill| skill.answered));
        assert!(few * 10 < usual * 9, "{few} of {usual} answered");
        let (usual, many) = rise(&[What::FewerAgents(60)], skills(|skill| skill.abandoned));
        assert!(many > usual * 3, "{many} abandoned, not {usual}");
        let (usual, gone) = rise(&[What::FewerAgents(60)], work(Work::login));
        assert!(gone * 10 < usual * 7, "{gone} s there, not {usual}");
        let (_, ready) = rise(&[What::NobodyReady], work(|work| work.ready));
        assert_eq!(ready, 0);
        let (_, answered) = rise(&[What::NobodyReady], skills(|skill| skill.answered));
        assert!(answered < 3, "{answered}");
        let (usual, aux) = rise(&[What::LongAux(50)], work(|work| work.aux));
        assert!(aux > usual * 2, "{aux} s in aux, not {usual}");
        let (usual, calls) = rise(&[What::DeadTrunk], skills(|skill| skill.inbound));
        assert!(usual > 100 && calls < 3, "{calls}, for whom the IVR took until after noon, of {usual}");
        let (usual, calls) = rise(&[What::MoreCalls(150)], skills(|skill| skill.inbound));
        assert!((21..30).contains(&(calls * 10 / usual)), "{calls} for {usual}");
        let (usual, calls) = rise(&[What::FewCalls(10)], skills(|skill| skill.inbound));
        assert!((5..17).contains(&(calls * 100 / usual)), "{calls} for {usual}");
        let (usual, within) = rise(&[What::SlowPickUp(90)], skills(|skill| skill.answered_within(20)));
        assert!(within * 3 < usual, "{within} for {usual}");
        let (_, talk) = rise(&[What::LongCalls(100)], work(Work::handling));
        let (_, calls) = rise(&[What::LongCalls(100)], work(Work::handled_calls));
        assert!(talk / calls > 350, "{} s a call", talk / calls);
        let (usual, short) = rise(&[What::ShortCalls(60)], short_calls);
        assert!(short > usual * 5, "{short} short calls, not {usual}");
    }

    #[test]
    fn behind_closed_doors_callers_queue_for_nobody() {
        let incident =
            Incident { on: None, from: time(20, 20, 0, 0), to: time(21, 30, 0, 0), what: What::QueueAfterClosing };
        let more = Incident { what: What::MoreCalls(900), ..incident.clone() };
        let profile = Profile::new("test", 11, TimeZone::get("America/Bogota").unwrap());
        let world = World::new(Profile { incidents: vec![incident, more], ..profile });
        let waiting = (21 * 60..21 * 60 + 30).map(|minute| {
            let now = at(0) + SignedDuration::from_mins(minute);
            world.skills(now).iter().map(|skill| skill.in_queue).sum::<u64>()
        });
        assert!(waiting.max() > Some(2));
        let calls = world.ivr_calls(&world.today(at(23)), at(23));
        let late = calls.iter().filter(|call| call.left_ivr > DAY.at(20, 25, 0, 0));
        let mut courses: BTreeMap<&str, u32> = BTreeMap::new();
        for call in late {
            let course = match call.course {
                Course::Contained => "contained",
                Course::Abandoned { .. } => "abandoned",
                Course::Answered { .. } => "answered",
            };
            *courses.entry(course).or_default() += 1;
        }
        assert!(courses["abandoned"] > 20 && !courses.contains_key("answered"), "{courses:?}");
    }

    #[test]
    fn an_incident_is_of_its_day_alone() {
        let (ordinary, rehearsed) = (world(&[]), world(&[What::DeadTrunk, What::NobodyReady]));
        for hours in [-24, 24] {
            let now = at(15 + hours);
            assert_eq!(ordinary.skills(now), rehearsed.skills(now));
            let today = ordinary.today(now);
            assert_eq!(ordinary.agent_hours(&today, now), rehearsed.agent_hours(&today, now));
        }
    }
}
