//! The journal's rules, each by name.
use rusqlite::Connection;

/// Makes the disk full: SQLite refuses to take another page.
pub(super) fn limit(connection: &Connection, pages: Option<u32>) {
    if let Some(pages) = pages {
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    }
}
