//! Who is at which till when, and what they are like.
use std::ops::Range;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::dice::Dice;
use super::world::{Place, World};

/// What a clerk is like: chances by sale.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    /// A basket is let go before it.
    pub cancels: f64,
    /// A line is taken out of it.
    pub removes: f64,
    /// The money is begun and broken off.
    pub breaks_off: f64,
    /// Another price than the list's.
    pub reprices: f64,
    /// Something is taken off.
    pub discounts: f64,
    /// Something comes back.
    pub takes_back: f64,
    /// The drawer is opened for change.
    pub opens_drawer: f64,
    /// Seconds that a sale takes at least.
    pub pace: f64,
    /// Of ten payments, so many in cash.
    pub cash: f64,
}

impl Habits {
    /// Somebody honest, as people differ; `cash` is what is usual at the outlet.
    pub fn of(dice: &mut Dice, cash: f64) -> Self {
        let mut about = |chance: f64| chance * dice.factor(0.4).clamp(0.3, 2.5);
        Self {
            cancels: about(0.015),
            removes: about(0.03),
            breaks_off: about(0.007),
            reprices: about(0.004),
            discounts: about(0.02),
            takes_back: about(0.008),
            opens_drawer: about(0.012),
            pace: about(30.0),
            cash: (cash + dice.between(-0.04, 0.04)).clamp(0.05, 0.95),
        }
    }
}

/// Who works when.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rota {
    /// At each till always the same.
    Always,
    /// Two shifts a day from that moment's day on, each till with one clerk, and the staff goes round.
    Shifts(Timestamp),
}

impl Rota {
    /// Who is at `till` in that half of a day.
    pub fn clerk(world: &World, till: usize, day: u32, half: u32) -> usize {
        let place = &world.outlets[world.tills[till].outlet];
        let turn = |n: u32| usize::try_from(n).unwrap_or(0);
        let at = turn(day) + turn(half) * place.tills.len() + (till - place.tills.start);
        place.clerks.get(at % place.clerks.len().max(1)).copied().unwrap_or(0)
    }

    /// Who is at `till` at a moment.
    pub fn clerk_at(self, world: &World, till: usize, at: Timestamp) -> usize {
        let Self::Shifts(start) = self else {
            return Self::clerk(world, till, 0, 0);
        };
        let place = &world.outlets[world.tills[till].outlet];
        let there = |moment: Timestamp| moment.to_zoned(place.zone.clone()).date();
        let days = date_of(place, start, 0)
            .and_then(|first| first.until(there(at)).ok())
            .map_or(0, |span| span.get_days());
        let half = half_days(place, there(at)).map_or(0, |[_, (noon, _)]| u32::from(at >= noon));
        Self::clerk(world, till, u32::try_from(days).unwrap_or(0), half)
    }

    /// The next shifts of a clerk in those days: from, until, till.
    pub fn shifts(
        self,
        world: &World,
        clerk: usize,
        days: Range<u32>,
        wanted: usize,
    ) -> Vec<(Timestamp, Timestamp, usize)> {
        let mut shifts = Vec::new();
        let Self::Shifts(start) = self else { return shifts };
        let Some(place) = world.outlets.iter().find(|place| place.clerks.contains(&clerk)) else {
            return shifts;
        };
        for day in days {
            let Some(halves) = date_of(place, start, day).and_then(|date| half_days(place, date)) else {
                continue;
            };
            for (half, (from, until)) in (0_u32..).zip(halves) {
                let till = place
                    .tills
                    .clone()
                    .find(|till| Self::clerk(world, *till, day, half) == clerk);
                if let Some(till) = till {
                    shifts.push((from, until, till));
                }
            }
            if shifts.len() >= wanted {
                break;
            }
        }
        shifts
    }
}

/// The date of a day of the scenario at an outlet.
pub(super) fn date_of(place: &Place, start: Timestamp, day: u32) -> Option<Date> {
    // Midnight where it begins is still the day before further west: the day is the one that is there by noon.
    let noon = start.saturating_add(SignedDuration::from_hours(12)).ok()?;
    let first = noon.to_zoned(place.zone.clone()).date();
    first.checked_add(i64::from(day).days()).ok()
}

/// The two shifts of a day; none: closed.
pub(super) fn half_days(place: &Place, date: Date) -> Option<[(Timestamp, Timestamp); 2]> {
    let (opens, closes) = place.week.open(date, &place.zone)?;
    let noon = opens + closes.duration_since(opens) / 2;
    Some([(opens, noon), (noon, closes)])
}
