//! A drawn screen as a picture: SVG with the terminal's text as text.
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// A cell's width and height, and how far below its top its letters stand; in pixels.
const CELL: (u32, u32) = (9, 19);
const BASELINE: u32 = 14;
/// Around the screen.
const MARGIN: u32 = 12;

const PAPER: &str = "#16181d";
const INK: &str = "#d6d9de";
const DIM: &str = "#868c98";

/// The picture of a screen.
pub fn picture(buffer: &Buffer) -> String {
    let (wide, high) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let mut svg = String::new();
    let (x, y) = (wide * CELL.0 + 2 * MARGIN, high * CELL.1 + 2 * MARGIN);
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {x} {y}\" font-family=\"'DejaVu Sans Mono', Menlo, \
         Consolas, monospace\" font-size=\"15\" fill=\"{INK}\" xml:space=\"preserve\">\n<rect width=\"{x}\" \
         height=\"{y}\" rx=\"8\" fill=\"{PAPER}\"/>"
    )
    .unwrap();
    for row in 0..buffer.area.height {
        line(&mut svg, buffer, row);
    }
    svg.push_str("</svg>\n");
    svg
}

/// A row, in runs of one look. Each begins at its own cell, whatever the widths of the font; blanks between are left out.
fn line(svg: &mut String, buffer: &Buffer, row: u16) {
    let cell = |x: u16| &buffer[(x, row)];
    let top = MARGIN + u32::from(row) * CELL.1;
    let mut runs = String::new();
    let mut from = 0;
    while from < buffer.area.width {
        let looks = look(cell(from));
        let mut to = from + 1;
        while to < buffer.area.width && look(cell(to)) == looks {
            to += 1;
        }
        let text: String = (from..to).map(|x| cell(x).symbol()).collect();
        let at = |x: u16| MARGIN + u32::from(x) * CELL.0;
        if looks.1 {
            let wide = u32::from(to - from) * CELL.0;
            let (x, high) = (at(from), CELL.1);
            writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" fill=\"{INK}\"/>"
            )
            .unwrap();
        }
        for (offset, word) in words(&text) {
            let x = at(from + offset);
            let word = word.replace('&', "&amp;").replace('<', "&lt;");
            write!(runs, "<tspan x=\"{x}\"{}>{word}</tspan>", attributes(looks)).unwrap();
        }
        from = to;
    }
    if !runs.is_empty() {
        writeln!(svg, "<text y=\"{}\">{runs}</text>", top + BASELINE).unwrap();
    }
}

/// Colour, reversed, bold.
type LooksLike = (&'static str, bool, bool);

fn look(cell: &Cell) -> LooksLike {
    let has = |modifier| cell.modifier.contains(modifier);
    let colour = match cell.fg {
        Color::Green => "#5fbf6a",
        Color::Yellow => "#e0b13c",
        Color::Red => "#f0625d",
        _ if has(Modifier::REVERSED) => PAPER,
        _ if has(Modifier::DIM) => DIM,
        _ => INK,
    };
    (colour, has(Modifier::REVERSED), has(Modifier::BOLD))
}

fn attributes((colour, _, bold): LooksLike) -> String {
    let fill = if colour == INK {
        String::new()
    } else {
        format!(" fill=\"{colour}\"")
    };
    format!("{fill}{}", if bold { " font-weight=\"bold\"" } else { "" })
}

/// What stands between two or more blanks, and at which cell.
fn words(text: &str) -> Vec<(u16, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for piece in text.split("  ") {
        let word = piece.trim();
        let before = piece.chars().take_while(|c| *c == ' ').count();
        if !word.is_empty() {
            found.push((u16::try_from(at + before).unwrap(), word));
        }
        at += piece.chars().count() + 2;
    }
    found
}
