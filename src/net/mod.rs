//! The network side of the library: witnesses, and publications that are fetched. Nothing that arrives is
//! believed: sizes and times are bounded here, and signatures and hashes are checked by `icn_core`.
//!
//! - `http/`: HTTP/1.1, a small server and client
//! - `witness.rs`: answers of a witness
//! - `cosign.rs`: asks witnesses to cosign a host's checkpoint
//! - `mirror.rs`: fetches a publication

pub mod cosign;
mod http;
pub mod mirror;
pub mod witness;
