//! Alerts replayed over history: what a rule's expression said minute by minute, and when the alert would have fired.
//!
//! Prometheus itself only evaluates the present. What its ruler does with a `for` is little enough to be done here: an
//! alert is pending from the first evaluation at which its expression has a result, fires once that was so for as long as
//! `for` says, and is gone at the first evaluation without a result.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

/// The labels of one result, without the metric's name.
pub(crate) type Labels = BTreeMap<String, String>;

/// When each of an expression's results was there.
pub(crate) type Evaluations = BTreeMap<Labels, BTreeSet<Timestamp>>;

/// A stretch of time at whose every evaluation an alert fired, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Firing {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// When alerts fired, by their labels; alerts that never did are left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replayed {
    step: Duration,
    pub(crate) firing: BTreeMap<Labels, Vec<Firing>>,
}

impl Replayed {
    /// When alerts with this `for` fired, having been evaluated at each step.
    pub(crate) fn of(evaluations: &Evaluations, hold: Duration, step: Duration) -> Self {
        let mut firing = BTreeMap::new();
        for (labels, moments) in evaluations {
            let stretches = stretches(moments, step).into_iter().filter_map(|Firing { from, to }| {
                // It fires at the first evaluation by which the `for` has passed.
                let steps = u32::try_from(hold.as_secs().div_ceil(step.as_secs())).unwrap();
                let from = from + step * steps;
                (from <= to).then_some(Firing { from, to })
            });
            let stretches: Vec<_> = stretches.collect();
            if !stretches.is_empty() {
                firing.insert(labels.clone(), stretches);
            }
        }
        Self { step, firing }
    }

    /// For how long the alert with these labels fired between two moments: as many steps as there were evaluations.
    pub(crate) fn fired(&self, labels: &Labels, between: std::ops::Range<Timestamp>) -> Duration {
        let stretches = self.firing.get(labels).map(Vec::as_slice).unwrap_or_default();
        let evaluations = stretches.iter().map(|Firing { from, to }| {
            let moments = std::iter::successors(Some(*from), |moment| Some(*moment + self.step));
            moments.take_while(|moment| moment <= to).filter(|moment| between.contains(moment)).count()
        });
        self.step * u32::try_from(evaluations.sum::<usize>()).unwrap()
    }

    /// The moments at which an alert fired, once for each of its labels.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Timestamp> {
        let stretches = self.firing.values().flatten();
        stretches.flat_map(|Firing { from, to }| {
            std::iter::successors(Some(*from), |moment| Some(*moment + self.step))
                .take_while(move |moment| moment <= to)
        })
    }

    /// For how long any alert fired between two moments, added up over the alerts.
    pub(crate) fn fired_at_all(&self, between: std::ops::Range<Timestamp>) -> Duration {
        self.firing.keys().map(|labels| self.fired(labels, between.clone())).sum()
    }
}

/// Moments without a step missing between them, as stretches.
fn stretches(moments: &BTreeSet<Timestamp>, step: Duration) -> Vec<Firing> {
    let mut stretches: Vec<Firing> = Vec::new();
    for moment in moments {
        match stretches.last_mut() {
            Some(last) if last.to + step == *moment => last.to = *moment,
            _ => stretches.push(Firing { from: *moment, to: *moment }),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn minute(minute: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + MINUTE * u32::try_from(minute).unwrap()
    }

    fn labels(skill: &str) -> Labels {
        [("skill_id".to_owned(), skill.to_owned())].into()
    }

    #[track_caller]
    fn check(minutes: &[u64], hold: u64, expected: &[(u64, u64)]) {
        let evaluations = [(labels("1"), minutes.iter().map(|at| minute(*at)).collect())].into();
        let replayed = Replayed::of(&evaluations, Duration::from_secs(hold), MINUTE);
        let firing = replayed.firing.get(&labels("1")).cloned().unwrap_or_default();
        let expected: Vec<_> =
            expected.iter().map(|(from, to)| Firing { from: minute(*from), to: minute(*to) }).collect();
        assert_eq!(firing, expected, "{minutes:?} held for {hold} s");
    }

    #[test]
    fn an_alert_is_pending_before_it_fires() {
        check(&[3, 4, 5, 6, 7], 0, &[(3, 7)]);
        check(&[3, 4, 5, 6, 7], 120, &[(5, 7)]);
        check(&[3, 4, 5, 6, 7], 240, &[(7, 7)]);
        check(&[3, 4, 5, 6, 7], 241, &[]);
        check(&[3, 4, 5, 6, 7], 90, &[(5, 7)]);
    }

    #[test]
    fn one_evaluation_without_a_result_begins_it_anew() {
        check(&[1, 2, 3, 5, 6, 7, 8], 120, &[(3, 3), (7, 8)]);
        check(&[1, 3, 5, 7], 60, &[]);
        check(&[1, 3], 0, &[(1, 1), (3, 3)]);
        check(&[], 0, &[]);
    }

    #[test]
    fn minutes_are_counted_within_a_stretch_of_time_and_by_labels() {
        let evaluations =
            [(labels("1"), (10..20).map(minute).collect()), (labels("2"), (15..17).map(minute).collect())].into();
        let replayed = Replayed::of(&evaluations, MINUTE * 2, MINUTE);
        assert_eq!(replayed.firing.len(), 1, "the other was only pending");
        assert_eq!(replayed.fired(&labels("1"), minute(0)..minute(60)), MINUTE * 8);
        assert_eq!(replayed.fired(&labels("1"), minute(0)..minute(13)), MINUTE);
        assert_eq!(replayed.fired(&labels("2"), minute(0)..minute(60)), Duration::ZERO);
        assert_eq!(replayed.fired_at_all(minute(18)..minute(60)), MINUTE * 2);
    }
}
