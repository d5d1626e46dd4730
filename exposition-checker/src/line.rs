//! One line of the text: HELP, TYPE or a sample.

use crate::fault::Wrong;

/// What a line says.
#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    /// `# HELP name text`
    Help { name: String, text: String },
    /// `# TYPE name word`
    Type { name: String, word: String },
    /// `name{label="value"} value`
    Sample { name: String, labels: Vec<(String, String)>, value: f64 },
}

/// Reads a line. Where it cannot be read at all there is only the fault; where it can be, the faults are beside it.
pub(crate) fn read(line: &str) -> (Option<Line>, Vec<Wrong>) {
    let mut wrongs = Vec::new();
    match read_line(line, &mut wrongs) {
        Ok(line) => (Some(line), wrongs),
        Err(wrong) => {
            wrongs.push(wrong);
            (None, wrongs)
        }
    }
}

fn read_line(line: &str, wrongs: &mut Vec<Wrong>) -> Result<Line, Wrong> {
    if line.is_empty() {
        return Err(Wrong::BlankLine);
    }
    if line.ends_with('\r') {
        return Err(Wrong::Syntax("a carriage return at the end of the line"));
    }
    if let Some(rest) = line.strip_prefix("# HELP ") {
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = metric_name(name)?;
        return Ok(Line::Help { name, text: unescape(text, false)? });
    }
    if let Some(rest) = line.strip_prefix("# TYPE ") {
        let (name, word) = rest.split_once(' ').ok_or(Wrong::Syntax("a TYPE without a type"))?;
        return Ok(Line::Type { name: metric_name(name)?, word: word.to_owned() });
    }
    if line.starts_with('#') {
        return Err(Wrong::Comment);
    }
    read_sample(line, wrongs)
}

fn read_sample(line: &str, wrongs: &mut Vec<Wrong>) -> Result<Line, Wrong> {
    let end = line.find(['{', ' ']).ok_or(Wrong::Syntax("a sample without a value"))?;
    let (name, rest) = line.split_at(end);
    let name = metric_name(name)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => read_labels(rest)?,
        None => (Vec::new(), rest),
    };
    for (position, (label, _)) in labels.iter().enumerate() {
        if !is_label_name(label) {
            wrongs.push(Wrong::LabelName(label.clone()));
        }
        if labels.iter().take(position).any(|(before, _)| before == label) {
            wrongs.push(Wrong::DuplicateLabel { sample: name.clone(), label: label.clone() });
        }
    }
    let rest = rest.strip_prefix(' ').ok_or(Wrong::Syntax("no space before the value"))?;
    let value = match rest.split_once(' ') {
        None => rest,
        Some((value, timestamp)) if !value.is_empty() && is_integer(timestamp) => {
            wrongs.push(Wrong::Timestamp(name.clone()));
            value
        }
        Some(_) => return Err(Wrong::Syntax("something behind the value")),
    };
    let value = read_number(value).ok_or(Wrong::Syntax("the value is not a number"))?;
    Ok(Line::Sample { name, labels, value })
}

type Labels = Vec<(String, String)>;

/// Reads labels up to and with the closing brace, and gives what stands behind it.
fn read_labels(mut rest: &str) -> Result<(Labels, &str), Wrong> {
    let mut labels = Vec::new();
    if let Some(rest) = rest.strip_prefix('}') {
        return Ok((labels, rest));
    }
    loop {
        let (name, behind) = rest.split_once("=\"").ok_or(Wrong::Syntax("a label without =\" behind its name"))?;
        if name.contains(['"', '}', ',', ' ']) || name.is_empty() {
            return Err(Wrong::Syntax("a label without =\" behind its name"));
        }
        let end = closing_quote(behind).ok_or(Wrong::Syntax("a label value without its closing quote"))?;
        let (value, behind) = behind.split_at(end);
        labels.push((name.to_owned(), unescape(value, true)?));
        if let Some(behind) = behind.strip_prefix("\",") {
            rest = behind;
        } else {
            let behind = behind.strip_prefix("\"}").ok_or(Wrong::Syntax("neither , nor } behind a label"))?;
            return Ok((labels, behind));
        }
    }
}

/// Where the first quote stands that no backslash escapes.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(position, character)| {
        let closes = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        closes.then_some(position)
    })
}

/// Resolves `\\`, `\n` and, in label values, `\"`; there are no others.
fn unescape(text: &str, in_label: bool) -> Result<String, Wrong> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('\\') => plain.push('\\'),
            Some('n') => plain.push('\n'),
            Some('"') if in_label => plain.push('"'),
            _ => return Err(Wrong::Syntax("a backslash that escapes nothing")),
        }
    }
    Ok(plain)
}

/// Reads a number as Go's and Rust's writers spell it: `+Inf`, `-Inf`, `NaN`, or digits with `.`, `e` and `-`.
pub(crate) fn read_number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => {
            let is_plain = text.chars().all(|character| matches!(character, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
            let begins_well = text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
            if is_plain && begins_well { text.parse().ok() } else { None }
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn metric_name(name: &str) -> Result<String, Wrong> {
    if is_word(name) { Ok(name.to_owned()) } else { Err(Wrong::MetricName(name.to_owned())) }
}

fn is_label_name(name: &str) -> bool {
    is_word(name) && !name.starts_with("__")
}

fn is_word(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
