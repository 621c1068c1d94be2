//! The contract of what stands beside a drug: packs, prices from a day on, deliveries and counts.
use jiff::civil::date;
use rxtill::domain::dimension::{Author, Dimension};
use rxtill::domain::money::Quantity;
use rxtill::domain::wares::{GoodsChange, GoodsSave, PackRow, PriceRow, Standing};
use rxtill::store::star::dimension::SaveError;
use rxtill::store::verify::stock;
use uuid::Uuid;

use super::support::office::{Office, aspirin, fresh, outlet};
use super::support::{TestStore, on_every_store};

/// A drug at an outlet.
struct Shelf {
    office: Office,
    drug: i64,
}

impl Shelf {
    async fn of(store: &TestStore) -> Self {
        let office = Office::at_an_outlet(store).await;
        let drug = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        Self { office, drug }
    }

    async fn goods(&self) -> rxtill::domain::wares::Goods {
        let outlet = self.office.here.outlet;
        self.office
            .store
            .beside_drug(self.drug, outlet, self.office.here.at)
            .await
            .unwrap()
            .unwrap()
    }

    async fn change(&self, change: GoodsChange) -> Result<(), SaveError> {
        self.change_as(fresh(), change).await
    }

    async fn change_as(&self, save_id: Uuid, change: GoodsChange) -> Result<(), SaveError> {
        let by = Author {
            name: "Asha".into(),
            employee: Some(7),
            till: Some("T01".into()),
        };
        let save = GoodsSave {
            drug: self.drug,
            outlet: self.office.here.outlet,
            by,
            save_id,
            change,
        };
        self.office.store.save_goods(&save, self.office.here.at).await
    }

    async fn pack(&self, name: &str) -> PackRow {
        let goods = self.goods().await;
        goods.packs.into_iter().find(|pack| pack.name == name).unwrap()
    }

    async fn told(&self) -> Vec<String> {
        let opened = self.office.open(Dimension::Drug, self.drug).await;
        let history = self.office.store.history(opened.uuid).await.unwrap();
        let lines = history.lines.iter();
        lines.map(|line| line.change.words(Dimension::Drug.spec(), 2)).collect()
    }
}

fn box_100() -> PackRow {
    PackRow {
        id: 0,
        name: "box 100".into(),
        units: Quantity::new(100.into()),
        code: Some("616111".into()),
        offer_first: true,
        active: true,
    }
}

fn new(wanted: PackRow) -> GoodsChange {
    GoodsChange::Pack { opened: None, wanted }
}

fn refused(answer: Result<(), SaveError>) -> String {
    match answer {
        Err(SaveError::Refused(faults)) => faults[0].fault.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

fn supply(quantity: i64, batch: &str, expiry: Option<jiff::civil::Date>) -> GoodsChange {
    GoodsChange::Supply {
        quantity: Quantity::new(quantity.into()),
        batch: batch.into(),
        expiry,
        cost: Some("8.20".parse().unwrap()),
    }
}

on_every_store! {
    async fn a_third_pack_is_added_and_offered_first_alone_and_every_till_hears_of_it(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let known = shelf.office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        shelf.change(new(box_100())).await.unwrap();
        let strip = shelf.pack("strip 10").await;
        let first = PackRow { offer_first: true, ..strip.clone() };
        shelf.change(GoodsChange::Pack { opened: Some(strip), wanted: first }).await.unwrap();
        let goods = shelf.goods().await;
        let packs: Vec<_> = goods.packs.iter().map(|pack| (pack.name.as_str(), pack.offer_first)).collect();
        assert_eq!(packs, [("tab", false), ("strip 10", true), ("box 100", false)]);
        let heard = shelf.office.store.catalogue_changes((known.epoch, known.n)).await.unwrap();
        assert_eq!(heard.drugs.len(), 1);
        assert_eq!(heard.drugs[0].packs.len(), 3);
        assert_eq!(shelf.told().await[1], "Pack: (empty) → box 100 with 100 units, code 616111, offered first");
    }

    async fn a_pack_that_is_sold_no_more_keeps_its_row_and_frees_its_code(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        shelf.change(new(box_100())).await.unwrap();
        let there = shelf.pack("box 100").await;
        let off = PackRow { active: false, offer_first: false, ..there.clone() };
        shelf.change(GoodsChange::Pack { opened: Some(there.clone()), wanted: off }).await.unwrap();
        let other = PackRow { name: "box 90".into(), units: Quantity::new(90.into()), ..box_100() };
        shelf.change(new(other)).await.unwrap();
        let off = shelf.pack("box 100").await;
        assert_eq!((off.id, off.active, off.code), (there.id, false, None));
    }

    async fn a_name_or_a_code_that_another_pack_has_is_refused_by_its_field(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let words = refused(shelf.change(new(PackRow { code: Some("616110".into()), ..box_100() })).await);
        assert!(words.contains("code 616110 means “Aspirin” already"), "{words}");
        let strip = shelf.pack("strip 10").await;
        let renamed = PackRow { name: "TAB".into(), ..strip.clone() };
        let words = refused(shelf.change(GoodsChange::Pack { opened: Some(strip), wanted: renamed }).await);
        assert!(words.contains("has a pack “tab” already"), "{words}");
        let words = refused(shelf.change(new(PackRow { units: Quantity::ZERO, ..box_100() })).await);
        assert!(words.contains("above zero"), "{words}");
        assert_eq!(shelf.goods().await.packs.len(), 2);
    }

    async fn of_two_people_at_one_pack_the_second_is_told_what_changed(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let opened = shelf.pack("strip 10").await;
        let theirs = PackRow { units: Quantity::new(12.into()), ..opened.clone() };
        shelf.change(GoodsChange::Pack { opened: Some(opened.clone()), wanted: theirs.clone() }).await.unwrap();
        let mine = PackRow { name: "blister".into(), ..opened.clone() };
        let Err(SaveError::Conflict(conflict)) =
            shelf.change(GoodsChange::Pack { opened: Some(opened), wanted: mine }).await
        else {
            panic!("no conflict")
        };
        assert_eq!(conflict.changes.len(), 1);
        assert_eq!((conflict.changes[0].before.as_str(), conflict.changes[0].now.as_str()), ("10", "12"));
        assert_eq!(shelf.pack("strip 10").await, theirs);
    }

    async fn a_price_of_a_day_ahead_leaves_todays_as_it_is(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let pack = shelf.pack("strip 10").await;
        let december = date(2026, 12, 1);
        let wanted = PriceRow {
            pack: pack.id,
            outlet: 0,
            outlet_name: String::new(),
            list: String::new(),
            valid_from: december,
            amount: "125".parse().unwrap(),
        };
        let change = GoodsChange::Price { opened: None, wanted: wanted.clone() };
        let save = fresh();
        shelf.change_as(save, change.clone()).await.unwrap();
        // The first answer was lost.
        shelf.change_as(save, change).await.unwrap();
        let goods = shelf.goods().await;
        let here = shelf.office.here.outlet;
        let of_pack: Vec<_> = goods.prices.iter().filter(|price| price.pack == pack.id).collect();
        let today = date(2026, 3, 2);
        let stand: Vec<_> = of_pack.iter().map(|price| (price.amount.to_string(), goods.standing(price, here, today))).collect();
        assert_eq!(stand, [("125".into(), Standing::Ahead), ("110".into(), Standing::Now)]);
        let heard = shelf.office.store.catalogue_changes((Uuid::nil(), 0)).await.unwrap();
        let known = heard.drugs[0].packs.iter().find(|known| known.id == pack.id).unwrap();
        assert_eq!(known.price(here, today).map(|price| price.to_string()), Some("110".into()));
        assert_eq!(known.price(here, december).map(|price| price.to_string()), Some("125".into()));
        // Somebody who did not see it does not overwrite it.
        let dearer = PriceRow { amount: "130".parse().unwrap(), ..wanted.clone() };
        let words = refused(shelf.change(GoodsChange::Price { opened: None, wanted: dearer.clone() }).await);
        assert!(words.contains("somebody else set 125"), "{words}");
        shelf.change(GoodsChange::Price { opened: Some(wanted.amount), wanted: dearer }).await.unwrap();
        assert_eq!(shelf.told().await[0], "Price of strip 10: 125 from 2026-12-01 → 130 from 2026-12-01");
    }

    async fn an_outlets_own_price_is_charged_there_alone(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let other = shelf.office.add(Dimension::Outlet, &outlet("Kilifi Bay")).await.unwrap().id;
        let pack = shelf.pack("tab").await;
        let wanted = PriceRow {
            pack: pack.id,
            outlet: other,
            outlet_name: "Kilifi Bay".into(),
            list: String::new(),
            valid_from: date(2026, 3, 2),
            amount: "11".parse().unwrap(),
        };
        shelf.change(GoodsChange::Price { opened: None, wanted }).await.unwrap();
        let goods = shelf.goods().await;
        let stand = |outlet| {
            let prices = goods.prices.iter().filter(|price| price.pack == pack.id);
            let mut now = prices.filter(|price| goods.standing(price, outlet, date(2026, 3, 2)) == Standing::Now);
            now.next().unwrap().amount.to_string()
        };
        assert_eq!((stand(shelf.office.here.outlet), stand(other)), ("12.5".into(), "11".into()));
    }

    async fn goods_in_are_a_movement_of_their_batch_and_arrive_once(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let march = date(2027, 3, 31);
        let save = fresh();
        shelf.change_as(save, supply(100, "B-77", Some(march))).await.unwrap();
        shelf.change_as(save, supply(100, "B-77", Some(march))).await.unwrap();
        shelf.change(supply(20, "B-77", None)).await.unwrap();
        shelf.change(supply(50, "A-12", Some(date(2026, 11, 30)))).await.unwrap();
        let words = refused(shelf.change(supply(1, "B-77", Some(date(2028, 1, 1)))).await);
        assert!(words.contains("batch B-77 expires 2027-03-31 by the book"), "{words}");
        let goods = shelf.goods().await;
        let batches: Vec<_> = goods.batches.iter().map(|batch| (batch.batch.as_str(), batch.remaining.to_string())).collect();
        assert_eq!(batches, [("A-12", "50".into()), ("B-77", "120".into())]);
        assert_eq!(goods.batches[1].cost, Some("8.2".parse().unwrap()));
        assert_eq!((goods.stock[0].supplied, goods.stock[0].remaining), (Quantity::new(170.into()), Quantity::new(170.into())));
        assert_eq!(stock(store.engine.as_ref()).await.unwrap(), []);
    }

    async fn a_count_is_a_movement_with_a_reason_and_what_was_sold_meanwhile_stays_sold(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        shelf.change(supply(100, "", None)).await.unwrap();
        // Counted while the book said 100; 30 more came before it was saved.
        shelf.change(supply(30, "", None)).await.unwrap();
        let count = GoodsChange::Count {
            found: Quantity::new(95.into()),
            book: Quantity::new(100.into()),
            reason: "broken".into(),
        };
        let save = fresh();
        shelf.change_as(save, count.clone()).await.unwrap();
        shelf.change_as(save, count).await.unwrap();
        let goods = shelf.goods().await;
        assert_eq!((goods.stock[0].remaining.to_string(), goods.stock[0].supplied.to_string()), ("125".into(), "130".into()));
        let moved = &goods.movements[0];
        assert_eq!((moved.kind.as_str(), moved.quantity.to_string(), moved.by.as_str(), moved.reason.as_str()), ("count", "-5".into(), "Asha", "broken"));
        assert_eq!(stock(store.engine.as_ref()).await.unwrap(), []);
    }

    async fn a_first_count_opens_the_stock(store: TestStore) {
        let shelf = Shelf::of(&store).await;
        let count = GoodsChange::Count { found: Quantity::new(7.into()), book: Quantity::ZERO, reason: "first".into() };
        shelf.change(count).await.unwrap();
        let goods = shelf.goods().await;
        assert_eq!((goods.stock[0].remaining.to_string(), goods.stock[0].supplied.to_string()), ("7".into(), "0".into()));
        assert_eq!(stock(store.engine.as_ref()).await.unwrap(), []);
    }
}
