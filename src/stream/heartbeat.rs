//! The way of a heartbeat: straight to the topic of audit events, by a connection of its own, and without a second try. What
//! a till has to say of now is said anew a minute later.
use std::sync::Arc;

use super::client::Outgoing;
use super::fault::{Fault, StreamError};
use super::producer::KafkaProducer;
use super::settings::KafkaSettings;
use crate::domain::clock::Clock;
use crate::domain::heartbeat::Heartbeat;

/// Sends heartbeats.
pub struct HeartbeatSender {
    topic: String,
    producer: KafkaProducer,
}

impl HeartbeatSender {
    /// Connects when first used. `clock` stamps the records.
    pub fn new(settings: KafkaSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            topic: settings.audit_topic.clone(),
            producer: KafkaProducer::new(settings, clock),
        }
    }

    /// Sends one, beside the outlet's audit events.
    ///
    /// # Errors
    /// Why it was not sent, or may not have been.
    pub async fn send(&self, beat: &Heartbeat) -> Result<(), StreamError> {
        let value = serde_json::to_vec(beat).map_err(|error| StreamError::new(Fault::Other, &error.to_string()))?;
        let record = Outgoing {
            key: beat.key().into_bytes(),
            value,
        };
        self.producer.write(&self.topic, vec![record]).await
    }
}
