//! Which column of a file, or which constant, feeds which field.
use thiserror::Error;

use super::{fields, needed};
use crate::domain::dimension::Dimension;
use crate::domain::name::fold;

/// Why a file's columns cannot be read; found before anything is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ColumnFault {
    /// `--map` or `--set` names a field that the dimension has not.
    #[error("there is no field “{field}”; there are {known}")]
    NoField {
        /// As named.
        field: String,
        /// All fields.
        known: String,
    },
    /// `--map` names a column that the file has not.
    #[error("the file has no column “{column}”; it has {known}")]
    NoColumn {
        /// As named.
        column: String,
        /// The header.
        known: String,
    },
    /// A needed field is fed by nothing.
    #[error(
        "nothing gives {field}: name its column with --map {field}=COLUMN, or a constant with --set {field}=VALUE; the file has {known}"
    )]
    Missing {
        /// The field.
        field: &'static str,
        /// The header.
        known: String,
    },
    /// The header has the name twice.
    #[error("two columns are called “{column}”: say which with --map")]
    Twice {
        /// The name.
        column: String,
    },
    /// A field is given both a column and a constant, or given twice.
    #[error("{field} is given twice")]
    GivenTwice {
        /// The field.
        field: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Feed {
    Column(usize),
    Constant(String),
}

/// The way from a record of the file to the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// One for each field of the dimension's import.
    feeds: Vec<Option<Feed>>,
    /// Columns that feed nothing.
    unread: Vec<String>,
    width: usize,
}

impl Columns {
    /// Matches the `header` with the dimension's fields: by `maps` (field, column), by `sets` (field, constant), else by
    /// the field's own name.
    ///
    /// # Errors
    /// When a name is unknown, given twice, or a needed field is fed by nothing.
    pub fn new(
        dimension: Dimension,
        header: &[&str],
        maps: &[(String, String)],
        sets: &[(String, String)],
    ) -> Result<Self, ColumnFault> {
        let fields: Vec<_> = fields(dimension).collect();
        let position = |name: &str| {
            let found = fields.iter().position(|field| field.name == name);
            found.ok_or_else(|| ColumnFault::NoField {
                field: name.to_owned(),
                known: fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", "),
            })
        };
        let mut feeds: Vec<Option<Feed>> = vec![None; fields.len()];
        let mut give = |field: &str, at: usize, feed: Feed| match feeds[at].replace(feed) {
            None => Ok(()),
            Some(_) => Err(ColumnFault::GivenTwice {
                field: field.to_owned(),
            }),
        };
        for (field, column) in maps {
            let at = position(field)?;
            let column = find(header, column)?.ok_or_else(|| ColumnFault::NoColumn {
                column: column.clone(),
                known: header.join(", "),
            })?;
            give(field, at, Feed::Column(column))?;
        }
        for (field, constant) in sets {
            give(field, position(field)?, Feed::Constant(constant.clone()))?;
        }
        for (feed, field) in feeds.iter_mut().zip(&fields) {
            if feed.is_none() {
                *feed = find(header, field.name)?.map(Feed::Column);
            }
            if feed.is_none() && needed(dimension).contains(&field.name) {
                return Err(ColumnFault::Missing {
                    field: field.name,
                    known: header.join(", "),
                });
            }
        }
        let read = |at: usize| feeds.contains(&Some(Feed::Column(at)));
        let unread = header.iter().enumerate().filter(|(at, _)| !read(*at));
        Ok(Self {
            unread: unread.map(|(_, name)| (*name).to_owned()).collect(),
            feeds,
            width: header.len(),
        })
    }

    /// How many cells a record has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Columns of the file that feed nothing.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// A record's cells in the order of the fields.
    pub fn cells<'a>(&'a self, record: &'a [&'a str]) -> impl Iterator<Item = Option<&'a str>> {
        self.feeds.iter().map(move |feed| match feed {
            None => None,
            Some(Feed::Column(at)) => record.get(*at).copied(),
            Some(Feed::Constant(text)) => Some(text.as_str()),
        })
    }
}

fn find(header: &[&str], column: &str) -> Result<Option<usize>, ColumnFault> {
    let wanted = fold(column);
    let mut found = header.iter().enumerate().filter(|(_, name)| fold(name) == wanted);
    let first = found.next().map(|(at, _)| at);
    match found.next() {
        None => Ok(first),
        Some(_) => Err(ColumnFault::Twice {
            column: column.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn columns(header: &[&str], maps: &[(&str, &str)], sets: &[(&str, &str)]) -> Result<Columns, String> {
        Columns::new(Dimension::Drug, header, &pairs(maps), &pairs(sets)).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_foreign_file_is_read_by_its_own_columns_and_constants() {
        let header = ["ndc11", "Name", "generic", "route"];
        let columns = columns(
            &header,
            &[("code", "ndc11"), ("generic_name", "generic")],
            &[("price", "10.00")],
        )
        .unwrap();
        let cells: Vec<_> = columns
            .cells(&["0001", "Amyvid", "Florbetapir", "IV"])
            .flatten()
            .collect();
        assert_eq!(cells, ["0001", "Amyvid", "Florbetapir", "10.00"]);
        assert_eq!(columns.unread(), ["route"]);
    }

    #[test]
    fn a_wrong_or_missing_column_is_named() {
        let fault = columns(&["code", "name"], &[], &[]).unwrap_err();
        assert!(fault.starts_with("nothing gives price: "), "{fault}");
        let fault = columns(&["code", "name"], &[("price", "cost")], &[]).unwrap_err();
        assert_eq!(fault, "the file has no column “cost”; it has code, name");
        let fault = columns(&["code", "name"], &[("cost", "name")], &[]).unwrap_err();
        assert!(
            fault.starts_with("there is no field “cost”; there are code, name, "),
            "{fault}"
        );
        let fault = columns(&["code", "name", "price", "Name"], &[], &[]).unwrap_err();
        assert_eq!(fault, "two columns are called “name”: say which with --map");
        let fault = columns(&["code", "name"], &[("price", "code")], &[("price", "1")]).unwrap_err();
        assert_eq!(fault, "price is given twice");
    }
}
