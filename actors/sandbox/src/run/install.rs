//! What a policy may say when it installs a module: entries that the module has, capabilities that it asks for.

use std::collections::BTreeSet;

use icn_core::block::{Capability, Install};

use super::module::Module;

/// Checks that a module fits what a policy says about it: the entries exist, and every capability is asked for.
///
/// # Errors
/// What does not fit, and what would.
pub fn check_install(install: &Install, module: &Module) -> Result<(), String> {
    let shape = module.shape();
    if let Some(missing) = install.entries.keys().find(|entry| !shape.entries.contains_key(*entry)) {
        return Err(format!("module {} has {}", install.module, no_entry(module, missing)));
    }
    let asked = shape.capabilities();
    if let Some(extra) = install.capabilities.iter().find(|capability| !asked.contains(capability)) {
        return Err(format!(
            "module {} is granted `{}`, which its manifest does not ask for",
            install.module, extra
        ));
    }
    Ok(())
}

/// Says that a module does not have an entry, and which entries it has, or what an entry is when it has none.
pub(crate) fn no_entry(module: &Module, missing: &str) -> String {
    let known: Vec<&str> = module.shape().entries.keys().map(String::as_str).collect();
    if known.is_empty() {
        format!(
            "no entry `{missing}`, nor any other: an entry is an exported function without parameters that \
             returns nothing or an i32, and whose name does not begin with `__`"
        )
    } else {
        format!("no entry `{missing}`; it has: {}", known.join(", "))
    }
}

/// The names of capabilities, as manifests write them.
pub fn capability_names<'a>(capabilities: impl IntoIterator<Item = &'a Capability>) -> Vec<String> {
    capabilities.into_iter().map(|capability| capability.to_string()).collect()
}

/// The capabilities of these names, for a module that is granted them. `all` stands for every capability that the
/// module asks for.
///
/// # Errors
/// The name that the module's manifest does not ask for, and the names that it does ask for.
pub fn capabilities<'a>(
    module: &Module,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeSet<Capability>, String> {
    let asked: Vec<Capability> = module.shape().capabilities().into_iter().collect();
    let known = capability_names(&asked);
    let mut granted = BTreeSet::new();
    for name in names {
        if name == "all" {
            granted.extend(asked.iter().copied());
            continue;
        }
        let found = known.iter().zip(&asked).find(|(known, _)| *known == name).ok_or_else(|| {
            let known = if known.is_empty() { "no capability".to_owned() } else { known.join(", ") };
            format!("the module's manifest does not ask for `{name}`; it asks for {known}")
        })?;
        granted.insert(*found.1);
    }
    Ok(granted)
}
