//! What is to be done outside: plain data that can be printed, compared, and done by the runtime alone.

/// Something to do outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// End the program, once what is being written is on disk.
    Quit,
}

/// What an update wants done, in order.
#[must_use = "an effect that nobody performs is a lost sale"]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// Nothing to do.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds what `others` want done, after these.
    pub fn and(mut self, others: impl Into<Self>) -> Self {
        self.0.extend(others.into().0);
        self
    }
}

impl From<Effect> for Effects {
    fn from(effect: Effect) -> Self {
        Self(vec![effect])
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
