//! A receipt by its number, as it is asked for and typed.
use super::{counter, returning};
use crate::app::model::Model;
use crate::domain::sale::{Receipt, SaleKind};

/// Begins to ask for a receipt by its number.
pub(super) fn ask(model: &mut Model) {
    if let Err(why) = returning::may_open(model) {
        return model.refuse(why);
    }
    model.sale.clear_entry();
    counter::insert(model, &prefix(model));
    let last = last(model);
    model.mention(match last {
        Some(last) => format!("scan the receipt, or type its number, then Enter; Enter alone: {last}"),
        None => String::from("scan the receipt, or type its number as it is printed, then Enter"),
    });
}

/// What every receipt of this till begins with.
fn prefix(model: &Model) -> String {
    format!("{}-", model.settings.till)
}

/// The receipt of the last sale of this till: what was mixed up is noticed at once, as a rule.
fn last(model: &Model) -> Option<Receipt> {
    let last = model.sale.last.as_ref().filter(|last| last.kind == SaleKind::Sale)?;
    last.receipt.parse().ok()
}

impl Model {
    /// Whether what is typed is the number of a receipt, or the beginning of one.
    pub fn is_asking_for_receipt(&self) -> bool {
        let text = self.sale.entry.text();
        receipt_in(self, text).is_some() || text == prefix(self)
    }
}

/// The receipt's number in a text; no goods have it as a code. Of this till's own, the number alone is
/// enough, and of the last sale what is before the number.
pub(in crate::app) fn receipt_in(model: &Model, text: &str) -> Option<Receipt> {
    let text = text.trim();
    if model.shelf.bearer(text).is_some() {
        return None;
    }
    let own = || {
        let till = model.settings.till.as_str();
        let (head, behind) = text.split_at_checked(till.len())?;
        let (series, number) = behind.rsplit_once('-')?;
        let is_own = head.eq_ignore_ascii_case(till) && (series.is_empty() || series.starts_with('.'));
        if is_own && series.is_empty() && number.is_empty() {
            return last(model);
        }
        let number: u64 = number.parse().ok().filter(|_| is_own)?;
        format!("{till}{series}-{number:06}").parse().ok()
    };
    text.parse().ok().or_else(own)
}
