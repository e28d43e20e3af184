//! The numbers that stand before things in a CAR: unsigned LEB128 before a section, CBOR heads in the header.
//!
//! Each number has one form here, the shortest: a reader refuses every other, so no two files hold the same blocks.

/// The most bytes that a 64-bit number takes in LEB128.
const VARINT_BYTES_MAX: usize = 10;

const _: () = assert!(7 * VARINT_BYTES_MAX >= u64::BITS as usize, "seven bits a byte are enough for 64 bits");

/// Writes the head of a CBOR item, in its shortest form (RFC 8949, section 4.2.1), up to 65,535. A larger number
/// takes the form of 64 bits. `major` is the major type, in the top three bits.
pub(super) fn push_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    assert_eq!(major & 0x1f, 0, "a major type is in the top three bits");
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

/// Writes an unsigned LEB128 number.
pub(super) fn push_varint(out: &mut Vec<u8>, number: u64) {
    let start = out.len();
    let mut rest = number;
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push((rest & 0x7f) as u8);
    let written = &out[start..];
    debug_assert_eq!(varint(written), Ok(Some((number, written.len()))), "a number is read as it is written");
}

/// Reads a number at the start of these bytes, and how many bytes it takes. `None` if it is not complete.
///
/// # Errors
/// The number has more than 64 bits, or a shorter form.
pub(super) fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, ()> {
    let mut number = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(VARINT_BYTES_MAX) {
        let digit = u64::from(byte & 0x7f);
        if at + 1 == VARINT_BYTES_MAX && digit > 1 {
            return Err(());
        }
        number |= digit << (7 * at);
        if byte & 0x80 == 0 {
            return if digit == 0 && at > 0 { Err(()) } else { Ok(Some((number, at + 1))) };
        }
    }
    if bytes.len() >= VARINT_BYTES_MAX { Err(()) } else { Ok(None) }
}
