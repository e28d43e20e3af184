//! One function's body: validated, its blocks and values counted, and weighed.
//!
//! For each operator, in this order: our own bound on what the validator will do; the validator; the bounds on
//! nesting and on the operand stack; the weight. So the work is bounded before it is done.

use wasmparser::{
    FuncToValidate, FuncType, FuncValidatorAllocations, FunctionBody, Operator, OperatorsReader,
    ValidatorResources,
};

use icn_core::limits;

use super::reasons::{Item, Rejected};
use super::scales::{Scales, Types};
use super::sizes::{Limit, Sizes};
use super::weight::Weight;
use crate::contract::features;

/// The types of a module, as its own sections give them.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    /// Types, by index.
    pub(super) types: Vec<FuncType>,
    /// The index of each function's type; imported functions come first.
    pub(super) functions: Vec<u32>,
}

impl Types for Signatures {
    fn function(&self, index: u32) -> Option<&FuncType> {
        self.functions.get(index as usize).and_then(|index| self.at(*index))
    }
    fn at(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)
    }
}

/// Checks one body after the other, and keeps what it allocated.
#[derive(Default)]
pub(super) struct BodyChecker {
    allocations: FuncValidatorAllocations,
    scales: Scales,
}

impl BodyChecker {
    /// The weight of a body, or the first thing that is wrong with it.
    pub(super) fn check(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        signatures: &Signatures,
        sizes: &mut Sizes,
    ) -> Result<Weight, Rejected> {
        let index = function.index;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        let checked = self.walk(index, &mut validator, body, signatures, sizes);
        self.allocations = validator.into_allocations();
        checked
    }

    fn walk(
        &mut self,
        index: u32,
        validator: &mut wasmparser::FuncValidator<ValidatorResources>,
        body: &FunctionBody<'_>,
        signatures: &Signatures,
        sizes: &mut Sizes,
    ) -> Result<Weight, Rejected> {
        let item = Item::new("function", index as usize);
        let parse = |e: wasmparser::BinaryReaderError| Rejected::parse(&e, item);
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(parse)?;
        reader.set_features(features());
        let results = signatures.function(index).map_or(0, |found| found.results().len());
        self.scales.begin(validator.len_locals(), results);
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(parse)?;
            if let Operator::BrTable { targets } = &operator {
                sizes.bound(Limit::Targets, targets.len().into(), item, offset)?;
            }
            validator.op(offset, &operator).map_err(parse)?;
            let height = validator.operand_stack_height();
            sizes.bound(Limit::Nesting, validator.control_stack_height().into(), item, offset)?;
            sizes.bound(Limit::StackHeight, height.into(), item, offset)?;
            self.scales.operator(&operator, height, signatures);
            let weight = self.scales.weight();
            if weight.total() > limits::FUNCTION_WEIGHT_MAX {
                sizes
                    .bound(Limit::FunctionWeight, weight.total(), item, offset)
                    .map_err(|_| too_heavy(&weight, item, offset))?;
            }
        }
        operators.finish().map_err(parse)?;
        let weight = self.scales.whole();
        let at = body.range().start;
        sizes
            .bound(Limit::FunctionWeight, weight.total(), item, at)
            .map_err(|_| too_heavy(&weight, item, at))?;
        Ok(weight)
    }
}

fn too_heavy(weight: &Weight, item: Option<Item>, offset: usize) -> Rejected {
    Rejected::at(
        format!(
            "the function weighs {weight}, where at most {} is allowed: it would take too long to \
             compile; {}",
            limits::FUNCTION_WEIGHT_MAX,
            weight.advice()
        ),
        item,
        offset,
    )
}
