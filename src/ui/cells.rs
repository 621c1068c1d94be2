//! Text in so many cells of the screen.
use ratatui::buffer::Buffer;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::domain::name::is_unprintable;

/// The last wall before the terminal: no character that could steer it or turn a line around leaves the screen, whatever
/// drew it. Such a character has no width, so nothing moves.
pub fn steer_nothing(screen: &mut Buffer) {
    for cell in &mut screen.content {
        if cell.symbol().contains(is_unprintable) {
            let left: String = cell.symbol().chars().filter(|c| !is_unprintable(*c)).collect();
            cell.set_symbol(if left.is_empty() { " " } else { &left });
        }
    }
}

/// How many cells a text has.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in exactly `cells` cells: cut with `…`, or with blanks behind it.
pub fn left(text: &str, cells: usize) -> String {
    let cut = cut(text, cells);
    let blanks = cells.saturating_sub(cut.width());
    format!("{cut}{:blanks$}", "")
}

/// The text in exactly `cells` cells, at their right end. A number that does not fit shows as `…`, never cut.
pub fn right(text: &str, cells: usize) -> String {
    let text = if text.width() > cells {
        cut("…", cells)
    } else {
        text.to_owned()
    };
    let blanks = cells.saturating_sub(text.width());
    format!("{:blanks$}{text}", "")
}

/// The text in at most `cells` cells, with `…` where something is missing.
pub fn cut(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let Some(room) = cells.checked_sub(1) else {
        return String::new();
    };
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// The text in lines of at most `cells` cells each, broken between words, and inside a word only where it is longer.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) > cells && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        } else if gap == 1 {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > cells && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

/// Which of so many rows are shown, where not all are: "4–15 of 40 ".
pub fn part(first: usize, shown: usize, all: usize) -> String {
    if shown >= all {
        return String::new();
    }
    format!("{}–{} of {all} ", first + 1, first + shown)
}

/// Two texts in exactly `cells` cells: one at each end; the first is cut where they do not fit.
pub fn ends(first: &str, last: &str, cells: usize) -> String {
    let room = cells.saturating_sub(width(last) + usize::from(!last.is_empty()));
    let first = left(first, room);
    cut(
        &format!("{first}{}{last}", if last.is_empty() { "" } else { " " }),
        cells,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fill_their_cells_and_say_when_they_are_cut() {
        assert_eq!(left("Aspirin", 9), "Aspirin  ");
        assert_eq!(left("Aspirin", 4), "Asp…");
        assert_eq!(left("薬薬薬", 4), "薬… ");
        assert_eq!(right("12.50", 7), "  12.50");
        assert_eq!(right("1234.50", 5), "    …");
        assert_eq!(ends("a", "b", 5), "a   b");
        assert_eq!(ends("abcdef", "b", 5), "ab… b");
        assert_eq!(ends("abcdef", "", 0), "");
    }

    #[test]
    fn a_long_text_is_broken_between_words_and_nothing_of_it_is_lost() {
        assert_eq!(
            wrap("not sold: the price is closed", 12),
            ["not sold:", "the price is", "closed"]
        );
        assert_eq!(wrap("6161100230018 ?", 8), ["61611002", "30018 ?"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("abc", 0).concat(), "abc");
    }
}
