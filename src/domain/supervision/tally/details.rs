//! One day's totals by drug, employee, prescriber and region.
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::{Code, code, letters};
use crate::domain::event::SaleEvent;
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::name::printable;
use crate::domain::sale::SaleKind;
use crate::domain::supervision::overview::{Amount, TotalLine};

/// Rows of a dimension that are told apart on one day; further ones are in the outlets' totals alone.
const MOST_ROWS: usize = 200_000;
/// Outlets that are told apart for one row.
const MOST_OUTLETS: usize = 1_000;

/// Totals of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Total {
    name: String,
    #[serde(deserialize_with = "Quantity::read_sum")]
    quantity: Quantity,
    #[serde(deserialize_with = "Money::read_sum")]
    revenue: Money,
    sales: u64,
    outlets: BTreeSet<i64>,
}

/// Totals of the rows of a dimension, by what tells them apart and currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(K, Code, Total)>", into = "Vec<(K, Code, Total)>")]
#[serde(bound(
    serialize = "K: Serialize + Clone + Eq + Hash",
    deserialize = "K: Deserialize<'de> + Eq + Hash"
))]
struct Table<K: Eq + Hash> {
    rows: HashMap<(K, Code), Total>,
}

impl<K: Eq + Hash> Default for Table<K> {
    fn default() -> Self {
        Self { rows: HashMap::new() }
    }
}

impl<K: Eq + Hash> From<Vec<(K, Code, Total)>> for Table<K> {
    fn from(rows: Vec<(K, Code, Total)>) -> Self {
        let rows = rows.into_iter().map(|(key, code, total)| ((key, code), total));
        Self { rows: rows.collect() }
    }
}

impl<K: Eq + Hash> From<Table<K>> for Vec<(K, Code, Total)> {
    fn from(table: Table<K>) -> Self {
        let rows = table.rows.into_iter();
        rows.map(|((key, code), total)| (key, code, total)).collect()
    }
}

impl<K: Eq + Hash> Table<K> {
    /// Adds a line. `counts`: whether it is a sale more.
    fn add(&mut self, key: K, name: &str, sale: &SaleEvent, revenue: Money, counts: bool) {
        let key = (key, code(&sale.currency));
        if self.rows.len() >= MOST_ROWS && !self.rows.contains_key(&key) {
            return;
        }
        let total = self.rows.entry(key).or_default();
        if total.name != name {
            total.name = printable(name);
        }
        total.quantity += sale.quantity_sold;
        total.revenue += revenue;
        total.sales += u64::from(counts);
        if total.outlets.len() < MOST_OUTLETS {
            total.outlets.insert(sale.outlet_id);
        }
    }

    /// The lines with the most revenue.
    fn lines(&self, most: usize, id: impl Fn(&K) -> i64) -> Vec<TotalLine> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        let order = |a: &(&(K, Code), &Total), b: &(&(K, Code), &Total)| {
            b.1.revenue.cmp(&a.1.revenue).then_with(|| a.1.name.cmp(&b.1.name))
        };
        if rows.len() > most {
            rows.select_nth_unstable_by(most, order);
            rows.truncate(most);
        }
        rows.sort_by(order);
        let line = |((key, code), total): (&(K, Code), &Total)| TotalLine {
            id: id(key),
            name: total.name.clone(),
            quantity: total.quantity,
            revenue: Amount {
                currency: letters(*code),
                places: Currency::of(&letters(*code)).places,
                sum: total.revenue,
            },
            sales: total.sales,
            outlets: total.outlets.len(),
        };
        rows.into_iter().map(line).collect()
    }
}

/// One day of the chain, by the outlets' own date.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Details {
    drugs: Table<i64>,
    employees: Table<i64>,
    doctors: Table<i64>,
    regions: Table<String>,
}

impl Details {
    pub fn sold(&mut self, sale: &SaleEvent, revenue: Money) {
        let is_sale = sale.kind == SaleKind::Sale;
        // A sale is counted by its first line, a drug by its own: no list of sales has to be kept to count each once.
        let first = is_sale && sale.line_no == 1;
        self.drugs.add(sale.drug_id, &sale.drug, sale, revenue, is_sale);
        self.employees.add(sale.emp_id, &sale.employee, sale, revenue, first);
        if let Some(doctor) = &sale.doctor {
            self.doctors.add(sale.doc_id, doctor, sale, revenue, first);
        }
        let region = sale.pharmacy_region.clone();
        self.regions.add(region, &sale.pharmacy_region, sale, revenue, first);
    }

    /// By drug, employee, prescriber and region.
    pub fn tables(&self, most: usize) -> [Vec<TotalLine>; 4] {
        [
            self.drugs.lines(most, |id| *id),
            self.employees.lines(most, |id| *id),
            self.doctors.lines(most, |id| *id),
            self.regions.lines(most, |_| 0),
        ]
    }
}
