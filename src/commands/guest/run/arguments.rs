//! The arguments of `icn run`.

use std::path::PathBuf;

use icn_core::block::INVOCATION_FUEL_DEFAULT;
use icn_core::name::{Did, Owner, Unit};

/// Call one entry of a guest module in a temporary scope.
///
/// The module is validated, compiled, metered and run as on a host, with the same engine, limits, prices,
/// policy and ledger. Nothing is written anywhere. You need the module in the binary format (.wasm) and the
/// name of an entry, which `icn check` lists.
///
/// The scope is empty at first: it has no values, no nodes, and no balances except those of --issue. Without
/// --grant the guest may read its input, write its output and log, and nothing else. The caller is a made-up
/// member, or the DID of --caller.
///
/// A call ends in one of three ways, which are the `outcome` in the JSON document.
///
/// ok: the entry returned nothing or 0. Its effects are shown.
///
/// trap: the run was stopped, for example because fuel ran out, by a memory fault, or by its own abort. It
/// has no effects, and the whole fuel limit is charged.
///
/// refused: by the guest, when it returned another number, which is the `code`; its effects are dropped. Or
/// by the host, before the guest ran: no such entry, too much fuel, too much input. Or by the validator: no
/// host would accept the module; `icn check` says more.
///
/// Exit code: 0 ok, 1 trap or refused (or the engine itself failed, which only standard error says), 2 the
/// arguments or the files cannot be used.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The module (.wasm); - for standard input
    #[arg(value_name = "FILE.wasm")]
    pub(super) file: PathBuf,
    /// The entry to call
    pub(super) entry: String,
    /// The file that the guest reads as its input, or - for standard input [default: no input]
    #[arg(long, value_name = "FILE")]
    pub(super) input: Option<PathBuf>,
    /// The most fuel that it may use
    #[arg(long, value_name = "N", default_value_t = INVOCATION_FUEL_DEFAULT)]
    pub(super) fuel: u64,
    /// The caller, as a did:key [default: a made-up member]
    #[arg(long, value_name = "DID", value_parser = Did::parse)]
    pub(super) caller: Option<Did>,
    /// The capabilities to grant, of those that the manifest asks for; `all` for all of them
    #[arg(long, value_name = "CAP,…", value_delimiter = ',')]
    pub(super) grant: Vec<String>,
    /// Units that exist before the call, as AMOUNT:UNIT:OWNER, such as 100:PLN:treasury. May be given several
    /// times
    #[arg(long, value_name = "AMOUNT:UNIT:OWNER", value_parser = parse_issue)]
    pub(super) issue: Vec<Issued>,
    /// The time that the guest reads, in milliseconds since the Unix epoch, up to the year 9999 [default:
    /// now]
    #[arg(long, value_name = "MS", value_parser = parse_time)]
    pub(super) time: Option<u64>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Units that an account has before the call.
#[derive(Clone)]
pub(super) struct Issued {
    pub(super) amount: u64,
    pub(super) unit: Unit,
    pub(super) owner: Owner,
}

fn parse_issue(text: &str) -> Result<Issued, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(amount), Some(unit), Some(owner)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("expected AMOUNT:UNIT:OWNER, such as 100:PLN:treasury".to_owned());
    };
    Ok(Issued {
        amount: amount.parse().map_err(|error| format!("the amount `{amount}`: {error}"))?,
        unit: Unit::parse(unit).map_err(|error| error.to_string())?,
        owner: Owner::parse(owner).map_err(|error| error.to_string())?,
    })
}

/// The last millisecond of the year 9999. Later times have no common written form.
const TIME_MS_MAX: u64 = 253_402_300_799_999;

fn parse_time(text: &str) -> Result<u64, String> {
    let time = text.parse().ok().filter(|time| *time <= TIME_MS_MAX);
    time.ok_or_else(|| format!("expected whole milliseconds since 1970, from 0 to {TIME_MS_MAX}"))
}
