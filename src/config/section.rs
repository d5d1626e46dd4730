//! Walking the tree by hand: a mapping of known keys, and the value behind one of them.

use super::mistakes::{Mistakes, Place};
use super::node::{Entry, Kind, Node};
use super::suggestion;

/// The keys that a mapping may have.
pub(super) struct Keys<'k> {
    /// Those that mean something.
    pub(super) known: &'k [&'k str],
    /// Those that people write and that mean nothing here, with what to write instead.
    pub(super) refused: &'k [(&'k str, &'k str)],
    /// What to write where something else than a mapping stands.
    pub(super) example: &'k str,
}

/// A mapping whose keys are known, each written once.
pub(super) struct Section<'n> {
    /// Where it begins.
    pub(super) place: Place,
    /// The way to it through the keys.
    pub(super) path: String,
    entries: Vec<&'n Entry>,
    /// The refused keys that are written.
    refused: Vec<&'n str>,
}

impl<'n> Section<'n> {
    /// The mapping that this node is, if it is one. Every key that is not known or written twice is a mistake, and left
    /// out. Nothing at all is an empty mapping: all of its keys may be commented out.
    pub(super) fn read(
        node: &'n Node,
        place: Place,
        path: &str,
        keys: &Keys<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let mut section = Self { place, path: path.to_owned(), entries: Vec::new(), refused: Vec::new() };
        let written = match &node.kind {
            Kind::Mapping(entries) => entries.as_slice(),
            Kind::Nothing => &[],
            Kind::Scalar(_) | Kind::List(_) => {
                mistakes.add(node.place, path, format!("is {}; write {}", node.noun(), keys.example));
                return None;
            }
        };
        for entry in written {
            let path = section.path_to(&entry.key);
            if let Some((_, advice)) = keys.refused.iter().find(|(key, _)| *key == entry.key) {
                mistakes.add(entry.place, &path, *advice);
                section.refused.push(&entry.key);
            } else if !keys.known.contains(&entry.key.as_str()) {
                let instead = suggestion::instead(&entry.key, keys.known);
                mistakes.add(entry.place, &path, format!("is not a key that is known here; {instead}"));
            } else if let Some(first) = section.entries.iter().find(|known| known.key == entry.key) {
                let line = match first.place {
                    Place::At { line, .. } => line,
                    Place::Whole | Place::Variable(_) | Place::Environment => 0,
                };
                mistakes.add(entry.place, &path, format!("is written twice, first in line {line}; keep one of them"));
            } else {
                section.entries.push(entry);
            }
        }
        Some(section)
    }

    /// Whether the key is written, be its value right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Whether this key is written although it means nothing here.
    pub(super) fn has_refused(&self, key: &str) -> bool {
        self.refused.contains(&key)
    }

    /// What is written behind the key.
    pub(super) fn get(&self, key: &str) -> Option<Field<'n>> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.field(entry))
    }

    /// Everything written, in its order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'n str, Field<'n>)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.field(entry)))
    }

    /// The way to a key of this mapping.
    pub(super) fn path_to(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn field(&self, entry: &'n Entry) -> Field<'n> {
        // Where nothing is written the key is the nearest thing to point at.
        let place = if matches!(entry.value.kind, Kind::Nothing) { entry.place } else { entry.value.place };
        Field { place, path: self.path_to(&entry.key), node: &entry.value }
    }
}

/// A value and the way to it.
#[derive(Clone)]
pub(super) struct Field<'n> {
    /// Where the value begins, or its key where there is none.
    pub(super) place: Place,
    /// The way to it through the keys.
    pub(super) path: String,
    /// The value.
    pub(super) node: &'n Node,
}

impl<'n> Field<'n> {
    /// Notes that this value is wrong.
    pub(super) fn wrong(&self, message: impl Into<String>, mistakes: &mut Mistakes) {
        mistakes.add(self.place, &self.path, message);
    }

    /// The mapping that this value is.
    pub(super) fn section(&self, keys: &Keys<'_>, mistakes: &mut Mistakes) -> Option<Section<'n>> {
        Section::read(self.node, self.place, &self.path, keys, mistakes)
    }

    /// The text that this value is, made into something by `meaning`, which otherwise says what is wrong.
    pub(super) fn meaning<T>(
        &self,
        meaning: impl FnOnce(&'n str) -> Result<T, String>,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        match &self.node.kind {
            Kind::Scalar(text) => match meaning(text) {
                Ok(meant) => return Some(meant),
                Err(message) => self.wrong(message, mistakes),
            },
            Kind::Nothing => self.wrong("has no value; write one, or take the key out", mistakes),
            Kind::List(_) | Kind::Mapping(_) => {
                self.wrong(format!("is {}; write a single value", self.node.noun()), mistakes);
            }
        }
        None
    }

    /// The items of the list that this value is; a single value is a list of one.
    pub(super) fn items(&self, mistakes: &mut Mistakes) -> Option<Vec<Self>> {
        match &self.node.kind {
            Kind::List(items) => {
                let item = |(position, node): (usize, &'n Node)| Field {
                    place: node.place,
                    path: format!("{}[{position}]", self.path),
                    node,
                };
                Some(items.iter().enumerate().map(item).collect())
            }
            Kind::Scalar(_) => Some(vec![self.clone()]),
            Kind::Nothing => {
                self.wrong("has no value; write one, or take the key out", mistakes);
                None
            }
            Kind::Mapping(_) => {
                self.wrong("is a mapping of keys; write a list", mistakes);
                None
            }
        }
    }
}
