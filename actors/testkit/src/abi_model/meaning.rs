//! What arguments mean: texts, names, numbers.

use icn_core::limits;

use super::call::{Call, Stop};
use super::code;
use super::json::is_object;
use super::spelling::{did, is_cid, is_credential_type, is_token, is_utf8, owner};
use super::table::{Kind, Number, Text};

/// Reads what an argument means.
pub(super) fn meaning(call: &Call<'_>, index: usize) -> Result<(), Stop> {
    let sound = match call.function.parameters[index].1 {
        Kind::Text(_, text) => {
            let bytes = call.bytes_at(index);
            if !is_utf8(bytes) {
                return Err(code::INVALID_UTF8.into());
            }
            match text {
                Text::Any => true,
                Text::Did => did(bytes).is_some(),
                Text::Owner => owner(bytes).is_some(),
                Text::Token => is_token(bytes),
                Text::CredentialType => is_credential_type(bytes),
                Text::Object => is_object(bytes),
            }
        }
        Kind::Filled(_) => !call.bytes_at(index).is_empty(),
        Kind::Cid => is_cid(call.bytes_at(index)),
        Kind::Cids(_) => call.bytes_at(index).chunks(36).all(is_cid),
        Kind::Small(number) => {
            let (given, max) = (call.number_at(index), if number == Number::Purse { 2 } else { 4 });
            given <= max
        }
        Kind::Large(number) => {
            // As the guest means it: with a sign.
            let (given, now) =
                (i128::from(call.number_at(index).cast_signed()), i128::from(call.world.time_ms));
            match number {
                Number::Deadline => given > now && given - now <= i128::from(limits::HOLD_AHEAD_MS_MAX),
                Number::Until => given == 0 || given > now,
                _ => given > 0,
            }
        }
        Kind::Bytes(_) | Kind::Cut(_) | Kind::Fixed(_) => true,
        Kind::Out | Kind::OutFilled(_) | Kind::OutFixed(_) => true,
    };
    if sound { Ok(()) } else { Err(code::INVALID_ARGUMENT.into()) }
}
