//! What the calls of a day say, counted by label: in one pass over the calls, of which there are many, and one over their
//! routes, of which there are few.

use std::collections::BTreeMap;

use super::calls::Calls;
use super::packed::{Time, Times};
use super::routes::{Outcome, Route};
use crate::samples::{Distribution, whole};
use crate::terms::Terms;

/// Upper bounds of buckets, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'b> {
    pub(super) in_ivr: &'b [f64],
    pub(super) journey: &'b [f64],
    pub(super) waited: &'b [f64],
    pub(super) handled: &'b [f64],
}

/// What the calls say, by label.
pub(super) struct Counted<'c> {
    calls: &'c Calls,
    /// In the order of the routes.
    routes: Vec<Counting>,
    points: Ranked<'c, RoutingPoint>,
    skills: Ranked<'c, SkillTimes>,
}

/// Where the calls of a route are counted, and how many they are.
struct Counting {
    outcome: Outcome,
    point: u32,
    skill: Option<u32>,
    calls: u32,
}

#[derive(Clone, Default)]
pub(super) struct RoutingPoint {
    pub(super) agent: u64,
    pub(super) abandoned: u64,
    pub(super) contained: u64,
    pub(super) in_ivr: Buckets,
    pub(super) journeys: Buckets,
}

#[derive(Clone, Default)]
pub(super) struct SkillTimes {
    calls: u64,
    pub(super) answered: Buckets,
    pub(super) abandoned: Buckets,
    pub(super) handled: Buckets,
}

impl<'c> Counted<'c> {
    pub(super) fn of(calls: &'c Calls, terms: &Terms, bounds: Bounds<'_>) -> Self {
        let wanted = |route: &Route<'c>| route.skill.filter(|skill| terms.wants_skill(skill));
        let points = Ranked::of(calls.routes().map(|route| route.routing_point));
        let skills = Ranked::of(calls.routes().filter_map(|route| wanted(&route)));
        let counting = |route: Route<'c>| Counting {
            outcome: route.outcome,
            point: points.rank(route.routing_point),
            skill: wanted(&route).map(|skill| skills.rank(skill)),
            calls: 0,
        };
        let mut counted = Self { calls, routes: calls.routes().map(counting).collect(), points, skills };
        let edges = Edges::of(bounds);
        calls.each(|route, times| counted.count(route, times, &edges));
        counted
    }

    fn count(&mut self, route: usize, times: Times, edges: &Edges) {
        let Some(counting) = self.routes.get_mut(route) else { return };
        counting.calls += 1;
        let outcome = counting.outcome;
        if let Some(point) = self.points.told.get_mut(counting.point as usize) {
            match outcome {
                Outcome::Agent => point.agent += 1,
                Outcome::Abandoned => point.abandoned += 1,
                Outcome::Contained => point.contained += 1,
            }
            point.in_ivr.observe(&edges.in_ivr, times.in_ivr);
            point.journeys.observe(&edges.journey, times.journey);
        }
        if let Some(skill) = counting.skill.and_then(|skill| self.skills.told.get_mut(skill as usize)) {
            skill.calls += 1;
            match outcome {
                Outcome::Agent => {
                    skill.answered.observe(&edges.waited, times.waited);
                    skill.handled.observe(&edges.handled, times.with_agent);
                }
                Outcome::Abandoned => skill.abandoned.observe(&edges.waited, times.waited),
                Outcome::Contained => {}
            }
        }
    }

    /// The routing points that calls came through, by id.
    pub(super) fn routing_points(&self) -> impl Iterator<Item = (&'c str, &RoutingPoint)> {
        self.points.each().filter(|(_, point)| point.agent + point.abandoned + point.contained > 0)
    }

    /// The skills that calls came to, by id.
    pub(super) fn skills(&self) -> impl Iterator<Item = (&'c str, &SkillTimes)> {
        self.skills.each().filter(|(_, skill)| skill.calls > 0)
    }

    /// How many calls have which activity code and second code.
    pub(super) fn codes(&self) -> BTreeMap<(&'c str, &'c str), u64> {
        let mut codes = BTreeMap::new();
        for (route, calls) in self.taken() {
            if let Some(code) = route.code {
                *codes.entry((code, route.second_code.unwrap_or_default())).or_default() += calls;
            }
        }
        codes
    }

    /// How many calls are of which type.
    pub(super) fn interactions(&self) -> BTreeMap<String, u64> {
        let mut interactions = BTreeMap::new();
        for (route, calls) in self.taken() {
            if let Some(kind) = route.kind {
                *interactions.entry(kind.to_lowercase()).or_default() += calls;
            }
        }
        interactions
    }

    /// The routes that calls took. One that no call takes any more says nothing.
    fn taken(&self) -> impl Iterator<Item = (Route<'c>, u64)> {
        let calls = self.routes.iter().map(|counting| u64::from(counting.calls));
        self.calls.routes().zip(calls).filter(|(_, calls)| *calls > 0)
    }
}

/// The bounds in whole milliseconds, below which no time has a part: what is above a bound is above the last one that it holds.
struct Edges {
    in_ivr: Vec<u32>,
    journey: Vec<u32>,
    waited: Vec<u32>,
    handled: Vec<u32>,
}

impl Edges {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast cuts, and saturates")]
    fn of(bounds: Bounds<'_>) -> Self {
        let [in_ivr, journey, waited, handled] = [bounds.in_ivr, bounds.journey, bounds.waited, bounds.handled]
            .map(|bounds| bounds.iter().map(|bound| (bound * 1000.0) as u32).collect());
        Self { in_ivr, journey, waited, handled }
    }
}

/// Something about each of several ids, in their order.
struct Ranked<'c, T> {
    ids: Vec<&'c str>,
    told: Vec<T>,
}

impl<'c, T: Clone + Default> Ranked<'c, T> {
    fn of(ids: impl Iterator<Item = &'c str>) -> Self {
        let mut ids: Vec<_> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        Self { told: vec![T::default(); ids.len()], ids }
    }

    /// There are fewer than there are routes, which 32 bits hold.
    fn rank(&self, id: &str) -> u32 {
        u32::try_from(self.ids.partition_point(|known| *known < id)).unwrap_or(u32::MAX)
    }

    fn each(&self) -> impl Iterator<Item = (&'c str, &T)> {
        self.ids.iter().copied().zip(&self.told)
    }
}

/// Times sorted into buckets, and their milliseconds together: whole numbers, so that the order of the calls makes no
/// difference.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets {
    /// By bucket. There may be such for every call, so that they are small.
    counts: Box<[u32]>,
    milliseconds: u64,
}

impl Buckets {
    fn observe(&mut self, edges: &[u32], time: Time) {
        let Some(milliseconds) = time.milliseconds() else { return };
        if self.counts.is_empty() {
            self.counts = vec![0; edges.len() + 1].into();
        }
        // Ten of them are looked through sooner than halved.
        let bucket = edges.iter().filter(|edge| **edge < milliseconds).count();
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.milliseconds += u64::from(milliseconds);
    }

    pub(super) fn distribution(&self, bounds: &[f64]) -> Distribution {
        let mut distribution = Distribution::default();
        distribution.add(bounds, 0, 0, whole(self.milliseconds) / 1000.0);
        for (bucket, count) in self.counts.iter().enumerate() {
            distribution.add(bounds, bucket, u64::from(*count), 0.0);
        }
        distribution
    }
}
