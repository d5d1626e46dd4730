//! As much of JSON schema as the schema of Compose files uses. What it does not know it refuses, so that nothing passes unread.

use serde_json::Value;

/// Keywords that ask nothing of a value.
const REMARKS: [&str; 7] = ["$schema", "$id", "$defs", "title", "description", "default", "deprecated"];

/// Keywords that are looked at beside a value's members, or were just found content.
const HELD_ELSEWHERE: [&str; 7] =
    ["properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "enum", "minimum", "maximum"];

/// What a schema finds wrong with a value, each with the path to it; nothing where it is content.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Reader { root: schema }.check(schema, value, "", &mut found);
    found
}

struct Reader<'s> {
    root: &'s Value,
}

impl Reader<'_> {
    fn check(&self, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        let rules = match schema {
            Value::Bool(true) => return,
            Value::Bool(false) => return found.push(format!("{path}: nothing may be here")),
            other => other.as_object().expect("a schema"),
        };
        for (keyword, wanted) in rules {
            let mut wrong = |what: String| found.push(format!("{path}: {what}"));
            match keyword.as_str() {
                "$ref" => {
                    let pointer = wanted.as_str().unwrap().strip_prefix('#').expect("a schema within the file");
                    let meant = self.root.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
                    self.check(meant, value, path, found);
                }
                "type" => {
                    let is_fitting = match wanted {
                        Value::Array(any) => any.iter().any(|one| is_of(one, value)),
                        one => is_of(one, value),
                    };
                    if !is_fitting {
                        wrong(format!("{value} is not of type {wanted}"));
                    }
                }
                "enum" if !wanted.as_array().unwrap().contains(value) => wrong(format!("{value} is none of {wanted}")),
                "required" => {
                    let missing = wanted.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                    let Some(object) = value.as_object() else { continue };
                    missing
                        .filter(|name| !object.contains_key(*name))
                        .for_each(|name| wrong(format!("{name} is missing")));
                }
                "uniqueItems" => {
                    let items = value.as_array().map_or(&[][..], Vec::as_slice);
                    if items.iter().enumerate().any(|(at, item)| items[..at].contains(item)) {
                        wrong("something stands here twice".to_owned());
                    }
                }
                "minimum" if value.as_f64().is_some_and(|number| number < wanted.as_f64().unwrap()) => {
                    wrong(format!("{value} is below {wanted}"));
                }
                "maximum" if value.as_f64().is_some_and(|number| number > wanted.as_f64().unwrap()) => {
                    wrong(format!("{value} is above {wanted}"));
                }
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{path}/{at}"), found);
                    }
                }
                "allOf" => wanted.as_array().unwrap().iter().for_each(|one| self.check(one, value, path, found)),
                "oneOf" | "anyOf" => {
                    let tried: Vec<Vec<String>> = wanted
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|one| {
                            let mut faults = Vec::new();
                            self.check(one, value, path, &mut faults);
                            faults
                        })
                        .collect();
                    let content = tried.iter().filter(|faults| faults.is_empty()).count();
                    if content == 0 {
                        // Which of the alternatives was meant only the reader knows.
                        found.extend(tried.into_iter().flatten());
                    } else if keyword == "oneOf" && content > 1 {
                        wrong(format!("{value} is {content} things at once"));
                    }
                }
                other if REMARKS.contains(&other) || HELD_ELSEWHERE.contains(&other) => {}
                other => panic!("{path}: {other} is not understood"),
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            let own = schema["properties"].get(name);
            let patterns = schema["patternProperties"].as_object().into_iter().flatten();
            let fitting = patterns.filter(|(pattern, _)| fits(pattern, name)).map(|(_, schema)| schema);
            let asked: Vec<_> = own.into_iter().chain(fitting).collect();
            if schema["unevaluatedProperties"] == Value::Bool(false) && !self.knows(schema, name) {
                found.push(format!("{path}: nothing may be here"));
            }
            if let Some(others) = schema.get("additionalProperties").filter(|_| asked.is_empty()) {
                self.check(others, member, &path, found);
            }
            for schema in asked {
                self.check(schema, member, &path, found);
            }
        }
    }

    /// Whether a schema, or one that it is made of, says something of members with this name.
    fn knows(&self, schema: &Value, name: &str) -> bool {
        let mut patterns = schema["patternProperties"].as_object().into_iter().flatten();
        let mut parts = schema["allOf"].as_array().into_iter().flatten();
        schema["properties"].get(name).is_some()
            || patterns.any(|(pattern, _)| fits(pattern, name))
            || parts.any(|part| self.knows(part, name))
            || schema["$ref"].as_str().is_some_and(|at| self.knows(self.root.pointer(&at[1..]).unwrap(), name))
    }
}

fn is_of(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other} is no type"),
    }
}

/// Whether a name fits one of the patterns that the schema has for names.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern {
        "^x-" => name.starts_with("x-"),
        "^.+$" | ".+" => !name.is_empty(),
        "^[a-z]+$" => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()),
        "^[a-zA-Z0-9._-]+$" => {
            let is_fitting = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
            !name.is_empty() && name.bytes().all(is_fitting)
        }
        other => panic!("the pattern {other} is not understood"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_keyword_finds_its_fault() {
        for (schema, right, wrong) in [
            (json!({"type": "integer"}), json!(1), json!("1")),
            (json!({"type": ["string", "null"]}), json!(null), json!(1)),
            (json!({"enum": ["a", "b"]}), json!("a"), json!("c")),
            (json!({"required": ["a"]}), json!({"a": 1}), json!({"b": 1})),
            (json!({"uniqueItems": true}), json!([1, 2]), json!([1, 1])),
            (json!({"minimum": 1, "maximum": 2}), json!(2), json!(3)),
            (json!({"minimum": 1}), json!(1), json!(0)),
            (json!({"items": {"type": "string"}}), json!(["a"]), json!(["a", 1])),
            (json!({"allOf": [{"type": "string"}, {"enum": ["a"]}]}), json!("a"), json!("b")),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!("a"), json!(1)),
            (json!({"oneOf": [{"type": "string"}, {"enum": ["a", 1]}]}), json!(1), json!("a")),
            (json!({"properties": {"a": {"type": "null"}}}), json!({"a": null, "b": 1}), json!({"a": 1})),
            (json!({"additionalProperties": false, "properties": {"a": true}}), json!({"a": 1}), json!({"b": 1})),
            (
                json!({"additionalProperties": false, "patternProperties": {"^x-": {}}}),
                json!({"x-a": 1}),
                json!({"a": 1}),
            ),
            (
                json!({"unevaluatedProperties": false, "allOf": [{"properties": {"a": true}}], "properties": {"b": true}}),
                json!({"a": 1, "b": 1}),
                json!({"c": 1}),
            ),
            (json!({"$defs": {"a": {"type": "null"}}, "$ref": "#/$defs/a"}), json!(null), json!(1)),
        ] {
            assert_eq!(faults(&schema, &right), Vec::<String>::new(), "{schema}");
            assert_ne!(faults(&schema, &wrong), Vec::<String>::new(), "{schema}");
        }
    }

    #[test]
    #[should_panic(expected = "not understood")]
    fn what_is_not_known_is_refused() {
        let _ = faults(&json!({"multipleOf": 2}), &json!(1));
    }
}
