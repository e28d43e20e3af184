//! Circles: files that reach each other along arrows.

use std::collections::{BTreeMap, BTreeSet};

use crate::arrow::Arrow;

/// The arrows of each circle, by the file that names and the file that is named.
pub fn circles(arrows: &[Arrow]) -> Vec<Vec<Arrow>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrow in arrows {
        next.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|file| (*file, reached(file, &next))).collect();
    let on_one_circle = |a: &str, b: &str| {
        let reaches = |a: &str, b: &str| reach.get(a).is_some_and(|files| files.contains(b));
        reaches(a, b) && reaches(b, a)
    };
    let mut circles: BTreeMap<&str, Vec<Arrow>> = BTreeMap::new();
    for arrow in arrows {
        if on_one_circle(&arrow.from, &arrow.to) {
            // A circle is known by the first of its files.
            let first = reach.keys().find(|file| on_one_circle(file, &arrow.from)).copied();
            circles.entry(first.unwrap_or(&arrow.from)).or_default().push(arrow.clone());
        }
    }
    for circle in circles.values_mut() {
        circle.sort_by(|a, b| (&a.from, &a.to, a.line, &a.path).cmp(&(&b.from, &b.to, b.line, &b.path)));
    }
    circles.into_values().collect()
}

/// Every file that `file` reaches. It is among them only if it is on a circle.
fn reached<'a>(file: &'a str, next: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for to in next.get(file).into_iter().flatten() {
            if reached.insert(*to) {
                open.push(to);
            }
        }
    }
    reached
}
