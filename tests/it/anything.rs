//! Anything in any order: keys, scans, clicks, sizes, another catalogue, answers that come late, twice, or as nobody wishes.
//! What must hold at each message, `support::walls` says; here stands what holds once a scan is over.
use std::sync::{Arc, OnceLock};

use crossterm::event::{Event, KeyCode as Code, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use rxtill::app::live::{LiveNews, LiveState};
use rxtill::app::model::Over;
use rxtill::app::picker::Choice;
use rxtill::app::status::{Database, Status};
use rxtill::app::{Effect, Layer, Message};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::dimension::{Dimension, FieldKind};
use rxtill::domain::money::Money;

use super::scan::{Counter, STRIP, UNKNOWN, key, typed};
use super::screens::{open_with, sample};
use super::support::answers;
use super::support::overview;
use super::support::till::Till;

/// A label with batch and expiry, a code that begins with answers, and a receipt of nobody's.
const LABEL: &str = "0106161100012370172803";
const LETTERS: &str = "ynm61611";
const RECEIPT: &str = "T01-616111";

/// Something that a person, a scanner or the rest of the world does.
#[derive(Debug, Clone)]
enum Done {
    /// A key, so many milliseconds after what was before.
    Pressed(char, u64),
    Named(Code, u64),
    Ctrl(char, u64),
    /// A scan: of which code, so many milliseconds a key, and perhaps a key amid it.
    Scanned(&'static str, u64, Option<(usize, Code)>),
    ScannedAtOnce(&'static str),
    Clicked(u16, u16),
    Resized(u16, u16),
    /// One of what is asked for is answered, one way or another; perhaps once more, later.
    Answered(usize, u8, bool),
    Learned(Change),
    /// The database comes and goes; the disk too.
    Away(bool),
    DiskFull(bool),
    Ticked(u64),
    /// News of the stream: figures, events, alerts, notes of others, how it stands.
    Streamed(u8),
}

/// What may become of the catalogue.
#[derive(Debug, Clone, Copy)]
enum Change {
    Drug { at: usize, active: bool },
    Price { at: usize, amount: u8 },
    Packs { at: usize },
    Bears { at: usize },
    Seller { active: bool },
    Tender { at: usize, active: bool },
    Doctor { at: usize, active: bool },
}

fn done() -> impl Strategy<Value = Done> {
    let named = vec![
        Code::Enter,
        Code::Esc,
        Code::Backspace,
        Code::Delete,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
        Code::Tab,
        Code::BackTab,
        Code::F(1),
        Code::F(2),
        Code::F(3),
        Code::F(4),
        Code::F(5),
        Code::F(6),
        Code::F(7),
        Code::F(8),
        Code::F(9),
        Code::F(10),
        Code::F(12),
    ];
    let named = prop::sample::select(named);
    let ctrl = prop::sample::select(vec!['c', 'd', 'g', 'n', 'q', 'r', 's', 'w', 'z']);
    let amid = prop::sample::select(vec![
        Code::Esc,
        Code::Backspace,
        Code::F(3),
        Code::F(10),
        Code::Down,
        Code::Char(' '),
    ]);
    let code = prop::sample::select(vec![STRIP, UNKNOWN, LABEL, LETTERS, RECEIPT]);
    let pause = || prop::sample::select(vec![0, 1, 34, 35, 36, 79, 80, 81, 149, 151, 300, 2000_u64]);
    let size = || prop::sample::select(vec![1, 2, 5, 20, 24, 44, 45, 59, 60, 80, 120, 200_u16]);
    prop_oneof![
        6 => ("[a-zA1-4+*@%=:?/ -]", pause()).prop_map(|(c, ms)| Done::Pressed(c.chars().next().unwrap(), ms)),
        6 => (named, pause()).prop_map(|(code, ms)| Done::Named(code, ms)),
        // What moves things on.
        3 => (prop::sample::select(vec!['y', 'n', '+', '-', '@', ':']), 200..400_u64).prop_map(|(c, ms)| Done::Pressed(c, ms)),
        3 => (prop::sample::select(vec![Code::Enter, Code::Esc, Code::F(9), Code::F(10)]), 100..400_u64)
            .prop_map(|(code, ms)| Done::Named(code, ms)),
        1 => (ctrl, pause()).prop_map(|(c, ms)| Done::Ctrl(c, ms)),
        4 => (code, 1..=35_u64, prop::option::of((4..8_usize, amid)))
            .prop_map(|(code, ms, amid)| Done::Scanned(code, ms, amid)),
        // What is neither digits nor known may be a word that somebody typed over a slow line, and is taken for one.
        2 => prop::sample::select(vec![STRIP, UNKNOWN, LABEL]).prop_map(Done::ScannedAtOnce),
        1 => (0..80_u16, 0..24_u16).prop_map(|(x, y)| Done::Clicked(x, y)),
        1 => (size(), size()).prop_map(|(wide, high)| Done::Resized(wide, high)),
        5 => (any::<usize>(), any::<u8>(), any::<bool>()).prop_map(|(at, how, again)| Done::Answered(at, how, again)),
        1 => change().prop_map(Done::Learned),
        1 => any::<bool>().prop_map(Done::Away),
        1 => any::<bool>().prop_map(Done::DiskFull),
        1 => (0..20_u64).prop_map(Done::Ticked),
        2 => any::<u8>().prop_map(Done::Streamed),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let (at, active) = (0..8_usize, any::<bool>());
    prop_oneof![
        (at.clone(), active).prop_map(|(at, active)| Change::Drug { at, active }),
        (at.clone(), 1..100_u8).prop_map(|(at, amount)| Change::Price { at, amount }),
        at.clone().prop_map(|at| Change::Packs { at }),
        at.clone().prop_map(|at| Change::Bears { at }),
        active.prop_map(|active| Change::Seller { active }),
        (at.clone(), active).prop_map(|(at, active)| Change::Tender { at, active }),
        (at, active).prop_map(|(at, active)| Change::Doctor { at, active }),
    ]
}

/// Where it begins: each layer has its way there.
const SCENES: [&[&str]; 34] = [
    &[],
    &["panadol", "Enter"],
    &["panadol", "Enter", "+"],
    &["panadol", "Enter", "+", "1", "Enter"],
    &["panadol", "Enter", "+", "m"],
    &["panadol", "Enter", "+", "100000", "Enter"],
    &["panadol", "Enter", "+", "Enter", "hedex", "Enter"],
    // The answer of the sale before is out: while a question is asked, a card is looked at, a row is read.
    &["panadol", "Enter", "+", "Enter", "hedex", "Enter", "Esc"],
    &[
        "panadol", "Enter", "+", "Enter", "hedex", "Enter", "zinc", "Enter", "Up", "Up", "Right",
    ],
    &["panadol", "Enter", "+", "Enter", "F4", "Ctrl+D", "F2"],
    &["panadol", "Enter", "F9", "hedex", "Enter", "F9", "F9"],
    // Asked about before the money: far from usual, and the same again.
    &["100*panadol", "Enter", "answer", "100*hedex", "Enter", "answer", "+"],
    &["panadol", "Enter", "+", "Enter", "answer", "panadol", "Enter", "+"],
    &["T01-616111", "Enter", "answer"],
    &["T01-616111", "Enter", "answer", "2", "Enter", "+"],
    &["T01-616111", "Enter", "answer", "Enter", "+", "Enter", "hedex", "Enter"],
    &["hedex", "Right"],
    &["hedex", "Enter", "Up", "Right"],
    &["panadol", "Enter", "@zzz", "Enter"],
    &["panadol", "Enter", ":"],
    &["panadol", "Enter", "Esc"],
    &["F4", "/", "pan"],
    &["F4", "Ctrl+N", "Down"],
    &["F4", "Ctrl+G", "answer", "Ctrl+N", "x"],
    &["F5", "Enter", "answer", "Down", "x", "F10"],
    &["F8", "answer", "Down"],
    &["F8", "answer", "c", "answer", "Tab"],
    &["F8", "answer", "/", "amox"],
    &[
        "hedex", "Enter", "F8", "d", "today", "Enter", "answer", "Enter", "answer",
    ],
    &["panadol", "Enter", "streamed", "F3", "Down", "Enter", "answer", "Down"],
    &["streamed", "F3", "3", "Enter", "a", "wel"],
    &["streamed", "F3", "3", "a", "Enter", "answer", "A"],
    &["streamed", "F3", "4", "Right", "Down", "Enter", "/", "uhu"],
    &["streamed", "F3", "2", "Down", "Enter", "answer"],
];

/// A till at which things happen.
struct World {
    counter: Counter,
    /// What was asked for and not answered, or may be answered again.
    asked: Vec<Effect>,
}

impl World {
    fn at(scene: &[&str]) -> Self {
        let till = open_with(catalogue());
        let mut world = Self {
            counter: Counter::with(till),
            asked: Vec::new(),
        };
        for step in scene {
            match *step {
                "answer" => world.answer(usize::MAX, 0, false),
                "streamed" => (0..5).for_each(|what| world.stream(what)),
                key if key.parse::<rxtill::keymap::Key>().is_ok() => world.till().press(key),
                words => world.till().write(words),
            }
            world.collect();
        }
        world
    }

    fn till(&mut self) -> &mut Till {
        &mut self.counter.till
    }

    fn collect(&mut self) {
        let wanted = self.till().wanted();
        let quiet = |effect: &Effect| {
            matches!(
                effect,
                Effect::KeepDraft(_) | Effect::Ring | Effect::Watch(_) | Effect::Quit
            )
        };
        self.asked.extend(wanted.into_iter().filter(|effect| !quiet(effect)));
    }

    fn answer(&mut self, at: usize, how: u8, again: bool) {
        if self.asked.is_empty() {
            return;
        }
        // The last is the likeliest to matter.
        let at = if at % 2 == 1 {
            self.asked.len() - 1
        } else {
            at % self.asked.len()
        };
        let effect = if again {
            self.asked[at].clone()
        } else {
            self.asked.remove(at)
        };
        if let Some(message) = answers::answer(&effect, how, &self.counter.till.model) {
            self.till().tell(message);
        }
    }

    fn does(&mut self, done: &Done) {
        let counter = &mut self.counter;
        match done {
            Done::Pressed(c, ms) => counter.after(*ms).events(vec![typed(*c)]),
            Done::Named(code, ms) => counter.after(*ms).events(vec![key(*code)]),
            Done::Ctrl(c, ms) => {
                let event = KeyEvent::new(Code::Char(*c), KeyModifiers::CONTROL);
                counter.after(*ms).events(vec![Event::Key(event)]);
            }
            Done::Scanned(code, ms, amid) => {
                counter.after(200);
                for (place, c) in code.chars().chain(['\r']).enumerate() {
                    if let Some((_, key_amid)) = amid.filter(|(at, _)| *at == place) {
                        counter.events(vec![key(key_amid)]);
                    }
                    counter.after(*ms).events(vec![typed(c)]);
                }
                counter.after(200);
            }
            Done::ScannedAtOnce(code) => {
                counter.after(200).at_once(&format!("{code}\r")).after(200);
            }
            Done::Clicked(x, y) => counter.till.click_at((*x, *y)),
            Done::Resized(wide, high) => {
                counter.events(vec![Event::Resize(*wide, *high)]);
                counter.till.screen(*wide, *high);
            }
            Done::Answered(at, how, again) => self.answer(*at, *how, *again),
            Done::Learned(change) => self.learn(*change),
            Done::Away(away) => {
                let since = self.till().model.now;
                let database = if *away { Database::Away { since } } else { Database::Up };
                let status = Status {
                    database,
                    ..Status::default()
                };
                self.till().tell(Message::StatusChanged(Box::new(status)));
            }
            Done::DiskFull(full) => {
                let fault = full.then(|| String::from("no space left on device"));
                self.till().tell(Message::DiskChanged(fault));
            }
            Done::Streamed(what) => self.stream(*what),
            Done::Ticked(times) => (0..*times).for_each(|_| self.till().tell(Message::Ticked)),
        }
        self.collect();
    }

    /// Something came of the stream, or of a feed that is no longer followed.
    fn stream(&mut self, what: u8) {
        let now = self.till().model.now;
        let live = &self.till().model.live;
        let (feed, filter) = (live.feed, live.stream.filter.number);
        let news = match what % 9 {
            0 => LiveNews::State(LiveState::Live),
            1 => LiveNews::Overview(Arc::new(overview::overview(now))),
            2 => LiveNews::Rows {
                filter,
                rows: overview::rows(now),
                skipped: what.into(),
            },
            3 => LiveNews::Alerts(overview::alerts(now)),
            4 => {
                let notes = overview::notes(now);
                return self.till().tell(Message::AlertNotesRead(Arc::new(notes)));
            }
            5 => LiveNews::Found {
                filter,
                rows: overview::rows(now),
                of: what.into(),
            },
            6 => LiveNews::Overview(Arc::default()),
            7 => LiveNews::State(LiveState::Reconnecting {
                since: now,
                reason: String::from("connection refused"),
            }),
            _ => LiveNews::Rows {
                filter: filter.wrapping_sub(1),
                rows: overview::rows(now),
                skipped: 0,
            },
        };
        let feed = feed - u64::from(what > 200 && feed > 0);
        self.till().tell(Message::LiveChanged { feed, news });
    }

    fn learn(&mut self, change: Change) {
        let known = self.counter.till.model.shelf.catalogue();
        let mut changes = CatalogueChanges::default();
        let mut drugs: Vec<_> = known.drugs().map(|drug| drug.as_ref().clone()).collect();
        drugs.sort_by_key(|drug| drug.id);
        match change {
            Change::Drug { at, active } => changes.drugs.extend(drugs.into_iter().cycle().nth(at).map(|mut drug| {
                drug.active = active;
                drug
            })),
            Change::Price { at, amount } => changes.drugs.extend(drugs.into_iter().cycle().nth(at).map(|mut drug| {
                let prices = drug.packs.iter_mut().flat_map(|pack| &mut pack.prices);
                prices.for_each(|price| price.amount = Money::new(amount.into()));
                drug
            })),
            Change::Packs { at } => changes.drugs.extend(drugs.into_iter().cycle().nth(at).map(|mut drug| {
                drug.packs.truncate(1);
                drug
            })),
            Change::Bears { at } => changes.drugs.extend(drugs.into_iter().cycle().nth(at).map(|mut drug| {
                UNKNOWN.clone_into(&mut drug.code);
                drug
            })),
            Change::Seller { active } => changes.employees.extend(known.employees().first().map(|row| {
                let mut row = row.as_ref().clone();
                row.active = active;
                row
            })),
            Change::Tender { at, active } => changes.tenders.extend(known.tenders().get(at).map(|row| {
                let mut row = row.as_ref().clone();
                row.active = active;
                row
            })),
            Change::Doctor { at, active } => changes.doctors.extend(known.doctors().get(at).map(|row| {
                let mut row = row.as_ref().clone();
                row.active = active;
                row
            })),
        }
        self.till().learn(changes);
    }

    /// Text that is no row's name: quantities, prices, money, commands.
    fn figures(&self) -> String {
        let model = &self.counter.till.model;
        let sale = &model.sale;
        let mut texts = vec![sale.entry.text().to_owned()];
        texts.extend(sale.payment.as_ref().map(|payment| payment.entry.text().to_owned()));
        let lines = sale.basket.iter().flat_map(|basket| &basket.lines);
        texts.extend(lines.map(|line| format!("{} {}", line.quantity, line.unit_price)));
        texts.extend(sale.takes.map(|takes| takes.to_string()));
        let taken = sale.taken.iter();
        texts.extend(taken.map(|taken| format!("{} {:?}", taken.amount, taken.reference)));
        let returning = sale.returning.iter();
        texts.extend(returning.map(|it| format!("{} {:?}", it.entry.text(), it.chosen)));
        match &model.over {
            Some(Over::Palette(palette)) => texts.push(palette.filter.text().to_owned()),
            Some(Over::Note(noting)) => texts.push(noting.line.text().to_owned()),
            Some(Over::Strike(striking)) => texts.push(striking.reason.text().to_owned()),
            Some(Over::Picker(picker)) if picker.choice == Choice::Held => texts.push(picker.filter.text().to_owned()),
            _ => {}
        }
        texts.extend(self.fields(|kind| {
            matches!(
                kind,
                FieldKind::Money | FieldKind::Quantity | FieldKind::Count | FieldKind::Date
            )
        }));
        texts.join("|")
    }

    /// Text by which rows are described or looked for, but for codes.
    fn words(&self) -> String {
        let model = &self.counter.till.model;
        let adding = model.sale.adding.iter();
        let mut texts: Vec<_> = adding
            .flat_map(|adding| (0..adding.lines()).map(|line| adding.value(line).to_owned()))
            .collect();
        if let Some(Over::Picker(picker)) = &model.over {
            texts.push(picker.filter.text().to_owned());
        }
        texts.extend(model.live.typing.iter().map(|line| line.text().to_owned()));
        let desks = Dimension::ALL.iter().map(|dimension| model.desks.of(*dimension));
        texts.extend(desks.map(|desk| desk.list.filter.text().to_owned()));
        texts.extend(self.fields(|kind| !matches!(kind, FieldKind::Code(_) | FieldKind::Shown)));
        texts.join("|")
    }

    /// What stands in the fields of such kinds.
    fn fields(&self, wanted: impl Fn(FieldKind) -> bool) -> Vec<String> {
        let mut texts = Vec::new();
        for dimension in Dimension::ALL {
            let Some(form) = self.counter.till.model.desks.of(dimension).front() else {
                continue;
            };
            let spec = form.spec();
            let fields = spec.fields.iter().filter(|field| wanted(field.kind));
            texts.extend(fields.map(|field| form.record.value(spec, field.name).to_owned()));
            texts.extend(wanted(form.field().kind).then(|| form.line.text().to_owned()));
        }
        texts
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_sold_that_was_not_scanned_or_chosen_and_no_scan_is_text_money_or_an_answer(
        scene in prop::sample::select(SCENES.to_vec()),
        all in prop::collection::vec(done(), 1..40),
    ) {
        let mut world = World::at(scene);
        let mut may_be_words = false;
        for done in &all {
            let is_scan = matches!(done, Done::Scanned(_, _, None) | Done::ScannedAtOnce(_));
            if is_scan {
                // What was pressed before may be an answer.
                world.counter.after(200);
            }
            let layer = world.counter.till.model.layer();
            world.does(done);
            if is_scan && layer == Layer::Question {
                prop_assert_eq!(world.counter.till.model.layer(), layer, "answered by {:?}", done);
            }
            let figures = world.figures();
            prop_assert!(!figures.contains("616"), "{:?}: {}\n{}", done, figures, world.counter.screen());
            // Digits that came in one read and are no known code may be a phone number.
            may_be_words |= matches!(done, Done::ScannedAtOnce(_));
            let words = world.words();
            prop_assert!(may_be_words || !words.contains("616"), "{:?}: {}\n{}", done, words, world.counter.screen());
        }
    }
}

/// A part of the sample pharmacy, read once: what is scanned here, and what is called like it.
fn catalogue() -> CatalogueChanges {
    static KNOWN: OnceLock<CatalogueChanges> = OnceLock::new();
    let read = || {
        let mut all = tokio::runtime::Runtime::new().unwrap().block_on(sample());
        let names = [
            "Panadol",
            "Hedex",
            "Amoxil",
            "Zinc",
            "Tramadol",
            "Cetirizine",
            "Benylin",
        ];
        all.drugs
            .retain(|drug| names.iter().any(|name| drug.name.starts_with(name)));
        all
    };
    KNOWN.get_or_init(read).clone()
}
