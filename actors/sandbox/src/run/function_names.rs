//! The names of a module's functions, for what authors read.
//!
//! They are read from the bytes as they were given and were not validated: a name that is there may be any text.
//! Nothing but reports for authors depends on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use icn_core::limits;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// A name as its author wrote it, if a Rust compiler mangled it. A name stays as it is when it would get longer than
/// [`limits::FUNCTION_NAME_BYTES_MAX`]: a few mangled bytes can stand for very many.
fn readable(name: &str) -> String {
    struct Bounded(String);
    impl std::fmt::Write for Bounded {
        fn write_str(&mut self, more: &str) -> std::fmt::Result {
            if self.0.len() + more.len() > limits::FUNCTION_NAME_BYTES_MAX {
                return Err(std::fmt::Error);
            }
            self.0.push_str(more);
            Ok(())
        }
    }
    let mut written = Bounded(String::new());
    match rustc_demangle::try_demangle(name) {
        // The alternate form leaves out the hash at the end.
        Ok(demangled) if write!(written, "{demangled:#}").is_ok() => written.0,
        _ => name.to_owned(),
    }
}

/// The names of functions by index: from the module's section of names, else from its exports, else from its imports.
pub(super) fn function_names(bytes: &[u8]) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    let mut imported = 0u32;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports().map_while(Result::ok) {
                    names.insert(imported, format!("{}.{}", import.module, import.name));
                    imported += 1;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.into_iter().map_while(Result::ok) {
                    if export.kind == wasmparser::ExternalKind::Func {
                        names.entry(export.index).or_insert_with(|| export.name.to_owned());
                    }
                }
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(section) = section.as_known() else { continue };
                for part in section.into_iter().map_while(Result::ok) {
                    let Name::Function(map) = part else { continue };
                    for naming in map.into_iter().map_while(Result::ok) {
                        names.insert(naming.index, readable(naming.name));
                    }
                }
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::readable;
    use icn_core::limits::FUNCTION_NAME_BYTES_MAX;

    #[test]
    fn names_are_legible_and_no_longer_than_allowed() {
        for (name, legible) in [
            ("_ZN9guestbook5first17h0123456789abcdefE", "guestbook::first"),
            ("_RNvCs1234_9guestbook5first", "guestbook::first"),
            ("first", "first"),
            ("_ZN", "_ZN"),
            ("", ""),
        ] {
            assert_eq!(readable(name), legible);
        }
        // Each type is a pair of the one before it, which it names by its place.
        let doubled = "_RIC1aTuuETB3_B3_ETB7_B7_ETBf_Bf_ETBn_Bn_ETBv_Bv_EE";
        assert!(format!("{:#}", rustc_demangle::demangle(doubled)).len() > FUNCTION_NAME_BYTES_MAX);
        assert_eq!(readable(doubled), doubled);
        assert_eq!(readable(&"x".repeat(100_000)).len(), 100_000);
    }
}
