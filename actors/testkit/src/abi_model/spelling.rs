//! What is text, and what the texts of the ABI must look like, from RFC 3629, the multibase tables and
//! `docs/formats.md`; none of it by the parsers of the runtime.

/// Whether bytes are UTF-8, by the syntax of RFC 3629, section 4.
#[must_use]
pub fn is_utf8(bytes: &[u8]) -> bool {
    let tail = |byte: Option<&u8>| byte.is_some_and(|byte| (0x80..=0xBF).contains(byte));
    let mut at = 0;
    while let Some(first) = bytes.get(at) {
        let second = bytes.get(at + 1);
        let second_in = |low: u8, high: u8| second.is_some_and(|byte| (low..=high).contains(byte));
        let length = match first {
            0x00..=0x7F => 1,
            0xC2..=0xDF if tail(second) => 2,
            0xE0 if second_in(0xA0, 0xBF) && tail(bytes.get(at + 2)) => 3,
            0xED if second_in(0x80, 0x9F) && tail(bytes.get(at + 2)) => 3,
            0xE1..=0xEC | 0xEE..=0xEF if tail(second) && tail(bytes.get(at + 2)) => 3,
            0xF0 if second_in(0x90, 0xBF) && tail(bytes.get(at + 2)) && tail(bytes.get(at + 3)) => 4,
            0xF4 if second_in(0x80, 0x8F) && tail(bytes.get(at + 2)) && tail(bytes.get(at + 3)) => 4,
            0xF1..=0xF3 if tail(second) && tail(bytes.get(at + 2)) && tail(bytes.get(at + 3)) => 4,
            _ => return false,
        };
        at += length;
    }
    true
}

/// The key of a DID: `did:key:z` and the base58btc digits of `ed 01` and 32 bytes.
#[must_use]
pub fn did(text: &[u8]) -> Option<[u8; 32]> {
    const DIGITS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    // The number in base 256, its least byte first.
    let mut number: Vec<u8> = Vec::new();
    for character in text.strip_prefix(b"did:key:z")? {
        let mut carry = DIGITS.iter().position(|digit| digit == character)?;
        for byte in &mut number {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry % 256).ok()?;
            carry /= 256;
        }
        while carry > 0 {
            number.push(u8::try_from(carry % 256).ok()?);
            carry /= 256;
        }
        if number.is_empty() || number.len() > 34 {
            // A leading zero, or longer than any key: not the one spelling.
            return None;
        }
    }
    number.reverse();
    number.strip_prefix(&[0xED, 0x01])?.try_into().ok()
}

/// Whether 36 bytes are a CID of version 1, of `dag-cbor` or `raw`, of SHA-256.
#[must_use]
pub fn is_cid(bytes: &[u8]) -> bool {
    bytes.len() == 36 && matches!(bytes.get(..4), Some([0x01, 0x71 | 0x55, 0x12, 0x20]))
}

/// Whether a text is a CID's one spelling: `b` and the base32 digits of its bytes, in lower case.
fn cid_text(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(b"b").filter(|digits| digits.len() == 58)?;
    let (mut bits, mut held, mut bytes) = (0u32, 0u32, Vec::new());
    for character in digits {
        let digit = match character {
            b'a'..=b'z' => character - b'a',
            b'2'..=b'7' => character - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u32::from(digit);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0 && is_cid(&bytes)).then_some(bytes)
}

/// An owner of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// The scope's.
    Treasury,
    /// One that the runtime alone moves.
    Reserved,
    /// A member's, by its key.
    Member([u8; 32]),
    /// A module's, by its CID.
    Module(Vec<u8>),
    /// One with a name.
    Name(Vec<u8>),
}

/// The owner that a text names.
#[must_use]
pub fn owner(text: &[u8]) -> Option<Account> {
    match text {
        b"treasury" => return Some(Account::Treasury),
        b"issuance" | b"consumed" => return Some(Account::Reserved),
        _ if text.starts_with(b"did:") => return did(text).map(Account::Member),
        _ => {}
    }
    if let Some(cid) = text.strip_prefix(b"module:") {
        return cid_text(cid).map(Account::Module);
    }
    if let Some(id) = text.strip_prefix(b"hold:") {
        let hexadecimal = id.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        return (id.len() == 32 && hexadecimal).then_some(Account::Reserved);
    }
    if let Some(scope) = text.strip_prefix(b"owed:").or_else(|| text.strip_prefix(b"claim:")) {
        return did(scope).map(|_| Account::Reserved);
    }
    let first = text.first()?.is_ascii_alphanumeric();
    let all = text.iter().all(|c| c.is_ascii_alphanumeric() || b"._/-".contains(c));
    (first && all && text.len() <= 128).then(|| Account::Name(text.to_vec()))
}

/// Whether a text names a token: 1 to 12 of `A-Z 0-9`, a letter first. Resources are in lower case, so are none.
#[must_use]
pub fn is_token(text: &[u8]) -> bool {
    (1..=12).contains(&text.len())
        && text.first().is_some_and(u8::is_ascii_uppercase)
        && text.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// Whether a text names a type of credential: 1 to 64 ASCII letters and digits.
#[must_use]
pub fn is_credential_type(text: &[u8]) -> bool {
    (1..=64).contains(&text.len()) && text.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::is_utf8;

    /// Every sequence of up to three bytes, and of four with every first and second byte: as the standard library.
    #[test]
    fn utf8_is_what_the_standard_library_takes() {
        let same =
            |bytes: &[u8]| assert_eq!(is_utf8(bytes), std::str::from_utf8(bytes).is_ok(), "{bytes:x?}");
        for number in 0..=0x00FF_FFFFu32 {
            let [_, a, b, c] = number.to_be_bytes();
            same(&[a, b, c]);
            if b == 0 {
                same(&[a, c]);
            }
            if c < 6 {
                let edges = [0x7F, 0x80, 0xBF, 0xC0, 0x00, 0xFF];
                same(&[a, b, edges[usize::from(c)], 0x80]);
                same(&[a, b, 0x80, edges[usize::from(c)]]);
            }
        }
        same(&[]);
    }
}
