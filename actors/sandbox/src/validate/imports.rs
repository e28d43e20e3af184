//! What a module may import: the functions of the host ABI, with exactly their types, and nothing else.

use wasmparser::{FuncType, Import, TypeRef, ValType};

use super::reasons::{Item, Rejected, shown};
use crate::contract::{FUNCTIONS, FunctionType};

/// The parameters and results of a function of the ABI.
fn abi_type(name: &str) -> Option<(&'static [FunctionType], &'static [FunctionType])> {
    FUNCTIONS.iter().find(|(function, ..)| *function == name).map(|(_, params, results)| (*params, *results))
}

/// Checks one import against the table of the ABI.
pub(super) fn check(
    import: &Import<'_>,
    types: &[FuncType],
    item: Option<Item>,
    offset: usize,
) -> Result<(), Rejected> {
    let full = shown(&format!("{}.{}", import.module, import.name));
    let reject = |what: String| Err(Rejected::at(what, item, offset));
    let Some((params, results)) = abi_type(import.name).filter(|_| import.module == "icn") else {
        return reject(format!("imports `{full}`, which is not a function of the host ABI"));
    };
    let TypeRef::Func(index) = import.ty else {
        return reject(format!("imports `{full}` as something else than a function"));
    };
    let Some(found) = types.get(index as usize) else {
        return reject(format!("imports `{full}` with the type {index}, which the module does not define"));
    };
    if same(params, found.params()) && same(results, found.results()) {
        return Ok(());
    }
    reject(format!(
        "imports `{full}` with the type {}, expected {}",
        signature(&names(found.params()), &names(found.results())),
        signature(&words(params), &words(results)),
    ))
}

fn same(expected: &[FunctionType], found: &[ValType]) -> bool {
    expected.len() == found.len()
        && expected
            .iter()
            .zip(found)
            .all(|pair| matches!(pair, (FunctionType::I32, ValType::I32) | (FunctionType::I64, ValType::I64)))
}

fn names(types: &[ValType]) -> Vec<String> {
    types.iter().map(ToString::to_string).collect()
}

fn words(types: &[FunctionType]) -> Vec<String> {
    types
        .iter()
        .map(|one| match one {
            FunctionType::I32 => "i32".to_owned(),
            FunctionType::I64 => "i64".to_owned(),
        })
        .collect()
}

fn signature(params: &[String], results: &[String]) -> String {
    format!("({}) -> ({})", params.join(", "), results.join(", "))
}
