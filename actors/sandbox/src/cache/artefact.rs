//! The bytes of an artefact: machine code that this host made, and will run again without compiling it.
//!
//! A file is used only when everything about it is as this host would write it now. Its header names the format,
//! the engine's compatibility hash, the engine's description, the compile recipe and the module. A MAC over header
//! and code, keyed by the host's own secret, stands behind it. All of this is compared before the engine sees a
//! byte.
//!
//! `docs/formats.md` describes the format. This is the only file of the crate with `unsafe` code: [`deserialize`]
//! gives the engine code that was verified, and no other.
//!
//! Format: docs/formats.md, "Artefact files".

use std::hash::{Hash as _, Hasher};
use std::ops::Range;

use hmac::{Hmac, KeyInit as _, Mac as _};
use icn_core::name::BlockId;
use sha2::{Digest as _, Sha256};

use crate::engine::Engine;
use crate::instrument::INSTRUMENTATION_VERSION;

/// The first bytes of a file.
const MAGIC: [u8; 8] = *b"ICNCWASM";
/// The version of the file's format.
const FORMAT_VERSION: u32 = 1;
/// Bytes of the MAC, an HMAC-SHA256.
const MAC_BYTES: usize = 32;

/// The fields of the header, and where each stands. The MAC follows, then the code.
pub(super) const FIELDS: [(&str, Range<usize>); 7] = [
    ("magic", 0..8),
    ("format version", 8..12),
    ("engine compatibility hash", 12..44),
    ("engine description", 44..80),
    ("compile recipe", 80..112),
    ("module", 112..148),
    ("length", 148..156),
];
/// Bytes of all fields.
pub(super) const NAMED_BYTES: usize = 156;
/// Bytes before the code: the fields and the MAC.
pub(super) const HEADER_BYTES: usize = NAMED_BYTES + MAC_BYTES;

/// What makes an artefact this host's own, for one engine: the fields of the header, and the key of the MAC.
pub(super) struct Seal {
    mac: Hmac<Sha256>,
    /// The fields of the header that are the same for each module: all that stand before the module.
    engine_fields: Vec<u8>,
}

impl Seal {
    /// The seal of a host with this key, for this engine.
    pub(super) fn new(key: &[u8; 32], engine: &Engine) -> Self {
        // HMAC fills a key up with zeros to the hash's block.
        let mut block = [0u8; 64];
        block[..32].copy_from_slice(key);
        Self { mac: Hmac::<Sha256>::new(&block.into()), engine_fields: engine_fields(engine) }
    }

    /// What stands before the code in an artefact: the fields, then the MAC.
    pub(super) fn header(&self, module: BlockId, code: &[u8]) -> Vec<u8> {
        let mut header = self.fields(module, code.len());
        let mac = self.mac.clone().chain_update(&header).chain_update(code).finalize();
        header.extend(mac.into_bytes());
        assert_eq!(header.len(), HEADER_BYTES, "a header has one length");
        header
    }

    /// The code of an artefact of which every byte is this host's own, for this module and this engine. The error
    /// says what differs.
    pub(super) fn verified<'a>(&self, module: BlockId, bytes: &'a [u8]) -> Result<Verified<'a>, String> {
        let (Some(fields), Some(code)) = (bytes.get(..NAMED_BYTES), bytes.get(HEADER_BYTES..)) else {
            return Err(format!("{} bytes, a header has {HEADER_BYTES}", bytes.len()));
        };
        let expected = self.fields(module, code.len());
        let differs = |(_, at): &&(&str, Range<usize>)| fields.get(at.clone()) != expected.get(at.clone());
        if let Some((what, _)) = FIELDS.iter().find(differs) {
            return Err(format!("its {what} differs"));
        }
        // The comparison takes the same time whatever differs, so nobody finds a MAC byte by byte.
        let mac = self.mac.clone().chain_update(fields).chain_update(code);
        mac.verify_slice(&bytes[NAMED_BYTES..HEADER_BYTES]).map_err(|_| "its MAC differs".to_owned())?;
        Ok(Verified(code))
    }

    fn fields(&self, module: BlockId, code_bytes: usize) -> Vec<u8> {
        let mut fields = self.engine_fields.clone();
        fields.extend(module.as_bytes());
        fields.extend((code_bytes as u64).to_le_bytes());
        assert_eq!(fields.len(), NAMED_BYTES, "the fields have one length");
        fields
    }
}

/// Code whose MAC is right. Only [`Seal::verified`] makes one.
pub(super) struct Verified<'a>(&'a [u8]);

impl Verified<'_> {
    /// The code, to compare it.
    #[cfg(test)]
    pub(super) const fn code(&self) -> &[u8] {
        self.0
    }
}

/// The module of code that was verified.
#[expect(unsafe_code, reason = "the one way to load compiled code; see SAFETY")]
pub(super) fn deserialize(
    engine: &Engine,
    Verified(code): Verified<'_>,
) -> wasmtime::Result<wasmtime::Module> {
    // SAFETY: the engine asks for bytes that `Module::serialize` gave, unchanged. The MAC over them is right. Only
    // `Seal::header` computes it for a file, over what `Module::serialize` gave, under a key that this host alone
    // has. The bytes are for an engine whose compatibility hash is this one's, and they are in memory that nobody
    // else can write.
    unsafe { wasmtime::Module::deserialize(&engine.engine, code) }
}

/// The fields of the header that stand before the module.
fn engine_fields(engine: &Engine) -> Vec<u8> {
    let description = engine.description().id();
    let mut compatibility = Sha256Hasher(Sha256::new());
    engine.engine.precompile_compatibility_hash().hash(&mut compatibility);
    let mut recipe = Sha256::new();
    recipe.update(b"icn/compile-recipe/v1");
    recipe.update(description.as_bytes());
    recipe.update(INSTRUMENTATION_VERSION.to_le_bytes());
    let mut fields = Vec::with_capacity(HEADER_BYTES);
    fields.extend(MAGIC);
    fields.extend(FORMAT_VERSION.to_le_bytes());
    fields.extend(compatibility.0.finalize());
    fields.extend(description.as_bytes());
    fields.extend(recipe.finalize());
    fields
}

/// Hashes with SHA-256. The engine's compatibility is a type that can only be hashed, and 64 bits of a hash are too
/// few.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
    }
}
