//! `[alerts]`: which rules of supervision are asked, and their numbers.
use std::collections::BTreeMap;

use toml::Spanned;

use super::Alerts;
use super::error::{ConfigError, Place};
use super::file::{ConfigFile, meant};
use super::layers::{FromVariable, Table};
use super::raw::AlertValue;
use crate::domain::supervision::thresholds::Threshold;
use crate::domain::supervision::{RuleName, Thresholds};

type Raw = BTreeMap<String, Spanned<AlertValue>>;

/// In the environment a switch, a number, or rules separated by commas.
impl FromVariable for AlertValue {
    fn from_variable(text: String) -> Result<Self, String> {
        if let Ok(number) = f64::from_variable(text.clone()) {
            return Ok(Self::Number(number));
        }
        match bool::from_variable(text.clone()) {
            Ok(switch) => Ok(Self::Switch(switch)),
            Err(_) => Ok(Self::Rules(Vec::from_variable(text)?)),
        }
    }
}

pub(super) fn alerts(
    file: Option<&ConfigFile>,
    table: &Table<'_>,
    mut raw: Raw,
    defaults: &Alerts,
) -> Result<Alerts, ConfigError> {
    let mut alerts = Alerts {
        sound: table.read("sound", raw.remove("sound"), defaults.sound, |value| match value {
            AlertValue::Switch(sound) => Ok(sound),
            AlertValue::Number(_) | AlertValue::Rules(_) => Err(String::from("expected true or false")),
        })?,
        thresholds: Thresholds {
            off: table.read("off", raw.remove("off"), defaults.thresholds.off.clone(), rules)?,
            ..defaults.thresholds.clone()
        },
    };
    for Threshold { name, .. } in Thresholds::ALL {
        if let Some(given) = table.given(name, raw.remove(*name))? {
            let set = match given.value {
                AlertValue::Number(number) => alerts.thresholds.set(name, number),
                AlertValue::Switch(_) | AlertValue::Rules(_) => Err(String::from("expected a number")),
            };
            set.map_err(|reason| ConfigError::new(given.place, format!("{name}: {reason}")))?;
        }
    }
    match (raw.into_iter().next(), file) {
        (Some((name, value)), Some(file)) => Err(unknown(&name, file.place(&value.span()))),
        _ => Ok(alerts),
    }
}

/// Rules by their names.
fn rules<C: FromIterator<RuleName>>(value: AlertValue) -> Result<C, String> {
    let AlertValue::Rules(names) = value else {
        return Err(String::from("expected a list of rules"));
    };
    let rule = |name: &String| RuleName::named(name).ok_or_else(|| format!("there is no rule “{name}”"));
    names.iter().map(rule).collect()
}

/// As serde says it of the other tables' keys.
fn unknown(name: &str, place: Place) -> ConfigError {
    let numbers = Thresholds::ALL.iter().map(|threshold| threshold.name);
    let known: Vec<String> = ["sound", "off"]
        .into_iter()
        .chain(numbers)
        .map(|name| format!("`{name}`"))
        .collect();
    let said = format!("unknown field `{name}`, expected one of {}", known.join(", "));
    ConfigError::new(place, meant(&said))
}
