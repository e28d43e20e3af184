//! The report of a run as text. Text of the guest is escaped.

use std::fmt;

use super::report::{Burned, Report, Signed};
use crate::commands::common::text::{line, number, printable};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_outcome(f)?;
        self.show_output(f)?;
        section(f, "effects", self.effects.iter())?;
        section(f, "log", self.log.iter().map(|of| format!("{:<5}  {}", of.level, line(&of.text))))?;
        if let Some(backtrace) = &self.backtrace {
            section(f, "backtrace, innermost first", backtrace.iter().map(|name| line(name)))?;
        }
        self.show_fuel(f)?;
        let calls = self.host_calls.iter().map(|(name, count)| format!("{:>14}  {name}", number(count)));
        section(f, "calls of the host", calls)?;
        if let Some(receipt) = &self.receipt {
            self.show_receipt(f, receipt)?;
        }
        if self.outcome != "ok" && self.receipt.is_some() && !self.not_granted.is_empty() {
            writeln!(
                f,
                "note: the module asks for {}, which it was not granted; see --grant",
                line(&self.not_granted.join(", "))
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn show_outcome(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason.as_deref().map(line);
        match (self.trap, self.refused_by, reason) {
            (Some(kind), _, Some(reason)) => writeln!(f, "TRAP {kind}: {reason}"),
            (Some(kind), ..) => writeln!(f, "TRAP {kind}"),
            (_, Some(by), Some(reason)) => writeln!(f, "REFUSED by the {by}: {reason}"),
            _ => writeln!(f, "ok"),
        }
    }

    fn show_output(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = &self.output_bytes;
        match printable(bytes) {
            _ if bytes.is_empty() => Ok(()),
            Some(text) => {
                writeln!(f, "output, {} bytes", number(bytes.len()))?;
                text.lines().try_for_each(|line| writeln!(f, "  {line}"))
            }
            None => writeln!(f, "output, {} bytes in hex\n  {}", bytes.len(), self.output),
        }
    }

    fn show_receipt(&self, f: &mut fmt::Formatter<'_>, receipt: &Signed) -> fmt::Result {
        writeln!(f, "receipt   {}", receipt.id)?;
        writeln!(f, "  time    {} ms", receipt.time)?;
        writeln!(f, "  caller  {}", self.caller)?;
        writeln!(f, "  scope   {}", receipt.scope)?;
        writeln!(f, "  memory  {} pages", number(receipt.memory_pages))?;
        writeln!(f, "  kept    {} bytes", number(receipt.storage_bytes))?;
        writeln!(f, "  root    {}", receipt.root)
    }

    fn show_fuel(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "fuel      {} of {}", number(self.fuel_used), number(self.fuel_limit))?;
        for Burned { name, fuel, .. } in self.fuel_by_function.iter().flatten() {
            writeln!(f, "{:>16}  {}", number(fuel), line(name))?;
        }
        Ok(())
    }
}

/// A heading and its lines. Nothing when there are no lines.
fn section(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    lines: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        writeln!(f, "{heading}")?;
    }
    lines.try_for_each(|line| writeln!(f, "  {line}"))
}
