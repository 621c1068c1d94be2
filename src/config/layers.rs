//! One setting from its layers: the environment's `$RXTILL_TABLE_KEY`, else the file, else the default.
use std::ffi::OsString;
use std::path::PathBuf;

use toml::Spanned;

use super::error::{ConfigError, Place};
use super::file::{ConfigFile, others_can_read};
use crate::domain::secret::Secret;

/// Reads a variable of the environment; a test gives its own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A value and where it was given.
pub(super) struct Given<T> {
    pub value: T,
    pub place: Place,
}

/// What can be read from a variable's text.
pub(super) trait FromVariable: Sized {
    fn from_variable(text: String) -> Result<Self, String>;
}

impl FromVariable for String {
    fn from_variable(text: String) -> Result<Self, String> {
        Ok(text)
    }
}

impl FromVariable for Secret {
    fn from_variable(text: String) -> Result<Self, String> {
        Ok(Self::new(text))
    }
}

impl FromVariable for u64 {
    fn from_variable(text: String) -> Result<Self, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("“{text}” is not a whole number"))
    }
}

impl FromVariable for f64 {
    fn from_variable(text: String) -> Result<Self, String> {
        text.trim().parse().map_err(|_| format!("“{text}” is not a number"))
    }
}

impl FromVariable for bool {
    fn from_variable(text: String) -> Result<Self, String> {
        text.trim()
            .parse()
            .map_err(|_| format!("“{text}” is neither true nor false"))
    }
}

/// Separated by commas.
impl FromVariable for Vec<String> {
    fn from_variable(text: String) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Ok(parts.map(str::to_owned).collect())
    }
}

/// The environment over the file.
pub(super) struct Layers<'a> {
    pub file: Option<&'a ConfigFile>,
    pub environment: Environment<'a>,
}

impl<'a> Layers<'a> {
    pub fn table(&'a self, name: &'static str) -> Table<'a> {
        Table { layers: self, name }
    }

    fn variable(&self, name: &str) -> Result<Option<String>, ConfigError> {
        (self.environment)(name)
            .map(|value| {
                value
                    .into_string()
                    .map_err(|_| ConfigError::new(Place::Variable(name.to_owned()), "this is not UTF-8 text"))
            })
            .transpose()
    }
}

/// One table's settings.
pub(super) struct Table<'a> {
    layers: &'a Layers<'a>,
    name: &'static str,
}

impl Table<'_> {
    fn variable_name(&self, key: &str) -> String {
        format!("RXTILL_{}_{key}", self.name).to_ascii_uppercase()
    }

    /// Whether the environment gives this key, and with it the table.
    pub fn is_in_environment(&self, key: &str) -> bool {
        (self.layers.environment)(&self.variable_name(key)).is_some()
    }

    /// The key as given, by the highest layer that has it.
    pub fn given<T: FromVariable>(&self, key: &str, file: Option<Spanned<T>>) -> Result<Option<Given<T>>, ConfigError> {
        let variable = self.variable_name(key);
        if let Some(text) = self.layers.variable(&variable)? {
            let place = Place::Variable(variable);
            return match T::from_variable(text) {
                Ok(value) => Ok(Some(Given { value, place })),
                Err(reason) => Err(ConfigError::new(place, reason)),
            };
        }
        let (Some(file), Some(spanned)) = (self.layers.file, file) else {
            return Ok(None);
        };
        let place = file.place(&spanned.span());
        Ok(Some(Given {
            value: spanned.into_inner(),
            place,
        }))
    }

    /// The key read by `read`, whose complaint is told with the place; `default` where no layer gives it.
    pub fn read<T: FromVariable, U>(
        &self,
        key: &str,
        file: Option<Spanned<T>>,
        default: U,
        read: impl FnOnce(T) -> Result<U, String>,
    ) -> Result<U, ConfigError> {
        match self.given(key, file)? {
            None => Ok(default),
            Some(given) => {
                read(given.value).map_err(|reason| ConfigError::new(given.place, format!("{key}: {reason}")))
            }
        }
    }

    /// A text; `default` where no layer gives it. An empty one is refused.
    pub fn text(&self, key: &str, file: Option<Spanned<String>>, default: String) -> Result<String, ConfigError> {
        self.read(key, file, default, |text| {
            if text.trim().is_empty() {
                Err("must not be empty".to_owned())
            } else {
                Ok(text)
            }
        })
    }

    /// A text that may be left out; empty is left out.
    pub fn optional(&self, key: &str, file: Option<Spanned<String>>) -> Result<Option<Given<String>>, ConfigError> {
        let given = self.given(key, file)?;
        Ok(given.filter(|given| !given.value.trim().is_empty()))
    }

    /// A path; one in the file starts at the file's folder.
    pub fn path(&self, key: &str, file: Option<Spanned<String>>) -> Result<Option<Given<PathBuf>>, ConfigError> {
        Ok(self.optional(key, file)?.map(|given| {
            let mut path = PathBuf::from(given.value);
            if let (Place::Line(..), Some(file)) = (&given.place, self.layers.file)
                && let Some(folder) = file.path.parent()
            {
                path = folder.join(path);
            }
            Given {
                value: path,
                place: given.place,
            }
        }))
    }

    /// A secret: the variable's, else the file's that is named, else the one in the configuration. Files that others
    /// can read are refused, so that nobody believes in a secret that is none.
    pub fn secret(
        &self,
        key: &str,
        in_file: Option<Spanned<Secret>>,
        key_of_file: &str,
        named_file: Option<Spanned<String>>,
    ) -> Result<Option<Secret>, ConfigError> {
        let written = in_file
            .as_ref()
            .is_some_and(|secret| !secret.get_ref().expose().is_empty());
        if written && let Some(file) = self.layers.file {
            let open = others_can_read(&file.path)
                .map_err(|error| ConfigError::new(Place::file(&file.path), error.to_string()))?;
            if open {
                return Err(ConfigError::new(
                    Place::file(&file.path),
                    format!(
                        "holds [{}] {key}, and others can read it: chmod 600 {}",
                        self.name,
                        file.path.display()
                    ),
                ));
            }
        }
        let given = self.given(key, in_file)?;
        let named = self.path(key_of_file, named_file)?;
        match (given, named) {
            (Some(secret), Some(named)) if written && matches!(secret.place, Place::Line(..)) => {
                if matches!(named.place, Place::Line(..)) {
                    let reason = format!("{key} and {key_of_file} are both given: leave one out");
                    return Err(ConfigError::new(named.place, reason));
                }
                read_secret(&named).map(Some)
            }
            (Some(secret), _) if !secret.value.expose().is_empty() => Ok(Some(secret.value)),
            (_, Some(named)) => read_secret(&named).map(Some),
            (_, None) => Ok(None),
        }
    }
}

fn read_secret(named: &Given<PathBuf>) -> Result<Secret, ConfigError> {
    let path = &named.value;
    let fault = |reason: String| ConfigError::new(named.place.clone(), format!("{}: {reason}", path.display()));
    if others_can_read(path).map_err(|error| fault(error.to_string()))? {
        let mend = format!("others can read this password: chmod 600 {}", path.display());
        return Err(fault(mend));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(secret.strip_suffix('\r').unwrap_or(secret)))
}
