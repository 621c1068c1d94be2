//! The contract of the dimensions: nothing overwritten unseen, all or nothing.
use rust_decimal::Decimal;
use rxtill::domain::dimension::{DRUG, Dimension, OUTLET, Record};
use rxtill::domain::money::Quantity;
use rxtill::params;
use rxtill::store::error::StoreError;
use rxtill::store::star::Store;
use rxtill::store::star::dimension::{Here, SaveError};
use uuid::Uuid;

use super::support::office::{Office, aspirin, changed, conflict, fresh, here, outlet, refused, row};
use super::support::{TestStore, on_every_store};

on_every_store! {
    async fn every_field_of_every_dimension_comes_back_as_it_was_saved(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let rows = [
            (Dimension::Doctor, row(Dimension::Doctor, &[
                ("name", "Mwabili"), ("registration_number", "A1234"), ("specialization", "paediatrics"),
                ("phone_number", "+254 712 345 678"), ("email", "m@example.org"), ("region", "Coast"),
            ])),
            (Dimension::Employee, row(Dimension::Employee, &[
                ("name", "John"), ("phone_number", "254712345678"), ("email", "j@example.org"),
                ("role", "pharmacist"), ("salary", "45000.5"),
            ])),
            (Dimension::Outlet, row(Dimension::Outlet, &[
                ("name", "Kilifi Bay"), ("region", "Coast"), ("opening_hours", "Mo-Sa 08:00-20:00"),
                ("address", "1 Beach Rd"), ("phone", "0712345678"), ("tax_number", "P051"), ("currency", "UGX"),
                ("receipt_footer", "Get well soon"),
            ])),
            (Dimension::Drug, {
                let mut drug = aspirin("NDC-1");
                for (field, value) in [
                    ("generic_name", "acetylsalicylic acid"), ("strength", "300 mg"), ("form", "tablet"),
                    ("tax_code", "a"), ("prescription_only", "yes"), ("controlled_limit", "20"),
                ] {
                    drug.set(&DRUG, field, value);
                }
                drug
            }),
        ];
        for (dimension, wanted) in rows {
            let saved = office.add(dimension, &wanted).await.unwrap();
            let found = office.open(dimension, saved.id).await;
            let mut kept = dimension.spec().check(&wanted).unwrap();
            if dimension == Dimension::Drug {
                // Brought to the spelling of the tax table.
                kept.set(&DRUG, "tax_code", "A");
            }
            assert_eq!((found.values, found.uuid, found.version, found.active), (kept.values, wanted.uuid, 1, true));
        }
    }

    async fn a_price_of_12_50_is_not_kept_as_13(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let id = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        assert_eq!(office.open(Dimension::Drug, id).await.value(&DRUG, "price"), "12.5");
    }

    async fn the_second_of_two_people_is_told_what_changed_and_overwrites_nothing(store: TestStore) {
        let (first, second) = (Office::of(&store), Office::of(&store));
        let id = first.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap().id;
        let opened = second.open(Dimension::Outlet, id).await;
        let theirs = changed(&opened, Dimension::Outlet, "region", "Coast");
        first.save(Dimension::Outlet, Some(&opened), &theirs).await.unwrap();
        let mine = changed(&opened, Dimension::Outlet, "address", "1 Beach Rd");
        let told = conflict(second.save(Dimension::Outlet, Some(&opened), &mine).await);
        assert_eq!(told.changes.len(), 1);
        let change = &told.changes[0];
        assert_eq!((change.before.as_str(), change.now.as_str(), change.wanted.as_str()), ("Nairobi", "Coast", "Nairobi"));
        let kept = second.open(Dimension::Outlet, id).await;
        assert_eq!(kept, told.current);
        assert_eq!((kept.value(&OUTLET, "region"), kept.value(&OUTLET, "address")), ("Coast", ""));
        // Seen, it may be saved upon.
        let both = changed(&told.current, Dimension::Outlet, "address", "1 Beach Rd");
        second.save(Dimension::Outlet, Some(&told.current), &both).await.unwrap();
        let kept = second.open(Dimension::Outlet, id).await;
        assert_eq!((kept.value(&OUTLET, "region"), kept.value(&OUTLET, "address")), ("Coast", "1 Beach Rd"));
    }

    async fn of_two_saves_at_once_one_is_told(store: TestStore) {
        let one = Office::of(&store);
        let other = one.another(&store).await;
        let id = one.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap().id;
        let opened = one.open(Dimension::Outlet, id).await;
        let coast = changed(&opened, Dimension::Outlet, "region", "Coast");
        let nyanza = changed(&opened, Dimension::Outlet, "region", "Nyanza");
        let (a, b) = tokio::join!(
            one.save(Dimension::Outlet, Some(&opened), &coast),
            other.save(Dimension::Outlet, Some(&opened), &nyanza),
        );
        let (won, lost) = if a.is_ok() { (coast, b) } else { (nyanza, a) };
        assert_eq!(conflict(lost).current.values, won.values);
        assert_eq!(one.open(Dimension::Outlet, id).await.version, 2);
    }

    async fn a_row_deactivated_meanwhile_is_a_conflict_too(store: TestStore) {
        let office = Office::of(&store);
        let id = office.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap().id;
        let opened = office.open(Dimension::Outlet, id).await;
        let closed = Record { active: false, ..opened.clone() };
        office.save(Dimension::Outlet, Some(&opened), &closed).await.unwrap();
        let mine = changed(&opened, Dimension::Outlet, "region", "Coast");
        let told = conflict(office.save(Dimension::Outlet, Some(&opened), &mine).await);
        assert!(!told.current.active && told.changes.is_empty());
    }

    async fn a_save_whose_answer_was_lost_is_the_same_save_again(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let drug = changed(&aspirin("1"), Dimension::Drug, "quantity_supplied", "100");
        let id = fresh();
        let first = office.save_as(id, Dimension::Drug, None, &drug).await.unwrap();
        let again = office.save_as(id, Dimension::Drug, None, &drug).await.unwrap();
        assert_eq!(first, again);
        let opened = office.open(Dimension::Drug, first.id).await;
        assert_eq!(opened.value(&DRUG, "stock_remaining"), "100");
        let dearer = changed(&changed(&opened, Dimension::Drug, "price", "13"), Dimension::Drug, "quantity_supplied", "5");
        let id = fresh();
        let first = office.save_as(id, Dimension::Drug, Some(&opened), &dearer).await.unwrap();
        let again = office.save_as(id, Dimension::Drug, Some(&opened), &dearer).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(office.open(Dimension::Drug, first.id).await.value(&DRUG, "stock_remaining"), "105");
    }

    async fn another_spelling_of_an_outlet_is_no_other_outlet(store: TestStore) {
        let office = Office::of(&store);
        office.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap();
        let words = refused(office.add(Dimension::Outlet, &outlet("mirema MEDS ")).await);
        assert!(words.contains("“Mirema meds”"), "{words}");
        assert_eq!(office.number("SELECT COUNT(*) FROM dim_outlet").await, Decimal::ONE);
        office.add(Dimension::Outlet, &outlet("Mirema méds")).await.unwrap();
    }

    async fn of_one_new_name_saved_twice_at_once_one_is_refused(store: TestStore) {
        let one = Office::of(&store);
        let other = one.another(&store).await;
        let (a, b) = (outlet("Mirema meds"), outlet("MIREMA  meds"));
        let (a, b) = tokio::join!(one.add(Dimension::Outlet, &a), other.add(Dimension::Outlet, &b));
        assert!(a.is_ok() != b.is_ok());
        assert!(refused(if a.is_ok() { b } else { a }).contains("already"));
    }

    async fn two_employees_of_one_name_are_told_apart_by_phone(store: TestStore) {
        let office = Office::of(&store);
        let john = |phone| row(Dimension::Employee, &[("name", "John"), ("phone_number", phone)]);
        office.add(Dimension::Employee, &john("0712 345 678")).await.unwrap();
        office.add(Dimension::Employee, &john("0712 345 679")).await.unwrap();
        let words = refused(office.add(Dimension::Employee, &john("0712-345-678")).await);
        assert!(words.contains("“John”"), "{words}");
    }

    async fn a_doctor_is_known_by_the_registration_number_whatever_the_name(store: TestStore) {
        let office = Office::of(&store);
        let doctor = |name, number| row(Dimension::Doctor, &[("name", name), ("registration_number", number)]);
        office.add(Dimension::Doctor, &doctor("Mwabili", "A1234")).await.unwrap();
        office.add(Dimension::Doctor, &doctor("Mwabili", "B1")).await.unwrap();
        let words = refused(office.add(Dimension::Doctor, &doctor("Dr. Mwabili", "a1234")).await);
        assert!(words.contains("“Mwabili”"), "{words}");
        let nobody = office.store.read(Dimension::Doctor, 1, here(0)).await.unwrap();
        assert_eq!(nobody, None, "the row of no doctor is nobody's to change");
    }

    async fn a_deactivated_row_is_named_when_its_name_is_taken(store: TestStore) {
        let office = Office::of(&store);
        let id = office.add(Dimension::Outlet, &outlet("Mirema meds")).await.unwrap().id;
        let opened = office.open(Dimension::Outlet, id).await;
        let closed = Record { active: false, ..opened.clone() };
        office.save(Dimension::Outlet, Some(&opened), &closed).await.unwrap();
        let words = refused(office.add(Dimension::Outlet, &outlet("Mirema meds")).await);
        assert!(words.contains("reactivate"), "{words}");
        let closed = office.open(Dimension::Outlet, id).await;
        let open = Record { active: true, ..closed.clone() };
        assert_eq!(office.save(Dimension::Outlet, Some(&closed), &open).await.unwrap().version, 3);
    }

    async fn a_code_means_one_thing_over_drugs_and_packs(store: TestStore) {
        let office = Office::of(&store);
        office.add(Dimension::Drug, &aspirin("NDC-1")).await.unwrap();
        let mut other = aspirin("616110");
        other.set(&DRUG, "pack_code", "");
        assert!(refused(office.add(Dimension::Drug, &other).await).contains("“Aspirin”"));
        other.set(&DRUG, "code", "NDC-2");
        other.set(&DRUG, "pack_code", "ndc-1");
        assert!(refused(office.add(Dimension::Drug, &other).await).contains("“Aspirin”"));
        other.set(&DRUG, "pack_code", "616111");
        office.add(Dimension::Drug, &other).await.unwrap();
    }

    async fn packs_keep_their_ids_and_a_changed_price_keeps_the_others(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let id = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        let before = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().drugs.remove(0).packs;
        let opened = office.open(Dimension::Drug, id).await;
        let mut wanted = opened.clone();
        for (field, value) in [("base_unit", "tablet"), ("pack_name", "box 20"), ("pack_units", "20"), ("pack_price", "200")] {
            wanted.set(&DRUG, field, value);
        }
        let next_day = Office { store: office.store.clone(), here: Here { at: "2026-03-03T09:00:00Z".parse().unwrap(), ..office.here } };
        next_day.save(Dimension::Drug, Some(&opened), &wanted).await.unwrap();
        let packs = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().drugs.remove(0).packs;
        let ids = |packs: &[rxtill::domain::catalogue::Pack]| packs.iter().map(|pack| pack.id).collect::<Vec<_>>();
        assert_eq!(ids(&before), ids(&packs));
        assert_eq!((packs[0].name.as_str(), packs[1].name.as_str(), packs[1].prices.len()), ("tablet", "box 20", 2));
        assert_eq!(packs[0].prices.len(), 1);
        // The day before, the price is still the old one.
        assert_eq!(office.open(Dimension::Drug, id).await.value(&DRUG, "pack_price"), "110");
        let opened = next_day.open(Dimension::Drug, id).await;
        let mut without = opened.clone();
        for field in ["pack_name", "pack_units", "pack_price", "pack_code"] {
            without.set(&DRUG, field, "");
        }
        next_day.save(Dimension::Drug, Some(&opened), &without).await.unwrap();
        let opened = next_day.open(Dimension::Drug, id).await;
        assert_eq!(opened.value(&DRUG, "pack_name"), "");
        next_day.save(Dimension::Drug, Some(&opened), &wanted_again(&opened, &wanted)).await.unwrap();
        let again = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().drugs.remove(0).packs;
        assert_eq!(ids(&again), ids(&packs));
    }

    async fn an_outlets_own_price_is_what_its_form_shows_and_changes(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let elsewhere = Office { store: office.store.clone(), here: here(0) };
        let id = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        let own = "INSERT INTO price (pack_id, outlet_id, price_list, valid_from, amount)
             SELECT id, ?, '', '2026-01-01', ? FROM drug_pack WHERE name_key = 'tab'";
        store.engine.execute(own, params![office.here.outlet, Decimal::from(14)]).await.unwrap();
        let opened = office.open(Dimension::Drug, id).await;
        assert_eq!(opened.value(&DRUG, "price"), "14");
        office.save(Dimension::Drug, Some(&opened), &changed(&opened, Dimension::Drug, "price", "15")).await.unwrap();
        assert_eq!(office.open(Dimension::Drug, id).await.value(&DRUG, "price"), "15");
        assert_eq!(elsewhere.open(Dimension::Drug, id).await.value(&DRUG, "price"), "12.5");
    }

    async fn what_is_supplied_adds_to_what_remains_as_a_movement(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let id = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        let opened = office.open(Dimension::Drug, id).await;
        assert_eq!(opened.value(&DRUG, "stock_remaining"), "", "not counted yet");
        let n = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().n;
        for (supplied, remaining) in [("100", "100"), ("20", "120")] {
            let wanted = changed(&opened, Dimension::Drug, "quantity_supplied", supplied);
            // On the version that was opened: goods that arrive change no row of the catalogue.
            let saved = office.save(Dimension::Drug, Some(&opened), &wanted).await.unwrap();
            assert_eq!(saved.version, 1);
            let now = office.open(Dimension::Drug, id).await;
            assert_eq!((now.value(&DRUG, "stock_remaining"), now.value(&DRUG, "stock_supplied")), (remaining, remaining));
            assert_eq!(now.value(&DRUG, "quantity_supplied"), "");
        }
        assert_eq!(office.store.stock(office.here.outlet).await.unwrap(), [(id, "120".parse::<Quantity>().unwrap())]);
        assert_eq!(office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().n, n);
        assert_eq!(office.number("SELECT COUNT(*) FROM stock_movement WHERE kind = 'supply'").await, Decimal::TWO);
        let differing = "SELECT COUNT(*) FROM stock s WHERE s.remaining <> (SELECT SUM(m.quantity) FROM stock_movement m
             WHERE m.outlet_id = s.outlet_id AND m.drug_id = s.drug_id)";
        assert_eq!(office.number(differing).await, Decimal::ZERO);
    }

    async fn goods_of_two_at_once_are_both_in_stock(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let other = office.another(&store).await;
        let id = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        let opened = office.open(Dimension::Drug, id).await;
        let (ten, five) = (
            changed(&opened, Dimension::Drug, "quantity_supplied", "10"),
            changed(&opened, Dimension::Drug, "quantity_supplied", "5"),
        );
        let (a, b) = tokio::join!(
            office.save(Dimension::Drug, Some(&opened), &ten),
            other.save(Dimension::Drug, Some(&opened), &five),
        );
        a.unwrap();
        b.unwrap();
        assert_eq!(office.open(Dimension::Drug, id).await.value(&DRUG, "stock_remaining"), "15");
    }

    async fn a_save_is_all_or_nothing(store: TestStore) {
        let office = Office { store: Store::new(store.engine.clone()), here: here(999) };
        let n = office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().n;
        // There is no outlet 999 for the goods to arrive at, which shows last.
        let drug = changed(&aspirin("1"), Dimension::Drug, "quantity_supplied", "10");
        assert!(matches!(office.add(Dimension::Drug, &drug).await, Err(SaveError::Store(StoreError::Permanent(_)))));
        for table in ["dim_drug", "drug_pack", "price", "stock", "stock_movement"] {
            assert_eq!(office.number(&format!("SELECT COUNT(*) FROM {table}")).await, Decimal::ZERO, "{table}");
        }
        assert_eq!(office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap().n, n);
    }

    async fn an_unknown_tax_code_is_refused_with_those_that_there_are(store: TestStore) {
        let office = Office::of(&store);
        let words = refused(office.add(Dimension::Drug, &changed(&aspirin("1"), Dimension::Drug, "tax_code", "Q")).await);
        assert_eq!(words, "one of: A, E, Z");
    }
}

/// The packs of `earlier`, on the version that is open now.
fn wanted_again(opened: &Record, earlier: &Record) -> Record {
    Record {
        values: earlier.values.clone(),
        ..opened.clone()
    }
}
