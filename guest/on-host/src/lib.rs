//! What the stories of the committed guests share: a guest on the production engine that remembers which of its
//! entries went well and which of its refusals were met, so that a story can say that none was left out.
//!
//! A story writes members by name, `@ann`, in what it sends, and reads them by name in what it is told.

#![forbid(unsafe_code)]
#![allow(clippy::panic, reason = "for tests alone: a mistake in a story ends it, with what was wrong")]

use std::collections::{BTreeMap, BTreeSet};

use icn_sandbox::validate;
use icn_testkit::{Run, TestHost};

/// Who may take part in a story.
const MEMBERS: [&str; 7] = ["ann", "bob", "cyd", "dan", "eve", "adm", "joe"];
/// What a guest's file of refusals has before each number.
const CONSTANT: &str = "pub const ";

/// A guest, and what a story has met of it.
#[derive(Debug)]
pub struct Guest {
    wasm: &'static [u8],
    /// The guest's own numbers, by name.
    refusals: BTreeMap<&'static str, i32>,
    met: BTreeSet<&'static str>,
    went_well: BTreeSet<String>,
    /// The scope that the guest runs in now.
    pub host: TestHost,
}

impl Guest {
    /// A committed module, all its capabilities granted, and the source that numbers its refusals.
    ///
    /// # Panics
    /// When the host does not take the module.
    #[must_use]
    pub fn new(wasm: &'static [u8], source: &'static str) -> Self {
        let constants = source.lines().filter_map(|line| line.strip_prefix(CONSTANT)?.split_once(": i32 = "));
        let refusals = constants
            .filter_map(|(name, number)| Some((name, number.trim_end_matches(';').parse::<i32>().ok()?)));
        let (met, went_well) = (BTreeSet::new(), BTreeSet::new());
        Self { wasm, refusals: refusals.collect(), met, went_well, host: host(wasm) }
    }

    /// Goes on in another scope, where nothing has happened yet.
    ///
    /// # Panics
    /// When the host does not take the module.
    pub fn anew(&mut self) {
        self.host = host(self.wasm);
    }

    /// The DID of a member, as text.
    pub fn did(&mut self, name: &str) -> String {
        self.host.member(name).to_string()
    }

    /// A text with the members' DIDs in the place of `@` and their names.
    fn spelt(&mut self, text: &str) -> String {
        let mut spelt = text.to_owned();
        for name in MEMBERS {
            spelt = spelt.replace(&format!("@{name}"), &self.did(name));
        }
        spelt
    }

    /// What a run answered, with `@` and their names in the place of the members' DIDs.
    pub fn told(&mut self, run: &Run) -> String {
        let mut told = run.text();
        for name in MEMBERS {
            told = told.replace(&self.did(name), &format!("@{name}"));
        }
        told
    }

    /// A call that must go well, and its receipt.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn run(&mut self, caller: &str, entry: &str, input: &str) -> Run {
        let input = self.spelt(input);
        let run = self.host.call(caller, entry, input).ok();
        self.went_well.insert(entry.to_owned());
        run
    }

    /// A call that must go well, and what it answered.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn ok(&mut self, caller: &str, entry: &str, input: &str) -> String {
        let run = self.run(caller, entry, input);
        self.told(&run)
    }

    /// A call that must be refused by the guest, with the number of this name and a message, and leave nothing.
    ///
    /// # Panics
    /// When it ends otherwise, or no refusal has this name.
    #[track_caller]
    pub fn refuses(&mut self, caller: &str, entry: &str, input: &str, name: &'static str) -> String {
        let input = self.spelt(input).into_bytes();
        self.refuses_bytes(caller, entry, input, name)
    }

    /// The same with an input that is no text.
    ///
    /// # Panics
    /// When it ends otherwise, or no refusal has this name.
    #[track_caller]
    pub fn refuses_bytes(&mut self, caller: &str, entry: &str, input: Vec<u8>, name: &'static str) -> String {
        let Some(number) = self.refusals.get(name).copied() else { panic!("no refusal is called {name}") };
        let root = self.host.scratch().root();
        let run = self.host.call(caller, entry, input).failed(number);
        assert_eq!(self.host.scratch().root(), root, "a refused call leaves nothing");
        assert!(run.receipt.journal.is_empty() && run.nodes.is_empty(), "a refused call moves nothing");
        assert!(!run.receipt.output.is_empty(), "a refusal says why");
        self.met.insert(name);
        self.told(&run)
    }

    /// Every entry went well at least once, and every refusal was met but these, which no caller can bring about.
    ///
    /// # Panics
    /// When the story left something out.
    #[track_caller]
    pub fn is_told(&self, beyond_callers: &[&'static str]) {
        let shape = validate(self.wasm).unwrap_or_else(|rejected| panic!("{rejected}"));
        let entries: BTreeSet<String> = shape.entries.into_keys().collect();
        assert_eq!(self.went_well, entries, "every entry went well at least once");
        let mut expected: BTreeSet<&'static str> = self.refusals.keys().copied().collect();
        for name in beyond_callers {
            assert!(expected.remove(name), "no refusal is called {name}");
        }
        assert_eq!(self.met, expected, "every refusal that a caller can bring about was met");
    }
}

fn host(wasm: &[u8]) -> TestHost {
    match TestHost::new(wasm) {
        Ok(host) => host.grant_all(),
        Err(error) => panic!("{error}"),
    }
}
