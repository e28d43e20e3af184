//! Requests to a scope and the assertion that they are refused.

use std::path::Path;

use icn_runtime::{Host, Invocation, Refusal, RefusalCode, Request};

use crate::common::{Desk, block_on, open, standing};

/// Submits, wherever it is refused.
pub(crate) fn submit(host: &Host, request: Request) -> Result<icn_runtime::Committed, Refusal> {
    host.submit(request).and_then(block_on)
}

/// Submits what must be refused: with this code, counted once, and without a trace.
pub(crate) fn refused(host: &Host, code: RefusalCode, request: Request) -> Refusal {
    let (before, counts) = (standing(host), host.refusals());
    let refusal = submit(host, request).unwrap_err();
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(refusal.message.len() > 10, "it says what was wrong: {refusal}");
    let mut expected = counts;
    *expected.entry(code).or_default() += 1;
    assert_eq!(host.refusals(), expected);
    assert_eq!(standing(host), before, "{refusal} changed something");
    refusal
}

/// A host with two scopes, and the first one's desk.
pub(crate) fn two_scopes(data: &Path) -> (Host, Desk) {
    let host = open(data);
    let desk = Desk::open(&host, "ours");
    Desk::open(&host, "theirs");
    desk.ask(&host, "step", b"before", "before");
    (host, desk)
}

/// The request for an invocation that was changed before it was signed.
pub(crate) fn changed(host: &Host, desk: &Desk, name: &str, change: impl FnOnce(&mut Invocation)) -> Request {
    let mut invocation = desk.invocation(host, "put", b"x", name);
    change(&mut invocation);
    Request::sign(&invocation, &desk.member)
}
