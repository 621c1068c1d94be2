//! The parts of the live screen, the tables of totals, and a highlight that stays where somebody put it.

/// A part of the live screen: one of them has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pane {
    /// The outlets, worst first.
    #[default]
    Outlets,
    /// The events as they come.
    Stream,
    /// What somebody should look at.
    Alerts,
    /// Totals by drug, employee and so on.
    Totals,
}

impl Pane {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 4] = [Self::Outlets, Self::Stream, Self::Alerts, Self::Totals];

    /// The one so many steps on, round and round.
    #[must_use]
    pub(super) fn step(self, by: usize) -> Self {
        round(&Self::ALL, self, by)
    }
}

/// Which totals are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Table {
    /// Today by drug.
    #[default]
    Drugs,
    /// Today by employee.
    Employees,
    /// Today by prescriber.
    Doctors,
    /// Today by region.
    Regions,
    /// Today by hour.
    Hours,
    /// By day.
    Days,
}

impl Table {
    /// All of them, from left to right.
    pub const ALL: [Self; 6] = [
        Self::Drugs,
        Self::Employees,
        Self::Doctors,
        Self::Regions,
        Self::Hours,
        Self::Days,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drugs => "drugs",
            Self::Employees => "employees",
            Self::Doctors => "doctors",
            Self::Regions => "regions",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    /// The one so many steps on, round and round.
    #[must_use]
    pub(super) fn step(self, by: usize) -> Self {
        round(&Self::ALL, self, by)
    }
}

fn round<T: Copy + PartialEq>(all: &[T], here: T, by: usize) -> T {
    let at = all.iter().position(|one| *one == here).unwrap_or(0);
    all.get((at + by) % all.len()).copied().unwrap_or(here)
}

/// A highlight that stays on its row however the rows are sorted anew. Nobody having moved it, it is on the first row,
/// whichever that is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor<K> {
    key: Option<K>,
    at: usize,
}

impl<K: PartialEq> Cursor<K> {
    /// Where it is among rows with those keys; where its row is gone, in its place.
    pub fn position(&self, keys: impl ExactSizeIterator<Item = K>) -> usize {
        let Some(key) = &self.key else { return 0 };
        let last = keys.len().saturating_sub(1);
        let mut keys = keys;
        keys.position(|row| row == *key).unwrap_or(self.at.min(last))
    }

    /// It goes to the row of that key there.
    pub(super) fn go(&mut self, at: usize, key: Option<K>) {
        *self = Self { key, at };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_highlight_stays_on_its_row_and_one_that_nobody_moved_at_the_top() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.position([3, 1, 2].into_iter()), 0);
        cursor.go(1, Some(1));
        assert_eq!(cursor.position([1, 2, 3].into_iter()), 0);
        assert_eq!(cursor.position([4, 5, 6].into_iter()), 1);
        assert_eq!(cursor.position([4].into_iter()), 0);
        assert_eq!(cursor.position([].into_iter()), 0);
    }

    #[test]
    fn panes_and_tables_go_round() {
        assert_eq!(Pane::Totals.step(1), Pane::Outlets);
        assert_eq!(Pane::Outlets.step(3), Pane::Totals);
        assert_eq!(Table::Days.step(1), Table::Drugs);
    }
}
