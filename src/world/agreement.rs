//! What must hold between the views, whatever the seed and the instant.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

fn world(seed: u64, timezone: &str) -> World {
    troubled(seed, timezone, Vec::new())
}

fn troubled(seed: u64, timezone: &str, incidents: Vec<Incident>) -> World {
    World::new(Profile { incidents, ..Profile::new("test", seed, TimeZone::get(timezone).unwrap()) })
}

/// Any incident, at any time.
fn incident() -> impl Strategy<Value = Incident> {
    let what = prop_oneof![
        (0..=120_u32).prop_map(What::FewerAgents),
        Just(What::NobodyReady),
        (0..=120_u32).prop_map(What::LongAux),
        Just(What::DeadTrunk),
        (0..=450_u32).prop_map(What::MoreCalls),
        (0..=120_u32).prop_map(What::FewCalls),
        (0..=120_u32).prop_map(What::SlowPickUp),
        (0..=900_u32).prop_map(What::LongCalls),
        (0..=120_u32).prop_map(What::ShortCalls),
        Just(What::QueueAfterClosing),
    ];
    (what, 0..24_i8, 1..24_i8).prop_map(|(what, from, hours)| {
        let to = if from + hours < 24 { time(from + hours, 0, 0, 0) } else { Time::MAX };
        Incident { on: None, from: time(from, 0, 0, 0), to, what }
    })
}

fn instant(day: Date, timezone: &str, second: i64) -> Timestamp {
    let midnight = day.to_zoned(TimeZone::get(timezone).unwrap()).unwrap().timestamp();
    midnight + SignedDuration::from_secs(second)
}

/// Every count of today that may not fall, by a name of its own.
fn counts(world: &World, now: Timestamp) -> BTreeMap<String, u64> {
    let today = world.today(now);
    let mut counts = BTreeMap::new();
    let mut count = |name: String, value: u64| *counts.entry(name).or_default() += value;
    for skill in world.skills(now) {
        count(format!("inbound {}", skill.skill.id), skill.inbound);
        count(format!("answered {}", skill.skill.id), skill.answered);
        count(format!("abandoned {}", skill.skill.id), skill.abandoned);
        count(format!("within 20 {}", skill.skill.id), skill.answered_within(20));
    }
    for row in world.agent_hours(&today, now) {
        for (name, value) in [
            ("login", row.work.login()),
            ("handling", row.work.handling()),
            ("inbound calls", row.work.inbound_calls),
            ("outbound calls", row.work.outbound_calls),
            ("internal calls", row.work.internal_calls),
        ] {
            count(format!("{name} of {}", row.agent.id), u64::from(value));
        }
    }
    for (interval, told) in INTERVALS.iter().zip(world.call_durations(&today, now)) {
        count(format!("calls to {interval}"), told.calls);
        count(format!("minutes to {interval}"), told.minutes);
        count(format!("cost to {interval}"), told.cost_hundredths);
    }
    for call in world.ivr_calls(&today, now) {
        count(format!("ivr calls of {}", call.routing_point.id), 1);
        count("ivr seconds".to_owned(), u64::from(call.total_seconds));
    }
    for closed in world.closed_interactions(&today, now) {
        count(format!("closed by {} as {}", closed.agent.id, closed.code.code), closed.interactions);
    }
    counts
}

/// What the views say of each other at any instant.
fn check_agreement(world: &World, now: Timestamp) {
    let today = world.today(now);
    let skills = world.skills(now);
    for skill in &skills {
        assert_eq!(skill.inbound, skill.answered + skill.abandoned + skill.in_queue, "{:?}", skill.skill);
        assert_eq!(skill.answered_within(u32::MAX), skill.answered);
    }
    let mut work = Work::default();
    for row in world.agent_hours(&today, now) {
        assert!(row.work.login() <= 2 * 3600, "an hour has one hour, or two where the clock is set back");
        work += row.work;
    }
    let answered: u64 = skills.iter().map(|skill| skill.answered).sum();
    assert_eq!(answered, u64::from(work.inbound_calls));

    let (mut with_agent, mut abandoned, mut talked) = (0, 0, 0);
    for call in world.ivr_calls(&today, now) {
        let (waited, talk) = match call.course {
            Course::Contained => (0, 0),
            Course::Abandoned { waited, .. } => {
                abandoned += 1;
                (waited, 0)
            }
            Course::Answered { waited, talked: talk, .. } => {
                with_agent += 1;
                talked += talk;
                (waited, talk)
            }
        };
        assert_eq!(call.total_seconds, call.ivr_seconds + waited + talk);
    }
    assert_eq!(abandoned, skills.iter().map(|skill| skill.abandoned).sum::<u64>());
    assert!(with_agent <= answered, "a call that is still going on has no row yet");
    assert!(talked <= work.inbound, "a talk that is still going on already takes an agent's time");
    let connected: u64 = world.call_durations(&today, now).iter().map(|interval| interval.calls).sum();
    assert!(connected <= u64::from(work.inbound_calls + work.outbound_calls));
    assert!(connected >= with_agent);
}

/// What the views say of each other once the doors are closed and everybody has hung up.
fn check_end_of_day(world: &World, day: Date, timezone: &str) {
    let midnight = instant(day.tomorrow().unwrap(), timezone, 0);
    let end = midnight - SignedDuration::from_secs(1);
    let skills = world.skills(end);
    let today = world.today(end);
    assert!(skills.iter().all(|skill| skill.in_queue == 0));
    let calls = world.ivr_calls(&today, end);
    for skill in &skills {
        let of_skill = |call: &&IvrCall<'_>| match call.course {
            Course::Answered { skill: its, .. } => its == skill.skill,
            Course::Contained | Course::Abandoned { .. } => false,
        };
        assert_eq!(calls.iter().filter(of_skill).count() as u64, skill.answered);
        let in_time = |call: &&IvrCall<'_>| matches!(call.course, Course::Answered { waited: ..=20, .. });
        assert_eq!(calls.iter().filter(of_skill).filter(in_time).count() as u64, skill.answered_within(20));
    }
    let mut work = Work::default();
    for row in world.agent_hours(&today, end) {
        work += row.work;
    }
    let connected: u64 = world.call_durations(&today, end).iter().map(|interval| interval.calls).sum();
    assert_eq!(connected, u64::from(work.inbound_calls + work.outbound_calls));
    // Asked for in pieces and long after, the day is the same: nothing of it belongs to two days or hours.
    let later = midnight + SignedDuration::from_hours(100);
    let by_hour = |hour: i8| day.at(hour, 0, 0, 0)..=day.at(hour, 59, 59, 0);
    let pieces: usize = (0..24).map(|hour| world.ivr_calls(&by_hour(hour), later).len()).sum();
    assert_eq!(pieces, calls.len());
    assert_eq!(world.skills(midnight).iter().map(|skill| skill.inbound).sum::<u64>(), 0);
    assert_eq!(counts(world, midnight).values().sum::<u64>(), 0);
}

/// Zones, each with a day of its own: usual ones, Sundays, and those on which the clock is set.
const DAYS: [(&str, Date); 7] = [
    ("America/Bogota", date(2026, 6, 5)),
    ("America/Bogota", date(2026, 6, 7)),
    ("Asia/Manila", date(2026, 8, 31)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Madrid", date(2026, 3, 29)),
    ("Europe/Madrid", date(2026, 10, 25)),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_views_agree_with_each_other_at_any_instant(
        seed in any::<u64>(),
        place in 0..DAYS.len(),
        seconds in prop::collection::vec(0_i64..82_800, 4),
        incidents in prop_oneof![Just(Vec::new()), prop::collection::vec(incident(), 1..5)],
    ) {
        let (timezone, day) = DAYS[place];
        let world = troubled(seed, timezone, incidents);
        let mut seconds = seconds;
        seconds.sort_unstable();
        let mut before = BTreeMap::new();
        let mut clock = None;
        for second in seconds {
            let now = instant(day, timezone, second);
            check_agreement(&world, now);
            let after = counts(&world, now);
            // wolkvox is asked by the local clock, which says the same hour twice when summer time ends.
            let is_later = clock.replace(world.local(now)).is_none_or(|clock| clock <= world.local(now));
            if !is_later {
                break;
            }
            for (name, count) in before {
                prop_assert!(after.get(&name).copied().unwrap_or(0) >= count, "{} fell by {}", name, now);
            }
            before = after;
        }
        check_end_of_day(&world, day, timezone);
    }
}

#[test]
fn the_same_seed_is_the_same_contact_centre_however_it_is_asked() {
    let now = instant(date(2026, 6, 5), "America/Bogota", 40_000);
    let (one, other, another) = (world(1, "America/Bogota"), world(1, "America/Bogota"), world(2, "America/Bogota"));
    for days in 1..20 {
        check_agreement(&other, now - SignedDuration::from_hours(24 * days));
    }
    assert_eq!(counts(&one, now), counts(&other, now));
    assert_ne!(counts(&one, now), counts(&another, now));
}

#[test]
fn a_working_day_looks_like_one() {
    for profile in demo() {
        let timezone = profile.timezone.clone();
        let world = World::new(profile);
        let midnight = date(2026, 6, 3).to_zoned(timezone).unwrap().timestamp();
        let at = |hour: i64| midnight + SignedDuration::from_hours(hour);
        let sum = |now, of: fn(&SkillToday<'_>) -> u64| world.skills(now).iter().map(of).sum::<u64>();

        let (inbound, answered) = (sum(at(23), |skill| skill.inbound), sum(at(23), |skill| skill.answered));
        assert!((800..6000).contains(&inbound), "{inbound} calls");
        let share = answered * 100 / inbound;
        assert!((70..97).contains(&share), "{share} % answered");
        let longest = (7 * 60..20 * 60)
            .map(|minute| sum(midnight + SignedDuration::from_mins(minute), |skill| skill.in_queue))
            .max();
        assert!((5..40).contains(&longest.unwrap()), "a queue of {longest:?}");
        assert_eq!(sum(at(7), |skill| skill.inbound), 0, "nobody is handed to a skill at night");
        assert!(!world.ivr_calls(&world.today(at(7)), at(7)).is_empty(), "but some call");
        let idle = world.skills(at(23)).last().map(|skill| skill.inbound);
        assert_eq!(idle, Some(0), "the last skill never has a call");

        let mut work = Work::default();
        for row in world.agent_hours(&world.today(at(23)), at(23)) {
            work += row.work;
        }
        let occupancy = work.handling() * 100 / (work.login() - work.aux);
        assert!((55..95).contains(&occupancy), "{occupancy} % occupied");
        for (name, value) in [("ready", work.ready), ("ring", work.ring), ("internal", work.internal_calls)] {
            assert!(value > 0, "{name}");
        }
        let calls = world.ivr_calls(&world.today(at(23)), at(23));
        let timed_out = calls.iter().filter(
            |call| matches!(&call.course, Course::Answered { codes: Some([code, _]), .. } if *code == TIMED_OUT),
        );
        assert!(timed_out.count() > 5);
        assert!(!world.closed_interactions(&world.today(at(23)), at(23)).is_empty());
    }
}

#[test]
fn a_code_is_known_only_after_the_call() {
    let world = world(3, "America/Bogota");
    let late = (36_000..39_600).step_by(60).any(|second| {
        let now = instant(date(2026, 6, 5), "America/Bogota", second);
        let calls = world.ivr_calls(&world.today(now), now);
        calls.iter().any(|call| matches!(call.course, Course::Answered { codes: None, .. }))
    });
    assert!(late);
}
