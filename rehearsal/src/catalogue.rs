//! The scenarios there are.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, date, time};
use jiff::tz::TimeZone;
use wolkvox_exporter::simulator::{Fault, FaultRule};
use wolkvox_exporter::world::{Incident, Profile, What};

use crate::scenario::{Centre, Mishap, Scenario, Trouble};
use crate::strangeness::Strangeness;

/// The day of most stories: a Thursday, with an ordinary Wednesday before it.
const THE_DAY: Date = date(2026, 6, 4);

/// What a Prometheus usually does.
const MINUTE: Duration = Duration::from_mins(1);

/// For weeks, of which a sample a minute would be gigabytes. Below Prometheus' lookback of five minutes.
const COARSE: Duration = Duration::from_mins(4);

static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(all);

/// Every scenario.
#[must_use]
pub fn scenarios() -> &'static [Scenario] {
    &SCENARIOS
}

/// The scenario of this name.
#[must_use]
pub fn scenario(name: &str) -> Option<&'static Scenario> {
    scenarios().iter().find(|scenario| scenario.name == name)
}

/// A contact centre in which all is well: agents enough that the service level is above its target all day, and a queue
/// forms now and then.
fn andes() -> Profile {
    let zone = TimeZone::get("America/Bogota").unwrap_or(TimeZone::UTC);
    Profile { agents: 24, skills: 3, load: 55, ..Profile::new("andes", 2026, zone) }
}

/// Another one, thirteen hours ahead.
fn luzon() -> Profile {
    let zone = TimeZone::get("Asia/Manila").unwrap_or(TimeZone::UTC);
    Profile { agents: 10, skills: 3, load: 50, ..Profile::new("luzon", 7107, zone) }
}

/// One that is scraped seldom, so that a new total must be served as 0 for longer.
fn coarse(profile: Profile) -> Centre {
    Centre { births: Some("5m"), ..Centre::new(profile) }
}

const fn clock(hour: i8, minute: i8) -> Time {
    time(hour, minute, 0, 0)
}

/// On the day, from one time to another.
fn incident(from: Time, to: Time, what: What) -> Incident {
    Incident { on: Some(THE_DAY), from, to, what }
}

/// On the day, from one time to another.
fn trouble(from: Time, to: Time, what: Mishap) -> Trouble {
    Trouble { from: on_the_day(from), to: on_the_day(to), what }
}

fn on_the_day(clock: Time) -> DateTime {
    THE_DAY.to_datetime(clock)
}

/// An ordinary Wednesday, and the Thursday on which this happens.
fn day(
    name: &'static str,
    story: &'static str,
    incidents: impl IntoIterator<Item = Incident>,
    troubles: impl IntoIterator<Item = Trouble>,
) -> Scenario {
    let profile = Profile { incidents: incidents.into_iter().collect(), ..andes() };
    Scenario {
        name,
        story,
        first: date(2026, 6, 3),
        days: 2,
        step: MINUTE,
        centres: vec![Centre::new(profile)],
        troubles: troubles.into_iter().collect(),
    }
}

fn all() -> Vec<Scenario> {
    long().into_iter().chain(of_the_floor()).chain(of_wolkvox()).collect()
}

/// Ordinary days, many of them.
fn long() -> [Scenario; 2] {
    let week = Scenario {
        name: "ordinary-week",
        story: "two operations thirteen hours apart, a whole week with its weekend, and nothing goes wrong",
        first: date(2026, 6, 1),
        days: 7,
        step: COARSE,
        centres: vec![coarse(andes()), coarse(luzon())],
        troubles: Vec::new(),
    };
    let weeks = Scenario {
        name: "three-weeks",
        story: "one small operation for three weeks: what forecasts and budgets look back at",
        first: date(2026, 5, 18),
        days: 21,
        step: COARSE,
        centres: vec![coarse(Profile { agents: 10, ..andes() })],
        troubles: Vec::new(),
    };
    [week, weeks]
}

/// Days on which something happens in the contact centre.
fn of_the_floor() -> Vec<Scenario> {
    let (ten, noon, two, three) = (clock(10, 0), clock(12, 0), clock(14, 0), clock(15, 0));
    let doors = (clock(7, 0), clock(20, 0));
    let late = (clock(20, 20), clock(21, 20));
    vec![
        day("quiet-night", "an ordinary day, a night in which nothing happens, and another ordinary day", [], []),
        day(
            "lunch-peak",
            "from 12:00 to 14:00 eight of ten agents are gone and more callers come: queues build, callers give up",
            [incident(noon, two, What::FewerAgents(80)), incident(noon, two, What::MoreCalls(60))],
            [],
        ),
        day(
            "surge",
            "from 15:00 to 17:00 three times as many calls come as usually",
            [incident(three, clock(17, 0), What::MoreCalls(200))],
            [],
        ),
        day(
            "nobody-ready",
            "from 15:00 to 16:00 everybody has left the building, and callers wait",
            [incident(three, clock(16, 0), What::NobodyReady)],
            [],
        ),
        day(
            "dead-trunk",
            "from 10:00 to 11:30 no call comes through, though all are there to answer",
            [incident(ten, clock(11, 30), What::DeadTrunk)],
            [],
        ),
        day(
            "bad-luck",
            "all day long hardly anybody calls, and two of three of those wait too long: no alert may fire for that, but for \
             agents who sit idle",
            [incident(doors.0, doors.1, What::FewCalls(6)), incident(doors.0, doors.1, What::SlowPickUp(67))],
            [],
        ),
        day(
            "long-calls",
            "from 13:00 to 17:00 calls take more than half as long again",
            [incident(clock(13, 0), clock(17, 0), What::LongCalls(70))],
            [],
        ),
        day(
            "short-calls",
            "from 10:00 to 12:00 nearly half of the talks are over within five seconds",
            [incident(ten, noon, What::ShortCalls(45))],
            [],
        ),
        day(
            "aux",
            "from 10:00 to 12:00 half of the agents sit in auxiliary time",
            [incident(ten, noon, What::LongAux(50))],
            [],
        ),
        day(
            "after-closing",
            "from 20:20 to 21:20, behind closed doors, callers are handed to queues that nobody answers",
            [incident(late.0, late.1, What::QueueAfterClosing), incident(late.0, late.1, What::MoreCalls(1500))],
            [],
        ),
    ]
}

/// Days on which something happens to wolkvox, to the token or to the exporter.
fn of_wolkvox() -> Vec<Scenario> {
    let fault = |fault| Mishap::Fault(FaultRule::new(fault));
    let strange = |hour, what| trouble(clock(hour, 0), clock(hour + 1, 0), Mishap::Strange(what));
    // Another program wakes up at nine and takes 500 requests every quarter of an hour.
    let spent = (0..16_i8).map(|quarter| {
        let at = clock(9 + quarter / 4, quarter % 4 * 15);
        trouble(at, at, Mishap::SpentElsewhere { operation: "andes".to_owned(), requests: 500 })
    });
    vec![
        day(
            "outage",
            "from 09:30 to 11:30 wolkvox answers nothing at all",
            [],
            [trouble(clock(9, 30), clock(11, 30), fault(Fault::Hang))],
        ),
        day(
            "exporter-down",
            "from 10:00 to 10:40 the exporter does not run",
            [],
            [trouble(clock(10, 0), clock(10, 40), Mishap::ExporterDown)],
        ),
        day(
            "refused-token",
            "from 09:00 to 11:00 wolkvox refuses the token",
            [],
            [trouble(clock(9, 0), clock(11, 0), fault(Fault::Auth))],
        ),
        day(
            "quota-runs-out",
            "from 09:00 on another program spends the operation's quota, until none is left",
            [],
            spent,
        ),
        day(
            "strange-answers",
            "rows without numbers at 9, fields that nobody knows at 10, totals told lower at 11, an answer near the limit \
             of rows at 14",
            [],
            [
                strange(9, Strangeness::BadRow),
                strange(10, Strangeness::UnknownField),
                strange(11, Strangeness::Lowered),
                strange(14, Strangeness::ManyRows(57_000)),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_of_its_own_and_a_configuration_that_is_right() {
        for scenario in scenarios() {
            assert_eq!(scenarios().iter().filter(|other| other.name == scenario.name).count(), 1, "{}", scenario.name);
            let config = crate::configuration::of(&scenario.centres).unwrap();
            assert!(config.operations.iter().all(|operation| operation.open_hours.is_some()), "{}", scenario.name);
            assert!(scenario.start() < scenario.end(), "{}", scenario.name);
            for trouble in &scenario.troubles {
                assert!(scenario.start() < scenario.instant(trouble.from), "{}", scenario.name);
                assert!(scenario.instant(trouble.to) < scenario.end(), "{}", scenario.name);
            }
        }
    }
}
