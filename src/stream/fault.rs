//! What can go wrong between this till and the brokers, said by what to do about it.
use rskafka::client::error::{Error as ClientError, ProtocolError, RequestError};
use thiserror::Error;

use crate::domain::name::printable;

/// The kind of trouble; it decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer in time, or the connection broke. What was being written may have been written.
    Unreachable,
    /// A leader change or too few replicas: passes by itself.
    Leader,
    /// The topic or partition is not there.
    NoTopic,
    /// No record has the offset asked for.
    OutOfRange,
    /// The answer cannot be decoded: a transaction marker, or a record that the library does not read.
    Undecodable,
    /// More bytes than the broker takes at once.
    TooLarge,
    /// The broker will never take this record.
    InvalidRecord,
    /// The record is from the future: this machine's clock is more than an hour fast.
    Clock,
    /// Login, certificate or rights: somebody must change something.
    Denied,
    /// Anything else; tried again.
    Other,
}

/// A call to the brokers that did not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct StreamError {
    /// What to do about it.
    pub fault: Fault,
    /// In words, safe to show.
    pub reason: String,
}

impl StreamError {
    /// With a `reason` that may quote what came from outside.
    pub fn new(fault: Fault, reason: &str) -> Self {
        const LONGEST: usize = 240;
        Self {
            fault,
            reason: printable(&reason.chars().take(LONGEST).collect::<String>()),
        }
    }

    /// No answer to `what` within its time.
    pub(super) fn timeout(what: &str) -> Self {
        Self::new(Fault::Unreachable, &format!("{what}: no answer in time"))
    }
}

impl From<ClientError> for StreamError {
    fn from(error: ClientError) -> Self {
        let (fault, reason) = match &error {
            ClientError::ServerError {
                protocol_error,
                error_message,
                ..
            } => (
                fault_of(*protocol_error),
                // The error's own text prints the whole request.
                error_message.clone().unwrap_or_else(|| words(*protocol_error)),
            ),
            ClientError::Request(RequestError::ReadVersionedError(_)) => (Fault::Undecodable, error.to_string()),
            ClientError::Connection(_)
            | ClientError::Request(_)
            | ClientError::RetryFailed(_)
            | ClientError::Timeout => {
                let reason = error.to_string();
                (connection_fault(&reason), innermost(&reason))
            }
            _ => (Fault::Other, error.to_string()),
        };
        Self::new(fault, &reason)
    }
}

fn fault_of(error: ProtocolError) -> Fault {
    use ProtocolError as P;
    match error {
        P::UnknownTopicOrPartition | P::UnknownTopicId => Fault::NoTopic,
        P::OffsetOutOfRange => Fault::OutOfRange,
        P::MessageTooLarge | P::RecordListTooLarge => Fault::TooLarge,
        P::InvalidRecord => Fault::InvalidRecord,
        P::InvalidTimestamp => Fault::Clock,
        P::TopicAuthorizationFailed
        | P::ClusterAuthorizationFailed
        | P::GroupAuthorizationFailed
        | P::SaslAuthenticationFailed
        | P::UnsupportedSaslMechanism
        | P::InvalidTopicException => Fault::Denied,
        P::LeaderNotAvailable
        | P::NotLeaderOrFollower
        | P::FencedLeaderEpoch
        | P::UnknownLeaderEpoch
        | P::ReplicaNotAvailable
        | P::OffsetNotAvailable
        | P::NotEnoughReplicas
        | P::NotEnoughReplicasAfterAppend
        | P::InvalidReplicationFactor
        | P::KafkaStorageError => Fault::Leader,
        P::RequestTimedOut | P::BrokerNotAvailable | P::NetworkException => Fault::Unreachable,
        _ => Fault::Other,
    }
}

/// The broker's refusal, for somebody at the counter; where there is nothing to explain, its name in the protocol.
fn words(error: ProtocolError) -> String {
    use ProtocolError as P;
    let words = match error {
        P::InvalidTimestamp => "this machine's clock is more than an hour fast",
        P::NotEnoughReplicas | P::NotEnoughReplicasAfterAppend => "too few brokers are in sync",
        P::TopicAuthorizationFailed => "the user may not use the topic",
        P::UnknownTopicOrPartition | P::UnknownTopicId => "the topic is missing",
        P::NotLeaderOrFollower | P::LeaderNotAvailable => "the partition has no leader",
        P::MessageTooLarge | P::RecordListTooLarge => "too large for the topic",
        other => return format!("{other:?}"),
    };
    words.to_owned()
}

/// rskafka's retry loop erases the type of what it gave up on, so only the words are left to tell a refused login or
/// certificate, which somebody must mend, from a broker that is away.
fn connection_fault(reason: &str) -> Fault {
    const REFUSED: [&str; 4] = ["Sasl", "SASL", "certificate", "AuthorizationFailed"];
    if REFUSED.iter().any(|word| reason.contains(word)) {
        Fault::Denied
    } else {
        Fault::Unreachable
    }
}

/// The cause under the library's nested "all retries failed: Retry exceeded deadline. Source: …".
fn innermost(reason: &str) -> String {
    let reason = reason.rsplit("Source: ").next().unwrap_or(reason);
    let reason = reason.strip_prefix("Connection error: ").unwrap_or(reason);
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_is_told_from_a_broker_that_is_away() {
        assert_eq!(
            connection_fault("Sasl handshake failed: SaslAuthenticationFailed"),
            Fault::Denied
        );
        assert_eq!(
            connection_fault("invalid peer certificate: UnknownIssuer"),
            Fault::Denied
        );
        assert_eq!(
            connection_fault("Connection refused (os error 111)"),
            Fault::Unreachable
        );
    }

    #[test]
    fn the_cause_is_dug_out_of_the_retries() {
        let nested =
            "All retries failed: Retry exceeded deadline. Source: Connection error: error connecting to broker";
        assert_eq!(innermost(nested), "error connecting to broker");
    }
}
