//! The YAML text as a tree in which everything knows its place, and every scalar is the text that was written.
//!
//! A generic value type would have decided that `0013` is the number 13 before anybody could ask what it is for.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::mistakes::{Mistakes, Place};

/// Mappings and lists within one another; the configuration needs seven.
const MAX_DEPTH: usize = 32;
/// Nodes of the tree, those that aliases repeat included: far beyond any real file, far below what hurts.
const MAX_NODES: usize = 100_000;

/// One piece of the tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it begins.
    pub(super) place: Place,
    pub(super) kind: Kind,
}

/// What a piece of the tree is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Nothing: no value, `~` or `null`.
    Nothing,
    /// A text as written, without its quotes.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order written.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key begins.
    pub(super) place: Place,
    pub(super) value: Node,
}

impl Node {
    /// What it is, for messages.
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Nothing => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::List(_) => "a list",
            Kind::Mapping(_) => "a mapping of keys",
        }
    }

    /// The nodes that it is made of, itself included.
    fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Nothing | Kind::Scalar(_) => 0,
            Kind::List(items) => items.iter().map(Self::size).sum(),
            Kind::Mapping(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
        }
    }

    /// Reads a text that holds one YAML document. Nothing is returned where the text is no YAML; a document whose form
    /// is wrong in places is returned as far as it goes.
    pub(super) fn read(text: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
        let parser = Parser::new_from_str_with_options(text, options);
        let mut reader = Reader { parser, mistakes, anchors: BTreeMap::new(), nodes: 0 };
        match reader.document() {
            Ok(root) => root,
            Err(Stop(place, message)) => {
                mistakes.add(place, "", message);
                None
            }
        }
    }
}

/// Why reading cannot go on.
struct Stop(Place, String);

struct Reader<'t, 'm> {
    parser: Parser<'t, StrInput<'t>>,
    mistakes: &'m mut Mistakes,
    /// What each anchor marks, once it is read to its end, and its size.
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'t> Reader<'t, '_> {
    fn next(&mut self) -> Result<(Event<'t>, Place), Stop> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, begin(span))),
            Some(Err(error)) => {
                let (line, column) = (error.marker().line(), error.marker().col() + 1);
                Err(Stop(Place::At { line, column }, format!("is not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, Place::Whole)),
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(root),
                (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
                (_, place) if root.is_some() => {
                    return Err(Stop(place, "a second document begins here; write one document".to_owned()));
                }
                (event, place) => root = Some(self.node(event, place)?),
            }
        }
    }

    /// The node that begins with this event. It calls itself once per level, of which the parser allows few.
    fn node(&mut self, event: Event<'t>, place: Place) -> Result<Node, Stop> {
        self.count(1, place)?;
        let (kind, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style), anchor, tag),
            Event::SequenceStart(_, anchor, tag) => (self.list()?, anchor, tag),
            Event::MappingStart(_, anchor, tag) => (self.mapping()?, anchor, tag),
            Event::Alias(anchor) => return self.repeat(anchor, place),
            other => return Err(Stop(place, format!("is not understood here: {other:?}"))),
        };
        if tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
            self.mistakes.add(place, "", "tags have no meaning here; write the value alone");
        }
        let node = Node { place, kind };
        if anchor > 0 {
            let size = node.size();
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Kind, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                (event, place) => items.push(self.node(event, place)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<Kind, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, place) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Kind::Mapping(entries));
            }
            let key = self.node(event, place)?;
            let (event, value_place) = self.next()?;
            let value = self.node(event, value_place)?;
            let Kind::Scalar(key) = key.kind else {
                self.mistakes.add(place, "", format!("{} cannot be a key; write a word", key.noun()));
                continue;
            };
            // The second of two equal keys is told by whoever reads the mapping, who knows the way to it.
            entries.push(Entry { key, place, value });
        }
    }

    /// What an anchor marks, once more.
    fn repeat(&mut self, anchor: usize, place: Place) -> Result<Node, Stop> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(Stop(place, "the alias stands within what it repeats; write the value out".to_owned()));
        };
        let (node, size) = (node.clone(), *size);
        self.count(size, place)?;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Stop(place, format!("more than {MAX_NODES} values, repeated ones included; write fewer")));
        }
        Ok(())
    }
}

fn begin(span: Span) -> Place {
    Place::At { line: span.start.line(), column: span.start.col() + 1 }
}

fn scalar(text: &str, style: ScalarStyle) -> Kind {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null" | "Null" | "NULL") => Kind::Nothing,
        _ => Kind::Scalar(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, String) {
        let mut mistakes = Mistakes::none_in("f.yaml");
        let node = Node::read(text, &mut mistakes);
        let told = mistakes.or(None::<()>).map_err(|mistakes| mistakes.to_string());
        (node, told.unwrap_err())
    }

    #[test]
    fn a_scalar_is_the_text_that_was_written() {
        for (text, expected) in [("0013", "0013"), ("'0013'", "0013"), ("1e3", "1e3"), ("0x1F", "0x1F"), ("yes", "yes")]
        {
            let (node, _) = read(text);
            assert!(matches!(node.unwrap().kind, Kind::Scalar(text) if text == expected), "{text}");
        }
        assert!(matches!(read("~").0.unwrap().kind, Kind::Nothing));
    }

    #[test]
    fn keys_and_values_know_their_places() {
        let (node, _) = read("# first\na: 1\nñandú:\n  - x\n  - { b: 2 }\n");
        let Kind::Mapping(entries) = node.unwrap().kind else { panic!("a mapping") };
        assert_eq!(entries[1].place, Place::At { line: 3, column: 1 });
        let Kind::List(items) = &entries[1].value.kind else { panic!("a list") };
        let Kind::Mapping(inner) = &items[1].kind else { panic!("a mapping") };
        assert_eq!(inner[0].place, Place::At { line: 5, column: 7 });
        assert_eq!(inner[0].value.place, Place::At { line: 5, column: 10 });
    }

    #[test]
    fn what_would_hurt_is_refused() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert!(read(&deep).1.contains("is not YAML"), "{}", read(&deep).1);
        let lines: Vec<_> = (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        let deep = lines.concat();
        assert!(read(&deep).1.contains("is not YAML"), "{}", read(&deep).1);
        let levels = (1..12).map(|level| format!("a{level}: &a{level} [{}]", format!("*a{}, ", level - 1).repeat(10)));
        let bomb = std::iter::once("a0: &a0 [x, x]".to_owned()).chain(levels).collect::<Vec<_>>().join("\n");
        assert!(read(&bomb).1.contains("more than 100000 values"), "{}", read(&bomb).1);
        assert!(read("a: &a [*a]\n").1.contains("within what it repeats"), "{}", read("a: &a [*a]\n").1);
    }

    #[test]
    fn one_plain_document_is_wanted() {
        assert_eq!(read("a: 1\n---\nb: 2\n").1, "f.yaml:3:1: a second document begins here; write one document");
        assert_eq!(read("a: !secret x\n").1, "f.yaml:1:12: tags have no meaning here; write the value alone");
        assert_eq!(read("[a]: 1\n").1, "f.yaml:1:1: a list cannot be a key; write a word");
        assert!(read("").0.is_none());
    }
}
