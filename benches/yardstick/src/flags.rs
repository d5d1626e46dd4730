//! The command line: a command, then `--name value` and `--name`.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};

/// What stands behind the command.
#[derive(Debug, Default)]
pub(crate) struct Flags(BTreeMap<String, String>);

impl Flags {
    /// Reads the words behind the command.
    pub(crate) fn read(words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut flags = BTreeMap::new();
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else { bail!("{word} is no flag") };
            let value = words.next_if(|next| !next.starts_with("--")).unwrap_or_default();
            flags.insert(name.to_owned(), value);
        }
        Ok(Self(flags))
    }

    /// A flag's value.
    pub(crate) fn text(&self, name: &str) -> anyhow::Result<&str> {
        self.0.get(name).map(String::as_str).ok_or_else(|| anyhow!("--{name} is missing"))
    }

    /// A flag's value, if it is there.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a flag is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A flag's number, or what it is without the flag.
    pub(crate) fn number<T>(&self, name: &str, otherwise: T) -> anyhow::Result<T>
    where
        T: FromStr,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        self.0.get(name).map_or(Ok(otherwise), |text| text.parse().with_context(|| format!("--{name} {text}")))
    }
}
