//! The lines put together: families with their heads and samples, and what is wrong with their order.

use std::collections::HashMap;

use crate::exposition::{Exposition, Family, Kind, Sample};
use crate::fault::{Fault, Wrong};
use crate::line::{self, Line};

/// What may follow a histogram's name in its samples.
pub(crate) const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Reads a text, faults and all: what cannot be read is left out of the exposition.
pub(crate) fn read(text: &str) -> (Exposition, Vec<Fault>) {
    let mut reader = Reader::default();
    let mut last = 0;
    if !text.is_empty() {
        for (position, content) in text.strip_suffix('\n').unwrap_or(text).split('\n').enumerate() {
            last = position + 1;
            reader.line(last, content);
        }
        if !text.ends_with('\n') {
            reader.faults.push(Fault { line: last, wrong: Wrong::NoFinalNewline });
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    families: Vec<Family>,
    heads: Vec<Head>,
    by_name: HashMap<String, usize>,
    /// The family that the line before belongs to.
    current: Option<usize>,
    faults: Vec<Fault>,
}

/// Which of a family's lines have been seen.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not exclude each other")]
struct Head {
    help: bool,
    kind: bool,
    samples: bool,
    /// A fault was told that explains whatever else is missing: neither head, or a line that cannot be read.
    is_excused: bool,
}

impl Reader {
    fn line(&mut self, number: usize, content: &str) {
        let (line, wrongs) = line::read(content);
        self.faults.extend(wrongs.into_iter().map(|wrong| Fault { line: number, wrong }));
        match line {
            None => {
                if let Some(head) = self.current.and_then(|current| self.heads.get_mut(current)) {
                    head.is_excused = true;
                }
            }
            Some(Line::Help { name, text }) => self.help(number, &name, text),
            Some(Line::Type { name, word }) => self.kind(number, &name, word),
            Some(Line::Sample { name, labels, value }) => {
                self.sample(Sample { name, labels, value, line: number });
            }
        }
    }

    fn help(&mut self, line: usize, name: &str, text: String) {
        let place = self.enter(line, name);
        let (Some(family), Some(head)) = (self.families.get_mut(place), self.heads.get_mut(place)) else { return };
        if text.is_empty() {
            self.faults.push(Fault { line, wrong: Wrong::HelpEmpty(name.to_owned()) });
        }
        if head.help {
            self.faults.push(Fault { line, wrong: Wrong::HelpRepeated(name.to_owned()) });
        } else if (head.kind || head.samples) && !head.is_excused {
            self.faults.push(Fault { line, wrong: Wrong::HelpLate(name.to_owned()) });
        }
        if !head.help {
            head.help = true;
            family.help = text;
        }
    }

    fn kind(&mut self, line: usize, name: &str, word: String) {
        let place = self.enter(line, name);
        let (Some(family), Some(head)) = (self.families.get_mut(place), self.heads.get_mut(place)) else { return };
        if head.kind {
            self.faults.push(Fault { line, wrong: Wrong::TypeRepeated(name.to_owned()) });
        } else if head.samples && !head.is_excused {
            self.faults.push(Fault { line, wrong: Wrong::TypeLate(name.to_owned()) });
        }
        if !head.kind {
            head.kind = true;
            match Kind::of(&word) {
                Some(kind) => family.kind = kind,
                None => {
                    self.faults.push(Fault { line, wrong: Wrong::UnknownType { family: name.to_owned(), word } });
                }
            }
        }
    }

    fn sample(&mut self, sample: Sample) {
        let home = self.home(&sample.name).to_owned();
        let place = self.enter(sample.line, &home);
        let (Some(family), Some(head)) = (self.families.get_mut(place), self.heads.get_mut(place)) else { return };
        if !head.help && !head.kind && !head.is_excused {
            head.is_excused = true;
            self.faults.push(Fault { line: sample.line, wrong: Wrong::Unannounced(sample.name.clone()) });
        }
        head.samples = true;
        family.samples.push(sample);
    }

    /// The name of the family that a sample of this name belongs to: a part belongs to the histogram that was announced.
    fn home<'n>(&self, sample: &'n str) -> &'n str {
        if self.by_name.contains_key(sample) {
            return sample;
        }
        let whole = PARTS.iter().find_map(|part| sample.strip_suffix(part));
        whole.filter(|whole| self.by_name.contains_key(*whole)).unwrap_or(sample)
    }

    /// Goes to the family of this name, which may be a new one; coming back to one is a fault.
    fn enter(&mut self, line: usize, name: &str) -> usize {
        let next = self.families.len();
        let place = *self.by_name.entry(name.to_owned()).or_insert(next);
        if place == next {
            let family =
                Family { name: name.to_owned(), kind: Kind::Unknown, help: String::new(), samples: Vec::new(), line };
            self.families.push(family);
            self.heads.push(Head::default());
        }
        let is_split = self.current != Some(place) && place != next;
        self.current = Some(place);
        if is_split {
            // One fault tells it all, also of the heads and samples that follow in this stretch.
            self.faults.push(Fault { line, wrong: Wrong::SplitFamily(name.to_owned()) });
            if let Some(head) = self.heads.get_mut(place) {
                *head = Head { help: false, kind: false, samples: head.samples, is_excused: true };
            }
        }
        place
    }

    fn finish(mut self) -> (Exposition, Vec<Fault>) {
        for (family, head) in self.families.iter().zip(&self.heads) {
            let wrong = match head {
                Head { is_excused: true, .. } => continue,
                Head { samples: false, .. } => Wrong::EmptyFamily(family.name.clone()),
                Head { help: false, .. } => Wrong::HelpMissing(family.name.clone()),
                Head { kind: false, .. } => Wrong::TypeMissing(family.name.clone()),
                _ => continue,
            };
            self.faults.push(Fault { line: family.line, wrong });
        }
        (Exposition { families: self.families }, self.faults)
    }
}
