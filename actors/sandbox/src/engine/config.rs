//! The engine's configuration. Wasmtime's own default has everything on, so this starts from nothing and names what
//! is on.
//!
//! A setting that bears on results is named in the engine's description too (`description.rs`).

use std::num::NonZeroUsize;

use icn_core::limits;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails,
    WasmFeatures,
};

use super::options::EngineOptions;
use crate::contract::{features, operator_costs};

/// The configuration for these options.
pub(super) fn config(options: &EngineOptions) -> Config {
    let mut config = Config::new();
    config.wasm_features(WasmFeatures::all(), false);
    for feature in features().difference(wasmparser::WasmFeatures::GC_TYPES).iter() {
        config.wasm_features(feature, true);
    }
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(limits::WASM_STACK_BYTES_MAX)
        .async_stack_size(limits::WASM_STACK_BYTES_MAX + limits::HOST_STACK_BYTES_MAX)
        .async_stack_zeroing(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(if options.optimised { OptLevel::Speed } else { OptLevel::None })
        .signals_based_traps(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .wasm_backtrace_max_frames(
            NonZeroUsize::new(limits::BACKTRACE_FRAMES_MAX).filter(|_| options.backtraces),
        )
        .native_unwind_info(false)
        .debug_info(false)
        .generate_address_map(false)
        .memory_init_cow(options.copy_on_write)
        .operator_cost(operator_costs());
    if options.pooled {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(options.instances_max)
            .total_memories(options.instances_max)
            .total_tables(options.instances_max)
            .total_stacks(options.instances_max)
            .max_memories_per_module(1)
            .max_tables_per_module(1)
            .table_elements(limits::TABLE_ELEMENTS_MAX)
            .max_memory_size(
                usize::try_from(limits::MEMORY_PAGES_MAX * limits::PAGE_BYTES).unwrap_or(usize::MAX),
            )
            .linear_memory_keep_resident(1024 * 1024)
            .table_keep_resident(64 * 1024)
            .async_stack_keep_resident(64 * 1024)
            .pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}
