//! What the drug card reads: batches here, and who else has some.
use rxtill::domain::dimension::Dimension;
use rxtill::domain::money::Quantity;
use rxtill::params;

use super::support::office::{Office, aspirin, fresh, outlet};
use super::support::{TestStore, on_every_store};

on_every_store! {
    async fn goods_are_batches_here_by_expiry_and_outlets_that_have_some_the_most_first(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let here = office.here.outlet;
        let drug = office.add(Dimension::Drug, &aspirin("1")).await.unwrap().id;
        let mut elsewhere = Vec::new();
        for (name, left) in [("Kilifi Bay", "12"), ("Uhuru", "40.5"), ("Lamu", "0"), ("Closed", "7")] {
            let id = office.add(Dimension::Outlet, &outlet(name)).await.unwrap().id;
            elsewhere.push(id);
            let left: Quantity = left.parse().unwrap();
            let insert = "INSERT INTO stock (outlet_id, drug_id, supplied, remaining) VALUES (?, ?, ?, ?)";
            let params = params![id, drug, left.decimal(), left.decimal()];
            store.engine.execute(insert, params).await.unwrap();
        }
        let close = "UPDATE dim_outlet SET active = 0 WHERE id = ?";
        store.engine.execute(close, params![elsewhere[3]]).await.unwrap();
        for (outlet, batch, expiry) in [
            (here, "later", Some("2027-03-31")),
            (here, "unwritten", None),
            (here, "sooner", Some("2026-11-30")),
            (elsewhere[0], "not here", Some("2026-01-31")),
        ] {
            let insert = "INSERT INTO stock_batch (outlet_id, drug_id, batch, expiry) VALUES (?, ?, ?, ?)";
            let expiry = expiry.map(|day| day.parse::<jiff::civil::Date>().unwrap());
            store.engine.execute(insert, params![outlet, drug, batch, expiry]).await.unwrap();
            let insert = "INSERT INTO stock_movement
                (uuid, outlet_id, drug_id, batch_id, kind, quantity, moved_by, reason, moved_at)
                SELECT ?, outlet_id, drug_id, id, 'supply', ?, 'test', '', '2026-01-01 08:00:00' FROM stock_batch WHERE batch = ?";
            let quantity: Quantity = "5".parse().unwrap();
            store.engine.execute(insert, params![fresh(), quantity.decimal(), batch]).await.unwrap();
        }
        let goods = office.store.goods(here, &[drug, 4711]).await.unwrap();
        assert_eq!(goods.len(), 2);
        let batches: Vec<_> = goods[&drug].batches.iter().map(|batch| batch.number.as_str()).collect();
        assert_eq!(batches, ["sooner", "later", "unwritten"]);
        let most: Vec<_> = goods[&drug].elsewhere.iter().map(|(id, left)| (*id, left.to_string())).collect();
        assert_eq!(most, [(elsewhere[1], "40.5".to_owned()), (elsewhere[0], "12".to_owned())]);
        assert!(goods[&4711].batches.is_empty() && goods[&4711].elsewhere.is_empty());
        assert!(office.store.goods(here, &[]).await.unwrap().is_empty());
    }
}
