//! Every prebuilt guest has the shape that the host asks for: what it imports and exports, its memory, its
//! manifest, and no section besides. (That its instructions keep to the allowed features is for the host's
//! validator to say.)

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;

/// The ABI's functions that the SDK has, with their types: `i` is i32, `l` is i64; after `:` the result.
const ABI: [(&str, &str); 32] = [
    ("host_get_input", "ii:i"),
    ("host_set_output", "ii:i"),
    ("host_get_caller_did", "ii:i"),
    ("host_get_scope_did", "ii:i"),
    ("host_get_time", ":l"),
    ("host_get_random", "ii:i"),
    ("host_log", "iii:i"),
    ("host_abort", "ii:"),
    ("host_check_resource_authorization", "il:i"),
    ("host_record_resource_usage", "il:i"),
    ("host_get_resource_remaining", "i:l"),
    ("host_get_balance", "iiii:l"),
    ("host_transfer", "iiiiilii:i"),
    ("host_get_value", "iiii:i"),
    ("host_set_value", "iiii:i"),
    ("host_delete_value", "ii:i"),
    ("host_scan_keys", "iiiiii:i"),
    ("host_store_node", "iiiii:i"),
    ("host_get_node", "iii:i"),
    ("host_contains_node", "i:i"),
    ("host_anchor_to_dag", "iii:i"),
    ("host_mint", "iilii:i"),
    ("host_burn", "iili:i"),
    ("host_hold", "iiiiilli:i"),
    ("host_settle_hold", "il:i"),
    ("host_void_hold", "i:i"),
    ("host_transfer_cross", "iiiiiilii:i"),
    ("host_issue_credential", "iiiiiilii:i"),
    ("host_revoke_credential", "iiii:i"),
    ("host_credential_status", "ii:i"),
    ("host_verify_credential", "ii:i"),
    ("host_verify_signature", "iiiii:i"),
];

/// Reads a module's bytes from the front.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn byte(&mut self) -> u8 {
        self.bytes(1)[0]
    }

    fn number(&mut self) -> usize {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            value |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }

    fn bytes(&mut self, count: usize) -> &'b [u8] {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }

    fn vector(&mut self) -> &'b [u8] {
        let count = self.number();
        self.bytes(count)
    }

    fn text(&mut self) -> &'b str {
        std::str::from_utf8(self.vector()).unwrap()
    }

    fn types(&mut self) -> String {
        let letter = |byte: &u8| match byte {
            0x7f => 'i',
            0x7e => 'l',
            _ => '?',
        };
        self.vector().iter().map(letter).collect()
    }
}

#[derive(Default)]
struct Module<'b> {
    types: Vec<String>,
    imports: Vec<(&'b str, String)>,
    functions: Vec<usize>,
    memories: usize,
    exports: Vec<(&'b str, u8, usize)>,
    customs: Vec<(&'b str, &'b [u8])>,
    has_start: bool,
}

fn read(bytes: &[u8]) -> Module<'_> {
    let mut reader = Reader(bytes);
    assert_eq!(reader.bytes(8), b"\0asm\x01\0\0\0");
    let mut module = Module::default();
    while !reader.0.is_empty() {
        let id = reader.byte();
        let mut section = Reader(reader.vector());
        if id == 0 {
            module.customs.push((section.text(), section.0));
            continue;
        }
        module.has_start |= id == 8;
        if !matches!(id, 1..=3 | 5 | 7) {
            continue;
        }
        for _ in 0..section.number() {
            match id {
                1 => {
                    assert_eq!(section.byte(), 0x60, "a function type");
                    module.types.push(format!("{}:{}", section.types(), section.types()));
                }
                2 => {
                    assert_eq!(section.text(), "icn");
                    let name = section.text();
                    assert_eq!(section.byte(), 0, "{name} is a function");
                    module.imports.push((name, module.types[section.number()].clone()));
                }
                3 => module.functions.push(section.number()),
                5 => {
                    assert!(section.byte() <= 1, "a 32-bit memory that is not shared");
                    section.number();
                    module.memories += 1;
                }
                _ => module.exports.push((section.text(), section.byte(), section.number())),
            }
        }
    }
    module
}

/// The entries that a manifest names, without a JSON parser: the SDK writes it in one way.
fn entries(manifest: &str) -> Vec<&str> {
    let (_, list) = manifest.split_once("\"entries\":[").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    list.split(',').map(|entry| entry.trim_matches('"')).collect()
}

#[test]
fn every_prebuilt_guest_has_the_shape_that_the_host_asks_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("prebuilt");
    let mut guests = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        let module = read(&bytes);
        for (name, types) in &module.imports {
            let known = ABI.iter().find(|known| known.0 == *name);
            assert_eq!(known.unwrap_or_else(|| panic!("{name} is in the ABI")).1, types, "{name}");
        }
        assert!(!module.has_start);
        assert_eq!(module.memories, 1);
        let [("icn.manifest", manifest)] = module.customs[..] else {
            panic!("the manifest and no other custom section: {:?}", module.customs)
        };
        let manifest = std::str::from_utf8(manifest).unwrap();
        assert!(manifest.starts_with("{\"abi\":1,\"name\":\""), "{manifest}");
        let mut expected = entries(manifest);
        for (name, kind, index) in &module.exports {
            if *name == "memory" {
                assert_eq!((*kind, *index), (2, 0));
                continue;
            }
            assert_eq!(*kind, 0, "{name} is a function");
            let function = module.functions[index - module.imports.len()];
            assert_eq!(module.types[function], ":i", "{name}");
            expected.retain(|entry| entry != name);
        }
        assert!(expected.is_empty(), "{expected:?} are not exported");
        assert_eq!(module.exports.len(), 1 + entries(manifest).len(), "the memory and the entries alone");
        guests += 1;
    }
    assert!(guests > 0);
}

/// Otherwise a binding that no guest uses could have a wrong type for long.
#[test]
fn the_probe_imports_the_whole_abi() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("prebuilt/calls.wasm");
    let bytes = std::fs::read(file).unwrap();
    let mut imported: Vec<&str> = read(&bytes).imports.into_iter().map(|import| import.0).collect();
    let mut expected: Vec<&str> = ABI.iter().map(|function| function.0).collect();
    imported.sort_unstable();
    expected.sort_unstable();
    assert_eq!(imported, expected);
}

/// The paths of source files in a module, as its panics name them. Texts lie in a module without separators, so
/// the first folder's name may have other text before it.
fn source_paths(bytes: &[u8]) -> Vec<String> {
    let of_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-\\".contains(byte);
    let (mut paths, mut from) = (Vec::new(), 0);
    for end in (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b".rs")) {
        let text = &bytes[from..end];
        let start = text.iter().rposition(|byte| !of_path(byte)).map_or(0, |at| at + 1);
        paths.push(String::from_utf8(text[start..].to_vec()).unwrap() + ".rs");
        from = end + 3;
    }
    paths
}

fn is_relative(path: &str) -> bool {
    let first = path.split(['/', '\\']).next().unwrap_or_default();
    ["src", "examples", "template", "library"].iter().any(|root| first.ends_with(root))
}

#[test]
fn a_panic_names_its_file_from_the_workspace_on() {
    let told = source_paths(b"\0is fullexamples/a/src/b.rssrc/c.rs\0/build/src/d.rs\x01lost/home/x/src/e.rs");
    assert_eq!(told, ["fullexamples/a/src/b.rs", "src/c.rs", "/build/src/d.rs", "lost/home/x/src/e.rs"]);
    assert_eq!(told.iter().map(|path| is_relative(path)).collect::<Vec<_>>(), [true, true, false, false]);

    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(folder.join("prebuilt")).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        let paths = source_paths(&bytes);
        assert!(paths.iter().any(|path| path.ends_with("src/wasm/panic.rs")), "{paths:?}");
        for path in &paths {
            assert!(is_relative(path), "{}: {path} depends on where it was built", file.display());
        }
        let own = folder.to_str().unwrap().as_bytes();
        assert!(!bytes.windows(own.len()).any(|window| window == own), "{}", file.display());
    }
}
