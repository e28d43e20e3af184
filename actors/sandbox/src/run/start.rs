//! The run of one call: a fresh store, an instance in it, and the entry called, up to its end.
//!
//! In this order: the price of the instance is taken from the fuel; the instance is made; the counter is set to
//! what is left; the entry is called; how it ended is told to `ended.rs`. A store is used once and is gone with the
//! run.

use std::sync::atomic::{AtomicU64, Ordering};

use icn_core::block::{Staged, TrapKind};
use icn_core::{costs, limits};
use wasmtime::{Extern, Func, Instance, Store, UpdateDeadline};

use super::ended::Ended;
use super::error::RunError;
use super::module::{EntryKind, Module};
use crate::engine::GiveWay;
use crate::guest::{Call, Context, FuelCount, stop};

/// An instance whose entry can be called.
struct Prepared {
    instance: Instance,
    /// The entry.
    function: Func,
    kind: EntryKind,
}

impl Module {
    /// Runs an entry in a store of its own. The future gives way at the ticks of the engine's clock.
    pub async fn run(&self, call: Call) -> Result<Staged, RunError> {
        let mut store = self.store(call);
        let ended = self.execute(&mut store).await;
        self.staged(ended, store)
    }

    /// A store for one run of this call.
    pub(super) fn store(&self, call: Call) -> Store<Context> {
        let mut store = Store::new(self.instance.module().engine(), Context::new(call));
        store.limiter(|context| &mut context.limiter);
        bound_time(&mut store, self.give_way);
        store
    }

    /// Makes the instance and calls the entry.
    pub(super) async fn execute(&self, store: &mut Store<Context>) -> Ended {
        match self.prepare(store).await {
            Ok(prepared) => self.call_entry(store, &prepared).await,
            Err(ended) => ended,
        }
    }

    /// Takes the price of the instance, makes the instance, and sets the counter to the fuel that is left.
    async fn prepare(&self, store: &mut Store<Context>) -> Result<Prepared, Ended> {
        let call = &store.data().call;
        let Some((kind, export)) = self.entries.get(&call.entry).copied() else {
            return Err(Ended::Fault(format!("no entry `{}`", call.entry)));
        };
        let price = costs::instance_fuel(self.shape.memory_pages, self.shape.data_bytes);
        let Some(fuel) = call.fuel.checked_sub(price) else {
            let what = format!("an instance of this module costs {price} fuel");
            return Err(Ended::Failed(stop(TrapKind::OutOfFuel, what)));
        };
        // Instantiation copies data segments. The price above pays for that, so the engine's count of it is ignored.
        store.set_fuel(u64::MAX)?;
        let instance = match self.instance.instantiate_async(&mut *store).await {
            Ok(instance) => instance,
            Err(error) if error.is::<wasmtime::PoolConcurrencyLimitError>() => return Err(Ended::PoolFull),
            Err(error) => return Err(Ended::Failed(error)),
        };
        let counter = fuel + store.data().fuel_margin;
        store.set_fuel(counter)?;
        if let Some(count) = store.data_mut().fuel_count.as_deref_mut() {
            *count = FuelCount::from(counter);
        }
        let memory = instance.get_module_export(&mut *store, &self.memory).and_then(Extern::into_memory);
        store.data_mut().memory =
            Some(memory.ok_or_else(|| Ended::Fault("a guest without a memory".into()))?);
        let function = instance.get_module_export(&mut *store, &export).and_then(Extern::into_func);
        let function = function.ok_or_else(|| Ended::Fault("an entry that is not a function".into()))?;
        Ok(Prepared { instance, function, kind })
    }

    async fn call_entry(&self, store: &mut Store<Context>, prepared: &Prepared) -> Ended {
        let Prepared { instance, function, kind } = prepared;
        let result = match kind {
            EntryKind::Nothing => match function.typed::<(), ()>(&*store) {
                Ok(function) => function.call_async(&mut *store, ()).await.map(|()| 0),
                Err(error) => Err(error),
            },
            EntryKind::Number => match function.typed::<(), i32>(&*store) {
                Ok(function) => function.call_async(&mut *store, ()).await,
                Err(error) => Err(error),
            },
        };
        match result {
            Ok(code) => match store.get_fuel() {
                Ok(counter) if counter >= store.data().fuel_margin => Ended::Returned(code),
                // It returned between two looks at the counter, and had burned more than it had.
                Ok(_) => Ended::Failed(stop(TrapKind::OutOfFuel, String::new())),
                Err(error) => Ended::Failed(error),
            },
            Err(error) if self.stack_is_used_up(instance, store, &error) => Ended::StackUsedUp(error),
            Err(error) => Ended::Failed(error),
        }
    }

    /// Whether the `unreachable` that ended the run is the one that the counted stack adds.
    fn stack_is_used_up(
        &self,
        instance: &Instance,
        store: &mut Store<Context>,
        error: &wasmtime::Error,
    ) -> bool {
        if error.downcast_ref::<wasmtime::Trap>() != Some(&wasmtime::Trap::UnreachableCodeReached) {
            return false;
        }
        let stack = instance.get_module_export(&mut *store, &self.stack).and_then(Extern::into_global);
        stack.and_then(|stack| stack.get(&mut *store).i32()).is_some_and(|left| left < 0)
    }
}

/// A guest gives way at every tick. Past the bound on wall-clock time it is interrupted.
fn bound_time(store: &mut Store<Context>, give_way: GiveWay) {
    let ticks_max = limits::GUEST_WALL_CLOCK_MS_MAX / limits::EPOCH_TICK_MS;
    let ticks = AtomicU64::new(0);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if ticks.fetch_add(1, Ordering::Relaxed) >= ticks_max {
            return Ok(UpdateDeadline::Interrupt);
        }
        Ok(UpdateDeadline::YieldCustom(1, give_way()))
    });
}
