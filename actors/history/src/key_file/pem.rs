//! A key as text: PKCS#8 in PEM, encrypted or not, or 64 hexadecimal digits.

use icn_core::encode::SecretKey;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::der::{Decode as _, SecretDocument};
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use pkcs8::pkcs5::{EncryptionScheme, scrypt};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef,
};
use zeroize::Zeroizing;

use super::Passphrase;

/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// scrypt's cost: 16 MiB, five times over. The most memory that OpenSSL gives it when it reads a key, and of the
/// settings with that memory the one that OWASP's password storage cheat sheet asks for.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 5;

/// What a file may ask for: it says itself what it costs to open.
const SCRYPT_BYTES_MAX: u64 = 256 * 1024 * 1024;
const SCRYPT_P_MAX: u16 = 64;
const PBKDF2_ITERATIONS_MAX: u32 = 10_000_000;

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// None of the forms.
    #[error(
        "not a key: expected PKCS#8 in PEM (`PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`), or 64 lower-case hexadecimal digits"
    )]
    Other,
    /// A key of another kind.
    #[error("a key of the algorithm {0}, expected one of Ed25519 (1.3.101.112)")]
    Algorithm(ObjectIdentifier),
    /// The public half in it is not that of the secret.
    #[error("the public key in it is not that of the secret key")]
    PublicKey,
    /// It does not open.
    #[error("the passphrase is not the right one, or the file was changed")]
    WrongPassphrase,
    /// Encrypted in a way that is not read.
    #[error(
        "encrypted otherwise than by PBES2 with scrypt or PBKDF2 and AES: write it anew with `openssl pkcs8 -topk8 -scrypt`"
    )]
    Scheme,
    /// It would take too long, or too much memory.
    #[error("the cost of its passphrase is above the limit of {} MiB, {SCRYPT_P_MAX} rounds of scrypt or {PBKDF2_ITERATIONS_MAX} of PBKDF2", SCRYPT_BYTES_MAX >> 20)]
    Cost,
    /// The system gives no randomness for a salt.
    #[error("no randomness from the system")]
    Randomness,
}

/// Whether this is the text of an encrypted key, as far as its first line tells.
pub(super) fn is_encrypted(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// A key in PEM.
pub(super) fn to_text(
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, FormError> {
    // CurvePrivateKey, an octet string within the octet string (RFC 8410, section 7).
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

/// scrypt and AES-256-CBC with a fresh salt and vector.
fn parameters() -> Result<Parameters, FormError> {
    let (mut salt, mut vector) = ([0u8; 16], [0u8; 16]);
    getrandom::fill(&mut salt).map_err(|_| FormError::Randomness)?;
    getrandom::fill(&mut vector).map_err(|_| FormError::Randomness)?;
    let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|_| FormError::Scheme)?;
    Parameters::generate_scrypt_aes256cbc(cost, &salt, vector).map_err(|_| FormError::Scheme)
}

/// A key that is not encrypted.
///
/// Format: docs/formats.md, "Key files".
pub(super) fn parse(text: &str) -> Result<SecretKey, FormError> {
    if let Some(key) = from_digits(text) {
        return Ok(key);
    }
    let document = document(text, PrivateKeyInfoRef::PEM_LABEL)?;
    from_info(&document)
}

/// A key that is.
pub(super) fn decrypt(text: &str, passphrase: &Passphrase) -> Result<SecretKey, FormError> {
    let document = document(text, EncryptedPrivateKeyInfoRef::PEM_LABEL)?;
    // What is not known by its name does not decode.
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
        // Bytes that are no key after all, as one wrong passphrase in 256 gives.
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
    // No parameters for this algorithm (RFC 8410, section 3).
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
