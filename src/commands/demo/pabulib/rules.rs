//! The rules of a ballot, from META. Every rule that is returned is one that the guest accepts, and no two
//! contradict each other.

use super::error::PbError;
use super::meta::Meta;
use super::opening::{self, PAIRS, RULE_KEYS};
use super::source::Source;
use super::value::{amount, shown};

/// The rule keys whose values may be below zero.
const SIGNED_RULE_KEYS: [&str; 3] = ["min_points", "max_points", "default_score"];

/// A rule of the file.
struct Rule<'a> {
    key: &'a str,
    value: i64,
    /// The byte offset of its value.
    at: usize,
}

/// The rules of a vote type as keys and plain numbers, in file order. `projects` is the number of projects.
pub(super) fn rules(
    source: Source<'_>,
    meta: &Meta,
    vote_type: &str,
    projects: usize,
) -> Result<Vec<(String, String)>, PbError> {
    let mut rules = Vec::new();
    for key in meta.keys().filter(|key| RULE_KEYS.contains(key)) {
        let Some((text, at)) = meta.get(key).filter(|(text, _)| !text.is_empty()) else { continue };
        let value = value_of(key, text, vote_type)
            .map_err(|why| source.error(at, format!("{key} {} {why}", shown(text))))?;
        rules.push(Rule { key, value, at });
    }
    check_pairs(source, &rules)?;
    if let Some(Rule { value, at, .. }) = find(&rules, "min_length")
        && usize::try_from(*value).is_ok_and(|least| least > projects)
    {
        let message = format!("min_length {value} is more than the number of projects, {projects}");
        return Err(source.error(*at, message));
    }
    Ok(rules.into_iter().map(|rule| (rule.key.to_owned(), rule.value.to_string())).collect())
}

/// The value of a rule, or why it has none.
fn value_of(key: &str, text: &str, vote_type: &str) -> Result<i64, String> {
    let value = match text.strip_prefix('-') {
        Some(positive) if SIGNED_RULE_KEYS.contains(&key) => amount(positive).map(|n| -n)?,
        _ => amount(text)?,
    };
    let Some((lowest, highest)) = opening::range(key, vote_type) else {
        return Err(format!("does not belong to the vote type {vote_type}: leave the key out"));
    };
    if value < lowest {
        return Err(format!("is too small: the smallest that counts is {lowest}"));
    }
    if value > highest {
        return Err(format!("is too large: the largest that counts is {highest}"));
    }
    Ok(value)
}

fn find<'r, 'a>(rules: &'r [Rule<'a>], key: &str) -> Option<&'r Rule<'a>> {
    rules.iter().find(|rule| rule.key == key)
}

/// Refuses a lower bound that is above the upper bound of the same thing.
fn check_pairs(source: Source<'_>, rules: &[Rule<'_>]) -> Result<(), PbError> {
    for (least, most) in PAIRS {
        let low = find(rules, least).map(|rule| (rule.value, rule.at));
        // Without min_length a ballot names one project at least.
        let low = low.or((least == "min_length").then_some((1, 0)));
        if let (Some((low, low_at)), Some(Rule { value: high, at: high_at, .. })) = (low, find(rules, most))
            && low > *high
        {
            let message = format!("{least} {low} is more than {most} {high}: no ballot can meet both");
            return Err(source.error(low_at.max(*high_at), message));
        }
    }
    Ok(())
}
