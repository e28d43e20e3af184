//! The cache of compiled modules: each module is made once, within bounds; what is kept on disk is used only when
//! this host made it for this engine and this module, to the bit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

use common::{POOLED, World, block, said};
use futures::executor::block_on;
use hmac::{Hmac, KeyInit as _, Mac as _};
use icn_core::encode::Block;
use icn_sandbox::{Cache, CacheError, CacheLimits};
use sha2::Sha256;

const KEY: [u8; 32] = [7; 32];
/// Where the MAC is in an artefact, and where the code begins.
const MAC_AT: usize = 156;
const CODE_AT: usize = 188;

/// A guest that does something to be compared; each number is another module.
fn guest(n: u32) -> Block {
    block(&format!(
        r#"(module
          (import "icn" "host_set_output" (func $output (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 8) "guest {n}")
          (func (export "run") (result i32) (call $output (i32.const 8) (i32.const 7)))
          (func (export "sum") (local $i i32) (local $sum i32)
            (loop $next
              (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $i) (i32.const {n}))))
              (i32.store (i32.const 32) (local.get $sum))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $next (i32.lt_u (local.get $i) (i32.const 100))))
            (if (i32.eq (local.get $sum) (i32.const -1)) (then unreachable)))
          (func (export "trap") (drop (i32.load (i32.const 70000)))))"#
    ))
}

fn on_disk(dir: &Path) -> Cache {
    Cache::new(POOLED.clone()).with_artefacts(dir, KEY).unwrap()
}

fn file(dir: &Path, module: &Block) -> PathBuf {
    dir.join(format!("{}.cwasm", module.id()))
}

/// An artefact that this key, this engine and this module make.
fn made(dir: &Path, module: &Block) -> Vec<u8> {
    let cache = on_disk(dir);
    block_on(cache.get_installed(module)).unwrap();
    std::fs::read(file(dir, module)).unwrap()
}

/// These bytes under the module's name are thrown away, the module is compiled anew, and kept as it should be.
fn is_discarded(dir: &Path, module: &Block, bytes: &[u8], good: &[u8], what: &str) {
    std::fs::write(file(dir, module), bytes).unwrap();
    let cache = on_disk(dir);
    block_on(cache.get_installed(module)).unwrap();
    let stats = cache.stats();
    assert_eq!((stats.discarded, stats.loaded, stats.compiled), (1, 0, 1), "{what}");
    let now = std::fs::read(file(dir, module)).unwrap();
    assert!(now == good, "{what}: what is there afterwards is what this host writes");
}

/// An artefact with other bytes in its header, and a MAC that holds.
fn signed(good: &[u8], key: &[u8; 32], at: usize) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes[at] ^= 1;
    sign(&mut bytes, key);
    bytes
}

fn sign(bytes: &mut [u8], key: &[u8; 32]) {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    let mac = mac.chain_update(&bytes[..MAC_AT]).chain_update(&bytes[CODE_AT..]).finalize();
    bytes[MAC_AT..CODE_AT].copy_from_slice(&mac.into_bytes());
}

#[test]
fn sixty_four_threads_that_ask_for_one_module_have_it_compiled_once() {
    let cache = Cache::new(POOLED.clone());
    let (guest, start) = (guest(1), Barrier::new(64));
    let got: Vec<_> = std::thread::scope(|scope| {
        let ask = || {
            start.wait();
            block_on(cache.get(&guest)).unwrap()
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(got.iter().all(|module| Arc::ptr_eq(module, &got[0])));
    let stats = cache.stats();
    assert_eq!((stats.compiled, stats.modules, stats.busy), (1, 1, 0));
}

#[test]
fn a_refused_module_asked_for_ten_thousand_times_is_judged_once() {
    let cache = Cache::new(POOLED.clone());
    let bad = block("(module (func (export \"run\")))");
    let first = block_on(cache.get(&bad)).unwrap_err();
    assert!(matches!(&first, CacheError::Rejected(why) if why.what.contains("memory")), "{first}");
    for _ in 0..10_000 {
        assert_eq!(block_on(cache.get(&bad)).unwrap_err(), first);
    }
    let stats = cache.stats();
    assert_eq!((stats.refused, stats.refusals, stats.compiled), (1, 1, 0));
}

#[test]
fn bytes_stay_bounded_over_a_thousand_modules_and_what_is_in_use_lives() {
    let one = {
        let cache = Cache::new(POOLED.clone());
        block_on(cache.get(&guest(0))).unwrap();
        cache.stats().bytes
    };
    assert!(one > guest(0).bytes().len(), "the code counts too: {one}");
    let bytes_max = one * 10 + one / 2;
    let limits = CacheLimits { compiled_bytes: bytes_max, ..CacheLimits::default() };
    let cache = Cache::with_limits(POOLED.clone(), limits);
    let held = block_on(cache.get(&guest(0))).unwrap();
    for n in 1..1_000 {
        block_on(cache.get(&guest(n))).unwrap();
        assert!(cache.stats().bytes <= bytes_max, "{n}");
    }
    let stats = cache.stats();
    assert_eq!(stats.compiled, 1_000);
    assert_eq!(stats.evicted, 1_000 - stats.modules as u64);
    assert!((9..=11).contains(&stats.modules), "{stats:?}");
    // The first was evicted long ago, and still runs; the last is there, and the first is not.
    assert_eq!(World::new().run(&held, "run").output, b"guest 0");
    block_on(cache.get(&guest(999))).unwrap();
    assert_eq!(cache.stats().compiled, 1_000);
    block_on(cache.get(&guest(0))).unwrap();
    assert_eq!(cache.stats().compiled, 1_001);
}

#[test]
fn what_is_loaded_runs_as_what_was_compiled() {
    let dir = tempfile::tempdir().unwrap();
    let guest = guest(3);
    let runs = |cache: &Cache| {
        let module = block_on(cache.get_installed(&guest)).unwrap();
        ["run", "sum", "trap"].map(|entry| said(&World::new().run(&module, entry)))
    };
    let first = on_disk(dir.path());
    let compiled = runs(&first);
    assert_eq!((first.stats().compiled, first.stats().loaded), (1, 0));
    for _ in 0..3 {
        let again = on_disk(dir.path());
        assert_eq!(runs(&again), compiled);
        assert_eq!((again.stats().compiled, again.stats().loaded, again.stats().discarded), (0, 1, 0));
        assert_eq!(again.stats().bytes, first.stats().bytes, "it counts the same");
    }
}

/// What somebody only wanted to install may yet be refused: it leaves nothing on disk, and pushes nothing out.
#[test]
fn only_what_is_installed_is_kept_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let (guest, cache) = (guest(12), on_disk(dir.path()));
    let asked = block_on(cache.get(&guest)).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let installed = block_on(cache.get_installed(&guest)).unwrap();
    assert!(Arc::ptr_eq(&asked, &installed) && file(dir.path(), &guest).exists());
    assert_eq!(cache.stats().compiled, 1);
}

#[test]
fn an_artefact_with_a_bit_flipped_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let guest = guest(4);
    let good = made(dir.path(), &guest);
    // A bit of each byte of the header and the MAC, and a sample of the code with its first and last bytes. That
    // the other bits are looked at too is tested where no module has to be compiled for each.
    let code = (CODE_AT..good.len()).step_by(509).chain([good.len() - 1]);
    let mut flipped = 0;
    for (at, bit) in (0..CODE_AT).chain(code).map(|at| (at, at % 8)) {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << bit;
        is_discarded(dir.path(), &guest, &bytes, &good, &format!("bit {bit} of byte {at}"));
        flipped += 1;
    }
    println!("{flipped} bits of {} bytes", good.len());
}

#[test]
fn an_artefact_that_is_cut_short_or_too_long_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let guest = guest(5);
    let good = made(dir.path(), &guest);
    for length in [0, 1, 8, MAC_AT, CODE_AT - 1, CODE_AT, CODE_AT + 1, good.len() / 2, good.len() - 1] {
        is_discarded(dir.path(), &guest, &good[..length], &good, &format!("{length} bytes"));
    }
    let mut longer = good.clone();
    longer.push(0);
    is_discarded(dir.path(), &guest, &longer, &good, "one byte more");
    longer.resize(1 << 20, 0);
    is_discarded(dir.path(), &guest, &longer, &good, "a mebibyte");
}

/// Somebody who has the key of another host, or files of this one, gains nothing by them.
#[test]
fn an_artefact_of_another_key_version_engine_recipe_or_module_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let (guest, other) = (guest(6), guest(7));
    let good = made(dir.path(), &guest);
    let mut same = good.clone();
    sign(&mut same, &KEY);
    assert!(same == good, "this test signs as the host does");

    let mut foreign = good.clone();
    sign(&mut foreign, &[8; 32]);
    is_discarded(dir.path(), &guest, &foreign, &good, "another key");
    // One byte inside each field, under a MAC that holds.
    for (at, what) in [
        (0, "magic"),
        (8, "format version"),
        (12, "compatibility hash"),
        (60, "engine description"),
        (80, "recipe"),
        (130, "module"),
        (148, "length"),
    ] {
        is_discarded(dir.path(), &guest, &signed(&good, &KEY, at), &good, what);
    }
    // A sound artefact of another module, as it is.
    let of_other = made(dir.path(), &other);
    is_discarded(dir.path(), &guest, &of_other, &good, "another module");
    // The engine's own format is looked at too: code that is none, under a MAC that holds.
    let mut no_code = good.clone();
    no_code[CODE_AT..].fill(0);
    sign(&mut no_code, &KEY);
    is_discarded(dir.path(), &guest, &no_code, &good, "no code");
}

/// What is not a file is neither opened nor followed.
#[test]
fn a_link_under_an_artefacts_name_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let guest = guest(8);
    let good = made(dir.path(), &guest);
    let target = elsewhere.path().join("target");
    std::fs::rename(file(dir.path(), &guest), &target).unwrap();
    std::os::unix::fs::symlink(&target, file(dir.path(), &guest)).unwrap();
    let cache = on_disk(dir.path());
    block_on(cache.get_installed(&guest)).unwrap();
    assert_eq!((cache.stats().discarded, cache.stats().compiled), (1, 1));
    assert!(std::fs::symlink_metadata(file(dir.path(), &guest)).unwrap().is_file());
    assert!(std::fs::read(&target).unwrap() == good, "where the link led nothing was touched");
}

/// An artefact under the name of a module that may not run is never looked at.
#[test]
fn a_module_is_validated_before_its_artefact_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let guest = guest(9);
    let mut bytes = made(dir.path(), &guest);
    let bad = block("(module (func (export \"run\")))");
    bytes[112..148].copy_from_slice(bad.id().as_bytes());
    sign(&mut bytes, &KEY);
    std::fs::write(file(dir.path(), &bad), &bytes).unwrap();
    let cache = on_disk(dir.path());
    assert!(matches!(block_on(cache.get_installed(&bad)), Err(CacheError::Rejected(_))));
    assert_eq!((cache.stats().refused, cache.stats().loaded), (1, 0));
}

#[test]
fn artefacts_on_disk_are_bounded_and_the_oldest_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let one = made(dir.path(), &guest(10)).len() as u64;
    // What a crash left half written goes at the next opening.
    std::fs::write(dir.path().join("half.new"), b"half").unwrap();
    let bytes_max = one * 5 + one / 2;
    let limits = CacheLimits { artefact_dir_bytes: bytes_max, ..CacheLimits::default() };
    let cache = Cache::with_limits(POOLED.clone(), limits).with_artefacts(dir.path(), KEY).unwrap();
    assert!(!dir.path().join("half.new").exists());
    for n in 10..60 {
        block_on(cache.get_installed(&guest(n))).unwrap();
        let lengths = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len());
        let bytes: u64 = lengths.sum();
        assert!(bytes <= bytes_max, "{n}: {bytes} of {bytes_max}");
    }
    assert!(!file(dir.path(), &guest(10)).exists() && file(dir.path(), &guest(59)).exists());
    // No room at all: nothing is written, and the module is there all the same.
    let limits = CacheLimits { artefact_dir_bytes: 10, ..CacheLimits::default() };
    let elsewhere = tempfile::tempdir().unwrap();
    let cache = Cache::with_limits(POOLED.clone(), limits).with_artefacts(elsewhere.path(), KEY).unwrap();
    block_on(cache.get_installed(&guest(10))).unwrap();
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

/// What can be read by its owner alone stays so.
#[test]
fn artefacts_are_for_their_owners_eyes_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let artefacts = dir.path().join("a/b");
    made(&artefacts, &guest(11));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&artefacts), mode(&file(&artefacts, &guest(11)))), (0o700, 0o600));
}
