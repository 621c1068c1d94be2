//! What a broken network, a stuck neighbour and a frozen till come to, on MariaDB and MySQL.
use std::time::{Duration, Instant};

use rxtill::params;
use rxtill::store::engine::{Engine, Transaction};
use rxtill::store::error::EngineError;
use rxtill::store::mysql::MySqlEngine;

use super::support::proxy::Proxy;
use super::support::{TestStore, on_every_server};

/// An engine that reaches the store through a proxy, and waits half a second for an answer.
async fn through_a_proxy(store: &TestStore) -> (MySqlEngine, Proxy) {
    let mut settings = store.settings().clone();
    let proxy = Proxy::before(&settings.hosts[0]).await;
    settings.hosts = vec![proxy.address()];
    settings.call_timeout = Duration::from_millis(500);
    (MySqlEngine::new(settings), proxy)
}

async fn put(transaction: &mut dyn Transaction, name: &str) -> Result<u64, EngineError> {
    let sql = "INSERT INTO setting (name, value) VALUES (?, 'x')";
    transaction.execute(sql, params![name]).await
}

async fn change(transaction: &mut dyn Transaction, name: &str) -> Result<u64, EngineError> {
    let sql = "UPDATE setting SET value = CONCAT(value, 'x') WHERE name = ?";
    transaction.execute(sql, params![name]).await
}

async fn is_there(engine: &dyn Engine, name: &str) -> bool {
    let sql = "SELECT 1 FROM setting WHERE name = ?";
    !engine.query(sql, params![name]).await.unwrap().is_empty()
}

/// Waits until `name` is, or is not, in the store.
async fn becomes(engine: &dyn Engine, name: &str, there: bool) {
    let begun = Instant::now();
    while is_there(engine, name).await != there {
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_retryable(error: &EngineError) -> bool {
    matches!(error, EngineError::Retryable { .. })
}

on_every_server! {
    async fn a_commit_that_is_delivered_late_is_in_doubt(store: TestStore) {
        let (engine, proxy) = through_a_proxy(&store).await;
        let mut transaction = engine.begin().await.unwrap();
        put(&mut *transaction, "late").await.unwrap();
        proxy.hold_requests();
        let outcome = transaction.commit().await.unwrap_err();
        assert!(matches!(outcome, EngineError::InDoubt(_)), "{outcome:?}");
        assert!(!is_there(store.engine.as_ref(), "late").await);
        proxy.release();
        becomes(store.engine.as_ref(), "late", true).await;
    }

    async fn a_commit_whose_answer_is_lost_is_in_doubt(store: TestStore) {
        let (engine, proxy) = through_a_proxy(&store).await;
        let mut transaction = engine.begin().await.unwrap();
        put(&mut *transaction, "unheard").await.unwrap();
        proxy.hold_answers();
        let commit = async { transaction.commit().await.unwrap_err() };
        let cut = async {
            proxy.something_waits().await;
            proxy.cut();
        };
        let (outcome, ()) = tokio::join!(commit, cut);
        assert!(matches!(outcome, EngineError::InDoubt(_)), "{outcome:?}");
        becomes(store.engine.as_ref(), "unheard", true).await;
    }

    async fn a_call_without_an_answer_ends_in_time_and_its_transaction_is_rolled_back(store: TestStore) {
        let (engine, proxy) = through_a_proxy(&store).await;
        let mut transaction = engine.begin().await.unwrap();
        put(&mut *transaction, "first").await.unwrap();
        let one = proxy.connections();
        proxy.hold_answers();
        let silence = put(&mut *transaction, "second").await.unwrap_err();
        assert!(is_retryable(&silence), "{silence:?}");
        assert!(put(&mut *transaction, "third").await.is_err());
        assert!(transaction.commit().await.is_err());
        // The locks are gone: another till can put the same rows in.
        let mut other = store.engine.begin().await.unwrap();
        put(&mut *other, "first").await.unwrap();
        put(&mut *other, "second").await.unwrap();
        other.commit().await.unwrap();
        // And the engine goes on, with another connection.
        proxy.release();
        assert!(is_there(&engine, "first").await);
        assert_eq!(proxy.connections(), 2 * one);
    }

    async fn a_connection_that_was_cut_is_replaced(store: TestStore) {
        let (engine, proxy) = through_a_proxy(&store).await;
        assert!(!is_there(&engine, "x").await);
        let one = proxy.connections();
        proxy.cut();
        let lost = engine.query("SELECT 1", params![]).await;
        assert!(lost.is_err_and(|error| is_retryable(&error)));
        assert!(!is_there(&engine, "x").await);
        assert_eq!(proxy.connections(), 2 * one);
    }

    async fn a_server_that_takes_connections_and_says_nothing_is_given_up(store: TestStore) {
        let (_, proxy) = through_a_proxy(&store).await;
        let mut settings = store.settings().clone();
        settings.hosts = vec![proxy.address()];
        settings.connect_timeout = Duration::from_millis(300);
        proxy.hold_answers();
        let silence = MySqlEngine::new(settings).begin().await.err().unwrap();
        assert!(is_retryable(&silence), "{silence:?}");
    }

    async fn the_next_host_is_used_when_the_first_does_not_answer(store: TestStore) {
        let mut settings = store.settings().clone();
        let proxy = Proxy::before(&settings.hosts[0]).await;
        proxy.refuse();
        settings.hosts.insert(0, proxy.address());
        let engine = MySqlEngine::new(settings);
        engine.ping_write().await.unwrap();
        engine.ping_write().await.unwrap();
        assert_eq!(proxy.connections(), 1, "the host that answered is kept");
    }

    async fn a_server_that_is_back_is_found_again(store: TestStore) {
        let (engine, proxy) = through_a_proxy(&store).await;
        proxy.refuse();
        assert!(engine.ping_write().await.is_err_and(|error| is_retryable(&error)));
        proxy.accept();
        engine.ping_write().await.unwrap();
    }

    async fn a_slow_network_is_no_fault(store: TestStore) {
        let (engine, proxy) = through_a_proxy(&store).await;
        proxy.delay(Duration::from_millis(30));
        let mut transaction = engine.begin().await.unwrap();
        put(&mut *transaction, "slow").await.unwrap();
        transaction.commit().await.unwrap();
        assert!(is_there(store.engine.as_ref(), "slow").await);
    }

    async fn a_lock_that_is_held_is_waited_for_two_seconds(store: TestStore) {
        let mut holder = store.engine.begin().await.unwrap();
        put(&mut *holder, "mine").await.unwrap();
        let mut waiter = store.engine.begin().await.unwrap();
        let refused = put(&mut *waiter, "mine").await.unwrap_err();
        assert!(is_retryable(&refused) && refused.to_string().contains("1205"), "{refused:?}");
        holder.commit().await.unwrap();
        assert!(is_there(store.engine.as_ref(), "mine").await);
    }

    async fn the_loser_of_a_deadlock_may_try_again(store: TestStore) {
        let mut one = store.engine.begin().await.unwrap();
        put(&mut *one, "a").await.unwrap();
        put(&mut *one, "b").await.unwrap();
        one.commit().await.unwrap();
        let mut one = store.engine.begin().await.unwrap();
        let mut two = store.engine.begin().await.unwrap();
        change(&mut *one, "a").await.unwrap();
        change(&mut *two, "b").await.unwrap();
        let (first, second) = tokio::join!(change(&mut *one, "b"), change(&mut *two, "a"));
        let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
        assert_eq!(won, Ok(1));
        let lost = lost.unwrap_err();
        assert!(is_retryable(&lost) && lost.to_string().contains("1213"), "{lost:?}");
    }

    async fn a_till_frozen_in_a_transaction_gives_its_locks_back(store: TestStore) {
        let mut frozen = store.engine.begin().await.unwrap();
        put(&mut *frozen, "held").await.unwrap();
        // The neighbour's first attempt may wait its two seconds in vain, its second finds the lock free.
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut neighbour = store.engine.begin().await.unwrap();
            match put(&mut *neighbour, "held").await {
                Ok(_) => break neighbour.commit().await.unwrap(),
                Err(error) => assert!(is_retryable(&error) && attempts < 3, "{error:?}"),
            }
        }
        assert!(change(&mut *frozen, "held").await.is_err_and(|error| is_retryable(&error)));
        assert!(frozen.commit().await.is_err());
    }
}
