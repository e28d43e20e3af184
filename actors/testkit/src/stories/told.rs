//! The stories of the example guests and of the template.

use icn_core::block::TrapKind;

use super::story::{Story, failed, ok, trapped};

/// The example guests and the template, each with its story.
pub const STORIES: [Story; 5] = [
    Story {
        name: "ballot",
        wasm: include_bytes!("../../../../guest/prebuilt/ballot.wasm"),
        steps: &[
            failed("ann", "vote", "1", 30),
            ok(
                "chair",
                "open",
                "vote_type;approval\nbudget;5000\nunit;PLN\nPROJECTS\n0;900\n1;3000\n2;2500\n3;1800\n4;10\n5;20\n",
            ),
            ok("ann", "vote", "1,3"),
            trapped("bob", "vote", "2", TrapKind::OutOfFuel),
            ok("bob", "vote", "#"),
            failed("bob", "vote", "2", 32),
            failed("eve", "vote", "9", 33),
            ok("eve", "vote", "3,2,0"),
            ok("cyd", "vote", "1,4"),
            ok("dan", "vote", "4,5"),
            ok("chair", "tally", ""),
            failed("ann", "vote", "1", 31),
        ],
    },
    Story {
        name: "timebank",
        wasm: include_bytes!("../../../../guest/prebuilt/timebank.wasm"),
        steps: &[
            ok("chair", "open", "MIN;60"),
            ok("ann", "join", ""),
            ok("bob", "join", ""),
            ok("cyd", "join", ""),
            ok("ann", "pay", "@bob;4#;lessons"),
            failed("ann", "pay", "@bob;4#;lessons", 31),
            trapped("bob", "pay", "@ann;30;", TrapKind::OutOfFuel),
            ok("bob", "pay", "@ann;30;garden"),
            ok("chair", "set_limit", "@cyd;9#"),
            ok("cyd", "offer", "@ann;3#;@now0;paint"),
            ok("cyd", "offer", "@bob;20;@now0;the fence"),
            ok("cyd", "accept", "1"),
            ok("bob", "cancel", "2"),
            ok("ann", "statement", ""),
            ok("eve", "audit", ""),
        ],
    },
    Story {
        name: "membership",
        wasm: include_bytes!("../../../../guest/prebuilt/membership.wasm"),
        steps: &[
            ok("ann", "found", "2;1000"),
            ok("bob", "request", "I bake bread for #"),
            ok("cyd", "request", ""),
            ok("ann", "approve", "@bob"),
            ok("ann", "grant", "@bob;steward"),
            trapped("ann", "approve", "@cyd", TrapKind::OutOfFuel),
            ok("ann", "approve", "@cyd"),
            ok("bob", "approve", "@cyd"),
            ok("dan", "request", "and I sell it"),
            ok("ann", "refuse", "@dan"),
            ok("bob", "refuse", "@dan"),
            ok("ann", "grant", "@cyd;baker#"),
            ok("bob", "revoke", "@cyd;baker#"),
            ok("ann", "expel", "@cyd"),
            ok("bob", "expel", "@cyd"),
            ok("bob", "leave", ""),
            ok("eve", "roll", ""),
        ],
    },
    Story {
        name: "calls",
        wasm: include_bytes!("../../../../guest/prebuilt/calls.wasm"),
        steps: &[
            ok("ann", "all", ""),
            trapped("ann", "abort", "enough of #", TrapKind::Aborted),
            trapped("ann", "panic", "", TrapKind::Aborted),
            ok("bob", "all", ""),
        ],
    },
    Story {
        name: "template",
        wasm: include_bytes!("../../../../guest/prebuilt/template.wasm"),
        steps: &[
            ok("ann", "greet", "Ann of #"),
            failed("ann", "greet", "Ann", 1),
            ok("bob", "greet", "Böb"),
            failed("cyd", "greet", "", 2),
        ],
    },
];
