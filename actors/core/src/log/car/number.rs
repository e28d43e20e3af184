//! The numbers in a CAR: unsigned LEB128, and the heads of CBOR items.

/// A CBOR item's first bytes, the shortest (RFC 8949, section 4.2.1).
pub(super) fn push_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let digits = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | digits[7]),
        24..=0xff => out.extend_from_slice(&[major | 24, digits[7]]),
        0x100..=0xffff => out.extend_from_slice(&[major | 25, digits[6], digits[7]]),
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&digits);
        }
    }
}

/// An unsigned LEB128 number.
pub(super) fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// A number at the start of these bytes and how many it takes; nothing when it is not complete, an error when it is
/// not the shortest form of a number of 64 bits.
pub(super) fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, ()> {
    let mut number = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let digit = u64::from(byte & 0x7f);
        if at == 9 && digit > 1 {
            return Err(());
        }
        number |= digit << (7 * at);
        if byte & 0x80 == 0 {
            return if digit == 0 && at > 0 { Err(()) } else { Ok(Some((number, at + 1))) };
        }
    }
    if bytes.len() >= 10 { Err(()) } else { Ok(None) }
}
