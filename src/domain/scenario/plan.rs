//! Which frauds and mistakes happen in a scenario, to whom and when.
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::act::Label;
use super::clerks::Rota;
use super::dice::Dice;
use super::world::{Shelves, World};
use crate::domain::supervision::RuleName;

/// What a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// An honest chain: people cancel, take back, give discounts and go late all the same.
    Ordinary,
    /// All frauds and mistakes that the stream can show.
    Fraud,
    /// Mistakes and faults alone.
    Mistakes,
    /// One of them.
    One(RuleName),
}

/// Not the name of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no scenario “{0}”: ordinary, fraud, mistakes, or the name of a rule such as cancelled_baskets")]
pub struct NoScenario(String);

impl FromStr for Theme {
    type Err = NoScenario;

    fn from_str(name: &str) -> Result<Self, NoScenario> {
        match name {
            "ordinary" => Ok(Self::Ordinary),
            "fraud" => Ok(Self::Fraud),
            "mistakes" => Ok(Self::Mistakes),
            _ => serde_json::from_value(serde_json::Value::from(name))
                .ok()
                .filter(|rule| FRAUDS.contains(rule) || MISTAKES.contains(rule))
                .map(Self::One)
                .ok_or_else(|| NoScenario(name.to_owned())),
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordinary => f.write_str("ordinary"),
            Self::Fraud => f.write_str("fraud"),
            Self::Mistakes => f.write_str("mistakes"),
            Self::One(rule) => f.write_str(&name_of(*rule)),
        }
    }
}

/// The stable name of a rule.
pub fn name_of(rule: RuleName) -> String {
    let name = serde_json::to_value(rule).ok();
    name.as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// What people do on purpose.
const FRAUDS: [RuleName; 17] = [
    RuleName::SplitSales,
    RuleName::ReturnsWithoutReceipt,
    RuleName::CancelledBaskets,
    RuleName::PrescriberFarApart,
    RuleName::ReturnsSoonAfterSale,
    RuleName::PriceOverrides,
    RuleName::RemovedLines,
    RuleName::DrawerWithoutSale,
    RuleName::Discounts,
    RuleName::ReturnsOfOwnSales,
    RuleName::OutsideOpeningHours,
    RuleName::ControlledByEmployee,
    RuleName::ControlledByPrescriber,
    RuleName::ControlledByOutlet,
    RuleName::PrescriberProlific,
    RuleName::RoundNumbers,
    RuleName::CashShare,
];
/// What goes wrong.
const MISTAKES: [RuleName; 8] = [
    RuleName::SameBasketTwice,
    RuleName::UnusualQuantity,
    RuleName::UnusualPrice,
    RuleName::ReceiptMissing,
    RuleName::EventAltered,
    RuleName::OutletSilent,
    RuleName::OutletCutOff,
    RuleName::ClockOff,
];

impl Theme {
    /// The rules of which there is something to find.
    pub fn rules(self) -> Vec<RuleName> {
        match self {
            Self::Ordinary => Vec::new(),
            Self::Fraud => FRAUDS.into_iter().chain(MISTAKES).collect(),
            Self::Mistakes => MISTAKES.into(),
            Self::One(rule) => vec![rule],
        }
    }
}

/// Whether it is in the way from till to reader: acts alone do not show it, and no honest till can be made to do it.
pub fn is_in_transport(rule: RuleName) -> bool {
    matches!(
        rule,
        RuleName::ReceiptMissing | RuleName::EventAltered | RuleName::OutletCutOff | RuleName::ClockOff
    )
}

/// How time goes in a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Days with opening hours, from the day of the start on. The first three are ordinary ones: peers are learnt.
    Calendar {
        /// How many.
        days: u32,
    },
    /// So many sales a second in all, day and night; incidents are short, the first one comes within seconds.
    Steady {
        /// Sales a second.
        rate: f64,
        /// For how long.
        seconds: u32,
    },
}

/// A moment of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub at: Timestamp,
    pub till: usize,
    pub clerk: usize,
}

/// A fraud or a mistake.
#[derive(Debug, Clone)]
pub struct Incident {
    /// Its number, and the rule that should find it.
    pub label: Label,
    /// The outlet, where it happens in one.
    pub outlet: Option<usize>,
    /// The till, where it is one's.
    pub till: Option<usize>,
    /// Who does it, where it is one person.
    pub clerk: Option<usize>,
    /// In whose name, where it is one prescriber's.
    pub doctor: Option<usize>,
    /// When it begins.
    pub from: Timestamp,
    /// When it is over.
    pub until: Timestamp,
    /// Of what is a habit for that time: of how many of the clerk's sales.
    pub(super) share: f64,
    /// By how much a clock is off.
    pub(super) off: SignedDuration,
    /// The moments of what happens now and then, in order.
    pub(super) moments: Vec<Moment>,
}

/// Days before the first incident.
const WARM_UP: u32 = 3;
/// A round of incidents in a steady scenario, in seconds.
const ROUND: u32 = 120;
/// Seconds between two of them, on average.
const BETWEEN: u32 = 4;
/// What lasts needs a run of that length, in seconds.
const LONG_RUN: u32 = 900;

/// Plans the incidents of a scenario.
pub(super) struct Planner<'a> {
    pub world: &'a World,
    pub shelves: &'a Shelves,
    pub rota: Rota,
    pub dice: Dice,
    pub start: Timestamp,
    /// Who is in an incident already, so that it stays plain who did what.
    pub taken: Vec<usize>,
    pub planned: Vec<Incident>,
}

impl Planner<'_> {
    /// Incidents of these rules.
    pub fn plan(mut self, rules: &[RuleName], pace: Pace) -> Vec<Incident> {
        match pace {
            Pace::Calendar { days } => {
                for rule in rules {
                    for _ in 0..times(*rule, days) {
                        // Whoever is off for the rest of the time does nothing: somebody else does.
                        let planned = (0..20).find_map(|_| self.on_day(*rule, days));
                        self.planned.extend(planned);
                    }
                }
            }
            Pace::Steady { seconds, .. } => {
                for round in 0..seconds.div_ceil(ROUND) {
                    // Not more than one in a few seconds: ordinary sales are most of what there is.
                    let left = (seconds - round * ROUND).min(ROUND);
                    let most = usize::try_from(left / BETWEEN).unwrap_or(0).max(1);
                    for rule in rules.iter().take(most) {
                        self.in_round(*rule, round, seconds);
                    }
                }
            }
        }
        self.planned
    }

    fn in_round(&mut self, rule: RuleName, round: u32, seconds: u32) {
        let lasts = matches!(
            rule,
            RuleName::OutletSilent | RuleName::OutletCutOff | RuleName::ClockOff
        );
        if rule == RuleName::OutsideOpeningHours || (lasts && (seconds < LONG_RUN || round % 5 != 1)) {
            return;
        }
        let left = f64::from((seconds - round * ROUND).min(ROUND));
        let begins = if self.planned.is_empty() {
            2.0
        } else {
            self.dice.between(0.02, 0.6) * left
        };
        let span = if lasts { 420.0 } else { (left / 4.0).min(20.0) };
        let from = self.start + seconds_of(f64::from(round * ROUND) + begins);
        let till = self.dice.weighted(&self.shelves.tills);
        let clerk = Rota::clerk(self.world, till, 0, 0);
        let shifts = [(from, from + seconds_of(span), till)];
        if let Some(incident) = self.incident(rule, clerk, till, &shifts) {
            self.planned.push(incident);
        }
    }

    /// One that begins on some day, or as soon afterwards as its people are at work.
    fn on_day(&mut self, rule: RuleName, days: u32) -> Option<Incident> {
        let day = self.dice.whole(WARM_UP, days.saturating_sub(2).max(WARM_UP));
        let staff = self.world.clerks.len();
        let first = self.dice.below(staff);
        let clerk = (first..first + staff)
            .map(|clerk| clerk % staff)
            .find(|clerk| !self.taken.contains(clerk))
            .unwrap_or(first);
        let wanted = match rule {
            RuleName::ReturnsOfOwnSales | RuleName::ReturnsWithoutReceipt | RuleName::Discounts => 2,
            RuleName::RoundNumbers | RuleName::CashShare | RuleName::ControlledByEmployee => 3,
            RuleName::ControlledByPrescriber | RuleName::ControlledByOutlet => 4,
            _ => 1,
        };
        let shifts = self.rota.shifts(self.world, clerk, day..days, wanted);
        let till = shifts.first()?.2;
        self.taken.push(clerk);
        self.incident(rule, clerk, till, &shifts)
    }

    /// What happens in those shifts: from, until, till.
    fn incident(
        &mut self,
        rule: RuleName,
        clerk: usize,
        till: usize,
        shifts: &[(Timestamp, Timestamp, usize)],
    ) -> Option<Incident> {
        let (first, last) = (shifts.first()?, shifts.last()?);
        let outlet = self.world.tills[till].outlet;
        let mut incident = Incident {
            label: Label {
                rule,
                incident: u32::try_from(self.planned.len()).unwrap_or(u32::MAX) + 1,
            },
            outlet: Some(outlet),
            till: None,
            clerk: Some(clerk),
            doctor: None,
            from: first.0,
            until: last.1,
            share: 0.0,
            off: SignedDuration::ZERO,
            moments: Vec::new(),
        };
        let (fewest, most) = often(rule);
        let count = self.dice.whole(fewest, most);
        match rule {
            RuleName::Discounts => incident.share = self.dice.between(0.3, 0.8),
            RuleName::RoundNumbers => incident.share = self.dice.between(0.5, 0.9),
            RuleName::CashShare => incident.share = self.dice.between(0.75, 1.0),
            RuleName::OutletSilent | RuleName::OutletCutOff => {
                incident.clerk = None;
                self.window(&mut incident, (75.0, 210.0));
            }
            RuleName::ClockOff => {
                incident.clerk = None;
                incident.till = Some(till);
                self.window(&mut incident, (60.0, 240.0));
                // A wrong zone or a wrong day, ahead or behind.
                let minutes = self.dice.pick(&[-1_440, -180, -25, 17, 60, 1_440])?;
                incident.off = SignedDuration::from_mins(minutes);
            }
            RuleName::SplitSales | RuleName::SameBasketTwice | RuleName::PrescriberFarApart => {
                incident.moments = self.close_together(rule, clerk, first, count)?;
                if rule == RuleName::PrescriberFarApart {
                    incident.clerk = None;
                    incident.outlet = None;
                }
            }
            RuleName::OutsideOpeningHours => incident.moments = self.after_hours(clerk, till, first, count)?,
            RuleName::ControlledByPrescriber | RuleName::PrescriberProlific => {
                incident.clerk = None;
                incident.outlet = None;
                incident.moments = self.in_region(outlet, shifts, count);
            }
            RuleName::ControlledByOutlet => {
                incident.clerk = None;
                incident.moments = self.in_outlet(outlet, shifts, count);
            }
            _ => incident.moments = self.scattered(clerk, shifts, count),
        }
        if rule == RuleName::ReceiptMissing || rule == RuleName::EventAltered {
            incident.clerk = None;
            incident.till = Some(till);
        }
        if matches!(
            rule,
            RuleName::ControlledByPrescriber | RuleName::PrescriberProlific | RuleName::PrescriberFarApart
        ) {
            let (near, weights) = &self.shelves.doctors[outlet];
            incident.doctor = near.get(self.dice.weighted(weights)).copied();
            incident.doctor?;
        }
        incident.moments.sort_by_key(|moment| moment.at);
        if let (Some(first), Some(last)) = (incident.moments.first(), incident.moments.last()) {
            (incident.from, incident.until) = (first.at, last.at);
        }
        Some(incident)
    }

    /// A part of its time, of so many minutes where it is long enough.
    fn window(&mut self, incident: &mut Incident, minutes: (f64, f64)) {
        let whole = incident.until.duration_since(incident.from).as_secs_f64();
        let wanted = (self.dice.between(minutes.0, minutes.1) * 60.0).min(whole);
        // At the ends of the day little happens anyway.
        let begins = self.dice.between(0.0, whole - wanted);
        incident.from += seconds_of(begins);
        incident.until = incident.from + seconds_of(wanted);
    }

    fn scattered(&mut self, clerk: usize, shifts: &[(Timestamp, Timestamp, usize)], count: u32) -> Vec<Moment> {
        let mut moments = Vec::new();
        for place in 0..usize::try_from(count).unwrap_or(0) {
            let (from, until, till) = shifts[place % shifts.len()];
            let at = self.dice.moment(from, until);
            moments.push(Moment { at, till, clerk });
        }
        moments
    }

    /// One after the other, from some moment of the shift on.
    fn close_together(
        &mut self,
        rule: RuleName,
        clerk: usize,
        shift: &(Timestamp, Timestamp, usize),
        count: u32,
    ) -> Option<Vec<Moment>> {
        let (from, until, till) = *shift;
        let whole = until.duration_since(from).as_secs_f64();
        let gap = match rule {
            RuleName::SplitSales => (90.0, 900.0),
            RuleName::SameBasketTwice => (8.0, 50.0),
            _ => (180.0, 1_500.0),
        };
        let mut at = from + seconds_of(self.dice.between(0.0, whole * 0.4));
        let mut moments = Vec::new();
        for place in 0..count {
            let mut moment = Moment { at, till, clerk };
            if rule == RuleName::PrescriberFarApart && place > 0 {
                moment = self.far_away(moment)?;
            }
            moments.push(moment);
            let most = whole / f64::from(count + 1);
            at += seconds_of(self.dice.between(gap.0, gap.1).min(most));
        }
        Some(moments)
    }

    /// The same moment in another region.
    fn far_away(&mut self, moment: Moment) -> Option<Moment> {
        let region = |till: usize| &self.world.outlets[self.world.tills[till].outlet].party.region;
        let tills: Vec<usize> = (0..self.world.tills.len())
            .filter(|till| region(*till) != region(moment.till))
            .collect();
        let till = self.dice.pick(&tills)?;
        let clerk = self.rota.clerk_at(self.world, till, moment.at);
        Some(Moment { till, clerk, ..moment })
    }

    /// When everybody else has gone.
    fn after_hours(
        &mut self,
        clerk: usize,
        till: usize,
        shift: &(Timestamp, Timestamp, usize),
        count: u32,
    ) -> Option<Vec<Moment>> {
        let place = &self.world.outlets[self.world.tills[till].outlet];
        let day = shift.0.to_zoned(place.zone.clone()).date();
        let (_, closes) = place.week.open(day, &place.zone)?;
        let begins = closes + seconds_of(self.dice.between(2_400.0, 7_200.0));
        let ends = begins + seconds_of(3_000.0);
        Some(self.scattered(clerk, &[(begins, ends, till)], count))
    }

    fn in_region(&mut self, outlet: usize, shifts: &[(Timestamp, Timestamp, usize)], count: u32) -> Vec<Moment> {
        let region = &self.world.outlets[outlet].party.region;
        let near = |till: &usize| self.world.outlets[self.world.tills[*till].outlet].party.region == *region;
        let tills: Vec<usize> = (0..self.world.tills.len()).filter(near).collect();
        self.by_anybody(&tills, shifts, count)
    }

    fn in_outlet(&mut self, outlet: usize, shifts: &[(Timestamp, Timestamp, usize)], count: u32) -> Vec<Moment> {
        let tills: Vec<usize> = self.world.outlets[outlet].tills.clone().collect();
        self.by_anybody(&tills, shifts, count)
    }

    fn by_anybody(&mut self, tills: &[usize], shifts: &[(Timestamp, Timestamp, usize)], count: u32) -> Vec<Moment> {
        let mut moments = Vec::new();
        for place in 0..usize::try_from(count).unwrap_or(0) {
            let (from, until, _) = shifts[place % shifts.len()];
            let at = self.dice.moment(from, until);
            let till = self.dice.pick(tills).unwrap_or_default();
            let clerk = self.rota.clerk_at(self.world, till, at);
            moments.push(Moment { at, till, clerk });
        }
        moments
    }
}

/// So many seconds and parts of one.
pub(super) fn seconds_of(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// How many incidents of a rule there are in so many days: one line says little of how often a rule is right.
fn times(rule: RuleName, days: u32) -> u32 {
    let in_a_fortnight = match rule {
        RuleName::SameBasketTwice | RuleName::UnusualQuantity | RuleName::UnusualPrice => 5,
        RuleName::ControlledByOutlet | RuleName::OutletCutOff | RuleName::OutletSilent => 1,
        _ => 2,
    };
    (in_a_fortnight * days.saturating_sub(WARM_UP)).div_ceil(11)
}

/// How often somebody does it, from hardly worth a word to brazen.
fn often(rule: RuleName) -> (u32, u32) {
    match rule {
        RuleName::CancelledBaskets => (4, 11),
        RuleName::RemovedLines => (6, 15),
        RuleName::PriceOverrides => (4, 12),
        RuleName::ReturnsWithoutReceipt | RuleName::ReturnsSoonAfterSale => (2, 6),
        RuleName::ReturnsOfOwnSales => (3, 8),
        RuleName::DrawerWithoutSale => (4, 10),
        RuleName::OutsideOpeningHours => (1, 5),
        RuleName::SplitSales => (3, 6),
        RuleName::ControlledByEmployee => (8, 25),
        RuleName::ControlledByPrescriber => (8, 24),
        RuleName::ControlledByOutlet => (20, 50),
        RuleName::PrescriberFarApart => (2, 5),
        RuleName::PrescriberProlific => (15, 40),
        RuleName::SameBasketTwice => (2, 2),
        _ => (1, 1),
    }
}
