//! The supervisor's own screen through the real loop: what tills sell and do shows on it, is counted once over restarts, and
//! what is said of an alert is in the store.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rxtill::app::Settings;
use rxtill::app::settings::OversellRule;
use rxtill::domain::supervision::Thresholds;
use rxtill::keymap::Keymap;
use rxtill::runtime::catalogue::CatalogueSource;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::runtime::watching::WatchParts;
use rxtill::store::kept_watch::KeptWatch;
use rxtill::stream::live::LiveSource;
use rxtill::ui::Theme;

use super::end_to_end::{key_the_sale, key_the_sale_again, place};
use super::stream_kafka::with_topics;
use super::support::running::{Place, Running};
use super::support::{TestStore, on_every_store};

/// A supervisor called Njeri, who keeps what she learns in `folder`.
async fn parts(folder: &Path, place: &Place) -> WatchParts {
    let (catalogue, kept) = CatalogueSource::open(place.store.clone(), Some(folder)).await;
    WatchParts {
        store: place.store.clone(),
        source: LiveSource::Kafka(place.kafka.clone().unwrap()),
        catalogue,
        kept,
        file: Arc::new(KeptWatch::open(folder).await.unwrap()),
        name: Some("Njeri".to_owned()),
        settings: Settings {
            till: "T01".parse().unwrap(),
            outlet: None,
            oversell: OversellRule::Ask,
            bell: true,
            alert_sound: false,
            has_server: place.has_server,
            mouse: true,
            has_drawer: false,
        },
        thresholds: Thresholds::default(),
        verifies: Duration::from_secs(3),
        keymap: Keymap::default(),
        theme: Theme::default(),
        clock: Arc::new(SystemClock),
        log: None,
    }
}

on_every_store! {
    async fn a_supervisor_sees_sales_and_what_happens_beside_them_and_counts_each_once_over_a_restart(kept: TestStore) {
        let kafka = with_topics().await;
        let shop = place(&kept, Some(&kafka)).await;
        load_sample(&shop.store, &SystemClock).await.unwrap();
        let (till_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut till = Running::open_for_john("T01", till_folder.path(), &shop).await;
        let mut watch = Running::watching(parts(folder.path(), &shop).await);
        watch.shows("● live").await;
        key_the_sale(&mut till).await;
        watch.shows("KES 62 ").await;
        // A line that is taken out again is no sale, and is seen all the same.
        till.write("panadol").await;
        till.press("Enter -").await;
        watch.shows("removed lines     1").await;
        watch.quit().await;

        // While nobody watches, the next one is sold.
        key_the_sale_again(&mut till).await;
        let mut watch = Running::watching(parts(folder.path(), &shop).await);
        watch.shows("KES 124 ").await;
        watch.shows("● live").await;
        watch.quit().await;
        till.quit().await;
    }
}
