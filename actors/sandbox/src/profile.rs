//! Where a run's fuel went, function by function, for the authors of guests.
//!
//! A profiled module tells the host when each function begins and ends (see `instrument.rs`). Between two such
//! moments everything that was burned, host calls included, belongs to the function on top. What telling costs is
//! given back at once, so a profiled run burns to the unit what a plain one does.
//!
//! The engine looks at its counter at loops and calls alone, and says zero of whatever is below. So the counter
//! holds as much beyond the guest's fuel as one telling takes ([`fuel_margin`]): while the guest has fuel, no
//! telling takes the counter to zero, and where it is at zero the guest has none. Up to there a profiled run is the
//! plain one; what comes after, until the plain run would be stopped, is in no table. Which is why what is staged
//! is never a profiled run's own (see `run.rs`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use icn_core::block::TrapKind;
use icn_core::limits;
use wasmparser::{KnownCustom, Name, Parser, Payload};
use wasmtime::{Caller, Linker};

use crate::context::{Context, HostFault, stop};
use crate::instrument::{PROFILE_MODULE, TELL_FUEL};
use crate::memory::FUEL_MARGIN;

/// What one function of a guest burned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFuel {
    /// Its index in the module, imported functions counted; none for what no function burned: making the instance
    /// ready, and the rest of a grant that a trap consumed.
    pub function: Option<u32>,
    /// Its name: from the module's own names, else its export's, else its index.
    pub name: String,
    /// Fuel that it burned, what it called left out, its host calls included.
    pub fuel: u64,
}

/// What is known of a run that was profiled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profiled {
    /// Fuel by function, most first; the sum is the run's charge.
    pub fuel: Vec<FunctionFuel>,
    /// After a trap, the guest's functions from the innermost out, if the engine collects backtraces.
    pub backtrace: Vec<String>,
}

/// The count while a run goes on.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    running: Vec<u32>,
    burned: BTreeMap<u32, u64>,
    /// Burned before the first function began.
    before: u64,
    /// Fuel that was left at the last moment that we know of.
    left: u64,
}

impl Profile {
    /// A count that begins with so much fuel.
    pub(crate) fn from(left: u64) -> Self {
        Self { left, ..Self::default() }
    }

    fn mark(&mut self, left: u64) {
        let burned = self.left.saturating_sub(left);
        match self.running.last() {
            Some(function) => *self.burned.entry(*function).or_default() += burned,
            None => self.before += burned,
        }
        self.left = left;
    }

    /// The table: `left` is what was left when it returned, if it did; `charged` is what the run is charged in all,
    /// and `trapped` whether for a trap. Whatever no function burned has a line of its own.
    pub(crate) fn finish(
        mut self,
        left: Option<u64>,
        charged: u64,
        trapped: bool,
        names: &BTreeMap<u32, String>,
    ) -> Vec<FunctionFuel> {
        if let Some(left) = left {
            self.mark(left);
        }
        let name = |index: u32| names.get(&index).cloned().unwrap_or_else(|| format!("function {index}"));
        let mut table: Vec<FunctionFuel> = self
            .burned
            .iter()
            .map(|(index, fuel)| FunctionFuel { function: Some(*index), name: name(*index), fuel: *fuel })
            .collect();
        let known: u64 = table.iter().map(|line| line.fuel).sum();
        let rest = charged.saturating_sub(known);
        if rest > 0 {
            let name = match left {
                _ if trapped => "(instance, and the rest of the grant: it trapped)",
                Some(_) => "(instance)",
                // Telling takes time: the wall clock can end a profiled run alone.
                None => "(instance, and what ran when the profiler's time was up)",
            };
            table.push(FunctionFuel { function: None, name: name.into(), fuel: rest });
        }
        table.sort_by(|a, b| b.fuel.cmp(&a.fuel).then_with(|| a.function.cmp(&b.function)));
        table
    }
}

/// Defines what a profiled module tells.
pub(crate) fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap(PROFILE_MODULE, "enter", |mut caller: Caller<'_, Context>, function: i32| {
        let profile = told(&mut caller)?;
        profile.running.push(u32::try_from(function).unwrap_or_default());
        Ok(())
    })?;
    linker.func_wrap(PROFILE_MODULE, "leave", |mut caller: Caller<'_, Context>, _: i32| {
        let profile = told(&mut caller)?;
        profile.running.pop();
        Ok(())
    })?;
    Ok(())
}

/// What the engine's counter holds beyond the guest's fuel in a profiled run.
pub(crate) fn fuel_margin() -> u64 {
    FUEL_MARGIN + *TELL_FUEL
}

/// Gives back what telling cost, and books what was burned until now.
fn told<'a>(caller: &'a mut Caller<'_, Context>) -> wasmtime::Result<&'a mut Profile> {
    let counter = caller.get_fuel()?;
    if counter < FUEL_MARGIN {
        return Err(stop(TrapKind::OutOfFuel, "the profiler counts no further".into()));
    }
    let left = counter.saturating_add(*TELL_FUEL);
    caller.set_fuel(left)?;
    let profile = caller.data_mut().profile.as_deref_mut();
    let profile =
        profile.ok_or_else(|| wasmtime::Error::new(HostFault("a profiled module in a plain run".into())))?;
    profile.mark(left);
    Ok(profile)
}

/// A name as its author wrote it, where a Rust compiler mangled it. A name that would be longer than
/// [`limits::FUNCTION_NAME_BYTES_MAX`] stays as it is: a few bytes can stand for very many.
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

/// The functions' names: the module's own, else those of its exports, else of its imports.
pub(crate) fn names(bytes: &[u8]) -> BTreeMap<u32, String> {
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
