//! The fields of each dimension.
use super::field::{FieldKind, FieldSpec};
use super::{Dimension, DimensionSpec};

const fn field(name: &'static str, label: &'static str, kind: FieldKind, help: &'static str) -> FieldSpec {
    FieldSpec::new(name, label, kind, help)
}

/// What is sold, with the packs that a form shows: the base unit and one more. `drug_pack` and `price` hold any number.
pub static DRUG: DimensionSpec = DimensionSpec {
    dimension: Dimension::Drug,
    title: "Drugs",
    one: "drug",
    table: "dim_drug",
    fields: &[
        field(
            "code",
            "Code",
            FieldKind::Code(32),
            "NDC, GTIN or your own; a scan of it sells one base unit",
        )
        .needed()
        .listed(14),
        field(
            "name",
            "Name",
            FieldKind::Text(120),
            "as printed on the box, without the strength",
        )
        .needed()
        .listed(28),
        field(
            "generic_name",
            "Generic name",
            FieldKind::Text(600),
            "the substance, as prescribers write it",
        )
        .listed(20),
        field(
            "strength",
            "Strength",
            FieldKind::Text(1300),
            "such as 500 mg or 125 mg/5 ml",
        )
        .listed(12),
        field("form", "Form", FieldKind::Text(80), "tablet, capsule, syrup…"),
        field(
            "base_unit",
            "Base unit",
            FieldKind::Text(20),
            "what stock counts: tab, cap, ml, bottle…",
        )
        .needed()
        .starts_as("unit"),
        field(
            "price",
            "Price of one",
            FieldKind::Money,
            "for one base unit, tax included",
        )
        .needed()
        .listed(12),
        field(
            "tax_code",
            "Tax code",
            FieldKind::Code(16),
            "A standard rate, E exempt, Z zero-rated",
        )
        .starts_as("E"),
        field(
            "prescription_only",
            "Prescription only",
            FieldKind::YesNo,
            "yes: a prescriber is wanted before payment",
        )
        .starts_as("no"),
        field(
            "controlled_limit",
            "Controlled: most a sale",
            FieldKind::Quantity,
            "base units; empty: not a controlled drug",
        ),
        field(
            "pack_name",
            "Pack",
            FieldKind::Text(40),
            "such as strip 10 or box 100; empty: sold by the base unit only",
        ),
        field(
            "pack_units",
            "Units in the pack",
            FieldKind::Quantity,
            "base units in one pack",
        ),
        field(
            "pack_price",
            "Price of the pack",
            FieldKind::Money,
            "for one pack, tax included",
        ),
        field(
            "pack_code",
            "Code on the pack",
            FieldKind::Code(32),
            "the bar code on the pack; a scan of it sells one pack",
        ),
        field(
            "quantity_supplied",
            "Supply now",
            FieldKind::Quantity,
            "base units delivered to this outlet now: added to what remains",
        ),
        field(
            "stock_supplied",
            "Supplied so far",
            FieldKind::Shown,
            "base units delivered to this outlet in all",
        ),
        field(
            "stock_remaining",
            "Remaining here",
            FieldKind::Shown,
            "base units left by the book at this outlet",
        )
        .listed(14),
    ],
};

/// Who prescribes.
pub static DOCTOR: DimensionSpec = DimensionSpec {
    dimension: Dimension::Doctor,
    title: "Doctors",
    one: "doctor",
    table: "dim_doctor",
    fields: &[
        field("name", "Name", FieldKind::Text(80), "as on the prescription")
            .needed()
            .listed(24),
        field(
            "registration_number",
            "Registration number",
            FieldKind::Code(40),
            "of the medical board; tells two of one name apart",
        )
        .listed(14),
        field(
            "specialization",
            "Specialization",
            FieldKind::Text(60),
            "such as paediatrics",
        )
        .listed(18),
        field(
            "phone_number",
            "Phone",
            FieldKind::Phone,
            "needed where there is no registration number",
        )
        .listed(16),
        field(
            "email",
            "E-mail",
            FieldKind::Email,
            "for questions about a prescription",
        ),
        field("region", "Region", FieldKind::Text(60), "where the practice is").listed(12),
    ],
};

/// The roles that an employee can have, from least to most.
pub const ROLES: &[&str] = &["cashier", "pharmacist", "supervisor", "manager"];

/// Who sells. The salary is kept in `employee_pay`, which the till's database user cannot read.
pub static EMPLOYEE: DimensionSpec = DimensionSpec {
    dimension: Dimension::Employee,
    title: "Employees",
    one: "employee",
    table: "dim_employee",
    fields: &[
        field("name", "Name", FieldKind::Text(80), "as colleagues call them")
            .needed()
            .listed(24),
        field("phone_number", "Phone", FieldKind::Phone, "tells two of one name apart")
            .needed()
            .listed(18),
        field("email", "E-mail", FieldKind::Email, "at work").listed(24),
        field(
            "role",
            "Role",
            FieldKind::Choice(ROLES),
            "cashier, pharmacist, supervisor or manager",
        )
        .needed()
        .starts_as("cashier")
        .listed(12),
        field(
            "salary",
            "Salary",
            FieldKind::Money,
            "a month; only the office reads and writes it",
        ),
    ],
};

/// Where goods are sold.
pub static OUTLET: DimensionSpec = DimensionSpec {
    dimension: Dimension::Outlet,
    title: "Outlets",
    one: "outlet",
    table: "dim_outlet",
    fields: &[
        field("name", "Name", FieldKind::Text(50), "unlike any other outlet's")
            .needed()
            .listed(24),
        field("region", "Region", FieldKind::Text(60), "for reports")
            .needed()
            .listed(14),
        field(
            "time_zone",
            "Time zone",
            FieldKind::TimeZone,
            "decides which day a sale belongs to: Africa/Nairobi",
        )
        .needed()
        .starts_as("Africa/Nairobi")
        .listed(16),
        field(
            "opening_hours",
            "Opening hours",
            FieldKind::Text(120),
            "such as Mo-Sa 08:00-20:00; Su 10:00-16:00",
        ),
        field("address", "Address", FieldKind::Text(200), "as printed on the receipt"),
        field("phone", "Phone", FieldKind::Phone, "as printed on the receipt").listed(16),
        field(
            "tax_number",
            "Tax number",
            FieldKind::Code(40),
            "as printed on the receipt",
        ),
        field(
            "currency",
            "Currency",
            FieldKind::Currency,
            "three letters, ISO 4217: KES",
        )
        .needed()
        .starts_as("KES")
        .listed(8),
        field(
            "receipt_footer",
            "Receipt footer",
            FieldKind::Text(200),
            "the last line of each receipt",
        ),
    ],
};
