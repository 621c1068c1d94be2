//! Secure links that do not let the till in: one clear line each in `rxtill check` and in the status of a till at work, within
//! ten seconds; no storm of retries, and no secret in anything that is said or logged.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rxtill::domain::link_fault::LinkFault;
use rxtill::domain::secret::Secret;
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::engine::Engine as _;
use rxtill::store::migrate::init;
use rxtill::store::mysql::{MySqlEngine, MySqlSettings, TlsMode};
use rxtill::store::ports::RelayMode;
use rxtill::store::star::Store;
use rxtill::stream::settings::{KafkaSettings, SaslMechanism, Tls};
use tokio::time::{Instant, sleep};

use super::support::certificates::{FOR_LOCALHOST, make_certificates, sign_again};
use super::support::program::Program;
use super::support::proxy::Proxy;
use super::support::running::{Place, Running};
use super::support::secured::SecuredKafka;
use super::support::server::OwnServer;
use super::support::store::Server;
use super::support::{TestStore, init_ids};

/// What a clerk may have to wait until the status says it.
const TOLD: Duration = Duration::from_secs(10);
/// A password that is right, and one that is not: neither may be shown anywhere.
const RIGHT: &str = "r1ght-s3cret";
const WRONG: &str = "wr0ng-s3cret";

/// As the configuration has it.
fn word(tls: TlsMode) -> &'static str {
    match tls {
        TlsMode::Off => "off",
        TlsMode::Preferred => "preferred",
        TlsMode::Required => "required",
        TlsMode::VerifyCa => "verify-ca",
        TlsMode::VerifyIdentity => "verify-identity",
    }
}

fn on_database(settings: &MySqlSettings) -> Program {
    let (host, port) = &settings.hosts[0];
    let ca = settings
        .ca
        .as_ref()
        .map_or(String::new(), |ca| format!("ca = \"{}\"\n", ca.display()));
    Program::configured(&format!(
        "[till]\noutlet = \"Mirema meds\"\n[mysql]\nhosts = [\"{host}:{port}\"]\nuser = {:?}\npassword = {:?}\ndatabase = {:?}\ntls = \"{}\"\n{ca}",
        settings.user,
        settings.password.expose(),
        settings.database,
        word(settings.tls),
    ))
}

/// What `rxtill check` finds of this: refused for that, with what mends it.
fn is_found(till: &Program, name: &str, fault: LinkFault, fix: &str) {
    let done = till.run("check --json");
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert_eq!(done.status.code(), Some(1), "{out}{err}");
    let findings: serde_json::Value = serde_json::from_str(&out).unwrap();
    let found = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["check"] == name)
        .unwrap();
    let (detail, mends) = (found["detail"].as_str().unwrap(), found["fix"].as_str().unwrap());
    assert!(
        found["ok"] == false && detail.contains(fault.words()),
        "not {fault:?}: {found}"
    );
    assert!(format!("{detail} {mends}").contains(fix), "not “{fix}”: {found}");
    assert!(!detail.contains('\n'), "{detail}");
    for said in [&*out, &*err] {
        shows_no_secret(said);
    }
    logs_no_secret(&till.data());
}

fn shows_no_secret(said: &str) {
    assert!(!said.contains(RIGHT) && !said.contains(WRONG), "{said}");
}

fn logs_no_secret(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logs_no_secret(&path);
        } else {
            shows_no_secret(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
}

/// A till that has started before opens over this, and says why nobody answers; how long that took.
async fn is_told(folder: &Path, place: &Place, fault: LinkFault) -> Duration {
    let began = Instant::now();
    let mut till = Running::open("T01", folder, place).await;
    let screen = till.shows(fault.words()).await;
    let took = began.elapsed();
    assert!(took < TOLD, "{fault:?} after {took:?}");
    shows_no_secret(&screen);
    till.press("Esc").await;
    till.quit().await;
    took
}

/// A server that wants a till's own password, with certificates that the test may change.
struct Guarded {
    server: OwnServer,
    folder: tempfile::TempDir,
    office: MySqlEngine,
    /// By which its TLS is loaded anew.
    reload: &'static str,
    proxy: Proxy,
    good: MySqlSettings,
}

impl Guarded {
    async fn start(start: fn(&[String]) -> OwnServer, reload: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        make_certificates(folder.path(), "other", FOR_LOCALHOST);
        make_certificates(folder.path(), "authority", FOR_LOCALHOST);
        let file = |name: &str| folder.path().join(name).display().to_string();
        let server = start(&[
            format!("--ssl-ca={}", file("authority.pem")),
            format!("--ssl-cert={}", file("server-cert.pem")),
            format!("--ssl-key={}", file("server-key.pem")),
        ]);
        let office = MySqlEngine::new(MySqlSettings {
            tls: TlsMode::Required,
            ..server.settings()
        });
        office.create_database().await.unwrap();
        init(&office, init_ids()).await.unwrap();
        for sql in [
            format!("CREATE USER till@'%' IDENTIFIED BY '{RIGHT}'"),
            String::from("GRANT ALL ON rxtill.* TO till@'%'"),
        ] {
            office.execute(&sql, params![]).await.unwrap();
        }
        let proxy = Proxy::before(&server.settings().hosts[0]).await;
        let good = MySqlSettings {
            hosts: vec![proxy.address()],
            user: String::from("till"),
            password: Secret::new(RIGHT),
            tls: TlsMode::VerifyIdentity,
            ca: Some(folder.path().join("authority.pem")),
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(5),
            ..server.settings()
        };
        Self {
            server,
            folder,
            office,
            reload,
            proxy,
            good,
        }
    }

    async fn does(&self, sql: &str) {
        self.office.execute(sql, params![]).await.unwrap();
    }

    /// Another certificate of the same authority.
    async fn certified(&self, names: &str, days: i32) {
        sign_again(self.folder.path(), "authority", names, days);
        self.does(self.reload).await;
    }
}

/// In what the servers differ.
struct Kind {
    start: fn(&[String]) -> OwnServer,
    /// By which TLS is loaded anew.
    reload: &'static str,
    /// Whether it loads a certificate that has expired: one that does not has to be up already when that happens.
    loads_expired: bool,
    /// What it says to plain text where it wants TLS, and what `check` makes of it.
    plain_text: (LinkFault, &'static str),
}

#[expect(clippy::too_many_lines, reason = "a table of faults, and what is looked at of each")]
async fn refuses_in_clear_words(kind: Kind) {
    let guarded = Guarded::start(kind.start, kind.reload).await;
    let data = tempfile::tempdir().unwrap();
    let place = |settings: &MySqlSettings| Place {
        store: Store::new(Arc::new(MySqlEngine::new(settings.clone()))),
        kafka: None,
        has_server: true,
    };
    // It has started once, over the best link that there is.
    let well = place(&guarded.good);
    load_sample(&well.store, &SystemClock).await.unwrap();
    Running::open_for_john("T01", data.path(), &well).await.quit().await;
    let ca = |name: &str| MySqlSettings {
        ca: Some(guarded.folder.path().join(name)),
        ..guarded.good.clone()
    };
    let with = |tls| MySqlSettings {
        tls,
        ..guarded.good.clone()
    };
    let password = MySqlSettings {
        password: Secret::new(WRONG),
        ..guarded.good.clone()
    };
    let nobody = MySqlSettings {
        user: String::from("nobody_of_that_name"),
        ..guarded.good.clone()
    };
    let expired = (FOR_LOCALHOST, -1);
    let elsewhere = ("DNS:db.example", 30);
    let mended = (FOR_LOCALHOST, 30);
    for (what, settings, certificate, fault, fix) in [
        (
            "wrong password",
            password.clone(),
            mended,
            LinkFault::Login,
            "user and password",
        ),
        ("wrong user", nobody, mended, LinkFault::Login, "user and password"),
        (
            "wrong authority",
            ca("other.pem"),
            mended,
            LinkFault::Authority,
            "as [mysql] ca",
        ),
        (
            "no such file",
            ca("missing.pem"),
            mended,
            LinkFault::Authorities,
            "missing.pem",
        ),
        (
            "expired",
            with(TlsMode::VerifyCa),
            expired,
            LinkFault::Expired,
            "new certificate",
        ),
        (
            "expired",
            guarded.good.clone(),
            expired,
            LinkFault::Expired,
            "new certificate",
        ),
        (
            "another host",
            guarded.good.clone(),
            elsewhere,
            LinkFault::HostName,
            "as its certificate does",
        ),
        (
            "plain text",
            with(TlsMode::Off),
            mended,
            kind.plain_text.0,
            kind.plain_text.1,
        ),
    ] {
        if certificate == expired && !kind.loads_expired {
            continue;
        }
        guarded.certified(certificate.0, certificate.1).await;
        if what == "plain text" {
            guarded.does("SET GLOBAL require_secure_transport = ON").await;
        }
        is_found(&on_database(&settings), "database", fault, fix);
        let took = is_told(data.path(), &place(&settings), fault).await;
        println!("{}: {what}: told after {took:?}", guarded.reload);
    }
    guarded.certified(FOR_LOCALHOST, 30).await;
    // A till at work whose password was changed: nobody storms the server.
    let mut till = Running::open_for_john("T01", data.path(), &place(&password)).await;
    till.shows(LinkFault::Login.words()).await;
    let (before, began) = (guarded.proxy.connections(), Instant::now());
    till.write("hedex").await;
    till.press("Enter + Enter").await;
    till.shows("unsent 1").await;
    sleep(Duration::from_secs(15).saturating_sub(began.elapsed())).await;
    let connects = guarded.proxy.connections() - before;
    println!("{}: {connects} connects in {:?}", guarded.reload, began.elapsed());
    assert!(
        f64::from(connects) <= 2.0 + began.elapsed().as_secs_f64() / 3.0,
        "{connects} connects"
    );
    // Once somebody has mended it, what waited goes by itself.
    guarded
        .does(&format!("ALTER USER till@'%' IDENTIFIED BY '{WRONG}'"))
        .await;
    till.shows("unsent 0").await;
    till.quit().await;
    drop(guarded.server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mariadb_that_does_not_let_the_till_in_is_told_in_one_clear_line_and_not_stormed() {
    refuses_in_clear_words(Kind {
        start: OwnServer::mariadb,
        reload: "FLUSH SSL",
        loads_expired: true,
        plain_text: (LinkFault::Login, "or the server wants TLS"),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mysql_that_does_not_let_the_till_in_is_told_in_one_clear_line_and_not_stormed() {
    refuses_in_clear_words(Kind {
        start: OwnServer::mysql,
        reload: "ALTER INSTANCE RELOAD TLS",
        loads_expired: false,
        plain_text: (LinkFault::WantsTls, "set [mysql] tls"),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_tls_is_told_from_one_that_is_away() {
    let mut settings = Server::MariaDb.settings();
    settings.tls = TlsMode::Required;
    is_found(
        &on_database(&settings),
        "database",
        LinkFault::NoTls,
        "tls = \"preferred\"",
    );
}

fn on_broker(kafka: &KafkaSettings) -> Program {
    let tls = match &kafka.tls {
        Tls::Off => String::from("tls = \"off\"\n"),
        Tls::On { ca } => format!(
            "tls = \"verify-identity\"\nca = \"{}\"\n",
            ca.as_ref().unwrap().display()
        ),
    };
    let sasl = kafka.sasl.as_ref().map_or(String::new(), |sasl| {
        let mechanism = match sasl.mechanism {
            SaslMechanism::Plain => "plain",
            SaslMechanism::ScramSha256 => "scram-sha-256",
            SaslMechanism::ScramSha512 => "scram-sha-512",
        };
        let password = sasl.password.expose();
        format!(
            "sasl = \"{mechanism}\"\nuser = {:?}\npassword = {password:?}\n",
            sasl.user
        )
    });
    Program::configured(&format!(
        "[till]\noutlet = \"Mirema meds\"\n[kafka]\nbrokers = {:?}\ntopic = {:?}\naudit_topic = {:?}\ntotals_topic = {:?}\n{tls}{sasl}",
        kafka.brokers, kafka.topic, kafka.audit_topic, kafka.totals_topic,
    ))
}

#[expect(clippy::too_many_lines, reason = "a table of faults, and what is looked at of each")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_does_not_let_the_till_in_is_told_in_one_clear_line_and_not_stormed() {
    let (kafka, expired) = (SecuredKafka::start(), SecuredKafka::start_expired());
    let kept = TestStore::sqlite().await;
    let store = Store::new(kept.engine.clone());
    load_sample(&store, &SystemClock).await.unwrap();
    store.set_relay_mode(RelayMode::On).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let place = |settings: &KafkaSettings| Place {
        store: store.clone().with_sale_topic(&settings.topic),
        kafka: Some(settings.clone()),
        has_server: false,
    };
    let login = |mechanism| kafka.by_login(mechanism);
    let wrong = |mechanism| {
        let mut settings = login(mechanism);
        settings.sasl.as_mut().unwrap().password = Secret::new(WRONG);
        settings
    };
    let plain = || login(SaslMechanism::Plain);
    let by_tls = |tls: Tls| KafkaSettings { tls, ..plain() };
    let at_plain_port = |settings: KafkaSettings| KafkaSettings {
        brokers: vec![kafka.plain_port()],
        ..settings
    };
    for (what, settings, fault, fix) in [
        (
            "wrong password, plain",
            wrong(SaslMechanism::Plain),
            LinkFault::Login,
            "RXTILL_KAFKA_PASSWORD",
        ),
        (
            "wrong password, scram-256",
            wrong(SaslMechanism::ScramSha256),
            LinkFault::Login,
            "RXTILL_KAFKA_PASSWORD",
        ),
        (
            "wrong password, scram-512",
            wrong(SaslMechanism::ScramSha512),
            LinkFault::Login,
            "RXTILL_KAFKA_PASSWORD",
        ),
        (
            "wrong authority",
            by_tls(kafka.trusting("other.pem")),
            LinkFault::Authority,
            "authority's file as ca",
        ),
        (
            "no such file",
            by_tls(kafka.trusting("missing.pem")),
            LinkFault::Authorities,
            "missing.pem",
        ),
        ("expired", expired.by_tls(), LinkFault::Expired, "needs a new one"),
        (
            "another host",
            SecuredKafka::by_name(plain()),
            LinkFault::HostName,
            "name the broker as it does",
        ),
        (
            "tls to a plain port",
            at_plain_port(plain()),
            LinkFault::NoTls,
            "tls = \"off\"",
        ),
        (
            "login at a plain port",
            at_plain_port(by_tls(Tls::Off)),
            LinkFault::NoLogin,
            "sasl = \"off\"",
        ),
        ("plain text", by_tls(Tls::Off), LinkFault::WantsTls, "verify-identity"),
    ] {
        is_found(&on_broker(&settings), "broker", fault, fix);
        let took = is_told(data.path(), &place(&settings), fault).await;
        println!("kafka: {what}: told after {took:?}");
    }
    let (host, port) = kafka.by_tls().brokers[0]
        .rsplit_once(':')
        .map(|(h, p)| (h.to_owned(), p.parse().unwrap()))
        .unwrap();
    let proxy = Proxy::before(&(host, port)).await;
    let (host, port) = proxy.address();
    let distrusted = KafkaSettings {
        brokers: vec![format!("{host}:{port}")],
        tls: kafka.trusting("other.pem"),
        ..kafka.by_tls()
    };
    let mut till = Running::open_for_john("T01", data.path(), &place(&distrusted)).await;
    till.shows(LinkFault::Authority.words()).await;
    let (before, began) = (proxy.connections(), Instant::now());
    sleep(Duration::from_secs(15)).await;
    let connects = proxy.connections() - before;
    println!("kafka: {connects} connects in {:?}", began.elapsed());
    assert!(
        f64::from(connects) <= 10.0 + 2.0 * began.elapsed().as_secs_f64(),
        "{connects} connects"
    );
    till.quit().await;
}
