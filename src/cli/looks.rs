//! How the screen looks: by flags, environment and configuration.
use clap::{Args, ValueEnum};

use crate::config::{Environment, ScreenTheme};
use crate::ui::Theme;
use crate::ui::theme::Colours;

/// The flags of it.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Looks {
    /// Draw with ASCII alone [default: where the locale is not UTF-8]
    #[arg(long, global = true)]
    ascii: bool,
    /// Colours on the screen; auto: those of the configuration, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value_t = When::Auto)]
    color: When,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

impl Looks {
    /// The theme. An empty variable is one that is not set (no-color.org).
    pub(super) fn theme(self, wanted: ScreenTheme, environment: Environment<'_>) -> Theme {
        let said = |name: &str| environment(name).filter(|value| !value.is_empty());
        let colours = match wanted {
            ScreenTheme::Usual => Colours::USUAL,
            ScreenTheme::ColourBlind => Colours::COLOUR_BLIND,
            ScreenTheme::Plain => Colours::NONE,
        };
        let are_wanted = match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => said("NO_COLOR").is_none(),
        };
        // The first of them that is set decides, as for the C library.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(said);
        let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        Theme {
            colours: if are_wanted { colours } else { Colours::NONE },
            ascii: self.ascii || !locale.replace('-', "").contains("utf8"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser as _;

    use super::super::Arguments;
    use super::*;

    fn theme(flags: &str, wanted: ScreenTheme, variables: &[(&str, &str)]) -> Theme {
        let words = std::iter::once("rxtill").chain(flags.split_whitespace());
        let arguments = Arguments::try_parse_from(words).unwrap();
        let find = |name: &str| variables.iter().find(|(set, _)| *set == name);
        let environment = |name: &str| find(name).map(|(_, value)| OsString::from(value));
        arguments.common.looks.theme(wanted, &environment)
    }

    #[test]
    fn colours_are_the_configuration_s_unless_flag_or_environment_say_otherwise() {
        use ScreenTheme::{ColourBlind, Plain, Usual};
        let none = [("NO_COLOR", "1")];
        for (flags, wanted, variables, colours) in [
            ("", Usual, &[][..], Colours::USUAL),
            ("", ColourBlind, &[], Colours::COLOUR_BLIND),
            ("--color auto", Usual, &[("NO_COLOR", "")], Colours::USUAL),
            ("", Usual, &none, Colours::NONE),
            ("--color always", ColourBlind, &none, Colours::COLOUR_BLIND),
            ("--color never", Usual, &[], Colours::NONE),
            ("--color always", Plain, &[], Colours::NONE),
        ] {
            let theme = theme(flags, wanted, variables);
            assert_eq!(theme.colours, colours, "{flags} {wanted:?} {variables:?}");
        }
    }

    #[test]
    fn outside_utf_8_locales_only_ascii_is_drawn() {
        for (flags, variables, ascii) in [
            ("", &[("LANG", "en_KE.UTF-8")][..], false),
            ("", &[("LANG", "C.utf8")], false),
            ("", &[("LANG", "C.UTF-8"), ("LC_ALL", "POSIX")], true),
            ("", &[("LANG", "C.UTF-8"), ("LC_ALL", "")], false),
            ("", &[("LC_CTYPE", "en_US.ISO-8859-1")], true),
            ("", &[], true),
            ("--ascii", &[("LANG", "C.UTF-8")], true),
        ] {
            let theme = theme(flags, ScreenTheme::Usual, variables);
            assert_eq!(theme.ascii, ascii, "{flags} {variables:?}");
        }
    }
}
