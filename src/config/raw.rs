//! The file's shape, before anything is checked but names and types. Every key is optional; spans lead back to its line.
use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::domain::secret::Secret;

type Key<T> = Option<Spanned<T>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    pub till: RawTill,
    pub mysql: Option<RawMysql>,
    pub kafka: Option<RawKafka>,
    pub sale: RawSale,
    pub screen: RawScreen,
    pub scanner: RawScanner,
    pub drawer: RawDrawer,
    pub keys: BTreeMap<String, Spanned<OneOrMore>>,
    pub alerts: BTreeMap<String, Spanned<AlertValue>>,
    pub log: RawLog,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTill {
    pub id: Key<String>,
    pub outlet: Key<String>,
    pub commit_wait_ms: Key<u64>,
    pub data_dir: Key<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawMysql {
    pub hosts: Key<Vec<String>>,
    pub user: Key<String>,
    pub password: Key<Secret>,
    pub password_file: Key<String>,
    pub office_user: Key<String>,
    pub office_password: Key<Secret>,
    pub office_password_file: Key<String>,
    pub watch_user: Key<String>,
    pub watch_password: Key<Secret>,
    pub watch_password_file: Key<String>,
    pub database: Key<String>,
    pub tls: Key<String>,
    pub ca: Key<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawKafka {
    pub brokers: Key<Vec<String>>,
    pub topic: Key<String>,
    pub audit_topic: Key<String>,
    pub totals_topic: Key<String>,
    pub partitions: Key<u64>,
    pub replication: Key<u64>,
    pub retention_days: Key<u64>,
    pub outbox_days: Key<u64>,
    pub relay: Key<String>,
    pub tls: Key<String>,
    pub ca: Key<String>,
    pub sasl: Key<String>,
    pub user: Key<String>,
    pub password: Key<Secret>,
    pub password_file: Key<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSale {
    pub oversell: Key<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawScreen {
    pub theme: Key<String>,
    pub mouse: Key<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawScanner {
    pub prefix: Key<String>,
    pub suffix: Key<String>,
    pub bell: Key<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDrawer {
    pub device: Key<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLog {
    pub level: Key<String>,
}

/// A key of `[alerts]`: `sound = false`, `off = ["round_numbers"]`, or the number of a rule. The names are those of the
/// domain's table of thresholds, so they are checked by [`super::alerts`] and not by the shape.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number, true, false, or a list of rules")]
pub(super) enum AlertValue {
    Switch(bool),
    Number(f64),
    Rules(Vec<String>),
}

/// `pay = "F10"` or `pay = ["F10", "+"]`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a key such as \"F10\", or a list of keys")]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(key) => vec![key],
            Self::More(keys) => keys,
        }
    }
}
