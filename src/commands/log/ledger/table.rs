//! Rows with named columns, printed as text, CSV or JSON. Text of a guest is escaped, so that neither a
//! terminal nor a spreadsheet interprets it.

use crate::commands::common::text::line;

/// A table.
pub(super) struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Named values that come before the rows.
    lead: Vec<(&'static str, String)>,
}

impl Table {
    pub(super) fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), lead: Vec::new() }
    }
    pub(super) fn row<const N: usize>(&mut self, row: [String; N]) {
        self.rows.push(row.into());
    }
    pub(super) fn lead(&mut self, values: &[(&'static str, String)]) {
        self.lead.extend_from_slice(values);
    }
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Aligned columns with two spaces between them. Numbers are aligned to the right.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.lead {
            text += &format!("{name} {}\n", line(value));
        }
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| line(cell)).collect()).collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
                cells.max().unwrap_or(0).max(self.columns[at].len())
            })
            .collect();
        let header: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
        for row in std::iter::once(&header).chain(&rows) {
            let cells = row.iter().zip(&widths).zip(&self.columns).map(|((cell, width), column)| {
                if is_number(column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            text += cells.collect::<Vec<_>>().join("  ").trim_end();
            text.push('\n');
        }
        text
    }

    /// CSV (RFC 4180), with line feeds. Named values are left out: every row names its block.
    pub(super) fn csv(&self) -> String {
        let mut text = self.columns.join(",") + "\n";
        for row in &self.rows {
            let cells = row
                .iter()
                .zip(&self.columns)
                .map(|(cell, column)| if is_number(column) { cell.clone() } else { quoted(cell) });
            text += &(cells.collect::<Vec<_>>().join(",") + "\n");
        }
        text
    }

    /// A JSON array of objects. With named values it is an object that has them and the array `lines`.
    pub(super) fn json(&self) -> String {
        let object = |pairs: &mut dyn Iterator<Item = (&'static str, String)>| {
            serde_json::Value::Object(pairs.map(|(name, value)| (name.to_owned(), value.into())).collect())
        };
        let rows: Vec<serde_json::Value> = self
            .rows
            .iter()
            .map(|row| object(&mut self.columns.iter().copied().zip(row.iter().cloned())))
            .collect();
        let mut all = serde_json::Value::Array(rows);
        if !self.lead.is_empty() {
            let mut lead = object(&mut self.lead.iter().cloned());
            lead["lines"] = all;
            all = lead;
        }
        all.to_string() + "\n"
    }
}

fn is_number(column: &str) -> bool {
    let postings = ["position", "time", "seq", "amount", "debit", "credit"];
    let accounts = ["debits", "credits", "balance", "credit_limit", "balance_max"];
    postings.contains(&column) || accounts.contains(&column)
}

/// A cell of text. A spreadsheet reads a cell that begins with one of these characters as a formula, so an
/// apostrophe is put before it.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["owner", "balance", "memo"]);
        table.row(["treasury".into(), "-12".into(), "=1+1".into()]);
        table.row(["a,b".into(), "3".into(), "say \"x\"\u{1b}[2J".into()]);
        table
    }

    #[test]
    fn a_cell_is_text_to_a_spreadsheet_and_a_number_stays_one() {
        let text = table().csv();
        assert_eq!(text, "owner,balance,memo\ntreasury,-12,'=1+1\n\"a,b\",3,\"say \"\"x\"\"\u{1b}[2J\"\n");
    }

    #[test]
    fn nothing_moves_the_cursor_of_a_terminal() {
        let text = table().text();
        assert_eq!(text.lines().next(), Some("owner     balance  memo"));
        assert!(text.contains("treasury      -12  =1+1\n") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn json_has_text_for_every_value() {
        let rows: serde_json::Value = serde_json::from_str(&table().json()).expect("JSON");
        assert_eq!(rows[0]["balance"], "-12");
        let mut led = table();
        led.lead(&[("receipt", "x".into())]);
        let led: serde_json::Value = serde_json::from_str(&led.json()).expect("JSON");
        assert_eq!((&led["receipt"], &led["lines"]), (&"x".into(), &rows));
    }
}
