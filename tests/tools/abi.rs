//! `icn abi`: the contract as a table.

use icn_core::block::TrapKind;
use icn_core::limits;
use serde_json::{Value, json};

use crate::common::json;
use crate::common::{run, stdout};
use crate::helpers::code;

#[test]
fn the_abi_is_the_runtime_s_own() {
    let output = run(["abi", "--json"]);
    assert_eq!(code(&output), 0);
    let abi = json(&output);
    assert_eq!(abi["abi"], json!(icn_sandbox::ABI_VERSION));
    let named = |name: &str| {
        let found = icn_sandbox::PARAMETERS.iter().find(|parameters| parameters.0 == name);
        found.unwrap_or_else(|| panic!("{name} has no names of parameters")).1
    };
    let type_name = |of: &icn_sandbox::FunctionType| match of {
        icn_sandbox::FunctionType::I32 => "i32",
        icn_sandbox::FunctionType::I64 => "i64",
    };
    let functions: Vec<Value> = icn_sandbox::FUNCTIONS
        .iter()
        .map(|(name, types, results)| {
            assert_eq!(named(name).len(), types.len(), "{name}");
            let parameters: Vec<Value> = named(name)
                .iter()
                .zip(*types)
                .map(|(name, of)| json!({ "name": name, "type": type_name(of) }))
                .collect();
            let results: Vec<&str> = results.iter().map(type_name).collect();
            json!({ "name": name, "parameters": parameters, "results": results })
        })
        .collect();
    assert_eq!(abi["functions"], json!(functions));
    let codes: Vec<Value> = icn_sandbox::CODES
        .iter()
        .map(|of| json!({ "code": of.code, "name": of.name, "meaning": of.meaning }))
        .collect();
    assert_eq!(abi["codes"], json!(codes));
    let traps: Vec<Value> = TrapKind::ALL
        .iter()
        .map(|kind| json!({ "kind": kind.as_str(), "meaning": kind.meaning() }))
        .collect();
    assert_eq!(abi["traps"], json!(traps));
    assert_eq!(abi["costs"]["hash"], json!(icn_core::costs::schedule_hash().to_hex()));
    assert_eq!(abi["costs"]["version"], json!(icn_core::costs::SCHEDULE_VERSION));
    let all: Vec<(String, u64)> =
        limits::ALL.iter().map(|limit| (limit.name.to_ascii_lowercase(), limit.value)).collect();
    let printed: Vec<(String, u64)> = abi["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| {
            assert!(!limit["meaning"].as_str().unwrap().is_empty(), "{limit}");
            (limit["name"].as_str().unwrap().to_owned(), limit["value"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(printed, all);
    let prices: Vec<String> = abi["costs"]["prices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|price| {
            format!("{} {}", price["name"].as_str().unwrap(), price["fuel"].to_string().trim_matches('"'))
        })
        .collect();
    assert_eq!(prices, icn_core::costs::schedule_text().lines().collect::<Vec<_>>());

    // Each constant of the file is in the list: none was added beside it.
    let source = include_str!("../../actors/core/src/limits.rs");
    let constants = source.lines().filter(|line| line.starts_with("pub const ")).count();
    assert_eq!(abi["limits"].as_array().unwrap().len(), constants);

    let text = stdout(&run(["abi"]));
    assert!(text.contains("  host_get_time() -> i64\n") && text.contains("OutOfFuel"), "{text}");
    assert!(text.contains("  host_settle_hold(id: i32, amount: i64) -> i32\n"), "{text}");
    assert!(text.contains(&icn_core::costs::schedule_hash().to_hex()), "{text}");
}
