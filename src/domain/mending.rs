//! What stands in for what the store does not know of a parked sale (PATH 2.3).
//!
//! Mending maps what was sold to rows of the dimensions. The sale itself never changes: its bytes go on naming what was
//! agreed at the counter, and the resolution says, in words that `verify` reads again, at which rows it was recorded.
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::name::printable;
use super::sale::Agreed;

/// As many characters as the resolution of a parked sale has room for.
pub const LONGEST_DETAIL: usize = 1_000;
/// As many characters of a row's name are noted beside its id: the id is what counts.
const LONGEST_NAME: usize = 60;

/// Something that a sale names by the lasting id of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// Where it was sold.
    Outlet,
    /// Who sold.
    Employee,
    /// Who prescribed.
    Doctor,
    /// The drug of a line, from 1.
    Line(u32),
    /// The tender of a payment, from 1.
    Payment(u32),
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outlet => f.write_str("outlet"),
            Self::Employee => f.write_str("employee"),
            Self::Doctor => f.write_str("doctor"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Payment(number) => write!(f, "payment {number}"),
        }
    }
}

impl FromStr for Named {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| text.parse().map_err(|_| ());
        match text.split_once(' ') {
            None if text == "outlet" => Ok(Self::Outlet),
            None if text == "employee" => Ok(Self::Employee),
            None if text == "doctor" => Ok(Self::Doctor),
            Some(("line", at)) => number(at).map(Self::Line),
            Some(("payment", at)) => number(at).map(Self::Payment),
            _ => Err(()),
        }
    }
}

/// What a sale names and the store does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where the sale names it.
    pub named: Named,
    /// What it was called when it was sold.
    pub name: String,
}

/// As "line 2, Amoxil 500 mg".
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.named, self.name)
    }
}

/// A row of a dimension that stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The row's lasting id.
    pub row: Uuid,
    /// What it is called.
    pub name: String,
}

/// At which rows a parked sale is recorded, where they are not those that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(BTreeMap<Named, StandIn>);

impl Mapping {
    /// `stand_in` is where it is recorded from now on, in place of what was said before.
    pub fn put(&mut self, named: Named, stand_in: StandIn) {
        self.0.insert(named, stand_in);
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is mapped, and to what.
    pub fn iter(&self) -> impl Iterator<Item = (Named, &StandIn)> {
        self.0.iter().map(|(named, stand_in)| (*named, stand_in))
    }

    /// The row at which something is recorded that the sale names as `row`.
    pub fn row(&self, named: Named, row: Uuid) -> Uuid {
        self.0.get(&named).map_or(row, |stand_in| stand_in.row)
    }

    /// The sale as if it had named the rows that stand in: to look up where it is recorded, and for nothing else.
    ///
    /// # Errors
    /// In words, when the sale does not name something that is mapped.
    pub fn over(&self, sale: &Agreed) -> Result<Agreed, String> {
        let mut sale = sale.clone();
        for (named, StandIn { row, .. }) in &self.0 {
            let there = match named {
                Named::Outlet => Some(&mut sale.outlet.id),
                Named::Employee => Some(&mut sale.employee.id),
                Named::Doctor => sale.doctor.as_mut().map(|doctor| &mut doctor.id),
                Named::Line(at) => nth(&mut sale.lines, *at).map(|line| &mut line.drug),
                Named::Payment(at) => nth(&mut sale.payments, *at).map(|payment| &mut payment.tender),
            };
            *there.ok_or_else(|| format!("the sale names no {named}"))? = *row;
        }
        Ok(sale)
    }

    /// As the resolution says it, a line each; names are left out where there is no room for them.
    ///
    /// # Errors
    /// In words, when it has no room even so.
    pub fn detail(&self) -> Result<String, String> {
        let lines = |longest: usize| -> String {
            let line = |(named, stand_in): (&Named, &StandIn)| {
                let name: String = printable(&stand_in.name).chars().take(longest).collect();
                format!("{named}: {} {name}", stand_in.row).trim_end().to_owned()
            };
            self.0.iter().map(line).collect::<Vec<_>>().join("\n")
        };
        [LONGEST_NAME, 0]
            .into_iter()
            .map(lines)
            .find(|detail| detail.chars().count() <= LONGEST_DETAIL)
            .ok_or_else(|| format!("{} rows are more than one resolution can name", self.0.len()))
    }

    /// What such words say. Anything else maps nothing.
    pub fn of_detail(detail: &str) -> Self {
        let line = |line: &str| {
            let (named, rest) = line.split_once(": ")?;
            let (row, name) = rest.split_once(' ').unwrap_or((rest, ""));
            let stand_in = StandIn {
                row: row.parse().ok()?,
                name: name.to_owned(),
            };
            Some((named.parse().ok()?, stand_in))
        };
        Self(detail.lines().filter_map(line).collect())
    }

    /// In words for people, as "line 2, Amoxil 500 mg, as Panadol 500 mg".
    pub fn words(&self, sale: &Agreed) -> Vec<String> {
        let words = |(named, stand_in): (&Named, &StandIn)| {
            let gap = Gap {
                named: *named,
                name: named.name_in(sale).unwrap_or_default().to_owned(),
            };
            printable(&format!("{gap}, as {}", stand_in.name))
        };
        self.0.iter().map(words).collect()
    }
}

impl Named {
    /// What the sale calls it.
    pub fn name_in(self, sale: &Agreed) -> Option<&str> {
        let at = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
        match self {
            Self::Outlet => Some(&sale.outlet.name),
            Self::Employee => Some(&sale.employee.name),
            Self::Doctor => sale.doctor.as_ref().map(|doctor| doctor.name.as_str()),
            Self::Line(number) => sale.lines.get(at(number)?).map(|line| line.name.as_str()),
            Self::Payment(number) => sale.payments.get(at(number)?).map(|paid| paid.name.as_str()),
        }
    }
}

/// The one of that number, from 1.
fn nth<T>(all: &mut [T], number: u32) -> Option<&mut T> {
    all.get_mut(usize::try_from(number).ok()?.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand_in(row: u128, name: &str) -> StandIn {
        StandIn {
            row: Uuid::from_u128(row),
            name: name.to_owned(),
        }
    }

    fn mapping(lines: u32) -> Mapping {
        let mut mapping = Mapping::default();
        mapping.put(Named::Doctor, stand_in(1, "Dr\n: Wa\u{1b}ngari"));
        for line in 1..=lines {
            mapping.put(Named::Line(line), stand_in(u128::from(line) + 10, "Panadol 500 mg"));
        }
        mapping
    }

    #[test]
    fn what_the_resolution_says_leads_back_to_the_same_rows() {
        let all = [
            Named::Outlet,
            Named::Employee,
            Named::Doctor,
            Named::Line(12),
            Named::Payment(1),
        ];
        for named in all {
            assert_eq!(named.to_string().parse(), Ok(named));
        }
        let detail = mapping(2).detail().unwrap();
        assert_eq!(
            detail,
            "doctor: 00000000-0000-0000-0000-000000000001 Dr·: Wa·ngari\n\
             line 1: 00000000-0000-0000-0000-00000000000b Panadol 500 mg\n\
             line 2: 00000000-0000-0000-0000-00000000000c Panadol 500 mg"
        );
        let again = Mapping::of_detail(&detail);
        let rows = |mapping: &Mapping| -> Vec<_> { mapping.iter().map(|(named, to)| (named, to.row)).collect() };
        assert_eq!(rows(&again), rows(&mapping(2)));
        for nothing in ["", "line", "line 1", "line x: 7", "line 1: no uuid", "mended by hand"] {
            assert!(Mapping::of_detail(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_resolution_without_room_for_names_has_the_rows_and_one_without_room_for_rows_is_refused() {
        let tight = mapping(19).detail().unwrap();
        assert!(tight.chars().count() <= LONGEST_DETAIL && !tight.contains("Panadol"));
        assert_eq!(Mapping::of_detail(&tight).iter().count(), 20);
        assert!(mapping(30).detail().is_err());
    }
}
