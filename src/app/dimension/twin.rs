//! While a row is added: is it one that is there already?
use super::form::{Form, Twin};
use crate::app::model::Model;
use crate::domain::dimension::Dimension;
use crate::domain::name::{fold, fold_phone};

/// Shorter names are alike only when they are equal: one letter makes another name of them.
const LONG_ENOUGH: usize = 5;

/// Looks whether the new row in the form is one that is there already, by what was typed so far.
pub(super) fn look(model: &mut Model, dimension: Dimension) {
    let Some(form) = model.desks.of(dimension).form.as_ref() else {
        return;
    };
    if form.opened.is_some() || !form.is_open() {
        return;
    }
    let found = find(model, form);
    let now = model.now;
    if let Some(form) = model.desks.of_mut(dimension).form.as_mut() {
        form.twin = found.map(|(id, words)| Twin { id, words, since: now });
    }
}

/// Somebody goes on: it is not that row.
pub(super) fn pass(form: &mut Form) {
    if let Some(twin) = form.twin.take() {
        form.passed.push(twin.id);
    }
}

/// The row that is like the new one, by its lowest number, and what it is.
fn find(model: &Model, form: &Form) -> Option<(i64, String)> {
    let catalogue = model.shelf.catalogue();
    let value = |field: &str| form.record.value(form.spec(), field);
    let new = |id: i64| !form.passed.contains(&id);
    let named = Name::of(value("name"));
    let phone = fold_phone(value("phone_number"));
    let same_phone = |other: &str| !phone.is_empty() && fold_phone(other) == phone;
    let words = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).copied().collect();
        parts.join(" · ")
    };
    match form.dimension {
        Dimension::Drug => {
            let same = |field: &str, other: &str| squeezed(value(field)) == squeezed(other);
            let like = catalogue.drugs().filter(|row| {
                let known = named.is_like(&row.name) && same("strength", &row.strength) && same("form", &row.form);
                new(row.id) && known
            });
            let like = like.min_by_key(|row| row.id);
            let coded = catalogue.by_code(value("code")).map(|(row, _)| row);
            let row = coded.filter(|row| new(row.id)).or(like)?;
            Some((row.id, words(&[&row.label(), &row.form, &row.code])))
        }
        Dimension::Doctor => {
            let number = fold(value("registration_number"));
            let rows = catalogue.doctors();
            let row = rows.iter().find(|row| {
                let numbered = !number.is_empty() && fold(&row.registration_number) == number;
                new(row.id) && (numbered || same_phone(&row.phone_number) || named.is_like(&row.name))
            })?;
            Some((
                row.id,
                words(&[&row.name, &row.registration_number, &row.phone_number, &row.region]),
            ))
        }
        Dimension::Employee => {
            let rows = catalogue.employees();
            let is_it = |phone: &str, name: &str| same_phone(phone) || named.is_like(name);
            let row = rows
                .iter()
                .find(|row| new(row.id) && is_it(&row.phone_number, &row.name))?;
            Some((row.id, words(&[&row.name, &row.phone_number, &row.role])))
        }
        Dimension::Outlet => {
            let phone = fold_phone(value("phone"));
            let rows = catalogue.outlets();
            let row = rows.iter().find(|row| {
                let called = !phone.is_empty() && fold_phone(&row.phone) == phone;
                new(row.id) && (called || named.is_like(&row.name))
            })?;
            Some((row.id, words(&[&row.name, &row.region, &row.address])))
        }
    }
}

/// A name as it is compared: how it is spelled, spaced and addressed does not count.
struct Name(String);

impl Name {
    fn of(name: &str) -> Self {
        let name = fold(name);
        let bare = ["dr. ", "dr ", "doctor "]
            .iter()
            .find_map(|title| name.strip_prefix(title));
        Self(squeezed(bare.unwrap_or(&name)))
    }

    /// Whether the other is this name, or one slip away from it.
    fn is_like(&self, other: &str) -> bool {
        let Self(name) = self;
        let Self(other) = Self::of(other);
        let long = name.len() >= LONG_ENOUGH && name.len().abs_diff(other.len()) <= 1;
        !name.is_empty() && (*name == other || (long && strsim::osa_distance(name, &other) <= 1))
    }
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_title_make_no_other_name_and_a_short_name_is_itself_alone() {
        for (one, other, like) in [
            ("Mwabili", "dr. mwabili", true),
            ("Mwabili", "Mwabilli", true),
            ("Mwabili", "Mwalibi", false),
            ("Panadol Extra", "panadol-extra", true),
            ("Asha", "Ashe", false),
            ("", "", false),
        ] {
            assert_eq!(Name::of(one).is_like(other), like, "{one} {other}");
        }
    }
}
