//! How goods are called on a row: the name may be cut, strength and form never are.
use crate::app::stock::StockHere;
use crate::domain::batch::expires_first;
use crate::domain::catalogue::Drug;
use crate::domain::name::fold;
use crate::ui::theme::Sign;
use crate::ui::{Look, cells, frame};

/// A name that is cut to less tells nothing.
const LEAST_NAME: usize = 8;
/// No row is higher; what a drug directory writes beyond it is cut after all.
const MOST_LINES: usize = 6;

/// What a drug is called on its rows.
#[derive(Debug, PartialEq, Eq)]
pub enum Called {
    /// On one line: the name, cut if need be; strength and form, each with a blank before it.
    OneLine {
        /// The name.
        name: String,
        /// The strength; empty where the name has it.
        strength: String,
        /// The form.
        form: String,
    },
    /// It takes several lines, and nothing of it is cut.
    Lines(Vec<String>),
}

/// What a drug is called in lines of `room` cells.
pub fn called(drug: &Drug, room: usize) -> Called {
    let name = fold(&drug.name);
    let part = |text: &str| {
        if text.is_empty() || name.contains(&fold(text)) {
            String::new()
        } else {
            format!(" {text}")
        }
    };
    let (strength, form) = (part(&drug.strength), part(&drug.form));
    let tail = cells::width(&strength) + cells::width(&form);
    if tail + cells::width(&drug.name).min(LEAST_NAME) <= room {
        let name = cells::cut(&drug.name, room - tail);
        return Called::OneLine { name, strength, form };
    }
    let mut lines = cells::wrap(&format!("{}{strength}{form}", drug.name), room);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some(last) = lines.last_mut() {
            *last = cells::cut(&format!("{last} …"), room);
        }
    }
    Called::Lines(lines)
}

impl Called {
    /// As plain lines.
    pub fn into_lines(self) -> Vec<String> {
        match self {
            Self::OneLine { name, strength, form } => vec![format!("{name}{strength}{form}")],
            Self::Lines(lines) => lines,
        }
    }
}

/// What a pack of a drug costs here today.
pub fn price_of(look: Look<'_>, drug: &Drug, pack: usize) -> String {
    let model = look.model;
    let today = frame::local(model, model.now).date();
    let places = model.currency().places;
    let price = drug
        .packs
        .get(pack)
        .zip(model.outlet.as_ref())
        .and_then(|(pack, outlet)| pack.price(outlet.id, today));
    price.map_or_else(|| String::from("no price"), |price| price.exact(places))
}

/// What remains of a drug here by the book, counted in a pack: "42 strip", "✕ none · Uhuru 12"; with the time of the figure
/// where it is not of now. Nothing where it is not counted, or not known.
pub fn stock_words(look: Look<'_>, drug: &Drug, pack: usize) -> String {
    let model = look.model;
    let Some(stock) = model.stock_here(drug.id) else {
        return String::new();
    };
    if stock.is_none_left() {
        let none = format!("{} none", look.theme.sign(Sign::Bad));
        let most = model.goods_of(drug.id).and_then(|known| known.goods.elsewhere.first());
        let there = most.and_then(|(outlet, left)| Some((model.shelf.catalogue().outlet(*outlet)?, left)));
        return there.map_or_else(
            || format!("{none} here"),
            |(outlet, left)| {
                // Its first word says which.
                let name = outlet.name.split(' ').next().unwrap_or_default();
                format!("{none} · {} {left}", cells::cut(name, 10))
            },
        );
    }
    let of_pack = drug.packs.get(pack);
    let whole = of_pack
        .filter(|pack| !pack.factor.is_zero())
        .map(|pack| (stock.remaining.decimal() / pack.factor.decimal()).floor());
    let left = match (whole, of_pack) {
        (Some(whole), Some(pack)) if !whole.is_zero() => {
            format!(
                "{} {}",
                whole.normalize(),
                pack.name.split(' ').next().unwrap_or_default()
            )
        }
        _ => format!("{} {}", stock.remaining, drug.base_unit),
    };
    match stock.old {
        Some(at) => format!("{left} {}", model.figure_of(at)),
        None => left,
    }
}

/// The month in which the first good batch of a drug here expires, where one is known.
pub fn expiry_words(look: Look<'_>, drug: &Drug) -> String {
    let model = look.model;
    if model.stock_here(drug.id).is_some_and(StockHere::is_none_left) {
        return String::new();
    }
    let today = frame::local(model, model.now).date();
    let first = expires_first(model.batches_of(drug.id), today);
    first.map_or_else(String::new, |day| day.strftime("%m/%y").to_string())
}

/// Of rows with so many lines each, the first that is shown and how many are, so that `here` is among them.
pub fn window(heights: &[u16], here: usize, room: u16) -> (usize, usize) {
    let mut first = here.min(heights.len());
    let mut used = heights.get(first).copied().unwrap_or(0);
    while let Some(before) = first.checked_sub(1).map(|before| heights[before])
        && used + before <= room
    {
        first -= 1;
        used += before;
    }
    let mut shown = usize::from(here < heights.len()) * (here + 1 - first);
    while let Some(next) = heights.get(first + shown)
        && used + next <= room
    {
        shown += 1;
        used += next;
    }
    (first, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_in_question_is_always_shown_whole_where_it_fits() {
        assert_eq!(window(&[1, 1, 1], 0, 2), (0, 2));
        assert_eq!(window(&[1, 1, 1], 2, 2), (1, 2));
        assert_eq!(window(&[2, 2, 2], 1, 5), (0, 2));
        assert_eq!(window(&[2, 2, 2], 2, 3), (2, 1));
        assert_eq!(window(&[3], 0, 2), (0, 1));
        assert_eq!(window(&[], 0, 2), (0, 0));
    }
}
