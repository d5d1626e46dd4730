//! What a test demands beyond the rules that hold for every exposition.

/// What a test demands beyond the rules that hold for every exposition: which labels, and what must never be served.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    allowed: Vec<(String, Vec<String>)>,
    forbidden: Vec<String>,
    bounds_apart: Vec<String>,
}

impl Rules {
    /// No demands: any label is allowed until the first call of [`allow`](Self::allow).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows these labels for families of this name, in which `*` stands for any letters; what is allowed nowhere is
    /// a fault from now on. `le` is always allowed on buckets.
    #[must_use]
    pub fn allow<'l>(mut self, families: &str, labels: impl IntoIterator<Item = &'l str>) -> Self {
        self.allowed.push((families.to_owned(), labels.into_iter().map(str::to_owned).collect()));
        self
    }

    /// Allows these labels for every family.
    #[must_use]
    pub fn allow_everywhere<'l>(self, labels: impl IntoIterator<Item = &'l str>) -> Self {
        self.allow("*", labels)
    }

    /// Forbids these texts in label values and in HELP: the names, numbers and tokens that the test put in.
    #[must_use]
    pub fn forbid<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        self.forbidden.extend(texts.into_iter().map(Into::into).filter(|text: &String| !text.is_empty()));
        self
    }

    /// Lets the bounds of a histogram differ between series with different values of this label.
    #[must_use]
    pub fn bounds_may_differ_by(mut self, label: &str) -> Self {
        self.bounds_apart.push(label.to_owned());
        self
    }

    pub(crate) fn allows(&self, family: &str, label: &str) -> bool {
        self.allowed.is_empty()
            || self
                .allowed
                .iter()
                .any(|(families, labels)| labels.iter().any(|allowed| allowed == label) && matches(families, family))
    }

    /// The forbidden texts that stand in this one.
    pub(crate) fn forbidden_in(&self, text: &str) -> impl Iterator<Item = &str> {
        self.forbidden.iter().map(String::as_str).filter(move |forbidden| text.contains(forbidden))
    }

    /// Labels between whose values bounds may differ.
    pub(crate) fn bounds_apart(&self) -> &[String] {
        &self.bounds_apart
    }
}

/// Whether a name is one that this pattern stands for.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            name.char_indices()
                .map(|(position, _)| position)
                .chain([name.len()])
                .any(|position| matches(rest, &name[position..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_letters() {
        for pattern in ["*", "skill_calls_total", "skill_*", "*_total", "s*_calls_*", "skill_calls_total*"] {
            assert!(matches(pattern, "skill_calls_total"), "{pattern}");
        }
        for pattern in ["", "skill", "agent_*", "*_seconds", "skill_*_calls_*", "skill_calls_total?"] {
            assert!(!matches(pattern, "skill_calls_total"), "{pattern}");
        }
    }
}
