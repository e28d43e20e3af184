//! Prices of operators, in the form in which wasmtime takes them. The prices themselves are in `icn_core::costs`, and
//! nothing is decided here.

use icn_core::costs;
use wasmtime::{OperatorCost, VariableOperatorCost};

/// Hands a table of all operators that the engine knows, as `(proposal, operator)`, to `$with`.
macro_rules! set_each {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        /// Sets the price of every operator. An operator without a class belongs to a feature that is off, so no
        /// module with it is compiled; the highest price keeps a mistake from being free.
        fn set_operators(table: &mut OperatorCost) {
            $( table.$op = costs::operator_fuel(stringify!($op)).unwrap_or(u8::MAX); )*
        }

        /// Every operator: its proposal, its name, and its type as the parser writes it.
        #[cfg(test)]
        const OPERATORS: &[(&str, &str, &str)] =
            &[ $( (stringify!($proposal), stringify!($op), stringify!($($ann)*)) ),* ];
    };
}

wasmparser::for_each_operator!(set_each);

/// Units that the engine's counter holds beyond the guest's fuel.
///
/// The engine looks at its counter only at loops and calls, and a counter below zero reads as zero. With one unit
/// more, a run that burned exactly its fuel ends with one unit left, and a run that burned more ends with none.
pub(crate) const FUEL_MARGIN: u64 = 1;

/// The schedule of prices as the engine charges it.
pub(crate) fn operator_costs() -> OperatorCost {
    let mut table = OperatorCost::new();
    set_operators(&mut table);
    let mut variable = VariableOperatorCost::new();
    variable.memory_copy_per_byte = costs::COPY_BYTE_FUEL;
    variable.memory_fill_per_byte = costs::FILL_BYTE_FUEL;
    variable.memory_init_per_byte = costs::INIT_BYTE_FUEL;
    variable.memory_grow_per_page = costs::GROW_PAGE_FUEL;
    variable.table_copy_per_element = costs::TABLE_COPY_ELEMENT_FUEL;
    variable.table_init_per_element = costs::TABLE_INIT_ELEMENT_FUEL;
    table.variable = variable;
    table
}

#[cfg(test)]
mod tests {
    use super::OPERATORS;
    use icn_core::costs::{OPERATOR_CLASSES, operator_class};

    #[test]
    fn each_operator_of_the_accepted_features_has_a_class_and_no_other() {
        let accepted = ["mvp", "sign_extension", "saturating_float_to_int", "bulk_memory"];
        for (proposal, operator, _) in OPERATORS {
            assert_eq!(
                operator_class(operator).is_some(),
                accepted.contains(proposal),
                "{operator} of {proposal}"
            );
        }
        for operator in OPERATOR_CLASSES.iter().flat_map(|class| class.operators) {
            assert!(
                OPERATORS.iter().any(|(_, known, _)| known == operator),
                "no operator is called {operator}"
            );
        }
    }
}
