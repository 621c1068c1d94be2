//! Whether a line asks for a sale that was recorded before.
//!
//! What the line says is compared with what was recorded, not what the catalogue makes of it now: prices, names and
//! units may have changed since, and rows may no longer be active. What the line leaves open is as it was recorded.
use uuid::Uuid;

use super::line::{Wanted, WantedLine, WantedPayment};
use crate::domain::batch::is_same_number;
use crate::domain::catalogue::{Catalogue, Drug, Tender};
use crate::domain::money::{Money, Quantity};
use crate::domain::name::{fold, fold_phone};
use crate::domain::sale::{Agreed, Party, SaleFlag, SaleLine, SalePayment};

impl Wanted {
    /// Whether `sold`, noted with `flags`, is what this asks for. When it is asked for does not count.
    pub(super) fn is(&self, sold: &Agreed, flags: &[SaleFlag], catalogue: &Catalogue) -> bool {
        let pairs = self.lines.iter().zip(&sold.lines);
        let overridden = self.lines.iter().any(|line| line.unit_price.is_some());
        self.refund_of == sold.refund_of
            && self.lines.len() == sold.lines.len()
            && names_employee(&self.employee, &sold.employee, catalogue)
            && self.names_doctor(sold.doctor.as_ref(), catalogue)
            && pairs.into_iter().all(|(line, sold)| line.is(sold, self.refund_of.is_some(), catalogue))
            // What comes back does so at the price of then, and less its part of what was taken off.
            && (overridden || self.refund_of.is_some() || !flags.contains(&SaleFlag::PriceDiffers))
            && self.pays(sold, catalogue)
    }

    fn names_doctor(&self, doctor: Option<&Party>, catalogue: &Catalogue) -> bool {
        let (Some(text), Some(doctor)) = (&self.doctor, doctor) else {
            return self.doctor.is_none() && doctor.is_none();
        };
        let rows = catalogue.doctors();
        let known = rows.iter().find(|row| row.uuid == doctor.id);
        names_party(text, doctor)
            || known.is_some_and(|row| {
                let registration = &row.registration_number;
                fold(&row.name) == fold(text)
                    || (!registration.is_empty() && fold(registration) == fold(text))
                    || row.id.to_string() == *text
            })
    }

    fn pays(&self, sold: &Agreed, catalogue: &Catalogue) -> bool {
        // What cash was rounded by is handed over by nobody.
        let handed = |paid: &&SalePayment| paid.tender != Tender::rounding_id();
        let handed: Vec<_> = sold.payments.iter().filter(handed).collect();
        if self.payments.is_empty() {
            let cash = |paid: &&SalePayment| paid.change.is_zero() && gives_change(paid.tender, catalogue);
            return handed.len() <= 1 && handed.iter().all(cash);
        }
        // Less than half a coin was paid by no coin.
        let named: Vec<_> = self.payments.iter().filter(|named| !named.amount.is_zero()).collect();
        let mut pairs = named.iter().zip(&handed);
        named.len() == handed.len() && pairs.all(|(payment, paid)| payment.is(paid, catalogue))
    }
}

impl WantedLine {
    fn is(&self, sold: &SaleLine, comes_back: bool, catalogue: &Catalogue) -> bool {
        let is_open = comes_back && self.unit_price.is_none() && self.discount.is_none();
        self.quantity == sold.unit_qty.abs()
            && self.unit_price.is_none_or(|price| price == sold.unit_price)
            && (is_open || self.discount.unwrap_or(Money::ZERO) == sold.discount.abs())
            && self.names_batch(sold)
            && self.names_goods(sold, catalogue)
    }

    fn names_batch(&self, sold: &SaleLine) -> bool {
        let expiry = sold.batch.as_ref().and_then(|batch| batch.expiry);
        let number = sold.batch_number().unwrap_or_default();
        self.batch.as_deref().is_none_or(|named| is_same_number(named, number))
            && self.expiry.is_none_or(|named| Some(named) == expiry)
    }

    fn names_goods(&self, sold: &SaleLine, catalogue: &Catalogue) -> bool {
        let wanted = fold(&self.drug);
        if wanted == fold(&sold.code) {
            return self.names_unit(sold, Quantity::ONE);
        }
        if let Some((drug, pack)) = catalogue.by_code(&self.drug) {
            let factor = drug.packs.get(pack).map_or(Quantity::ONE, |pack| pack.factor);
            return drug.uuid == sold.drug && self.names_unit(sold, factor);
        }
        let mut drugs = catalogue.drugs();
        let number = self.drug.parse().ok().and_then(|id| catalogue.drug(id));
        let called = |drug: &Drug| fold(&drug.name) == wanted || fold(&drug.label()) == wanted;
        let named = wanted == fold(&sold.name)
            || number.map_or_else(
                || drugs.any(|drug| drug.uuid == sold.drug && called(drug)),
                |drug| drug.uuid == sold.drug,
            )
            // Renamed since: what was recorded is the name with the strength.
            || (fold(&sold.name).starts_with(&format!("{wanted} ")) && !catalogue.drugs().any(|drug| called(drug)));
        named && self.names_unit(sold, Quantity::ONE)
    }

    /// The unit that the line names; where it names none, the one that its code stands for.
    fn names_unit(&self, sold: &SaleLine, meant: Quantity) -> bool {
        match &self.unit {
            Some(unit) => fold(unit) == fold(&sold.unit),
            None => sold.unit_factor == meant,
        }
    }
}

impl WantedPayment {
    fn is(&self, paid: &SalePayment, catalogue: &Catalogue) -> bool {
        let reference = self.reference.as_deref().unwrap_or_default();
        let reference: String = reference.split_whitespace().collect::<String>().to_uppercase();
        self.amount == paid.tendered.abs()
            && paid.reference.as_ref().is_none_or(|kept| *kept == reference)
            && (fold(&self.method) == fold(&paid.name)
                || tender(paid.tender, catalogue).is_some_and(|row| fold(&row.name) == fold(&self.method)))
    }
}

fn names_employee(text: &str, sold: &Party, catalogue: &Catalogue) -> bool {
    let rows = catalogue.employees();
    let known = rows.iter().find(|row| row.uuid == sold.id);
    names_party(text, sold)
        || known.is_some_and(|row| {
            let phone = &row.phone_number;
            fold(&row.name) == fold(text)
                || (!phone.is_empty() && fold_phone(phone) == fold_phone(text))
                || row.id.to_string() == text
        })
}

fn names_party(text: &str, party: &Party) -> bool {
    fold(text) == fold(&party.name) || fold(text) == party.id.to_string()
}

fn tender(uuid: Uuid, catalogue: &Catalogue) -> Option<std::sync::Arc<Tender>> {
    catalogue.tenders().into_iter().find(|row| row.uuid == uuid)
}

/// A tender that is no longer taken may have given change.
fn gives_change(uuid: Uuid, catalogue: &Catalogue) -> bool {
    tender(uuid, catalogue).is_none_or(|row| row.gives_change)
}
