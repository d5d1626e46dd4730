//! The floor of the contact centre on one day, played event by event: callers queue, agents answer, pause and go home.
//!
//! Callers wait first come, first served, in their skill. An agent who becomes free takes the one who has waited longest
//! in any of the agent's skills; a caller who finds several agents ready gets the one who has been ready longest.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

use super::day::{Call, Contact, Direction, Fate, Spell, State};
use super::demand::Arrival;
use super::incident::Incidents;
use super::random::Random;
use super::roster::Shift;
use super::staff::{ActivityCode, CALL_CODES, SECOND_CODES, Staff, TIMED_OUT, UNCODED};

/// How long after-call work may take before the system ends it, in seconds.
const LONGEST_ACW: u32 = 120;

/// What may happen, each with the position of the call or of the agent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The IVR hands a caller to a skill.
    Queue(usize),
    /// A caller's patience ends.
    GiveUp(usize),
    /// An agent logs in, or is done with a call or a pause.
    Free(usize),
    /// A pause or the end of the shift is due.
    Due(usize),
    /// An agent ready since that second calls somebody, unless something else came first.
    Dial(usize, u32, Direction),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Away,
    Ready { since: u32 },
    Busy,
}

struct Desk {
    shift: Shift,
    status: Status,
    spells: Vec<Spell>,
}

/// What came of a day.
pub(super) struct Played {
    pub(super) calls: Vec<Call>,
    /// Calls that agents made, in no order.
    pub(super) contacts: Vec<Contact>,
    /// Each agent's states, one after the other from login to logout; empty for those who were not there.
    pub(super) spells: Vec<Vec<Spell>>,
}

/// Plays the day through. `closes` is the second after which nobody waits for callers who are not there yet.
pub(super) fn play(
    random: &mut Random,
    staff: &Staff,
    arrivals: Vec<Arrival>,
    shifts: Vec<Option<Shift>>,
    closes: u32,
    incidents: Incidents,
) -> Played {
    let mut floor = Floor::new(random, staff, arrivals, shifts, closes, incidents);
    while let Some(Reverse((now, _, event))) = floor.events.pop() {
        floor.happen(now, event);
    }
    let spells = floor.desks.into_iter().map(|desk| desk.map(|desk| desk.spells).unwrap_or_default()).collect();
    Played { calls: floor.calls, contacts: floor.contacts, spells }
}

struct Floor<'a> {
    random: &'a mut Random,
    staff: &'a Staff,
    closes: u32,
    incidents: Incidents,
    /// What is to come; the number in the middle keeps events of one second in the order in which they were planned.
    events: BinaryHeap<Reverse<(u32, u64, Event)>>,
    planned: u64,
    calls: Vec<Call>,
    contacts: Vec<Contact>,
    desks: Vec<Option<Desk>>,
    /// The callers of each skill, those who gave up included until they come to the front.
    queues: Vec<VecDeque<usize>>,
    /// The agents ready for each skill, by the second since which they are.
    ready: Vec<BTreeSet<(u32, usize)>>,
}

impl<'a> Floor<'a> {
    fn new(
        random: &'a mut Random,
        staff: &'a Staff,
        arrivals: Vec<Arrival>,
        shifts: Vec<Option<Shift>>,
        closes: u32,
        incidents: Incidents,
    ) -> Self {
        let desk = |shift| Desk { shift, status: Status::Away, spells: Vec::new() };
        let mut floor = Self {
            random,
            staff,
            closes,
            incidents,
            events: BinaryHeap::new(),
            planned: 0,
            calls: arrivals.into_iter().map(Call::of).collect(),
            contacts: Vec::new(),
            desks: shifts.into_iter().map(|shift| shift.map(desk)).collect(),
            queues: vec![VecDeque::new(); staff.skills.len()],
            ready: vec![BTreeSet::new(); staff.skills.len()],
        };
        for call in 0..floor.calls.len() {
            if floor.calls[call].arrival.skill.is_some() {
                floor.plan(floor.calls[call].left_ivr(), Event::Queue(call));
            }
        }
        for agent in 0..floor.desks.len() {
            let Some(desk) = &floor.desks[agent] else { continue };
            let (starts, ends) = (desk.shift.starts, desk.shift.ends);
            let absences = desk.shift.absences.iter().map(|absence| absence.seconds.start);
            let pauses: Vec<u32> = desk.shift.pauses.iter().map(|(due, _)| *due).chain(absences).collect();
            floor.plan(starts, Event::Free(agent));
            floor.plan(ends, Event::Due(agent));
            for due in pauses {
                floor.plan(due, Event::Due(agent));
            }
        }
        floor
    }

    fn plan(&mut self, at: u32, event: Event) {
        self.planned += 1;
        self.events.push(Reverse((at, self.planned, event)));
    }

    fn happen(&mut self, now: u32, event: Event) {
        match event {
            Event::Queue(call) => self.queue(call, now),
            Event::GiveUp(call) => {
                let call = &mut self.calls[call];
                if let Fate::Waiting { skill } = call.fate {
                    call.fate = Fate::Abandoned { skill };
                    call.ended = now;
                }
            }
            Event::Free(agent) => self.settle(agent, now),
            Event::Due(agent) => {
                if self.end_ready(agent, now).is_some() {
                    self.settle(agent, now);
                }
            }
            Event::Dial(agent, since, direction) => {
                if self.status(agent) == (Status::Ready { since }) {
                    self.dial(agent, direction, now);
                }
            }
        }
    }

    fn status(&self, agent: usize) -> Status {
        self.desks[agent].as_ref().map_or(Status::Away, |desk| desk.status)
    }

    fn queue(&mut self, call: usize, now: u32) {
        let Some(skill) = self.calls[call].arrival.skill else { return };
        self.calls[call].fate = Fate::Waiting { skill };
        if let Some(&(_, agent)) = self.ready[skill].first() {
            self.end_ready(agent, now);
            self.answer(agent, call, now);
        } else {
            self.queues[skill].push_back(call);
            let patience = self.random.seconds(170.0, 6, 900);
            self.plan(now + patience, Event::GiveUp(call));
        }
    }

    /// What an agent does who has nothing to do: goes home, pauses, takes a caller, or is ready for one.
    fn settle(&mut self, agent: usize, now: u32) {
        let next = self.longest_waiting(agent);
        let Some(desk) = &mut self.desks[agent] else { return };
        let absence = desk.shift.absences.iter().find(|absence| absence.seconds.contains(&now));
        let stays_for_last_callers = desk.shift.ends >= self.closes && next.is_some() && absence.is_none();
        if now >= desk.shift.ends && !stays_for_last_callers {
            desk.status = Status::Away;
            return;
        }
        if let Some(absence) = absence {
            let (until, is_logged_in) = (absence.seconds.end.min(desk.shift.ends), absence.is_logged_in);
            desk.status = Status::Away;
            // Nobody comes back to take the pauses that fell into it.
            while desk.shift.pauses.pop_if(|(due, _)| *due < until).is_some() {}
            if is_logged_in {
                self.spend(agent, now, &[(State::Aux, until - now)]);
            } else {
                self.plan(until, Event::Free(agent));
            }
            return;
        }
        if let Some((_, length)) = desk.shift.pauses.pop_if(|(due, _)| *due <= now) {
            self.spend(agent, now, &[(State::Aux, length)]);
            return;
        }
        if let Some((skill, call)) = next {
            self.queues[skill].pop_front();
            self.answer(agent, call, now);
            return;
        }
        desk.status = Status::Ready { since: now };
        for &skill in &self.staff.agents[agent].skills {
            self.ready[skill].insert((now, agent));
        }
        self.plan_dial(agent, now, Direction::Internal, 4000.0);
        if self.staff.agents[agent].dials {
            self.plan_dial(agent, now, Direction::Outbound, 420.0);
        }
    }

    /// Plans a call by an agent who is ready since now, `mean` seconds from now on average.
    fn plan_dial(&mut self, agent: usize, now: u32, direction: Direction, mean: f64) {
        let at = now + self.random.seconds(mean, 1, 7200);
        self.plan(at, Event::Dial(agent, now, direction));
    }

    /// The skill and the call of the caller who has waited longest for one like this agent.
    fn longest_waiting(&mut self, agent: usize) -> Option<(usize, usize)> {
        let mut longest: Option<(u32, usize, usize)> = None;
        for &skill in &self.staff.agents[agent].skills {
            let queue = &mut self.queues[skill];
            while queue.front().is_some_and(|call| !matches!(self.calls[*call].fate, Fate::Waiting { .. })) {
                queue.pop_front();
            }
            if let Some(&call) = queue.front() {
                let since = self.calls[call].left_ivr();
                if longest.is_none_or(|(first, _, earlier)| (since, call) < (first, earlier)) {
                    longest = Some((since, skill, call));
                }
            }
        }
        longest.map(|(_, skill, call)| (skill, call))
    }

    fn answer(&mut self, agent: usize, call: usize, now: u32) {
        let Some(skill) = self.calls[call].arrival.skill else { return };
        let mut ring = self.random.between(2, 8);
        let mut talk = self.incidents.stretched(now, talk_time(self.random));
        let (acw, codes) = self.wrap_up();
        let acw = self.incidents.stretched(now, acw).min(LONGEST_ACW);
        if self.happens_to(self.incidents.slow_pick_ups(now)) {
            ring = self.random.between(32, 55);
        }
        if self.happens_to(self.incidents.short_calls(now)) {
            talk = self.random.between(1, 5);
        }
        let ended = now + ring + talk;
        // A code is known once the agent is done with it, after the call.
        let coded_at = ended + acw;
        self.calls[call].fate = Fate::Answered { skill, agent, at: now + ring, codes, coded_at };
        self.calls[call].ended = ended;
        self.spend(agent, now, &[(State::Ring, ring), (State::Inbound, talk), (State::Acw, acw)]);
    }

    fn dial(&mut self, agent: usize, direction: Direction, now: u32) {
        self.end_ready(agent, now);
        let ring = self.random.between(3, 14);
        let (talk, acw) = match direction {
            Direction::Outbound => {
                (self.incidents.stretched(now, talk_time(self.random)), self.random.seconds(25.0, 5, LONGEST_ACW))
            }
            Direction::Internal => (self.random.between(15, 90), 0),
        };
        // There is no state for a talk with a colleague: wolkvox counts it as auxiliary.
        let state = if direction == Direction::Outbound { State::Outbound } else { State::Aux };
        self.contacts.push(Contact { agent, direction, began: now + ring, ended: now + ring + talk });
        self.spend(agent, now, &[(State::Ring, ring), (state, talk), (State::Acw, acw)]);
    }

    /// Whether a call is among those of this percentage; chance is only asked where there is one.
    fn happens_to(&mut self, percent: u32) -> bool {
        percent > 0 && self.random.chance(percent)
    }

    /// Length of the after-call work in seconds, and the two codes that come of it.
    fn wrap_up(&mut self) -> (u32, [ActivityCode; 2]) {
        let random = &mut *self.random;
        if random.chance(3) {
            return (LONGEST_ACW, [TIMED_OUT, UNCODED]);
        }
        let acw = random.seconds(32.0, 3, LONGEST_ACW - 1);
        if random.chance(5) {
            return (acw, [UNCODED, UNCODED]);
        }
        let second = if random.chance(20) { random.pick(&SECOND_CODES) } else { UNCODED };
        (acw, [random.pick(&CALL_CODES), second])
    }

    /// Puts an agent through these states, one after the other, and plans the moment after them.
    fn spend(&mut self, agent: usize, now: u32, states: &[(State, u32)]) {
        let Some(desk) = &mut self.desks[agent] else { return };
        let mut from = now;
        for &(state, length) in states {
            desk.spend(state, from, from + length);
            from += length;
        }
        desk.status = Status::Busy;
        self.plan(from, Event::Free(agent));
    }

    /// Ends an agent's being ready; nothing where the agent was not.
    fn end_ready(&mut self, agent: usize, now: u32) -> Option<()> {
        let desk = self.desks[agent].as_mut()?;
        let Status::Ready { since } = desk.status else { return None };
        desk.spend(State::Ready, since, now);
        desk.status = Status::Busy;
        for &skill in &self.staff.agents[agent].skills {
            self.ready[skill].remove(&(since, agent));
        }
        Some(())
    }
}

impl Desk {
    fn spend(&mut self, state: State, from: u32, to: u32) {
        if from < to {
            self.spells.push(Spell { state, from, to });
        }
    }
}

/// Seconds of talk: mostly minutes, with some wrong numbers and short answers.
fn talk_time(random: &mut Random) -> u32 {
    match random.below(100) {
        0..4 => random.between(1, 5),
        4..10 => random.between(6, 20),
        10..22 => random.between(21, 60),
        22..42 => random.between(61, 120),
        _ => 121 + random.seconds(190.0, 0, 1800),
    }
}
