//! Every call through a routing point, one by one.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::day::{Call, Day, Fate};
use super::staff::{ActivityCode, Agent, RoutingPoint, Skill};
use super::{Period, World};

/// A call through a routing point that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IvrCall<'w> {
    /// The connection's id, unique in the operation.
    pub id: String,
    /// Where it came in.
    pub routing_point: RoutingPoint,
    /// The caller's telephone number: personal data that no metric may show.
    pub phone: String,
    /// The caller's customer id: personal data that no metric may show.
    pub customer_id: String,
    /// When the IVR was done with it.
    pub left_ivr: DateTime,
    /// When it was over.
    pub ended: DateTime,
    /// Seconds in the IVR.
    pub ivr_seconds: u32,
    /// Seconds from the first ring to the end.
    pub total_seconds: u32,
    /// How it went on after the IVR.
    pub course: Course<'w>,
}

/// How a call went on after the IVR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Course<'w> {
    /// It did not: the IVR was enough, or nobody was there.
    Contained,
    /// The caller hung up in the queue.
    Abandoned {
        /// Whose queue.
        skill: &'w Skill,
        /// Seconds of waiting.
        waited: u32,
    },
    /// The caller spoke with an agent.
    Answered {
        /// Whose queue.
        skill: &'w Skill,
        /// Seconds of waiting.
        waited: u32,
        /// With whom.
        agent: &'w Agent,
        /// Seconds of talk.
        talked: u32,
        /// The two activity codes, once the agent has given them; an empty code is none.
        codes: Option<[ActivityCode; 2]>,
    },
}

impl World {
    /// The calls through routing points that ended in the period, in the order in which they came.
    #[must_use]
    pub fn ivr_calls(&self, period: &Period, now: Timestamp) -> Vec<IvrCall<'_>> {
        let mut calls = Vec::new();
        for (_, day) in self.days(period, now) {
            let elapsed = day.calendar.elapsed(now);
            let ended = |call: &Call| call.ended <= elapsed && period.contains(&day.calendar.civil(call.ended));
            let told = day.calls.iter().enumerate().filter(|(_, call)| ended(call));
            calls.extend(told.map(|(position, call)| self.journey(&day, position, call, elapsed)));
        }
        calls
    }

    fn journey(&self, day: &Day, position: usize, call: &Call, elapsed: u32) -> IvrCall<'_> {
        let began = day.calendar.start().as_second() + i64::from(call.arrival.at);
        let waited_until = |second: u32| second - call.left_ivr();
        let course = match call.fate {
            Fate::Contained => Course::Contained,
            Fate::Waiting { skill } | Fate::Abandoned { skill } => {
                Course::Abandoned { skill: &self.staff.skills[skill], waited: waited_until(call.ended) }
            }
            Fate::Answered { skill, agent, at, codes, coded_at } => Course::Answered {
                skill: &self.staff.skills[skill],
                waited: waited_until(at),
                agent: &self.staff.agents[agent],
                talked: call.ended - at,
                codes: (coded_at <= elapsed).then_some(codes),
            },
        };
        IvrCall {
            id: format!("{began}.{position}"),
            routing_point: self.staff.routing_points[call.arrival.routing_point],
            phone: call.arrival.phone.to_string(),
            customer_id: call.arrival.customer.to_string(),
            left_ivr: day.calendar.civil(call.left_ivr()),
            ended: day.calendar.civil(call.ended),
            ivr_seconds: call.arrival.ivr,
            total_seconds: call.ended - call.arrival.at,
            course,
        }
    }
}
