//! The macros that make a crate a guest: exported entries, and the manifest that names them.

use crate::context;
use crate::failure::Failure;

/// Runs an entry for the host: its failure's message becomes the output, its code the answer.
///
/// [`entries!`](crate::entries) calls it. Guests do not call it themselves.
#[doc(hidden)]
pub fn run(entry: fn() -> Result<(), Failure>) -> i32 {
    match entry() {
        Ok(()) => 0,
        Err(failure) => {
            // When the host refuses the message, because it is too large, the code still says what happened.
            let _ = context::set_output(failure.message().as_bytes());
            failure.code()
        }
    }
}

/// Exports functions `fn() -> Result<(), Failure>` as the guest's entries, under their own names.
///
/// Use [`guest!`](crate::guest) to name them in a manifest too. A guest without a manifest may read its input, write
/// its output and log, and nothing else.
///
/// On other targets than wasm it exports nothing: native tests call the functions.
#[macro_export]
macro_rules! entries {
    ($($entry:ident),+ $(,)?) => {
        $(
            #[cfg(target_arch = "wasm32")]
            const _: () = {
                #[unsafe(no_mangle)]
                extern "C" fn $entry() -> i32 {
                    $crate::entry::run(self::$entry)
                }
            };
        )+
    };
}

/// Carries the manifest: the custom section `icn.manifest`, and the same JSON as the constant `MANIFEST`.
///
/// Name and version are those of the guest's Cargo package. A guest never gets a capability that its manifest does
/// not ask for.
#[macro_export]
macro_rules! manifest {
    (
        entries: [$first:ident $(, $more:ident)* $(,)?],
        capabilities: [$($capability:literal),* $(,)?] $(,)?
    ) => {
        /// The manifest that the module carries: its name and version, its entries, and its capabilities.
        pub const MANIFEST: &str = $crate::manifest!(@text [$first $($more)*] [$($capability)*]);

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "icn.manifest")]
            static SECTION: [u8; MANIFEST.len()] = {
                let mut bytes = [0; MANIFEST.len()];
                bytes.copy_from_slice(MANIFEST.as_bytes());
                bytes
            };
        };
    };
    (@text [$first:ident $($more:ident)*] []) => { $crate::manifest!(@json [$first $($more)*] "") };
    (@text [$first:ident $($more:ident)*] [$capability:literal $($others:literal)*]) => {
        $crate::manifest!(
            @json [$first $($more)*] concat!("\"", $capability, "\"" $(, ",\"", $others, "\"")*)
        )
    };
    (@json [$first:ident $($more:ident)*] $capabilities:expr) => {
        concat!(
            "{\"abi\":1,\"name\":\"", env!("CARGO_PKG_NAME"),
            "\",\"version\":\"", env!("CARGO_PKG_VERSION"),
            "\",\"entries\":[\"", stringify!($first), "\"" $(, ",\"", stringify!($more), "\"")*,
            "],\"capabilities\":[", $capabilities, "]}"
        )
    };
}

/// Makes the crate a guest: [`entries!`](crate::entries) and [`manifest!`](crate::manifest) in one, so that
/// the manifest names exactly the entries that are exported.
#[macro_export]
macro_rules! guest {
    (entries: [$($entry:ident),+ $(,)?], capabilities: [$($capability:literal),* $(,)?] $(,)?) => {
        $crate::entries! { $($entry),+ }
        $crate::manifest! { entries: [$($entry),+], capabilities: [$($capability),*] }
    };
}
