//! Finds and reads the configuration file, and says where in it something stands.
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use super::error::{ConfigError, Place};
use super::raw::RawConfig;

/// Names less alike than this are not offered as what was meant.
const NEAR: f64 = 0.75;

/// A configuration file as read, and its shape.
pub(super) struct ConfigFile {
    pub path: PathBuf,
    text: String,
}

impl ConfigFile {
    /// The file to use: the one that was `named`, else `./rxtill.toml`, else the platform's; none of them is no fault
    /// unless it was named.
    pub fn find(named: Option<&Path>) -> Result<Option<Self>, ConfigError> {
        if let Some(path) = named {
            return Self::read(path).map(Some);
        }
        let here = PathBuf::from("rxtill.toml");
        let platform = folders().map(|folders| folders.in_config_dir("rxtill.toml"));
        match std::iter::once(here).chain(platform).find(|path| path.exists()) {
            Some(path) => Self::read(&path).map(Some),
            None => Ok(None),
        }
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let fault = |error: io::Error| ConfigError::new(Place::file(path), error.to_string());
        let text = std::fs::read(path).map_err(fault)?;
        let text = String::from_utf8(text).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let place = Place::line(path, &String::from_utf8_lossy(error.as_bytes()), valid);
            ConfigError::new(place, "this is not UTF-8 text")
        })?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }

    /// Its shape: known names, right types.
    pub fn parse(&self) -> Result<RawConfig, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let place = error.span().map_or_else(
                || Place::file(&self.path),
                |span| Place::line(&self.path, &self.text, span.start),
            );
            // The error's own Display quotes the line, and the line may hold a password.
            ConfigError::new(place, meant(error.message()))
        })
    }

    pub fn place(&self, span: &Range<usize>) -> Place {
        Place::line(&self.path, &self.text, span.start)
    }
}

/// The platform's folders for this program; none without a home.
pub(super) fn folders() -> Option<impl AppStrategy> {
    choose_app_strategy(AppStrategyArgs {
        top_level_domain: String::new(),
        author: String::new(),
        app_name: "rxtill".to_owned(),
    })
    .ok()
}

/// Serde's ``unknown field `hots`, expected one of `hosts`, …`` in our words, with the name that was probably meant.
pub(super) fn meant(message: &str) -> String {
    if !message.starts_with("unknown field") {
        return message.lines().collect::<Vec<_>>().join("; ");
    }
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next().unwrap_or_default();
    let known: Vec<_> = names.collect();
    let near = known
        .iter()
        .map(|name| (strsim::jaro_winkler(unknown, name), *name))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((alike, name)) if alike >= NEAR => {
            format!("unknown key `{unknown}`: did you mean `{name}`?")
        }
        _ => format!("unknown key `{unknown}`; there are `{}`", known.join("`, `")),
    }
}

/// Whether users other than the owner may read the file.
///
/// # Errors
/// When the file's rights cannot be read.
#[cfg(unix)]
pub(super) fn others_can_read(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o044 != 0)
}

/// Elsewhere a file in the user's folder is the user's: access lists are left to the platform.
#[cfg(not(unix))]
pub(super) fn others_can_read(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_what_was_probably_meant() {
        let message = "unknown field `hots`, expected one of `hosts`, `user`, `tls`";
        assert_eq!(meant(message), "unknown key `hots`: did you mean `hosts`?");
        let message = "unknown field `colour`, expected `oversell`";
        assert_eq!(meant(message), "unknown key `colour`; there are `oversell`");
    }
}
