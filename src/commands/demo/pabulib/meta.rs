//! The keys and values of META, each with its place.

use std::collections::{BTreeMap, HashMap};

use super::bounds::MAX_META_KEYS;
use super::error::PbError;
use super::row::{Field, Row};
use super::source::Source;
use super::value::shown;

/// META, as it is read.
#[derive(Default)]
pub(super) struct Meta {
    /// Each value, and the byte offset where it begins.
    values: HashMap<String, (String, usize)>,
    /// The keys in file order.
    keys: Vec<String>,
}

impl Meta {
    /// Adds a row.
    pub(super) fn add(
        &mut self,
        source: Source<'_>,
        row: &Row<'_>,
        key: &Field<'_>,
        value: &Field<'_>,
    ) -> Result<(), PbError> {
        let name = key.value();
        if name.is_empty() {
            let message = "the key is empty: a row of META has a key and a value".to_owned();
            return Err(source.error(key.at, message));
        }
        if let Some((_, first)) = self.values.get(name) {
            let line = source.line(*first);
            let message = format!("key {} is already at line {line}: META has each key once", shown(name));
            return Err(source.error(key.at, message));
        }
        if self.keys.len() == MAX_META_KEYS {
            let message = format!("META has more than {MAX_META_KEYS} keys, which is the most that is read");
            return Err(source.error(row.at, message));
        }
        self.keys.push(name.to_owned());
        self.values.insert(name.to_owned(), (value.value().to_owned(), value.at));
        Ok(())
    }

    /// The keys in file order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// The value of a key, and the byte offset where the value begins.
    pub(super) fn get(&self, key: &str) -> Option<(&str, usize)> {
        self.values.get(key).map(|(value, at)| (value.as_str(), *at))
    }

    /// The value of a key that a file must have. `meta_at` is the place of the section's title, for the
    /// error.
    pub(super) fn need(
        &self,
        source: Source<'_>,
        meta_at: usize,
        key: &str,
    ) -> Result<(&str, usize), PbError> {
        self.get(key).ok_or_else(|| {
            let message = format!(
                "META has no key {key:?}: it has at least num_projects, num_votes, budget and vote_type"
            );
            source.error(meta_at, message)
        })
    }

    pub(super) fn into_values(self) -> BTreeMap<String, String> {
        self.values.into_iter().map(|(key, (value, _))| (key, value)).collect()
    }
}
