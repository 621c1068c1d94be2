//! A row as the till's own catalogue knows it: what a list shows, and a form while the store is away.
use crate::app::model::Model;
use crate::domain::catalogue::{Doctor, Drug, Employee, Outlet};
use crate::domain::dimension::{Dimension, DimensionSpec, Record};

/// The row `id` as the catalogue knows it, its prices as they are at this outlet today. It knows no pay.
pub fn known(model: &Model, dimension: Dimension, id: i64) -> Option<Record> {
    let catalogue = model.shelf.catalogue();
    match dimension {
        Dimension::Drug => catalogue.drug(id).map(|row| drug(model, row)),
        Dimension::Doctor => catalogue.doctor(id).map(|row| doctor(row)),
        Dimension::Employee => catalogue.employee(id).map(|row| employee(row)),
        Dimension::Outlet => catalogue.outlet(id).map(|row| outlet(row)),
    }
}

fn record<'a>(
    spec: &DimensionSpec,
    (id, uuid, active): (i64, uuid::Uuid, bool),
    values: impl IntoIterator<Item = (&'a str, String)>,
) -> Record {
    let mut record = Record {
        id: Some(id),
        active,
        values: vec![String::new(); spec.fields.len()],
        ..spec.blank(uuid)
    };
    for (field, value) in values {
        record.set(spec, field, value);
    }
    record
}

fn drug(model: &Model, row: &Drug) -> Record {
    let (today, outlet) = (model.today(), model.outlet_id());
    let price = |at: usize| {
        let pack = row.packs.get(at)?;
        pack.price(outlet, today).map(|price| price.to_string())
    };
    let yes_no = |yes: bool| String::from(if yes { "yes" } else { "no" });
    let mut values = vec![
        ("code", row.code.clone()),
        ("name", row.name.clone()),
        ("generic_name", row.generic_name.clone()),
        ("strength", row.strength.clone()),
        ("form", row.form.clone()),
        ("base_unit", row.base_unit.clone()),
        ("tax_code", row.tax_code.clone()),
        ("prescription_only", yes_no(row.prescription_only)),
        ("price", price(0).unwrap_or_default()),
    ];
    values.extend(
        row.controlled_limit
            .map(|limit| ("controlled_limit", limit.to_string())),
    );
    if let Some(pack) = row.packs.get(1) {
        values.extend([
            ("pack_name", pack.name.clone()),
            ("pack_units", pack.factor.to_string()),
            ("pack_price", price(1).unwrap_or_default()),
            ("pack_code", pack.code.clone().unwrap_or_default()),
        ]);
    }
    let remaining = model.stock.as_ref().filter(|stock| stock.outlet == outlet);
    values.extend(
        remaining
            .and_then(|stock| stock.by_drug.get(&row.id))
            .map(|remaining| ("stock_remaining", remaining.to_string())),
    );
    record(Dimension::Drug.spec(), (row.id, row.uuid, row.active), values)
}

fn doctor(row: &Doctor) -> Record {
    let values = [
        ("name", &row.name),
        ("registration_number", &row.registration_number),
        ("specialization", &row.specialization),
        ("phone_number", &row.phone_number),
        ("email", &row.email),
        ("region", &row.region),
    ];
    let values = values.map(|(field, value)| (field, value.clone()));
    record(Dimension::Doctor.spec(), (row.id, row.uuid, row.active), values)
}

fn employee(row: &Employee) -> Record {
    let values = [
        ("name", &row.name),
        ("phone_number", &row.phone_number),
        ("email", &row.email),
        ("role", &row.role),
    ];
    let values = values.map(|(field, value)| (field, value.clone()));
    let spec = Dimension::Employee.spec();
    Record {
        withheld: spec.position("salary"),
        ..record(spec, (row.id, row.uuid, row.active), values)
    }
}

fn outlet(row: &Outlet) -> Record {
    let values = [
        ("name", &row.name),
        ("region", &row.region),
        ("time_zone", &row.time_zone),
        ("opening_hours", &row.opening_hours),
        ("address", &row.address),
        ("phone", &row.phone),
        ("tax_number", &row.tax_number),
        ("currency", &row.currency.code),
        ("receipt_footer", &row.receipt_footer),
    ];
    let values = values.map(|(field, value)| (field, value.clone()));
    record(Dimension::Outlet.spec(), (row.id, row.uuid, row.active), values)
}
