//! `icn run`: one call of a module without a host.

use std::io::Write as _;
use std::process::Stdio;

use icn_core::block::TrapKind;
use icn_core::limits;
use icn_core::name::hex;
use serde_json::{Value, json};

use crate::common::json;
use crate::common::{icn, stdout};
use crate::helpers::{Files, GUEST, fuel_by_function, misused, module};

#[test]
fn a_time_that_is_none_is_a_misuse() {
    let files = Files::new();
    for time in ["253402300800000", "18446744073709551615", "99999999999999999999", "-1", "now"] {
        misused(&files.run(&["when", &format!("--time={time}")]), "from 0 to 253402300799999");
    }
    assert_eq!(files.report(&["when", "--time", "253402300799999"], 0)["outcome"], "ok");
}

#[test]
fn a_run_shows_everything_that_it_did() {
    let files = Files::new();
    let arguments = ["all", "--grant", "state,transfer,treasury,dag", "--issue", "10:PLN:treasury"];
    let report = files.report(&[&arguments[..], &["--time", "1700000000123"]].concat(), 0);
    assert_eq!(
        (&report["outcome"], &report["trap"], &report["code"]),
        (&json!("ok"), &Value::Null, &json!(0))
    );
    assert_eq!((&report["refused_by"], &report["reason"]), (&Value::Null, &Value::Null));
    assert_eq!(report["output"], json!(hex(b"key\0\xff")));
    assert_eq!(report["fuel_limit"], json!(1_000_000_000));
    let node = &report["effects"][2]["id"];
    assert_eq!(
        report["effects"],
        json!([
            { "kind": "set", "key": hex(b"key\0\xff"), "value": hex(b"value") },
            { "kind": "transfer", "from": "treasury", "to": "project/1", "unit": "PLN", "amount": 7,
              "memo": "key" },
            { "kind": "node", "id": node, "bytes": report["effects"][2]["bytes"] },
            { "kind": "anchor", "id": node, "topic": "PLN" },
        ])
    );
    assert_eq!(
        report["host_calls"],
        json!({ "host_log": 1, "host_set_value": 1, "host_transfer": 1, "host_store_node": 1,
                "host_anchor_to_dag": 1, "host_set_output": 1 })
    );
    assert_eq!(report["log"], json!([{ "level": "warn", "text": "it went wrong" }]));
    let receipt = &report["receipt"];
    assert_eq!((&receipt["seq"], &receipt["time"]), (&json!(1), &json!(1_700_000_000_123_u64)));
    assert_eq!(receipt["storage_bytes"], json!(10));
    assert_eq!(receipt["memory_pages"], json!(16));
    assert!(report["fuel_used"].as_u64().unwrap() > 2_000);
    assert_eq!(fuel_by_function(&report).iter().map(|(_, fuel)| fuel).sum::<u64>(), report["fuel_used"]);
    assert!(fuel_by_function(&report).iter().any(|(name, fuel)| name == "all" && *fuel > 10_000));
    assert_eq!(report["backtrace"], Value::Null);
    assert_eq!(report["not_granted"], json!([]));

    // The same arguments, the same receipt to the byte: its name is a hash of it.
    assert_eq!(files.report(&[&arguments[..], &["--time", "1700000000123"]].concat(), 0), report);
    assert_eq!(files.report(&["all", "--grant", "all", "--issue", "10:PLN:treasury"], 0)["outcome"], "ok");

    let text = stdout(&files.run(&arguments));
    for line in [
        "ok\n",
        "\n  6b657900ff\n",
        "\n  set       6b657900ff = \"value\"\n",
        "\n  transfer  7 PLN from treasury to project/1: \"key\"\n",
        "\n  warn   it went wrong\n",
        "  host_transfer\n",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
}

#[test]
fn a_guest_s_own_failure_is_a_refusal_with_its_code() {
    let files = Files::new();
    let report = files.report(&["fails"], 1);
    assert_eq!(
        (&report["outcome"], &report["refused_by"], &report["code"], &report["trap"]),
        (&json!("refused"), &json!("guest"), &json!(-7), &Value::Null)
    );
    assert_eq!((&report["output"], &report["effects"]), (&json!(hex(b"PLN")), &json!([])));
    assert_eq!(report["log"], json!([{ "level": "trace", "text": "it went wrong\u{1b}[2J" }]));
    assert!(report["receipt"].is_object());

    let text = stdout(&files.run(&["fails"]));
    assert!(
        text.starts_with("REFUSED by the guest: it returned -7, which is CONFLICT in the host ABI\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "no control character of a guest's reaches the terminal: {text:?}");
    assert!(text.contains("note: the module asks for state, dag, transfer, treasury"), "{text}");
}

#[test]
fn traps_have_the_names_of_the_abi_and_cost_the_whole_grant() {
    let files = Files::new();
    for (entry, kind, reason, backtrace) in [
        ("aborts", TrapKind::Aborted, "it went wrong", &["aborts"][..]),
        ("traps", TrapKind::Unreachable, "", &["inner", "traps"]),
        ("spins", TrapKind::OutOfFuel, "", &["spins"]),
        ("recurses", TrapKind::StackOverflow, "", &["deep", "deep"]),
        ("faults", TrapKind::MemoryFault, "argument ptr at 1048570 of 7 bytes", &["faults"]),
    ] {
        let report = files.report(&[entry, "--fuel", "3000000"], 1);
        assert_eq!((&report["outcome"], &report["trap"]), (&json!("trap"), &json!(kind.as_str())), "{entry}");
        assert_eq!((&report["code"], &report["output"]), (&Value::Null, &json!("")), "{entry}");
        assert_eq!((&report["effects"], &report["refused_by"]), (&json!([]), &Value::Null), "{entry}");
        assert_eq!(
            (&report["fuel_used"], &report["fuel_limit"]),
            (&json!(3_000_000), &json!(3_000_000)),
            "{entry}"
        );
        assert!(report["reason"].as_str().unwrap_or("").contains(reason), "{report}");
        let found = report["backtrace"].as_array().unwrap();
        let found: Vec<&str> = found.iter().map(|name| name.as_str().unwrap()).collect();
        assert!(found.starts_with(backtrace), "{entry}: {found:?}");
        assert_eq!(fuel_by_function(&report).iter().map(|(_, fuel)| fuel).sum::<u64>(), 3_000_000, "{entry}");
        let text = stdout(&files.run(&[entry, "--fuel", "3000000"]));
        assert!(text.contains(&format!("backtrace, innermost first\n  {}\n", backtrace[0])), "{text}");
        assert!(text.starts_with(&format!("TRAP {}", kind.as_str())), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn what_a_host_would_not_run_is_refused_by_the_host() {
    let files = Files::new();
    let over = (limits::FUEL_PER_INVOCATION_MAX + 1).to_string();
    let large = files.put("large", &vec![0; limits::INPUT_BYTES_MAX + 1]);
    let large = large.to_str().unwrap();
    for (arguments, words) in [
        (&["missing"][..], "open are: aborts, all, "),
        (&["helper"], "unknown_entry"),
        (&["echo", "--fuel", &over], "20000000001"),
        (&["echo", "--fuel", "0"], "1 to 20000000000"),
        (&["echo", "--input", large], "262145 bytes"),
        (&[""], "an entry's name"),
    ] {
        let report = files.report(arguments, 1);
        assert_eq!(
            (&report["outcome"], &report["refused_by"], &report["code"]),
            (&json!("refused"), &json!("host"), &Value::Null),
            "{arguments:?}"
        );
        assert_eq!((&report["fuel_used"], &report["receipt"]), (&json!(0), &Value::Null));
        assert!(report["reason"].as_str().unwrap().contains(words), "{report}");
    }
}

#[test]
fn the_input_comes_from_a_file_or_from_standard_input() {
    let files = Files::new();
    assert_eq!(files.report(&["echo"], 0)["output"], json!(""));
    let path = files.put("input", b"from a file\n");
    let output = files.run(&["echo", "--input", path.to_str().unwrap()]);
    assert!(stdout(&output).contains("\n  from a file\n"), "{}", stdout(&output));

    let mut command = icn();
    command.arg("run").arg(files.path("sample.wasm")).args(["echo", "--input", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let whole = vec![0xab; limits::INPUT_BYTES_MAX];
    child.stdin.take().unwrap().write_all(&whole).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(json(&output)["output"], json!(hex(&whole)));
}

#[test]
fn the_caller_and_the_time_are_what_one_says() {
    let files = Files::new();
    let did = crate::common::key("ann").did();
    let report = files.report(&["who", "--caller", did.as_str()], 0);
    assert_eq!((&report["output"], &report["caller"]), (&json!(hex(did.as_str().as_bytes())), &json!(did)));
    let report = files.report(&["when", "--time", "250000000000123"], 0);
    assert_eq!(report["output"], json!(hex(&250_000_000_000_123_u64.to_le_bytes())));
    misused(&files.run(&["who", "--caller", "ann"]), "did:key:z6Mk");
    misused(&files.run(&["when", "--time=-1"]), "--time");
}

#[test]
fn capabilities_are_granted_among_those_that_the_module_asks_for() {
    let files = Files::new();
    let report = files.report(&["all"], 1);
    assert_eq!((&report["code"], &report["refused_by"]), (&json!(1), &json!("guest")));
    assert_eq!(report["not_granted"], json!(["state", "dag", "transfer", "treasury"]));
    assert_eq!(files.report(&["all", "--grant", "state"], 1)["code"], json!(2));
    assert_eq!(
        files.report(&["all", "--grant", "state", "--grant", "transfer,treasury"], 1)["code"],
        json!(2)
    );
    let asked = "it asks for state, dag, transfer, treasury";
    misused(&files.run(&["all", "--grant", "state,usage"]), asked);
    misused(&files.run(&["all", "--grant", "State"]), asked);
    misused(&files.run(&["all", "--issue", "10:PLN"]), "AMOUNT:UNIT:OWNER");
    misused(&files.run(&["all", "--issue", "0:PLN:treasury"]), "an amount of 0");
    misused(&files.run(&["all", "--issue", "1:fuel:treasury"]), "resource");
    let bare = files.put("bare.wasm", &module(GUEST, None));
    let output = icn().arg("run").arg(bare).args(["all", "--grant", "state"]).output().unwrap();
    misused(&output, "it asks for no capability");
}
