//! Reads SQL just far enough to step over comments and quoted text, which may hold semicolons and question marks.
//! Quotes take no backslash: SQLite knows none, and sessions on MySQL turn it off.

/// The length of the comment or quoted text that `rest` begins with.
pub(super) fn hidden(rest: &str) -> Option<usize> {
    comment(rest).or_else(|| quoted(rest))
}

/// The length of the comment that `rest` begins with: `-- …` to the end of the line, or `/* … */`.
pub(super) fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("--") {
        return Some(rest.find('\n').map_or(rest.len(), |end| end + 1));
    }
    rest.strip_prefix("/*")
        .map(|inner| inner.find("*/").map_or(rest.len(), |end| end + 4))
}

/// The length of the quoted text that `rest` begins with; a doubled quote inside it is two texts side by side.
fn quoted(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    Some(rest[1..].find(quote).map_or(rest.len(), |end| end + 2))
}
