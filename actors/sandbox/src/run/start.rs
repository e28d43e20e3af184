//! The run of one call: a fresh store, an instance in it, and the entry called, up to its end.
//!
//! In this order: the price of the instance is taken from the fuel; the instance is made; the counter is set to what is
//! left; the entry is called. A store is used once and is gone with the run.

use std::sync::atomic::{AtomicU64, Ordering};

use icn_core::block::{Staged, TrapKind};
use icn_core::{costs, limits};
use wasmtime::{Store, UpdateDeadline};

use super::ended::Ended;
use super::error::RunError;
use super::module::{EntryKind, Module};
use crate::engine::GiveWay;
use crate::guest::{Call, Context, FuelCount, stop};

impl Module {
    /// Runs an entry in a store of its own. The future yields at epoch ticks.
    pub async fn run(&self, call: Call) -> Result<Staged, RunError> {
        let mut store = self.store(call);
        let ended = self.enter(&mut store).await;
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
    pub(super) async fn enter(&self, store: &mut Store<Context>) -> Ended {
        let call = &store.data().call;
        let (limit, entry) = (call.fuel, self.entries.get(&call.entry).copied());
        let Some((kind, export)) = entry else {
            return Ended::Fault(format!("no entry `{}`", call.entry));
        };
        let price = costs::instance_fuel(self.shape.memory_pages, self.shape.data_bytes);
        let Some(fuel) = limit.checked_sub(price) else {
            let what = format!("an instance of this module costs {price} fuel");
            return Ended::Failed(stop(TrapKind::OutOfFuel, what));
        };
        // Instantiation copies data segments, which that fee pays for; what the engine counts is set aside until
        // the guest runs.
        if let Err(error) = store.set_fuel(u64::MAX) {
            return Ended::Failed(error);
        }
        let instance = match self.instance.instantiate_async(&mut *store).await {
            Ok(instance) => instance,
            Err(error) if error.is::<wasmtime::PoolConcurrencyLimitError>() => return Ended::PoolFull,
            Err(error) => return Ended::Failed(error),
        };
        let margin = store.data().fuel_margin;
        let counter = fuel + margin;
        if let Err(error) = store.set_fuel(counter) {
            return Ended::Failed(error);
        }
        if let Some(count) = store.data_mut().fuel_count.as_deref_mut() {
            *count = FuelCount::from(counter);
        }
        let Some(memory) =
            instance.get_module_export(&mut *store, &self.memory).and_then(wasmtime::Extern::into_memory)
        else {
            return Ended::Fault("a guest without a memory".into());
        };
        store.data_mut().memory = Some(memory);
        let Some(function) =
            instance.get_module_export(&mut *store, &export).and_then(wasmtime::Extern::into_func)
        else {
            return Ended::Fault("an entry that is not a function".into());
        };
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
                Ok(counter) if counter >= margin => Ended::Returned(code),
                // It returned between two looks at the counter, having burned more than it had.
                Ok(_) => Ended::Failed(stop(TrapKind::OutOfFuel, String::new())),
                Err(error) => Ended::Failed(error),
            },
            Err(error) if self.stack_is_used_up(&instance, store, &error) => Ended::StackUsedUp(error),
            Err(error) => Ended::Failed(error),
        }
    }

    /// Whether an `unreachable` was the one of the counted stack.
    fn stack_is_used_up(
        &self,
        instance: &wasmtime::Instance,
        store: &mut Store<Context>,
        error: &wasmtime::Error,
    ) -> bool {
        if error.downcast_ref::<wasmtime::Trap>() != Some(&wasmtime::Trap::UnreachableCodeReached) {
            return false;
        }
        let stack =
            instance.get_module_export(&mut *store, &self.stack).and_then(wasmtime::Extern::into_global);
        stack.and_then(|stack| stack.get(&mut *store).i32()).is_some_and(|left| left < 0)
    }
}

/// Guests yield at every tick; past the wall-clock backstop they are interrupted.
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
