//! What the engine promises of MariaDB and MySQL servers only.
use jiff::Timestamp;
use rxtill::domain::secret::Secret;
use rxtill::store::mysql::MySqlEngine;

use super::support::{TestStore, on_every_server};

on_every_server! {
    async fn a_server_that_can_write_says_so_and_tells_its_settings(store: TestStore) {
        let engine = MySqlEngine::new(store.settings().clone());
        engine.ping_write().await.unwrap();
        let facts = engine.server_facts().await.unwrap();
        assert!(facts.version.starts_with(|c: char| c.is_ascii_digit()), "{facts:?}");
        assert!((0..=2).contains(&facts.flush_log_at_trx_commit), "{facts:?}");
        let this_century: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
        assert!(facts.clock > this_century, "{facts:?}");
    }

    async fn no_error_and_no_debug_print_shows_the_password(store: TestStore) {
        let mut settings = store.settings().clone();
        settings.password = Secret::new("correct horse");
        assert!(!format!("{settings:?}").contains("horse"));
        let refused = MySqlEngine::new(settings).ping_write().await.unwrap_err();
        assert!(refused.to_string().contains("Access denied"), "{refused}");
        assert!(!format!("{refused:?}").contains("horse"));
    }
}
