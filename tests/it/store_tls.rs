//! Encryption as `tls` asks for it, and servers that may not be written.
use std::path::Path;

use rxtill::domain::secret::Secret;
use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::store::error::EngineError;
use rxtill::store::migrate::init;
use rxtill::store::mysql::{MySqlEngine, MySqlSettings, TlsMode};

use super::support::certificates::{FOR_LOCALHOST, make_certificates};
use super::support::server::OwnServer;
use super::support::{TestStore, init_ids};

/// The cipher of a session, or why there is no session.
async fn cipher(settings: &MySqlSettings, tls: TlsMode, ca: Option<&Path>) -> Result<Option<String>, EngineError> {
    let mut settings = settings.clone();
    settings.tls = tls;
    settings.ca = ca.map(Into::into);
    Ok(MySqlEngine::new(settings).server_facts().await?.cipher)
}

async fn is_encrypted(settings: &MySqlSettings, tls: TlsMode, ca: Option<&Path>) {
    let answer = cipher(settings, tls, ca).await;
    assert!(matches!(answer, Ok(Some(_))), "{tls:?} with {ca:?}: {answer:?}");
}

async fn is_refused(settings: &MySqlSettings, tls: TlsMode, ca: Option<&Path>) {
    let answer = cipher(settings, tls, ca).await;
    assert!(answer.is_err(), "{tls:?} with {ca:?}: {answer:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_encrypts_and_does_not_verify() {
    let store = TestStore::mysql_bare().await;
    let settings = store.settings();
    assert_eq!(cipher(settings, TlsMode::Off, None).await, Ok(None));
    for tls in [TlsMode::Preferred, TlsMode::Required] {
        is_encrypted(settings, tls, None).await;
    }
    for tls in [TlsMode::VerifyCa, TlsMode::VerifyIdentity] {
        is_refused(settings, tls, None).await;
    }
}

/// The server has no digest of a new account's password in memory, so without TLS the driver encrypts the password
/// with the server's RSA key.
#[tokio::test]
async fn mysql_lets_a_new_account_in_without_tls() {
    let store = TestStore::mysql_bare().await;
    let mut settings = store.settings().clone();
    settings.user = format!("t{:08x}", fastrand::u32(..));
    settings.password = Secret::new("a new one");
    let create = format!("CREATE USER {}@'%' IDENTIFIED BY 'a new one'", settings.user);
    store.engine.execute(&create, params![]).await.unwrap();
    let grant = format!("GRANT ALL ON {}.* TO {}@'%'", settings.database, settings.user);
    store.engine.execute(&grant, params![]).await.unwrap();
    assert_eq!(cipher(&settings, TlsMode::Off, None).await, Ok(None));
}

#[tokio::test]
async fn a_server_without_tls_is_reached_by_preferred_and_refused_by_required() {
    let store = TestStore::mariadb_bare().await;
    let settings = store.settings();
    for tls in [TlsMode::Off, TlsMode::Preferred] {
        assert_eq!(cipher(settings, tls, None).await, Ok(None), "{tls:?}");
    }
    for tls in [TlsMode::Required, TlsMode::VerifyCa, TlsMode::VerifyIdentity] {
        is_refused(settings, tls, None).await;
    }
}

#[tokio::test]
async fn a_certificate_is_verified_against_the_authority_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    make_certificates(folder.path(), "other", FOR_LOCALHOST);
    make_certificates(folder.path(), "authority", FOR_LOCALHOST);
    let file = |name: &str| folder.path().join(name);
    let server = OwnServer::mariadb(&[
        format!("--ssl-ca={}", file("authority.pem").display()),
        format!("--ssl-cert={}", file("server-cert.pem").display()),
        format!("--ssl-key={}", file("server-key.pem").display()),
    ]);
    let settings = server.settings();
    MySqlEngine::new(settings.clone()).create_database().await.unwrap();
    for tls in [TlsMode::VerifyCa, TlsMode::VerifyIdentity] {
        is_encrypted(&settings, tls, Some(&file("authority.pem"))).await;
        for ca in ["other.pem", "missing.pem"] {
            is_refused(&settings, tls, Some(&file(ca))).await;
        }
    }
}

/// An account that, unlike root, a read-only server refuses.
async fn make_account(engine: &dyn Engine, user: &str) {
    for sql in [
        format!("CREATE USER {user}@'%'"),
        format!("GRANT SELECT, UPDATE ON *.* TO {user}@'%'"),
    ] {
        engine.execute(&sql, params![]).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_may_only_be_read_is_passed_over() {
    let store = TestStore::mariadb().await;
    let server = OwnServer::mariadb(&[]);
    let mut settings = server.settings();
    settings.database.clone_from(&store.settings().database);
    let office = MySqlEngine::new(settings.clone());
    office.create_database().await.unwrap();
    init(&office, init_ids()).await.unwrap();
    settings.user = format!("t{:08x}", fastrand::u32(..));
    make_account(&office, &settings.user).await;
    make_account(store.engine.as_ref(), &settings.user).await;
    settings.hosts.extend(store.settings().hosts.clone());

    let connected = MySqlEngine::new(settings.clone());
    connected.ping_write().await.unwrap();
    office.execute("SET GLOBAL read_only = 1", params![]).await.unwrap();
    let refused = connected.ping_write().await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Retryable { next_host: true, .. }),
        "{refused:?}"
    );
    connected.ping_write().await.unwrap();

    let late = MySqlEngine::new(settings);
    late.ping_write().await.unwrap();
}
