//! Prescribers who are added at a till, over every store: in it once, found again, confirmed, merged; the chain whole.
use std::sync::Arc;
use std::time::Duration;

use rxtill::domain::dimension::{Author, DOCTOR, Dimension};
use rxtill::domain::prescriber::NewDoctor;
use rxtill::params;
use rxtill::store::error::StoreError;
use rxtill::store::ports::{AddedDoctor, SaleStore as _};
use rxtill::store::star::Store;
use rxtill::store::star::dimension::SaveError;
use rxtill::store::sync::Notice;
use uuid::Uuid;

use super::support::machine::{Machine, Switch, said};
use super::support::office::{NOON, Office, changed, row};
use super::support::shop::Shop;
use super::support::{TestStore, on_every_store};

/// Added at a till; no number: told apart by the phone.
fn doctor(id: u128, name: &str, number: &str) -> NewDoctor {
    NewDoctor {
        uuid: Uuid::from_u128(0xd0c0_0000 + id),
        name: name.to_owned(),
        registration_number: number.to_owned(),
        phone_number: if number.is_empty() { "0712 345 678" } else { "" }.to_owned(),
        region: "Kilifi clinic".to_owned(),
        by: "Asha".to_owned(),
        employee: None,
        till: Some("T01".to_owned()),
        at: NOON.parse().unwrap(),
    }
}

fn njeri() -> Author {
    Author {
        name: "Njeri".to_owned(),
        ..Author::default()
    }
}

fn was_known(name: &str) -> AddedDoctor {
    AddedDoctor {
        known_as: Some(name.to_owned()),
    }
}

/// The name of the doctor at whom the fact rows of a sale stand.
async fn recorded_at(shop: &Shop, sale: u128) -> String {
    let sql = "SELECT d.name FROM fact_sale f JOIN dim_doctor d ON d.id = f.doctor_id WHERE f.sale_id = ?";
    let rows = shop.engine.query(sql, params![Uuid::from_u128(sale)]).await.unwrap();
    rows[0].get(0).unwrap()
}

async fn id_of(store: &Store, doctor: &NewDoctor) -> i64 {
    let sql = "SELECT id FROM dim_doctor WHERE uuid = ?";
    let rows = store.engine().query(sql, params![doctor.uuid]).await.unwrap();
    rows[0].get(0).unwrap()
}

/// Whether the catalogue offers the prescriber, and whether as confirmed.
async fn offered(store: &Store, doctor: &NewDoctor) -> (bool, bool) {
    let changes = store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
    let row = changes.doctors.iter().find(|row| row.uuid == doctor.uuid).unwrap();
    (row.active, row.confirmed)
}

const HURRY: Duration = Duration::from_secs(2);

on_every_store! {
    async fn a_prescriber_added_at_a_till_is_in_the_store_once_and_unconfirmed(store: TestStore) {
        let office = Office::of(&store);
        let otieno = doctor(1, "Otieno", "B77");
        let before = office.number("SELECT n FROM change_seq").await;
        for _ in 0..3 {
            assert_eq!(office.store.add_doctor(&otieno).await, Ok(AddedDoctor::default()));
        }
        assert_eq!(offered(&office.store, &otieno).await, (true, false));
        assert_eq!(office.number("SELECT COUNT(*) FROM dim_doctor").await, 2.into());
        // One for the row; a repetition changes nothing, and takes no number.
        assert_eq!(office.number("SELECT n FROM change_seq").await, before + rust_decimal::Decimal::ONE);
        let opened = office.open(Dimension::Doctor, id_of(&office.store, &otieno).await).await;
        assert_eq!(opened.value(&DOCTOR, "region"), "Kilifi clinic");
    }

    async fn two_tills_that_add_the_same_prescriber_have_one_between_them(store: TestStore) {
        let office = Office::of(&store);
        let other = Store::new(store.another().await);
        let (first, second) = (doctor(1, "Otieno", "B77"), doctor(2, "Dr. Otieno", "b77 "));
        let (a, b) = tokio::join!(office.store.add_doctor(&first), other.add_doctor(&second));
        let known: Vec<_> = [a.unwrap(), b.unwrap()].into_iter().filter_map(|added| added.known_as).collect();
        assert_eq!(known.len(), 1, "the second leads to the first");
        let active = "SELECT COUNT(*) FROM dim_doctor WHERE merged_into IS NULL AND name <> 'none'";
        let alone = office.number(active).await;
        assert_eq!(alone, 1.into());
        let (one, two) = (offered(&office.store, &first).await.0, offered(&office.store, &second).await.0);
        assert!(one != two, "search offers one of the two");
    }

    async fn an_upload_that_meets_a_known_number_or_phone_leads_to_who_is_there(store: TestStore) {
        let office = Office::of(&store);
        let mwangi = row(Dimension::Doctor, &[("name", "Mwangi"), ("registration_number", "A9")]);
        let kamau = row(Dimension::Doctor, &[("name", "Kamau"), ("phone_number", "0712-345-678")]);
        for doctor in [&mwangi, &kamau] {
            office.add(Dimension::Doctor, doctor).await.unwrap();
        }
        let (by_number, by_phone) = (doctor(1, "Mwangi P.", "a9"), doctor(2, "KAMAU", ""));
        for _ in 0..2 {
            assert_eq!(office.store.add_doctor(&by_number).await, Ok(was_known("Mwangi")));
            assert_eq!(office.store.add_doctor(&by_phone).await, Ok(was_known("Kamau")));
        }
        assert!(!offered(&office.store, &by_number).await.0 && !offered(&office.store, &by_phone).await.0);
    }

    async fn sales_that_name_a_known_prescriber_by_a_new_id_are_theirs_and_nothing_is_parked(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        // The number of Mwabili, who was there first; this till does not know.
        let added = doctor(1, "Mwabilli", "A1");
        let switch = Switch::over(&shop.store);
        let away = Arc::clone(&switch);
        machine.during(switch, HURRY, |mut counter| async move {
            away.turn(true);
            counter.add_doctor(&added).await;
            assert_eq!(said(&counter.sell_for(1, &added).await), ("T01-000001", "queued"));
            away.turn(false);
            counter.drained().await;
            let heard = counter.heard();
            let known = |n: &Notice| matches!(n, Notice::DoctorWasKnown { known_as, .. } if known_as == "Mwabili");
            assert!(heard.iter().any(known), "{heard:?}");
            assert!(!heard.iter().any(|n| matches!(n, Notice::Parked { .. })), "{heard:?}");
            // A sale of later on, too: this till may go on naming the id that it made.
            assert_eq!(counter.sell_for(2, &added).await.state.as_str(), "committed");
        }).await;
        for sale in [1, 2] {
            assert_eq!(recorded_at(&shop, sale).await, "Mwabili");
        }
        machine.agrees_with(shop.engine.as_ref()).await;
    }

    async fn a_queue_of_an_hour_brings_its_prescriber_along_whatever_was_killed(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        let otieno = doctor(1, "Otieno", "B77");
        let switch = Switch::over(&shop.store);
        machine.during(Arc::clone(&switch) as _, HURRY, |_| async {}).await;
        switch.turn(true);
        let added = otieno.clone();
        machine.during(Arc::clone(&switch) as _, HURRY, |counter| async move {
            counter.add_doctor(&added).await;
            for id in 1..=3 {
                assert_eq!(counter.sell_for(id, &added).await.state.as_str(), "queued");
            }
        }).await;
        // Another start, as after a power cut.
        switch.turn(false);
        machine.during(switch, HURRY, |counter| async move { counter.drained().await }).await;
        assert_eq!(shop.count("SELECT COUNT(*) FROM sales").await, 3);
        assert_eq!(shop.count("SELECT COUNT(*) FROM sale_parked").await, 0);
        assert_eq!(recorded_at(&shop, 3).await, "Otieno");
        machine.agrees_with(shop.engine.as_ref()).await;
    }

    async fn the_office_confirms_once_and_every_till_hears_of_it(store: TestStore) {
        let office = Office::of(&store);
        let otieno = doctor(1, "Otieno", "B77");
        office.store.add_doctor(&otieno).await.unwrap();
        let (id, at) = (id_of(&office.store, &otieno).await, NOON.parse().unwrap());
        let opened = office.open(Dimension::Doctor, id).await;
        for _ in 0..2 {
            assert_eq!(office.store.confirm_doctor(id, &njeri(), at).await, Ok("Otieno".to_owned()));
        }
        assert_eq!(offered(&office.store, &otieno).await, (true, true));
        assert_eq!(office.open(Dimension::Doctor, id).await.version, 2);
        // A form that was open meanwhile is told, and what it changed is not lost.
        let wanted = changed(&opened, Dimension::Doctor, "specialization", "paediatrics");
        let saved = office.save(Dimension::Doctor, Some(&opened), &wanted).await;
        assert!(matches!(saved, Ok(_) | Err(SaveError::Conflict(_))), "{saved:?}");
        let history = office.store.history(otieno.uuid).await.unwrap();
        let told: Vec<_> = history.lines.iter().rev().map(|line| (line.change.field.as_str(), line.author.name.as_str())).collect();
        assert_eq!(told[..2], [("row", "Asha"), ("confirmed", "Njeri")]);
        let nobody = office.store.confirm_doctor(1, &njeri(), at).await;
        assert!(matches!(nobody, Err(StoreError::Rejected(_))), "the “none” row is nobody: {nobody:?}");
    }

    async fn a_merged_row_leads_to_its_survivor_and_what_was_sold_stays(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        let (otieno, double) = (doctor(1, "Otieno", "B77"), doctor(2, "Otieno J.", "B78"));
        let at = NOON.parse().unwrap();
        let shop = &shop;
        machine.open(&shop.store, |counter| async move {
            counter.add_doctor(&otieno).await;
            counter.add_doctor(&double).await;
            assert_eq!(counter.sell_for(1, &double).await.state.as_str(), "committed");
            counter.drained().await;
            let (survivor, merged) = (id_of(&shop.store, &otieno).await, id_of(&shop.store, &double).await);
            for _ in 0..2 {
                assert_eq!(shop.store.merge_doctor(merged, survivor, &njeri(), at).await, Ok("Otieno".to_owned()));
            }
            assert!(!offered(&shop.store, &double).await.0, "search no longer offers it");
            assert!(offered(&shop.store, &otieno).await.0);
            // A till that has not heard of it yet.
            assert_eq!(counter.sell_for(2, &double).await.state.as_str(), "committed");
            assert_eq!((recorded_at(shop, 1).await, recorded_at(shop, 2).await), ("Otieno J.".into(), "Otieno".into()));
            // And the survivor turns out to be Mwabili.
            shop.store.merge_doctor(survivor, 5, &njeri(), at).await.unwrap();
            counter.sell_for(3, &double).await;
            assert_eq!(recorded_at(shop, 3).await, "Mwabili");
            let circle = shop.store.merge_doctor(5, merged, &njeri(), at).await;
            assert!(matches!(circle, Err(StoreError::Rejected(_))), "{circle:?}");
            let again = shop.store.confirm_doctor(merged, &njeri(), at).await;
            assert!(matches!(again, Err(StoreError::Rejected(_))), "{again:?}");
            // Whoever adds the merged one's number anew means the survivor.
            let anew = doctor(3, "Otieno", "B78");
            assert_eq!(shop.store.add_doctor(&anew).await, Ok(was_known("Mwabili")));
            machine_agrees(shop).await;
        }).await;
        machine.agrees_with(store.engine.as_ref()).await;
    }

    async fn verify_still_tells_a_prescriber_that_was_put_in_place_of_another(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let machine = Machine::new("T01");
        let (otieno, other) = (doctor(1, "Otieno", "B77"), doctor(2, "Kamau", "B78"));
        let named = other.clone();
        machine.open(&shop.store, |counter| async move {
            counter.add_doctor(&otieno).await;
            counter.add_doctor(&named).await;
            counter.sell_for(1, &otieno).await;
            counter.drained().await;
        }).await;
        let id = id_of(&shop.store, &other).await;
        shop.engine.execute("UPDATE fact_sale SET doctor_id = ?", params![id]).await.unwrap();
        let verdicts = rxtill::store::verify::verify(shop.engine.as_ref(), None, None).await.unwrap();
        assert!(verdicts[0].broken.as_ref().unwrap().reason.contains("doctor"), "{verdicts:?}");
    }
}

/// The chains are whole while the till is open.
async fn machine_agrees(shop: &Shop) {
    let verdicts = rxtill::store::verify::verify(shop.engine.as_ref(), None, None)
        .await
        .unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken.is_none()), "{verdicts:?}");
}
