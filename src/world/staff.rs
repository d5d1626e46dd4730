//! Who and what is there on any day: agents, skills, routing points, activity codes.

use super::profile::Profile;
use super::random::Random;

/// A queue that agents answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// wolkvox's number of it.
    pub id: u32,
    /// The name, with the blanks somebody typed.
    pub name: String,
    /// Its part of the calls, against the others' parts.
    pub(super) weight: u32,
}

/// A number that callers dial: an IVR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingPoint {
    /// wolkvox's number of it.
    pub id: u32,
    /// Its part of the calls, against the others' parts.
    pub(super) weight: u32,
}

/// One who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// wolkvox's number of the agent.
    pub id: u32,
    /// The name, which two agents may share.
    pub name: String,
    /// The national identity number: personal data that no metric may show.
    pub national_id: String,
    /// Positions of the skills that the agent answers.
    pub(super) skills: Vec<usize>,
    /// Whether the agent also calls customers.
    pub(super) dials: bool,
    /// Whether the agent also answers e-mails.
    pub(super) writes: bool,
}

/// What an agent says a contact was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActivityCode {
    /// The code; empty where the agent gave none.
    pub code: &'static str,
    /// What it means.
    pub description: &'static str,
}

const fn code(code: &'static str, description: &'static str) -> ActivityCode {
    ActivityCode { code, description }
}

/// The code that the system gives when after-call work runs out of time.
pub const TIMED_OUT: ActivityCode = code("TIMEOUTACW", "Tiempo de ACW agotado");
/// No code at all.
pub(super) const UNCODED: ActivityCode = code("", "");

pub(super) const CALL_CODES: [ActivityCode; 6] = [
    code("VENTA", "Venta realizada"),
    code("NO INTERESADO", "Cliente no interesado"),
    code("RESUELTO", "Caso resuelto"),
    code("ESCALADO", "Caso escalado a segundo nivel"),
    code("SEGUIMIENTO", "Requiere seguimiento"),
    code("QUEJA", "Queja del cliente"),
];

pub(super) const SECOND_CODES: [ActivityCode; 3] =
    [code("PSE", "Pago por PSE"), code("TIENDA", "Visita a tienda"), code("APP", "Uso de la app")];

pub(super) const LETTER_CODES: [ActivityCode; 6] = [
    code("RESUELTO", "Caso resuelto"),
    code("RESUELTO", "Caso resuelto"),
    code("ESCALADO", "Caso escalado a segundo nivel"),
    code("SPAM", "Correo no deseado"),
    UNCODED,
    TIMED_OUT,
];

/// Names and weights; further skills go by a number.
const SKILLS: [(&str, u32); 5] =
    [("Ventas", 30), ("Soporte  Técnico", 34), ("Facturación", 20), ("Retención ", 9), ("Cobranza \"VIP\"", 7)];

const ROUTING_POINTS: [RoutingPoint; 3] = [
    RoutingPoint { id: 3001, weight: 60 },
    RoutingPoint { id: 3002, weight: 30 },
    RoutingPoint { id: 3003, weight: 10 },
];

const FIRST_NAMES: [&str; 20] = [
    "ANA MARÍA",
    "JUAN CARLOS",
    "LUISA",
    "ANDRÉS",
    "SOFÍA",
    "MIGUEL ÁNGEL",
    "VALENTINA",
    "DIEGO",
    "CAMILA",
    "JOSÉ",
    "PAULA ANDREA",
    "SANTIAGO",
    "LAURA",
    "FELIPE",
    "DANIELA",
    "ÓSCAR",
    "NATALIA",
    "JORGE",
    "MARÍA JOSÉ",
    "IVÁN",
];

const FAMILY_NAMES: [&str; 20] = [
    "GÓMEZ",
    "RODRÍGUEZ",
    "PÉREZ",
    "MUÑOZ",
    "CASTRO",
    "REYES",
    "SANTOS",
    "DE LA CRUZ",
    "BAUTISTA",
    "NÚÑEZ",
    "RAMOS",
    "MENDOZA",
    "ORTIZ",
    "AQUINO",
    "NAVARRO",
    "SALAZAR",
    "PEÑA",
    "VILLANUEVA",
    "CÁRDENAS",
    "OCAMPO",
];

/// Everybody and everything of a contact centre that is there every day.
pub(super) struct Staff {
    pub(super) agents: Vec<Agent>,
    pub(super) skills: Vec<Skill>,
    pub(super) routing_points: [RoutingPoint; 3],
}

impl Staff {
    pub(super) fn of(profile: &Profile) -> Self {
        let mut random = Random::new(profile.seed, 0);
        let skills = skills(profile.skills.max(1));
        let agents = agents(&mut random, profile.agents, &skills);
        Self { agents, skills, routing_points: ROUTING_POINTS }
    }
}

fn skills(number: u32) -> Vec<Skill> {
    (0..number)
        .map(|position| {
            let known = SKILLS.get(position as usize);
            let is_idle = position > 0 && position == number - 1;
            let (name, weight) = match known {
                Some((name, weight)) => ((*name).to_owned(), *weight),
                None => (format!("Campaña {:02}", position + 1), 5),
            };
            Skill { id: 4101 + position, name, weight: if is_idle { 0 } else { weight } }
        })
        .collect()
}

fn agents(random: &mut Random, number: u32, skills: &[Skill]) -> Vec<Agent> {
    let mut agents: Vec<Agent> = Vec::new();
    for position in 0..number {
        let name = match position {
            // Two of one name, whom a report without agent ids cannot tell apart.
            7 => agents.first().map_or_else(String::new, |agent| agent.name.clone()),
            _ => full_name(random, position),
        };
        let first = most_wanting(skills, &agents);
        let mut answers = vec![first];
        for likelihood in [85, 60] {
            // Small skills live on the agents of the large ones, so these are not drawn by weight.
            let more = random.weighted(skills.iter().map(|skill| u32::from(skill.weight > 0)));
            if random.chance(likelihood) && !answers.contains(&more) {
                answers.push(more);
            }
        }
        // Nobody ever calls this one, but somebody is there in case they do.
        if position % 10 == 0 && !answers.contains(&(skills.len() - 1)) {
            answers.push(skills.len() - 1);
        }
        agents.push(Agent {
            id: 12001 + position,
            name,
            national_id: random.between(10_000_000, 1_199_999_999).to_string(),
            skills: answers,
            dials: position % 3 == 1,
            writes: matches!(position % 7, 0 | 2 | 5),
        });
    }
    agents
}

/// The skill that has the fewest agents of its own for its part of the calls.
fn most_wanting(skills: &[Skill], agents: &[Agent]) -> usize {
    let has = |skill: usize| agents.iter().filter(|agent| agent.skills.first() == Some(&skill)).count();
    // The next agent's worth: with one more, how much of its part would each agent have to carry?
    let load = |skill: usize| f64::from(skills[skill].weight) / f64::from(u32::try_from(has(skill) + 1).unwrap_or(1));
    (0..skills.len()).max_by(|one, other| load(*one).total_cmp(&load(*other))).unwrap_or_default()
}

/// First name and two family names, sometimes typed with a blank too many.
fn full_name(random: &mut Random, position: u32) -> String {
    let blank = if position % 6 == 5 { "  " } else { " " };
    format!("{}{blank}{} {}", random.pick(&FIRST_NAMES), random.pick(&FAMILY_NAMES), random.pick(&FAMILY_NAMES))
}
