//! The columns of the dimensions and of what belongs to them, but for their own numbers.
use super::carry::As::{Decimal, Is, Row as At};
use super::carry::{Columns, Kind};

pub(super) const TAX_CODES: Columns = &[("code", Is), ("name", Is), ("rate", Decimal), ("valid_from", Is)];
pub(super) const OUTLETS: Columns = &[
    ("uuid", Is),
    ("active", Is),
    ("version", Is),
    ("changed_at", Is),
    ("changed_by", Is),
    ("name", Is),
    ("name_key", Is),
    ("region", Is),
    ("time_zone", Is),
    ("opening_hours", Is),
    ("address", Is),
    ("phone", Is),
    ("tax_number", Is),
    ("currency", Is),
    ("currency_decimals", Is),
    ("smallest_coin", Decimal),
    ("receipt_footer", Is),
];
pub(super) const EMPLOYEES: Columns = &[
    ("uuid", Is),
    ("active", Is),
    ("version", Is),
    ("changed_at", Is),
    ("changed_by", Is),
    ("name", Is),
    ("name_key", Is),
    ("phone_number", Is),
    ("phone_key", Is),
    ("email", Is),
    ("role", Is),
];
/// The natural key first: that of one who is merged from the first is another.
pub(super) const DOCTORS: Columns = &[
    ("natural_key", Is),
    ("merged_into", At(Kind::Doctor)),
    ("uuid", Is),
    ("active", Is),
    ("version", Is),
    ("changed_at", Is),
    ("changed_by", Is),
    ("name", Is),
    ("name_key", Is),
    ("registration_number", Is),
    ("specialization", Is),
    ("phone_number", Is),
    ("phone_key", Is),
    ("email", Is),
    ("region", Is),
    ("confirmed", Is),
];
pub(super) const TENDERS: Columns = &[
    ("uuid", Is),
    ("active", Is),
    ("version", Is),
    ("changed_at", Is),
    ("changed_by", Is),
    ("name", Is),
    ("name_key", Is),
    ("entry_key", Is),
    ("reference_pattern", Is),
    ("reference_unique", Is),
    ("gives_change", Is),
    ("refund_as", Is),
    ("counted_at_close", Is),
];
pub(super) const DRUGS: Columns = &[
    ("uuid", Is),
    ("active", Is),
    ("version", Is),
    ("changed_at", Is),
    ("changed_by", Is),
    ("code", Is),
    ("code_key", Is),
    ("name", Is),
    ("name_key", Is),
    ("generic_name", Is),
    ("strength", Is),
    ("form", Is),
    ("base_unit", Is),
    ("tax_code", Is),
    ("prescription_only", Is),
    ("controlled_limit", Decimal),
];
pub(super) const PAY: Columns = &[
    ("employee_id", At(Kind::Employee)),
    ("salary", Decimal),
    ("version", Is),
];
pub(super) const PACKS: Columns = &[
    ("code", Is),
    ("code_key", Is),
    ("drug_id", At(Kind::Drug)),
    ("name", Is),
    ("name_key", Is),
    ("base_units", Decimal),
    ("offer_first", Is),
    ("active", Is),
];
pub(super) const PRICES: Columns = &[
    ("outlet_id", At(Kind::Outlet)),
    ("price_list", Is),
    ("valid_from", Is),
    ("amount", Decimal),
];
pub(super) const HISTORY: Columns = &[
    ("dimension", Is),
    ("row_uuid", Is),
    ("field", Is),
    ("before_value", Is),
    ("after_value", Is),
    ("changed_by", Is),
    ("employee_id", At(Kind::Employee)),
    ("till_id", Is),
    ("changed_at", Is),
];
