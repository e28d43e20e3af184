//! The walk over a module: its first bytes, its sections, its bodies, then what the whole must have.
//!
//! It ends at the first reason, or goes on to find all of them, as `Reasons` says ([`Stop`] is the end). The bodies
//! are validated last: a body's types and callees may stand in later sections.

use wasmparser::{
    FuncToValidate, FunctionBody, Parser, ValType, ValidPayload, Validator, ValidatorResources,
};

use super::bodies::BodyChecker;
use super::findings::{Exported, Findings};
use super::inspection::Inspection;
use super::manifest;
use super::reasons::{Item, Reasons, Rejected, Stop};
use super::sizes::Limit;
use crate::contract::features;

/// The first bytes of every module (WebAssembly core specification, "Modules", binary format).
const MAGIC: &[u8] = b"\0asm";
/// The version of a component, which stands where a module has its own (Component Model, Binary.md).
const COMPONENT_VERSION: &[u8] = b"\x0d\0\x01\0";

/// A body with what is needed to validate it.
type Body<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Walks over a module and collects reasons until there are enough of them.
pub(super) fn walk(bytes: &[u8], reasons: Reasons) -> Inspection {
    let mut findings = Findings::new(reasons);
    // Stopping early leaves the reasons found so far.
    let _ = findings.module(bytes);
    findings.into_inspection()
}

impl Findings {
    fn module(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.head(bytes)?;
        if let Some(bodies) = self.all_sections(bytes)? {
            self.code(bodies)?;
        }
        self.entries()?;
        self.whole()
    }

    /// Checks the length of the bytes, and that they are a module.
    fn head(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let most = icn_core::limits::MODULE_BYTES_MAX;
        if !self.within(Limit::Bytes, bytes.len() as u64, None, most)? {
            return Err(Stop);
        }
        if !bytes.starts_with(MAGIC) {
            let what = "not a binary WebAssembly module: expected the bytes 00 61 73 6d";
            self.reasons.add(Rejected::at(what, None, 0))?;
            return Err(Stop);
        }
        if bytes.get(4..8) == Some(COMPONENT_VERSION) {
            let what = "a component, not a module: give the core module that it was made from, with the version \
                        01 00 00 00";
            self.reasons.add(Rejected::at(what, None, 4))?;
            return Err(Stop);
        }
        Ok(())
    }

    /// Reads every section. Gives the bodies to validate, or nothing when the validator refused a section: it
    /// cannot go on then, while our own bounds still can.
    fn all_sections<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<Vec<Body<'a>>>, Stop> {
        let mut validator = Some(Validator::new_with_features(features()));
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = match payload {
                Ok(payload) => payload,
                Err(error) => {
                    self.reasons.add(Rejected::parse(&error, None))?;
                    return Err(Stop);
                }
            };
            self.section(&payload)?;
            match validator.as_mut().map(|validator| validator.payload(&payload)) {
                Some(Ok(ValidPayload::Func(function, body))) => bodies.push((function, body)),
                Some(Err(error)) => {
                    self.reasons.add(Rejected::parse(&error, None))?;
                    validator = None;
                }
                Some(Ok(_)) | None => {}
            }
        }
        Ok(validator.map(|_| bodies))
    }

    fn code(&mut self, bodies: Vec<Body<'_>>) -> Result<(), Stop> {
        let mut checker = BodyChecker::default();
        let mut total = 0u64;
        for (function, body) in bodies {
            let index = function.index;
            let start = body.range().start;
            match checker.check(function, &body, &self.signatures, &mut self.sizes) {
                Ok(weight) => {
                    if self.heaviest.is_none_or(|(_, heaviest)| heaviest.total() < weight.total()) {
                        self.heaviest = Some((index, weight));
                    }
                    total = total.saturating_add(weight.total());
                    let item = Item::new("function", index as usize);
                    if let Err(rejected) = self.sizes.bound(Limit::ModuleWeight, total, item, start) {
                        self.reasons.add(self.too_heavy(rejected))?;
                        return Ok(());
                    }
                }
                Err(rejected) => self.reasons.add(rejected)?,
            }
        }
        Ok(())
    }

    fn too_heavy(&self, rejected: Rejected) -> Rejected {
        let Some((index, weight)) = self.heaviest else { return rejected };
        let what = format!(
            "{}, all functions up to here together: the module would take too long to compile; the heaviest of \
             them, function {index}, weighs {weight}: {}",
            rejected.what,
            weight.advice()
        );
        Rejected { what, ..rejected }
    }

    /// Finds the entries among the exported functions.
    fn entries(&mut self) -> Result<(), Stop> {
        for Exported { name, function, item, offset } in std::mem::take(&mut self.exported) {
            let found = self.signatures.functions.get(function as usize);
            let Some(found) = found.and_then(|index| self.signatures.types.get(*index as usize)) else {
                continue;
            };
            let returns = match (found.params(), found.results()) {
                ([], []) => false,
                ([], [ValType::I32]) => true,
                // A function of another type is exported for other uses; it is no entry.
                _ => continue,
            };
            self.within(Limit::EntryName, name.len() as u64, item, offset)?;
            self.shape.entries.insert(name, returns);
        }
        Ok(())
    }

    /// Checks what the module as a whole must have.
    fn whole(&mut self) -> Result<(), Stop> {
        if !self.memory || !self.memory_exported {
            let what = "no memory of its own exported as `memory`: exactly one is needed";
            self.reasons.add(Rejected::new(what))?;
        }
        if let (Some(manifest), Some(offset)) = (&self.shape.manifest, self.manifest) {
            for rejected in manifest::disagreements(manifest, &self.shape.entries, offset) {
                self.reasons.add(rejected)?;
            }
        }
        Ok(())
    }
}
