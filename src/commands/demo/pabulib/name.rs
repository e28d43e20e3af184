//! The name of an election, for people.

use std::collections::BTreeMap;

use super::value::one_line;

/// A short name on one line: the place and the instance, or else the description.
pub(super) fn name(meta: &BTreeMap<String, String>) -> String {
    let get = |key: &str| meta.get(key).map(|value| one_line(value)).unwrap_or_default();
    let place: Vec<String> =
        [get("unit"), get("subunit")].into_iter().filter(|part| !part.is_empty()).collect();
    if place.is_empty() {
        let description = get("description");
        return if description.is_empty() { "unnamed election".to_owned() } else { description };
    }
    format!("{} {}", place.join(", "), get("instance")).trim_end().to_owned()
}
