//! F4 to F7 by keystrokes, over a store of their own: what is asked of the store is done, and told to the screen.
use rxtill::app::dimension::{RowRead, RowSaved};
use rxtill::app::status::{Database, Status};
use rxtill::app::{Effect, Message};
use rxtill::domain::audit::Noted;
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::dimension::{Dimension, Record};
use rxtill::runtime::rows;
use rxtill::store::star::Store;
use uuid::Uuid;

use super::support::TestStore;
use super::support::office::{Office, changed, row};
use super::support::till::Till;

/// A till over a store, and somebody else in the office.
pub struct Counter {
    pub till: Till,
    pub store: Store,
    pub office: Office,
    /// What was noted.
    pub noted: Vec<Noted>,
    _kept: TestStore,
}

impl Counter {
    /// With the outlet, a seller and whatever `rows` there are.
    pub async fn with(rows: &[(Dimension, Record)]) -> Self {
        let kept = TestStore::sqlite().await;
        let office = Office::at_an_outlet(&kept).await;
        let asha = row(
            Dimension::Employee,
            &[("name", "Asha N."), ("phone_number", "0712 345 678")],
        );
        office.add(Dimension::Employee, &asha).await.unwrap();
        for (dimension, wanted) in rows {
            office.add(*dimension, wanted).await.unwrap();
        }
        let store = Store::new(kept.engine.clone());
        let changes = store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        let mut till = Till::knowing(changes);
        till.wanted();
        Self {
            till,
            store,
            office,
            noted: Vec::new(),
            _kept: kept,
        }
    }

    /// Does what is wanted of the store, and tells the till.
    pub async fn settle(&mut self) {
        let at = self.till.model.now;
        // What is answered may want more: goods that were changed are read again.
        let mut wanted = self.till.wanted();
        while let Some(effect) = wanted.pop() {
            let message = match effect {
                Effect::ReadRow {
                    request,
                    dimension,
                    id,
                    outlet,
                } => {
                    let answer = rows::read(&self.store, dimension, id, outlet, at).await;
                    Message::RowRead {
                        request,
                        dimension,
                        answer,
                    }
                }
                Effect::SaveRow { request, save } => {
                    let answer = rows::save(&self.store, &save, at).await;
                    let dimension = save.dimension;
                    Message::RowSaved {
                        request,
                        dimension,
                        answer,
                    }
                }
                Effect::SettleDoctor { request, id, into, by } => {
                    let answer = rows::settle_doctor(&self.store, id, into, &by, at).await;
                    Message::DoctorSettled { request, answer }
                }
                Effect::ReadBeside { request, drug, outlet } => {
                    let answer = rows::beside(&self.store, drug, outlet, at).await;
                    Message::BesideRead { request, answer }
                }
                Effect::SaveGoods { request, save } => {
                    let answer = rows::save_goods(&self.store, &save, at).await;
                    let dimension = Dimension::Drug;
                    Message::RowSaved {
                        request,
                        dimension,
                        answer,
                    }
                }
                Effect::ReadHistory {
                    request,
                    dimension,
                    row,
                } => {
                    let answer = rows::history(&self.store, row).await;
                    Message::HistoryRead {
                        request,
                        dimension,
                        answer,
                    }
                }
                Effect::Note(noted) => {
                    self.noted.extend(noted);
                    continue;
                }
                _ => continue,
            };
            self.till.tell(message);
            wanted.extend(self.till.wanted());
        }
        let since = self.till.model.shelf.catalogue().version();
        let changes = self.store.catalogue_changes(since).await.unwrap();
        self.till.learn(changes);
    }

    pub async fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.till.press(key);
            self.settle().await;
        }
    }

    /// Goes to the field called so, and puts a value in place of what is there.
    pub async fn fill(&mut self, field: &str, value: &str) {
        self.go(field).await;
        for _ in 0..60 {
            self.till.press("Backspace");
        }
        self.till.write(value);
    }

    pub async fn go(&mut self, field: &str) {
        let wanted = self.form().spec().position(field).unwrap();
        self.press("PageUp").await;
        for _ in 0..wanted {
            self.press("Down").await;
        }
    }

    pub fn form(&self) -> &rxtill::app::dimension::Form {
        let Some(form) = self.open_form() else {
            panic!("no form is open:\n{}", self.screen())
        };
        form
    }

    pub fn open_form(&self) -> Option<&rxtill::app::dimension::Form> {
        let rxtill::app::Screen::Dimension(dimension) = self.till.model.screen else {
            return None;
        };
        self.till.model.desks.of(dimension).front()
    }

    pub fn screen(&self) -> String {
        self.till.screen(80, 24)
    }

    /// The row of that name, as the store has it.
    pub async fn stored(&self, dimension: Dimension, name: &str) -> Record {
        let sql = format!("SELECT id FROM {} WHERE name = '{name}'", dimension.spec().table);
        let rows = self.store.engine().query(&sql, vec![]).await.unwrap();
        self.office.open(dimension, rows[0].get(0).unwrap()).await
    }

    pub fn says(&self, words: &str) {
        let screen = self.screen();
        assert!(screen.contains(words), "“{words}” is not on the screen:\n{screen}");
    }
}

pub fn drug(code: &str, name: &str, price: &str) -> (Dimension, Record) {
    let values = [
        ("code", code),
        ("name", name),
        ("base_unit", "tab"),
        ("price", price),
        ("strength", "300 mg"),
    ];
    (Dimension::Drug, row(Dimension::Drug, &values))
}

#[tokio::test]
async fn a_price_of_12_50_is_not_kept_as_13() {
    let mut counter = Counter::with(&[]).await;
    counter.press("F4 Ctrl+N").await;
    for (field, value) in [
        ("code", "NDC-1"),
        ("name", "Aspirin"),
        ("base_unit", "tab"),
        ("price", "12.50"),
    ] {
        counter.fill(field, value).await;
    }
    counter.press("F10").await;
    counter.says("drug Aspirin saved");
    counter.says("12.50");
    let kept = counter.stored(Dimension::Drug, "Aspirin").await;
    assert_eq!(kept.value(Dimension::Drug.spec(), "price"), "12.5");
}

#[tokio::test]
async fn what_a_new_row_begins_with_is_replaced_by_what_is_typed_and_a_saved_value_is_not() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.press("F4 Ctrl+N").await;
    counter.go("base_unit").await;
    counter.till.write("tab");
    assert_eq!(counter.form().line.text(), "tab");
    counter.press("Tab Shift+Tab").await;
    counter.till.write("s");
    assert_eq!(counter.form().line.text(), "tabs");
    counter.press("Esc y Enter").await;
    counter.go("name").await;
    counter.till.write("s");
    assert_eq!(counter.form().line.text(), "Aspirins");
}

#[tokio::test]
async fn a_phone_number_of_12_digits_is_kept_whole() {
    let mut counter = Counter::with(&[]).await;
    counter.press("F6 Ctrl+N").await;
    counter.fill("name", "John").await;
    counter.fill("phone_number", "254712345678").await;
    counter.press("Ctrl+S").await;
    let kept = counter.stored(Dimension::Employee, "John").await;
    assert_eq!(kept.value(Dimension::Employee.spec(), "phone_number"), "254712345678");
    counter.says("254712345678");
}

#[tokio::test]
async fn an_outlet_name_of_51_letters_is_refused_on_leaving_the_field_and_says_how_many_fit() {
    let mut counter = Counter::with(&[]).await;
    counter.press("F7 Ctrl+N").await;
    counter.till.write(&"a".repeat(51));
    counter.press("Tab").await;
    counter.till.write("Coast");
    counter.press("F10").await;
    counter.says("at most 50 fit");
    counter.press("Backspace F10").await;
    counter.says("saved");
}

#[tokio::test]
async fn another_spelling_of_an_outlet_is_refused_by_the_name_of_the_first() {
    let mut counter = Counter::with(&[]).await;
    counter.press("F7 Ctrl+N").await;
    counter.till.write("mirema MEDS ");
    counter.fill("region", "Nairobi").await;
    counter.press("F10").await;
    counter.says("there is an outlet “Mirema meds” already");
    assert_eq!(counter.form().at, 0);
}

#[tokio::test]
async fn the_list_refreshes_and_the_highlighted_row_stays_the_same_row() {
    let mut counter = Counter::with(&[drug("1", "Brufen", "28"), drug("2", "Losec", "40")]).await;
    counter.press("F4 Down").await;
    for (code, name) in [("3", "Aspirin"), ("4", "Coartem"), ("5", "Zinc")] {
        let (dimension, wanted) = drug(code, name, "5");
        counter.office.add(dimension, &wanted).await.unwrap();
    }
    counter.settle().await;
    counter.press("Enter").await;
    assert_eq!(counter.form().name(), "Losec");
}

#[tokio::test]
async fn the_filter_finds_every_row_that_has_the_words_deactivated_ones_too() {
    let mut off = drug("2", "Aspirin Cardio", "40");
    off.1.active = false;
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12"), off, drug("3", "Losec", "5")]).await;
    counter.press("F4 /").await;
    counter.till.write("300 asp");
    counter.says("2 of 3");
    counter.says("inactive");
    counter.press("Esc Esc").await;
    counter.says("Losec");
}

#[tokio::test]
async fn what_was_changed_is_not_lost_without_a_question() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12")]).await;
    counter.press("F4 Enter").await;
    counter.fill("strength", "500 mg").await;
    counter.press("Esc").await;
    counter.says("is not saved. Let the changes go? y");
    counter.press("Enter n F2").await;
    counter.says("Drugs •");
    counter.press("Ctrl+Q").await;
    counter.says("The changed drug Aspirin is not saved.");
    counter.press("n F4 Esc y").await;
    assert!(counter.open_form().is_none());
    let kept = counter.stored(Dimension::Drug, "Aspirin").await;
    assert_eq!(kept.value(Dimension::Drug.spec(), "strength"), "300 mg");
}

#[tokio::test]
async fn a_row_is_deactivated_after_a_question_and_taken_back() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12")]).await;
    counter.press("F4 Ctrl+D").await;
    counter.says("Deactivate drug Aspirin?");
    counter.press("y").await;
    counter.says("drug Aspirin deactivated");
    assert!(!counter.stored(Dimension::Drug, "Aspirin").await.active);
    counter.press("Ctrl+D y").await;
    counter.says("drug Aspirin active again");
    assert!(counter.stored(Dimension::Drug, "Aspirin").await.active);
}

/// A till with a changed strength, and an office that saved another strength and a new form of the same drug.
pub(super) async fn clashing() -> Counter {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12")]).await;
    counter.press("F4 Enter").await;
    let opened = counter.stored(Dimension::Drug, "Aspirin").await;
    let theirs = changed(&opened, Dimension::Drug, "strength", "100 mg");
    let theirs = changed(&theirs, Dimension::Drug, "form", "tablet");
    counter
        .office
        .save(Dimension::Drug, Some(&opened), &theirs)
        .await
        .unwrap();
    counter.fill("strength", "500 mg").await;
    counter.fill("price", "13").await;
    counter.press("F10").await;
    counter
}

async fn values(counter: &Counter) -> [String; 3] {
    let kept = counter.stored(Dimension::Drug, "Aspirin").await;
    ["strength", "form", "price"].map(|field| kept.value(Dimension::Drug.spec(), field).to_owned())
}

#[tokio::test]
async fn the_second_of_two_people_sees_what_changed_and_keeps_their_own() {
    let mut counter = clashing().await;
    insta::assert_snapshot!("conflict_80x24", counter.screen());
    insta::assert_snapshot!("conflict_120x40", counter.till.screen(120, 40));
    insta::assert_snapshot!("conflict_45x20", counter.till.screen(45, 20));
    assert_eq!(values(&counter).await, ["100 mg", "tablet", "12"]);
    counter.press("Enter F10 m").await;
    counter.says("saved");
    assert_eq!(values(&counter).await, ["500 mg", "tablet", "13"]);
}

#[tokio::test]
async fn the_second_of_two_people_keeps_theirs_and_the_rest_of_their_own() {
    let mut counter = clashing().await;
    counter.press("t").await;
    assert_eq!(values(&counter).await, ["100 mg", "tablet", "13"]);
}

#[tokio::test]
async fn from_a_conflict_one_can_go_back_to_the_form_and_nothing_is_overwritten() {
    let mut counter = clashing().await;
    counter.press("Esc").await;
    assert_eq!(
        counter.form().record.value(Dimension::Drug.spec(), "strength"),
        "500 mg"
    );
    counter.press("F10").await;
    counter.says("somebody else saved this meanwhile");
    assert_eq!(values(&counter).await, ["100 mg", "tablet", "12"]);
}

#[tokio::test]
async fn with_the_database_away_a_row_is_looked_at_and_not_changed() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50")]).await;
    counter.till.press("F4 Enter");
    let Some(Effect::ReadRow { request, dimension, .. }) = counter.till.wanted().pop() else {
        panic!("nothing was asked of the store")
    };
    counter.says("being read");
    counter.says("12.50");
    let answer = RowRead::Away("connection refused".into());
    counter.till.tell(Message::RowRead {
        request,
        dimension,
        answer,
    });
    counter.says("the database is away");
    counter.till.write("x");
    counter.press("F10").await;
    counter.says("nothing to save");
    counter.press("Esc").await;
    assert!(counter.open_form().is_none());
}

#[tokio::test]
async fn a_save_that_the_database_did_not_answer_keeps_the_form_and_its_id() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12")]).await;
    counter.press("F4 Enter").await;
    counter.fill("quantity_supplied", "100").await;
    counter.till.press("F10");
    let Some(Effect::SaveRow { request, save }) = counter.till.wanted().pop() else {
        panic!("nothing was asked of the store")
    };
    // It was saved, and the answer lost.
    assert!(matches!(
        rows::save(&counter.store, &save, counter.till.model.now).await,
        RowSaved::Saved(_)
    ));
    let answer = RowSaved::Failed("it may be saved".into());
    counter.till.tell(Message::RowSaved {
        request,
        dimension: Dimension::Drug,
        answer,
    });
    counter.says("it may be saved");
    counter.press("F10").await;
    counter.says("saved");
    let kept = counter.stored(Dimension::Drug, "Aspirin").await;
    assert_eq!(kept.value(Dimension::Drug.spec(), "stock_remaining"), "100");
}

#[tokio::test]
async fn a_late_answer_for_a_form_that_was_left_is_ignored() {
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12"), drug("2", "Losec", "40")]).await;
    counter.till.press("F4 Enter");
    let Some(Effect::ReadRow { request, dimension, .. }) = counter.till.wanted().pop() else {
        panic!("nothing was asked of the store")
    };
    let late = Box::new(counter.stored(Dimension::Drug, "Aspirin").await);
    counter.press("Esc Down Enter").await;
    let answer = RowRead::Row(late);
    counter.till.tell(Message::RowRead {
        request,
        dimension,
        answer,
    });
    assert_eq!(counter.form().name(), "Losec");
}

#[tokio::test]
async fn every_screen_of_a_dimension_looks_as_it_should() {
    let long = drug("61611002300", "Artemether and Lumefantrine dispersible", "240");
    let mut off = drug("3", "Losec", "1040");
    off.1.active = false;
    let mut counter = Counter::with(&[drug("1", "Aspirin", "12.50"), drug("2", "Brufen", "28"), off, long]).await;
    let look = |counter: &Counter, name: &str| {
        insta::assert_snapshot!(format!("{name}_80x24"), counter.till.screen(80, 24));
        insta::assert_snapshot!(format!("{name}_120x40"), counter.till.screen(120, 40));
    };
    counter.press("F4 Down").await;
    look(&counter, "drugs");
    counter.press("/").await;
    counter.till.write("nothing at all");
    look(&counter, "drugs_none_found");
    counter.press("Esc Esc Enter").await;
    look(&counter, "drug_form");
    counter.fill("price", "12,50").await;
    counter.fill("pack_name", "strip 10").await;
    counter.press("F10").await;
    look(&counter, "drug_faults");
    counter.press("Esc y F5").await;
    look(&counter, "doctors_empty");
    counter.press("F6").await;
    look(&counter, "employees");
    counter.press("F7 Enter").await;
    look(&counter, "outlet_form");
}

#[tokio::test]
async fn a_terminal_of_20x5_or_1x1_does_no_harm() {
    let mut counter = clashing().await;
    for size in [(20, 5), (1, 1), (59, 24), (200, 3)] {
        counter.till.screen(size.0, size.1);
    }
    counter.press("Esc").await;
    for size in [(20, 5), (1, 1), (40, 7)] {
        counter.till.screen(size.0, size.1);
    }
    counter.press("Esc y").await;
    counter.till.screen(20, 5);
    counter.till.screen(1, 1);
}

#[tokio::test]
async fn a_list_that_was_never_read_does_not_say_that_there_is_nothing() {
    let mut till = Till::knowing(CatalogueChanges::default());
    till.press("F4");
    let screen = till.screen(80, 24);
    assert!(screen.contains("drugs are being read from the database"), "{screen}");
    let since = till.model.now;
    till.tell(Message::StatusChanged(Box::new(Status {
        database: Database::Away { since },
        ..Status::default()
    })));
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("the database is away, and its drugs were never read"),
        "{screen}"
    );
}
