//! The till's own clock: what is said when it is off, and what holds when it was set back.
use super::model::Model;
use super::status::age;
use super::{goods, stock, usual};
use crate::domain::clock::{ClockFault, TOLERANCE};

/// What the clock was compared with says another thing than before. It is told once, and stands in the status line.
pub(super) fn changed(model: &mut Model, fault: Option<ClockFault>) {
    let is_told = model.clock.map(|before| before.how) == fault.map(|fault| fault.how);
    model.clock = fault;
    if let Some(fault) = fault.filter(|_| !is_told) {
        model.alert(format!(
            "this machine's clock is {} {}: it sells, and each sale says so; set the clock",
            lasting(fault),
            fault.how.words()
        ));
    }
}

/// By how much it is off, in words.
pub fn lasting(fault: ClockFault) -> String {
    let since = jiff::Timestamp::UNIX_EPOCH;
    age(since, since.saturating_add(fault.by).unwrap_or(since))
}

/// It is earlier than it was. What is remembered as later than now would keep everything from being read again until then.
pub(super) fn goes_on(model: &mut Model, now: jiff::Timestamp) {
    let is_set_back = model.now.duration_since(now) > TOLERANCE;
    model.now = now;
    if is_set_back {
        stock::set_back(model);
        goods::set_back(model);
        usual::set_back(model);
    }
}
