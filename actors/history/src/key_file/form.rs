//! A key as text: PKCS#8 in PEM, encrypted or not, or 64 hexadecimal digits.
//!
//! A text says itself how much time and memory its decryption takes, so those are bounded before it begins.
//! Nothing here touches a file.

use icn_core::encode::SecretKey;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::der::{Decode as _, SecretDocument};
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::{EncryptionScheme, scrypt};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef,
};
use zeroize::Zeroizing;

use super::passphrase::Passphrase;

/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The cost of scrypt for keys that are written: 16 MiB, five rounds. OpenSSL gives scrypt no more memory when
/// it reads a key; for that memory OWASP's password storage cheat sheet asks for these parameters.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 5;

/// Memory that a file may ask scrypt for, at most.
const SCRYPT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Rounds of scrypt that a file may ask for, at most.
const SCRYPT_P_MAX: u16 = 64;
/// Rounds of PBKDF2 that a file may ask for, at most.
const PBKDF2_ITERATIONS_MAX: u32 = 10_000_000;

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The text has none of the forms.
    #[error(
        "not a key: expected PKCS#8 in PEM (`PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`), or 64 lower-case hexadecimal digits"
    )]
    Other,
    /// The key is for another algorithm.
    #[error("a key of the algorithm {0}, expected Ed25519 (1.3.101.112)")]
    Algorithm(ObjectIdentifier),
    /// The text also has a public key, and it is another one's.
    #[error("the public key in the file does not belong to its secret key")]
    PublicKey,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong, or the file was changed")]
    WrongPassphrase,
    /// It is encrypted in a way that is not supported.
    #[error(
        "the key is encrypted in another way than PBES2 with scrypt or PBKDF2 and AES: write it anew with `openssl pkcs8 -topk8 -scrypt`"
    )]
    Scheme,
    /// Decryption would take too much time or memory.
    #[error("the cost of the passphrase is above the limit of {} MiB, {SCRYPT_P_MAX} rounds of scrypt or {PBKDF2_ITERATIONS_MAX} rounds of PBKDF2", SCRYPT_BYTES_MAX >> 20)]
    Cost,
    /// The operating system gives no randomness for a salt.
    #[error("the system gives no randomness")]
    Randomness,
}

/// Whether the first line says that the key is encrypted.
pub(super) fn is_encrypted(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// Writes a key as PEM. With a passphrase it is encrypted.
///
/// Format: docs/formats.md, "Key files".
pub(super) fn to_text(
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, FormError> {
    // CurvePrivateKey: an octet string inside the octet string (RFC 8410, section 7).
    let mut inner = Zeroizing::new([0u8; 34]);
    inner[..2].copy_from_slice(&[0x04, 32]);
    inner[2..].copy_from_slice(&*Zeroizing::new(key.to_bytes()));
    let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
    let octets = pkcs8::der::asn1::OctetStringRef::new(&*inner).map_err(|_| FormError::Other)?;
    let info = PrivateKeyInfoRef::new(algorithm, octets);
    let (document, label) = match passphrase {
        None => {
            (SecretDocument::encode_msg(&info).map_err(|_| FormError::Other)?, PrivateKeyInfoRef::PEM_LABEL)
        }
        Some(passphrase) => {
            let parameters = parameters()?;
            let document = info.encrypt_with_params(parameters, passphrase.as_bytes());
            (document.map_err(|_| FormError::Scheme)?, EncryptedPrivateKeyInfoRef::PEM_LABEL)
        }
    };
    document.to_pem(label, LineEnding::LF).map_err(|_| FormError::Other)
}

/// The parameters of an encryption: scrypt and AES-256-CBC, with a fresh salt and vector.
fn parameters() -> Result<Parameters, FormError> {
    let (mut salt, mut vector) = ([0u8; 16], [0u8; 16]);
    getrandom::fill(&mut salt).map_err(|_| FormError::Randomness)?;
    getrandom::fill(&mut vector).map_err(|_| FormError::Randomness)?;
    let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|_| FormError::Scheme)?;
    Parameters::generate_scrypt_aes256cbc(cost, &salt, vector).map_err(|_| FormError::Scheme)
}

/// Reads a key that is not encrypted.
pub(super) fn parse(text: &str) -> Result<SecretKey, FormError> {
    if let Some(key) = from_digits(text) {
        return Ok(key);
    }
    let document = document(text, PrivateKeyInfoRef::PEM_LABEL)?;
    from_info(&document)
}

/// Reads an encrypted key.
pub(super) fn decrypt(text: &str, passphrase: &Passphrase) -> Result<SecretKey, FormError> {
    let document = document(text, EncryptedPrivateKeyInfoRef::PEM_LABEL)?;
    // An unknown scheme does not decode.
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| FormError::Scheme)?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(FormError::Scheme);
    };
    let is_affordable = match &parameters.kdf {
        Kdf::Scrypt(cost) => {
            let bytes = cost.cost_parameter.checked_mul(128 * u64::from(cost.block_size));
            bytes.is_some_and(|bytes| bytes <= SCRYPT_BYTES_MAX) && cost.parallelization <= SCRYPT_P_MAX
        }
        Kdf::Pbkdf2(cost) => cost.iteration_count <= PBKDF2_ITERATIONS_MAX,
        _ => return Err(FormError::Scheme),
    };
    if !is_affordable {
        return Err(FormError::Cost);
    }
    let opened = info.decrypt(passphrase.as_bytes()).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => {
            FormError::Scheme
        }
        // One wrong passphrase in 256 gives bytes that look decrypted and are no key.
        _ => FormError::WrongPassphrase,
    })?;
    from_info(&opened).map_err(|error| match error {
        FormError::Other => FormError::WrongPassphrase,
        error => error,
    })
}

fn document(text: &str, label: &str) -> Result<SecretDocument, FormError> {
    let (found, document) = SecretDocument::from_pem(text.trim()).map_err(|_| FormError::Other)?;
    if found == label { Ok(document) } else { Err(FormError::Other) }
}

fn from_info(document: &SecretDocument) -> Result<SecretKey, FormError> {
    let info = PrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|_| FormError::Other)?;
    if info.algorithm.oid != ED25519 {
        return Err(FormError::Algorithm(info.algorithm.oid));
    }
    // The algorithm has no parameters (RFC 8410, section 3).
    let inner = info.private_key.as_bytes();
    let secret = inner.strip_prefix(&[0x04, 32]).and_then(|secret| <&[u8; 32]>::try_from(secret).ok());
    let (None, Some(secret)) = (info.algorithm.parameters, secret) else { return Err(FormError::Other) };
    let key = SecretKey::from_bytes(secret);
    match info.public_key {
        Some(public) if public.raw_bytes() != key.did().key() => Err(FormError::PublicKey),
        _ => Ok(key),
    }
}

fn from_digits(text: &str) -> Option<SecretKey> {
    let mut secret = Zeroizing::new([0u8; 32]);
    let digits = text.trim().as_bytes();
    (digits.len() == 64).then_some(())?;
    data_encoding::HEXLOWER.decode_mut(digits, &mut *secret).ok()?;
    Some(SecretKey::from_bytes(&secret))
}
