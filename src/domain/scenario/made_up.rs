//! A chain that nobody owns, for benches, tests and loads without a database.
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::dice::{Dice, sums};
use super::week::Week;
use super::world::{Clerk, Counter, Place, Prescriber, Tender, Ware, World, made_up_id};
use crate::domain::audit::Goods;
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::sale::{OutletParty, Party, TillId};

/// How large a made-up chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Outlets.
    pub outlets: usize,
    /// Tills in all; at least one an outlet.
    pub tills: usize,
    /// Drugs.
    pub drugs: usize,
    /// Prescribers.
    pub doctors: usize,
}

/// The chain of the bench: some twenty outlets, a hundred people.
impl Default for Size {
    fn default() -> Self {
        Self {
            outlets: 24,
            tills: 48,
            drugs: 5_000,
            doctors: 240,
        }
    }
}

const REGIONS: [(&str, &str); 5] = [
    ("Nairobi", "Africa/Nairobi"),
    ("Coast", "Africa/Nairobi"),
    ("Rift Valley", "Africa/Nairobi"),
    ("Lake", "Africa/Nairobi"),
    ("Kigali", "Africa/Kigali"),
];
const STEMS: [&str; 12] = [
    "Amoxi", "Parace", "Ibu", "Amlo", "Metfor", "Losar", "Cetiri", "Omepra", "Salbu", "Predni", "Doxy", "Azithro",
];
const ENDINGS: [&str; 10] = [
    "cillin", "tamol", "profen", "dipine", "min", "tan", "zine", "zole", "mol", "mycin",
];
const STRENGTHS: [&str; 6] = ["5 mg", "10 mg", "50 mg", "100 mg", "250 mg", "500 mg"];
const NAMES: [&str; 16] = [
    "Achieng", "Baraka", "Chebet", "Daudi", "Esther", "Farah", "Grace", "Hamisi", "Imani", "Juma", "Kamau", "Leila",
    "Mumbi", "Njoroge", "Omondi", "Wanjiku",
];
/// What most sales of a drug hold of its unit.
const USUAL: [u32; 6] = [10, 20, 30, 14, 21, 15];

impl World {
    /// A chain of that size, by chance from `seed`. Its tills are called `SIM001` and so on.
    pub fn made_up(seed: u64, size: Size) -> Self {
        let mut dice = Dice::new(seed ^ 0x05EE_D0FA_C4A1);
        let mut world = Self {
            outlets: Vec::new(),
            tills: Vec::new(),
            clerks: Vec::new(),
            doctors: doctors(&mut dice, size.doctors),
            wares: wares(&mut dice, size.drugs.max(20)),
            tenders: ["Cash", "M-Pesa", "Card"].map(tender).into(),
            no_doctor: 1,
        };
        let outlets = size.outlets.max(1);
        let sizes: Vec<f64> = (0..outlets).map(|_| dice.factor(0.6).clamp(0.3, 3.5)).collect();
        // Each has a till; the larger the outlet, the more of the others.
        let mut tills = vec![1; outlets];
        let shares = sums(sizes.iter().copied());
        for _ in outlets..size.tills {
            tills[dice.weighted(&shares)] += 1;
        }
        for (number, (of_chain, tills)) in sizes.into_iter().zip(tills).enumerate() {
            world.open(&mut dice, number, of_chain, tills);
        }
        world
    }

    /// The same with rows that no catalogue has, so that nobody takes its outlets and people for real ones.
    #[must_use]
    pub fn apart(mut self) -> Self {
        const BEYOND: i64 = 1_000_000_000;
        self.no_doctor += BEYOND;
        self.outlets.iter_mut().for_each(|row| row.id += BEYOND);
        self.clerks.iter_mut().for_each(|row| row.id += BEYOND);
        self.doctors.iter_mut().for_each(|row| row.id += BEYOND);
        self.wares.iter_mut().for_each(|row| row.id += BEYOND);
        self
    }

    fn open(&mut self, dice: &mut Dice, number: usize, size: f64, tills: usize) {
        let (region, zone) = REGIONS[number % REGIONS.len()];
        let first = self.tills.len();
        for _ in 0..tills {
            let id = format!("SIM{:03}", self.tills.len() + 1);
            self.tills.push(Counter {
                id: id.parse().unwrap_or_else(|_| TillId::default()),
                outlet: number,
            });
        }
        let staff = 2 * tills + 1;
        let clerks = self.clerks.len()..self.clerks.len() + staff;
        for clerk in clerks.clone() {
            let name = NAMES[clerk % NAMES.len()];
            self.clerks.push(Clerk {
                id: i64::try_from(clerk).unwrap_or(0) + 1,
                party: Party {
                    id: made_up_id("employee", clerk),
                    name: format!("{name} {}", clerk / NAMES.len() + 1),
                },
            });
        }
        let opens = u8::try_from(dice.whole(7, 9)).unwrap_or(8);
        let closes = u8::try_from(dice.whole(19, 22)).unwrap_or(20);
        self.outlets.push(Place {
            id: i64::try_from(number).unwrap_or(0) + 1,
            party: OutletParty {
                id: made_up_id("outlet", number),
                name: format!("{region} {}", number / REGIONS.len() + 1),
                region: region.to_owned(),
            },
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            week: Week {
                working: (opens, closes),
                saturday: Some((opens, closes - 2)),
                sunday: dice.chance(0.6).then_some((opens + 2, 17)),
            },
            currency: Currency::of("KES"),
            coin: Money::ZERO,
            size,
            tills: first..first + tills,
            clerks: clerks.collect(),
        });
    }
}

fn tender(name: &str) -> Tender {
    Tender {
        party: Party {
            id: made_up_id(name, 0),
            name: name.to_owned(),
        },
        reference: name == "M-Pesa",
    }
}

fn doctors(dice: &mut Dice, count: usize) -> Vec<Prescriber> {
    let doctor = |number: usize| Prescriber {
        id: i64::try_from(number).unwrap_or(0) + 2,
        party: Party {
            id: made_up_id("doctor", number),
            name: format!("Dr {} {}", NAMES[(number * 7) % NAMES.len()], number + 1),
        },
        region: REGIONS[number % REGIONS.len()].0.to_owned(),
        weight: dice.factor(0.8).clamp(0.1, 8.0),
    };
    (0..count).map(doctor).collect()
}

fn wares(dice: &mut Dice, count: usize) -> Vec<Ware> {
    // A long tail: the hundredth drug is asked for a hundred times less than the first.
    let mut ranks: Vec<u32> = (1..=u32::try_from(count).unwrap_or(u32::MAX)).collect();
    dice.shuffle(&mut ranks);
    let ranked = ranks.into_iter().enumerate();
    ranked.map(|(number, rank)| ware(dice, number, rank)).collect()
}

fn ware(dice: &mut Dice, number: usize, rank: u32) -> Ware {
    let name = format!(
        "{}{} {}",
        STEMS[number % STEMS.len()],
        ENDINGS[(number / STEMS.len()) % ENDINGS.len()],
        STRENGTHS[(number / (STEMS.len() * ENDINGS.len())) % STRENGTHS.len()],
    );
    let tablets = dice.chance(0.6);
    let usual = if tablets { dice.pick(&USUAL).unwrap_or(10) } else { 1 };
    // In cents: a tablet costs 2 to 40, a box or bottle 60 to 1,500, mostly little; shops like half and whole amounts.
    let (least, most, step) = if tablets {
        (200, 4_000, 50)
    } else {
        (6_000, 150_000, 500)
    };
    let dear = i64::from(dice.whole(0, 100));
    let cents = (least + (most - least) * dear * dear * dear / 1_000_000) / step * step;
    let controlled = tablets && number % 33 == 4;
    Ware {
        id: i64::try_from(number).unwrap_or(0) + 1,
        goods: Goods {
            id: made_up_id("drug", number),
            code: format!("SIM{number:05}"),
            name: format!("{name} {}", number + 1),
        },
        unit: String::from(if tablets { "tab" } else { "pack" }),
        factor: Quantity::ONE,
        price: Money::new(Decimal::new(cents, 2)),
        tax_code: String::from("E"),
        tax_rate: Decimal::ZERO,
        usual,
        limit: controlled.then(|| Quantity::new(Decimal::from(usual * 3))),
        prescription_only: controlled || number % 3 == 1,
        weight: 1.0 / f64::from(rank),
    }
}
