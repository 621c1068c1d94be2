//! Where times and fresh ids come from: a port, so that rules are tested without waiting; and when a till's clock is not to
//! be believed (PATH 3.9).
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A clock that is further off is told, and the sales made by it say so: some of them are on the wrong day.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

/// The wall clock and the mint of ids. Only `runtime` has a real one.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// A fresh id, a UUIDv7.
    fn new_id(&self) -> Uuid;
}

/// How a till's clock is off. Nothing stops for it: numbers and links say what came first, not times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockFault {
    /// By how much.
    pub by: SignedDuration,
    /// Compared with what, and on which side.
    pub how: ClockIs,
}

/// On which side of what a clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockIs {
    /// Behind the till's own last sale.
    BehindLastSale,
    /// Behind the database's clock.
    BehindDatabase,
    /// Ahead of it.
    AheadOfDatabase,
}

impl ClockIs {
    /// In words that follow how much.
    pub fn words(self) -> &'static str {
        match self {
            Self::BehindLastSale => "behind the last sale",
            Self::BehindDatabase => "behind the database's",
            Self::AheadOfDatabase => "ahead of the database's",
        }
    }
}

impl ClockFault {
    /// Of a clock that says `now`. `ahead`: by how much it is ahead of the database's, where that was ever heard: then
    /// nobody asks the last sale, which may have been made by a wrong clock itself.
    pub fn of(now: Timestamp, last_sale: Option<Timestamp>, ahead: Option<SignedDuration>) -> Option<Self> {
        let (by, how) = match (ahead, last_sale) {
            (Some(ahead), _) if ahead.is_negative() => (ahead.abs(), ClockIs::BehindDatabase),
            (Some(ahead), _) => (ahead, ClockIs::AheadOfDatabase),
            (None, Some(last)) => (last.duration_since(now), ClockIs::BehindLastSale),
            (None, None) => return None,
        };
        (by > TOLERANCE).then_some(Self { by, how })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_by_the_database_where_it_was_heard_else_by_the_last_sale() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let hour = SignedDuration::from_hours(1);
        let of = |last: Option<SignedDuration>, ahead| {
            ClockFault::of(now, last.map(|last| now + last), ahead).map(|fault| (fault.by, fault.how))
        };
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some(TOLERANCE), None), None);
        assert_eq!(of(Some(hour), None), Some((hour, ClockIs::BehindLastSale)));
        // The last sale was made by a clock that was ahead, and is right now.
        assert_eq!(of(Some(hour), Some(SignedDuration::from_secs(1))), None);
        assert_eq!(of(Some(-hour), Some(hour)), Some((hour, ClockIs::AheadOfDatabase)));
        assert_eq!(of(None, Some(-hour)), Some((hour, ClockIs::BehindDatabase)));
    }
}
