//! A report in columns for people, and as CSV.
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::{Printed, PrintedSums};
use crate::domain::name::printable;

/// Names longer than this are cut on screen; CSV and JSON have them whole.
const LONGEST_NAME: usize = 48;

/// Columns: what, sales, returns, quantity, revenue.
type Cells = [String; 5];

/// For people: a header, the rows, the total.
pub(super) fn words(report: &Printed) -> String {
    let span = if report.from == report.until {
        report.from.to_string()
    } else {
        format!("{} to {}", report.from, report.until)
    };
    if report.rows.is_empty() {
        return format!("{span}: nothing was sold");
    }
    let currency = report.currency.as_deref().unwrap_or_default();
    let head = [
        span,
        String::from("sales"),
        String::from("returns"),
        String::from("quantity"),
        currency.to_owned(),
    ];
    let mut lines = vec![head];
    lines.extend(report.rows.iter().map(|row| cells(&row.key, &row.sums)));
    lines.push(cells("total", &report.total));
    let mut widths = [0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.width().max(*width);
        }
    }
    let lines: Vec<_> = lines.iter().map(|line| aligned(line, widths)).collect();
    lines.join("\n")
}

fn cells(key: &str, sums: &PrintedSums) -> Cells {
    let name = printable(key);
    let name = if name.width() > LONGEST_NAME {
        let mut cut = String::new();
        for c in name.chars() {
            if cut.width() + 2 > LONGEST_NAME {
                break;
            }
            cut.push(c);
        }
        cut + "…"
    } else {
        name
    };
    [
        name,
        sums.sales.to_string(),
        sums.returns.to_string(),
        sums.quantity.to_string(),
        sums.grouped.clone(),
    ]
}

/// The first column to the left, the figures to the right.
fn aligned(cells: &Cells, widths: [usize; 5]) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let gap = " ".repeat(width - cell.width());
        if at == 0 {
            line.push_str(cell);
            line.push_str(&gap);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(line, "  {gap}{cell}");
        }
    }
    line
}

/// As CSV (RFC 4180): `key,id,sales,returns,quantity,revenue,currency`, without the total, which a reader adds up.
///
/// # Errors
/// Never for a report: a row is always written.
pub(super) fn csv(report: &Printed) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["key", "id", "sales", "returns", "quantity", "revenue", "currency"])?;
    let currency = report.currency.as_deref().unwrap_or_default();
    for row in &report.rows {
        let (sums, id) = (&row.sums, row.id.map_or_else(String::new, |id| id.to_string()));
        let (sales, returns) = (sums.sales.to_string(), sums.returns.to_string());
        let quantity = sums.quantity.to_string();
        writer.write_record([&row.key, &id, &sales, &returns, &quantity, &sums.revenue, currency])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
