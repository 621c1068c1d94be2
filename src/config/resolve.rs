//! From the file's shape and the environment to checked settings, key by key.
use std::path::PathBuf;
use std::time::Duration;

use etcetera::AppStrategy as _;
use toml::Spanned;

use super::address::Address;
use super::alerts;
use super::error::{ConfigError, Place};
use super::file::{ConfigFile, folders};
use super::layers::{Environment, Given, Layers, Table};
use super::raw::{RawConfig, RawKafka, RawMysql, RawScanner, RawScreen, RawTill};
use super::{
    Binding, Config, Kafka, Login, Mysql, MysqlTls, OversellRule, Relay, Sasl, SaslMechanism, Scanner, ScannerSuffix,
    Screen, ScreenTheme, Till,
};
use crate::domain::secret::Secret;

const MYSQL_PORT: u16 = 3306;
const KAFKA_PORT: u16 = 9092;
/// A clerk does not wait longer than this, whatever the file says.
const MAX_COMMIT_WAIT_MS: u64 = 60_000;
/// What a broker bears of one topic.
const MAX_PARTITIONS: u64 = 10_000;

pub(super) fn resolve(
    file: Option<&ConfigFile>,
    data_dir: Option<PathBuf>,
    local: bool,
    environment: Environment<'_>,
) -> Result<Config, ConfigError> {
    let mut raw = file.map_or_else(|| Ok(RawConfig::default()), ConfigFile::parse)?;
    let layers = Layers { file, environment };
    let data_dir = match data_dir {
        Some(folder) => folder,
        None => own_folder(&layers.table("till"), raw.till.data_dir.take())?,
    };
    let defaults = Config::new(data_dir);
    let keys = raw.keys.into_iter().filter_map(|(command, keys)| {
        Some(Binding {
            command,
            place: file?.place(&keys.span()),
            keys: keys.into_inner().into_vec(),
        })
    });
    Ok(Config {
        file: file.map(|file| file.path.clone()),
        till: till(&layers.table("till"), raw.till, defaults.till)?,
        mysql: mysql(&layers.table("mysql"), raw.mysql, local)?,
        kafka: kafka(&layers.table("kafka"), raw.kafka, local)?,
        oversell: choice(
            &layers.table("sale"),
            "oversell",
            raw.sale.oversell,
            defaults.oversell,
            &[
                ("ask", OversellRule::Ask),
                ("allow", OversellRule::Allow),
                ("refuse", OversellRule::Refuse),
            ],
        )?,
        screen: screen(&layers.table("screen"), raw.screen, defaults.screen)?,
        scanner: scanner(&layers.table("scanner"), raw.scanner, defaults.scanner)?,
        drawer: layers
            .table("drawer")
            .path("device", raw.drawer.device)?
            .map(|given| given.value),
        keys: keys.collect(),
        alerts: alerts::alerts(file, &layers.table("alerts"), raw.alerts, &defaults.alerts)?,
        log_level: layers
            .table("log")
            .read("level", raw.log.level, defaults.log_level, |level| {
                let fault = || format!("“{level}” is none of off, error, warn, info, debug, trace");
                level.parse().map_err(|_| fault())
            })?,
        data_dir: defaults.data_dir,
    })
}

/// The data folder that is given, or the platform's.
fn own_folder(table: &Table<'_>, raw: Option<Spanned<String>>) -> Result<PathBuf, ConfigError> {
    if let Some(given) = table.path("data_dir", raw)? {
        return Ok(given.value);
    }
    folders().map(|folders| folders.data_dir()).ok_or_else(|| {
        ConfigError::new(
            Place::Variable("HOME".to_owned()),
            "not set, so that there is no place for the till's data: give --data-dir",
        )
    })
}

fn till(table: &Table<'_>, raw: RawTill, defaults: Till) -> Result<Till, ConfigError> {
    Ok(Till {
        id: table.read("id", raw.id, defaults.id, |id| {
            id.parse().map_err(|error| format!("{error}"))
        })?,
        outlet: table.optional("outlet", raw.outlet)?.map(|given| given.value),
        commit_wait: table.read("commit_wait_ms", raw.commit_wait_ms, defaults.commit_wait, |ms| {
            Ok(Duration::from_millis(within(ms, 0, MAX_COMMIT_WAIT_MS)?))
        })?,
    })
}

fn screen(table: &Table<'_>, raw: RawScreen, defaults: Screen) -> Result<Screen, ConfigError> {
    Ok(Screen {
        theme: choice(
            table,
            "theme",
            raw.theme,
            defaults.theme,
            &[
                ("usual", ScreenTheme::Usual),
                ("colour-blind", ScreenTheme::ColourBlind),
                ("plain", ScreenTheme::Plain),
            ],
        )?,
        mouse: table.read("mouse", raw.mouse, defaults.mouse, Ok)?,
    })
}

/// None without the table; naming the hosts in the environment gives it.
fn mysql(table: &Table<'_>, raw: Option<RawMysql>, local: bool) -> Result<Option<Mysql>, ConfigError> {
    if local || (raw.is_none() && !table.is_in_environment("hosts")) {
        return Ok(None);
    }
    let raw = raw.unwrap_or_default();
    let defaults = Mysql::default();
    let till = Login {
        user: table.text("user", raw.user, defaults.till.user)?,
        password: table.secret("password", raw.password, "password_file", raw.password_file)?,
    };
    let office_password = table.secret(
        "office_password",
        raw.office_password,
        "office_password_file",
        raw.office_password_file,
    )?;
    let office = match table.optional("office_user", raw.office_user)? {
        Some(given) => Login {
            user: given.value,
            password: office_password,
        },
        None => till.clone(),
    };
    let watch_password = table.secret(
        "watch_password",
        raw.watch_password,
        "watch_password_file",
        raw.watch_password_file,
    )?;
    let watch = match table.optional("watch_user", raw.watch_user)? {
        Some(given) => Login {
            user: given.value,
            password: watch_password,
        },
        None => till.clone(),
    };
    Ok(Some(Mysql {
        hosts: addresses(table, "hosts", raw.hosts, defaults.hosts, MYSQL_PORT)?,
        till,
        office,
        watch,
        database: table.text("database", raw.database, defaults.database)?,
        tls: choice(
            table,
            "tls",
            raw.tls,
            defaults.tls,
            &[
                ("off", MysqlTls::Off),
                ("preferred", MysqlTls::Preferred),
                ("required", MysqlTls::Required),
                ("verify-ca", MysqlTls::VerifyCa),
                ("verify-identity", MysqlTls::VerifyIdentity),
            ],
        )?,
        ca: table.path("ca", raw.ca)?.map(|given| given.value),
    }))
}

/// None without the table; naming the brokers in the environment gives it.
fn kafka(table: &Table<'_>, raw: Option<RawKafka>, local: bool) -> Result<Option<Kafka>, ConfigError> {
    if local || (raw.is_none() && !table.is_in_environment("brokers")) {
        return Ok(None);
    }
    let raw = raw.unwrap_or_default();
    let defaults = Kafka::default();
    let password = table.secret("password", raw.password, "password_file", raw.password_file)?;
    let [topic, audit_topic, totals_topic] = each_its_own([
        topic(table, "topic", raw.topic, defaults.topic)?,
        topic(table, "audit_topic", raw.audit_topic, defaults.audit_topic)?,
        topic(table, "totals_topic", raw.totals_topic, defaults.totals_topic)?,
    ])?;
    Ok(Some(Kafka {
        brokers: addresses(table, "brokers", raw.brokers, defaults.brokers, KAFKA_PORT)?,
        topic,
        audit_topic,
        totals_topic,
        partitions: table.read("partitions", raw.partitions, defaults.partitions, |n| {
            narrow(within(n, 1, MAX_PARTITIONS)?)
        })?,
        replication: table.read("replication", raw.replication, defaults.replication, |n| {
            narrow(within(n, 1, 100)?)
        })?,
        retention_days: table.read("retention_days", raw.retention_days, None, |days| {
            let days: u32 = narrow(within(days, 0, 36_500)?)?;
            Ok((days > 0).then_some(days))
        })?,
        outbox_days: table.read("outbox_days", raw.outbox_days, defaults.outbox_days, |days| {
            let days: u32 = narrow(within(days, 0, 36_500)?)?;
            Ok((days > 0).then_some(days))
        })?,
        relay: choice(
            table,
            "relay",
            raw.relay,
            defaults.relay,
            &[("on", Relay::On), ("off", Relay::Off), ("debezium", Relay::Debezium)],
        )?,
        tls: choice(
            table,
            "tls",
            raw.tls,
            defaults.tls,
            &[("off", false), ("verify-identity", true)],
        )?,
        ca: table.path("ca", raw.ca)?.map(|given| given.value),
        sasl: sasl(table, raw.sasl, raw.user, password)?,
    }))
}

fn sasl(
    table: &Table<'_>,
    mechanism: Option<Spanned<String>>,
    user: Option<Spanned<String>>,
    password: Option<Secret>,
) -> Result<Option<Sasl>, ConfigError> {
    let user = table.optional("user", user)?.map(|given| given.value);
    let words = [
        ("off", None),
        ("plain", Some(SaslMechanism::Plain)),
        ("scram-sha-256", Some(SaslMechanism::ScramSha256)),
        ("scram-sha-512", Some(SaslMechanism::ScramSha512)),
    ];
    table.read("sasl", mechanism, None, |word| {
        let Some(mechanism) = one_of(&word, &words)? else {
            return Ok(None);
        };
        let user = user.ok_or("wants a user")?;
        let password = password.ok_or("wants a password: $RXTILL_KAFKA_PASSWORD or password_file")?;
        Ok(Some(Sasl {
            mechanism,
            user,
            password,
        }))
    })
}

fn scanner(table: &Table<'_>, raw: RawScanner, defaults: Scanner) -> Result<Scanner, ConfigError> {
    Ok(Scanner {
        prefix: table.read("prefix", raw.prefix, defaults.prefix, scanner_prefix)?,
        suffix: choice(
            table,
            "suffix",
            raw.suffix,
            defaults.suffix,
            &[
                ("any", ScannerSuffix::Any),
                ("cr", ScannerSuffix::CarriageReturn),
                ("crlf", ScannerSuffix::CarriageReturn),
                ("lf", ScannerSuffix::LineFeed),
                ("tab", ScannerSuffix::Tab),
                ("none", ScannerSuffix::Nothing),
            ],
        )?,
        bell: table.read("bell", raw.bell, defaults.bell, Ok)?,
    })
}

/// What nobody types first: else words and quantities would be taken for scans.
fn scanner_prefix(prefix: String) -> Result<String, String> {
    // STX and FS, RS, US: other control characters are keys.
    let is_sent = |c: char| matches!(c, '\u{2}' | '\u{1c}' | '\u{1e}' | '\u{1f}') || !(c.is_control() || c == ' ');
    match prefix.chars().next() {
        Some(first) if first.is_alphanumeric() => {
            Err("must begin with a sign such as ~, which nobody types first".into())
        }
        _ if !prefix.chars().all(is_sent) || prefix.chars().count() > 8 => {
            Err("at most 8 characters, no space, and no control character but U+0002".into())
        }
        _ => Ok(prefix),
    }
}

/// A topic's name, and the key that gave it where it is not the default.
type Topic = (String, Option<(&'static str, Place)>);

/// A name that every broker takes.
fn topic(
    table: &Table<'_>,
    key: &'static str,
    raw: Option<Spanned<String>>,
    default: String,
) -> Result<Topic, ConfigError> {
    let Some(Given { value: name, place }) = table.given(key, raw)? else {
        return Ok((default, None));
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    // 120: the outbox's column.
    if (1..=120).contains(&name.len()) && name.bytes().all(plain) && !name.trim_matches('.').is_empty() {
        Ok((name, Some((key, place))))
    } else {
        let reason = format!("{key}: “{name}” is no topic: 1 to 120 letters, digits, - _ or .");
        Err(ConfigError::new(place, reason))
    }
}

/// Each kind of event has numbers of its own, and a reader that takes one for the other counts wrongly.
fn each_its_own<const N: usize>(topics: [Topic; N]) -> Result<[String; N], ConfigError> {
    for (at, (name, given)) in topics.iter().enumerate() {
        let others = || topics.iter().enumerate().filter(|(other, _)| *other != at);
        if let Some((key, place)) = given
            && others().any(|(_, (other, _))| other == name)
        {
            let reason =
                format!("{key}: “{name}” is another topic's name: sales, audit and totals have each their own");
            return Err(ConfigError::new(place.clone(), reason));
        }
    }
    Ok(topics.map(|(name, _)| name))
}

fn addresses(
    table: &Table<'_>,
    key: &str,
    raw: Option<Spanned<Vec<String>>>,
    default: Vec<Address>,
    port: u16,
) -> Result<Vec<Address>, ConfigError> {
    table.read(key, raw, default, |texts| {
        if texts.is_empty() {
            return Err("name at least one".to_owned());
        }
        texts.iter().map(|text| Address::parse(text, port)).collect()
    })
}

fn choice<T: Copy>(
    table: &Table<'_>,
    key: &str,
    raw: Option<Spanned<String>>,
    default: T,
    words: &[(&str, T)],
) -> Result<T, ConfigError> {
    table.read(key, raw, default, |word| one_of(&word, words))
}

fn one_of<T: Copy>(word: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        format!("“{word}” is none of {}", names.join(", "))
    })
}

fn within(n: u64, least: u64, most: u64) -> Result<u64, String> {
    if (least..=most).contains(&n) {
        Ok(n)
    } else {
        Err(format!("{n} is not from {least} to {most}"))
    }
}

fn narrow<T: TryFrom<u64>>(n: u64) -> Result<T, String> {
    T::try_from(n).map_err(|_| format!("{n} is too large"))
}
