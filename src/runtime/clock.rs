//! The one place where the wall clock is read.
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::clock::Clock;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where ids are minted")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
