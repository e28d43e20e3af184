//! The time zone, the locale, the log level and the rest of the environment are none of a receipt's business: what
//! the example guests' stories, random modules and recursions without an end come to is told by processes in
//! different environments, and every receipt is the same, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use icn_core::name::hex;
use icn_sandbox::scratch::{Run, Scratch, ScratchCall, member_key};
use icn_sandbox::{Engine, EngineOptions, Module, capabilities};
use icn_testkit::guests::modules;
use icn_testkit::stories::{STORIES, tell};

/// Where a process that tells writes what it told.
const TELL: &str = "ICN_TEST_TELL";
/// Random modules that are run in each environment.
const MODULES: usize = 1_000;
/// Fuel of a random module's run: little, so that an endless loop ends soon.
const RANDOM_FUEL: u64 = 400_000;
/// Locales whose numbers, dates and letters are not those of `C`: a comma as the decimal point, a dotless i, digits
/// of another script.
const LOCALES: [&str; 3] = ["de_DE", "tr_TR", "fa_IR"];

/// What is kept of a run: every byte that was signed, and the envelope's name, which is a hash of its bytes.
fn line(what: &str, run: &Run) -> String {
    let [payload, envelope] = &run.blocks;
    format!("{what} {} {}\n", envelope.id(), hex(payload.bytes()))
}

#[test]
#[ignore = "run by the other test, once in each environment"]
fn told_in_this_environment() {
    let path = std::env::var_os(TELL).unwrap();
    // As the program logs.
    let filter = std::env::var("ICN_LOG").unwrap_or_else(|_| "error".to_owned());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let mut told = String::new();
    for story in &STORIES {
        for (at, run) in tell(&engine, story, 1).unwrap().iter().enumerate() {
            told += &line(&format!("{} {at}", story.name), run);
        }
    }
    let caller = member_key("ann").did();
    for (at, (block, entries, fuel)) in modules(MODULES, RANDOM_FUEL).into_iter().enumerate() {
        let module = Arc::new(Module::compile(&engine, &block).unwrap());
        let mut scratch = Scratch::open(&engine).unwrap();
        scratch.install(module.clone(), &capabilities(&module, ["all"]).unwrap()).unwrap();
        for entry in entries {
            let call = ScratchCall::new(block.id(), &entry, caller).with_fuel(fuel);
            told += &line(&format!("module {at} {entry}"), &scratch.invoke(&call).unwrap());
        }
    }
    std::fs::write(path, told).unwrap();
}

/// Compiles the locales into a folder; whether this machine can.
fn locales_made(into: &Path) -> bool {
    LOCALES.iter().all(|name| {
        let made = Command::new("localedef")
            .args(["-i", name, "-f", "UTF-8"])
            .arg(into.join(format!("{name}.UTF-8")))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        made.is_ok_and(|status| status.success())
    })
}

/// What a program of the system says in this environment.
fn says(environment: &[(&str, String)], program: &str, argument: &str) -> Option<String> {
    let said =
        Command::new(program).arg(argument).env_clear().envs(environment.iter().cloned()).output().ok()?;
    Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

#[test]
fn receipts_are_the_same_bytes_in_every_environment() {
    let dir = tempfile::tempdir().unwrap();
    let made = locales_made(dir.path());
    let environment = |zone: &str, locale: &str, more: &[(&'static str, &str)]| {
        let mut environment: Vec<(&'static str, String)> = vec![
            ("PATH", std::env::var("PATH").unwrap()),
            ("LOCPATH", dir.path().display().to_string()),
            ("TZ", zone.to_owned()),
            ("LC_ALL", locale.to_owned()),
            ("LANG", locale.to_owned()),
        ];
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        environment
    };
    let environments = [
        environment("UTC", "C", &[]),
        environment("Pacific/Chatham", "tr_TR.UTF-8", &[("ICN_LOG", "warn"), ("HOME", "/nowhere")]),
        environment("America/St_Johns", "de_DE.UTF-8", &[("ICN_LOG", "trace"), ("COLUMNS", "20")]),
        environment("Asia/Kathmandu", "fa_IR.UTF-8", &[("ICN_LOG", "debug"), ("RUST_BACKTRACE", "full")]),
    ];
    for environment in &environments {
        let days = says(environment, "locale", "day");
        let zone = says(environment, "date", "+%z");
        println!("{:?}: the days are {days:?}, the zone {zone:?}", &environment[2..]);
        // Where the locales were made they are in force: none of them calls the days as `C` does.
        if made && let Some(days) = days {
            assert_eq!(days.starts_with("Sunday;"), environment[3].1 == "C", "{environment:?}: {days}");
        }
    }
    println!("locales {}", if made { "made" } else { "NOT made: localedef or its sources are not here" });

    let told = |at: usize| dir.path().join(format!("told {at}"));
    let children: Vec<_> = environments
        .iter()
        .enumerate()
        .map(|(at, environment)| {
            Command::new(std::env::current_exe().unwrap())
                .args(["told_in_this_environment", "--exact", "--ignored", "--nocapture"])
                .env_clear()
                .envs(environment.iter().cloned())
                .env(TELL, told(at))
                .stdout(Stdio::null())
                .stderr(std::fs::File::create(dir.path().join(format!("log {at}"))).unwrap())
                .spawn()
                .unwrap()
        })
        .collect();
    for (at, mut child) in children.into_iter().enumerate() {
        let log = || std::fs::read_to_string(dir.path().join(format!("log {at}"))).unwrap_or_default();
        assert!(child.wait().unwrap().success(), "{:?}: {}", environments[at], log());
    }
    let first = std::fs::read_to_string(told(0)).unwrap();
    for (at, environment) in environments.iter().enumerate() {
        let found = std::fs::read_to_string(told(at)).unwrap();
        for (found, expected) in found.lines().zip(first.lines()) {
            assert_eq!(found, expected, "in {:?}", &environment[2..]);
        }
        assert_eq!(found.len(), first.len());
    }
    let calls = STORIES.iter().map(|story| story.steps.len()).sum::<usize>();
    let modules: BTreeSet<&str> =
        first.lines().filter_map(|line| line.strip_prefix("module ")?.split(' ').next()).collect();
    let mut counted = String::new();
    let _ = write!(
        counted,
        "{calls} calls of stories, {} modules, {} receipts",
        modules.len(),
        first.lines().count()
    );
    println!("{counted}");
    assert!(modules.len() > MODULES && first.lines().count() >= calls + modules.len(), "{counted}");
    // The levels were in force as well: more was said with more of it.
    let logged = |at: usize| std::fs::metadata(dir.path().join(format!("log {at}"))).unwrap().len();
    assert!(logged(2) > logged(0), "{} bytes at trace, {} at error", logged(2), logged(0));
}
