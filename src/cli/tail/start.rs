//! Where `rxtill tail` begins.
use std::str::FromStr;

use jiff::Timestamp;

use crate::cli::context::Context;
use crate::cli::till;
use crate::domain::clock::Clock as _;

/// As it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Beginning,
    Today,
    Now,
    At(Timestamp),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "beginning" => Ok(Self::Beginning),
            "today" => Ok(Self::Today),
            "now" => Ok(Self::Now),
            moment => moment.parse().map(Self::At).map_err(|_| {
                "none of beginning, today, now, and no moment in RFC 3339 such as 2026-03-02T09:00:00+03:00".to_owned()
            }),
        }
    }
}

/// The last midnight on the clock of this till's outlet; on this machine's, where the outlet is not known here.
pub(super) async fn midnight(context: &Context) -> Timestamp {
    let now = context.clock.now();
    let zone = till::zone(context).await;
    now.to_zoned(zone).start_of_day().map_or(now, |day| day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_word_or_a_moment() {
        assert_eq!("today".parse(), Ok(Start::Today));
        let moment = "2026-03-02T09:00:00+03:00".parse::<Start>();
        assert_eq!(moment, Ok(Start::At("2026-03-02T06:00:00Z".parse().unwrap())));
        for nonsense in ["yesterday", "", "2026-03-02", "TODAY"] {
            assert!(
                nonsense.parse::<Start>().unwrap_err().contains("RFC 3339"),
                "{nonsense}"
            );
        }
    }
}
