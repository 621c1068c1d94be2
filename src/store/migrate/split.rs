//! Splits a migration file into single statements.
use super::super::sql_text::{comment, hidden};

/// The statements of `file`, without the comments between them and the semicolons behind them. Knows `--` and `/* */`
/// comments and the three kinds of quotes, which take no backslash; triggers with a body of their own are not split.
pub(super) fn statements(file: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(rest) = file.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = comment(rest) {
            at += length;
            // A comment before a statement is not part of it.
            if file[start..at].trim().len() == rest[..length].trim().len() {
                start = at;
            }
        } else if let Some(length) = hidden(rest) {
            at += length;
        } else if rest.starts_with(';') {
            found.push(file[start..at].trim());
            at += 1;
            start = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found.push(file[start..].trim());
    found.retain(|statement| !statement.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_quotes_hide_semicolons() {
        let file = "-- one; not a statement\nSELECT ';', 'it''s;', `a;b` -- no; end\n FROM t;\n/* none; */ /* here */\n\
                    DELETE FROM \"x;y\";\n-- the end;";
        assert_eq!(
            statements(file),
            ["SELECT ';', 'it''s;', `a;b` -- no; end\n FROM t", "DELETE FROM \"x;y\""]
        );
    }

    #[test]
    fn an_unended_text_or_comment_is_kept_whole() {
        assert_eq!(statements("SELECT 'a; b"), ["SELECT 'a; b"]);
        assert_eq!(statements("SELECT 1; /* a; b"), ["SELECT 1"]);
    }

    #[test]
    fn a_multibyte_name_is_no_hindrance() {
        assert_eq!(
            statements("SELECT 'é;' AS é; SELECT 2"),
            ["SELECT 'é;' AS é", "SELECT 2"]
        );
    }
}
