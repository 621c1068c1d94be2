//! What can go wrong between this till and the brokers, said by what to do about it.
use rskafka::client::error::{Error as ClientError, ProtocolError, RequestError};
use thiserror::Error;

use crate::domain::link_fault::LinkFault;
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

impl Fault {
    /// Whether another topic of the same brokers may well take its rows.
    pub(super) fn is_of_topic(self) -> bool {
        matches!(self, Self::Leader | Self::NoTopic | Self::Denied)
    }
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
        const LONGEST: usize = 300;
        Self {
            fault,
            reason: printable(&reason.chars().take(LONGEST).collect::<String>()),
        }
    }

    /// A connection that was not made or broke, by what the library or the broker said of it.
    pub(super) fn connecting(said: &str) -> Self {
        if let Some((_, fault, link, remedy)) = SAID.iter().find(|(words, ..)| said.contains(words)) {
            return Self::new(*fault, &format!("{} ({said})", mendable(*link, remedy)));
        }
        if let Some(link) = LinkFault::of_certificate(said) {
            let words = mendable(link, certificate_remedy(link));
            return Self::new(Fault::Denied, &format!("{words} ({said})"));
        }
        if said.contains("AuthorizationFailed") {
            return Self::new(Fault::Denied, &format!("the user may not do this ({said})"));
        }
        Self::new(Fault::Unreachable, said)
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
            | ClientError::Timeout => return Self::connecting(&innermost(&error.to_string())),
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

/// What the library or the broker says, what it comes to, and how somebody mends it. rskafka's retry loop erases the type of
/// what it gave up on, so only the words are left to tell a refusal from a broker that is away.
const SAID: [(&str, Fault, LinkFault, &str); 6] = [
    (
        "SaslAuthenticationFailed",
        Fault::Denied,
        LinkFault::Login,
        "look at user, $RXTILL_KAFKA_PASSWORD or password_file, and sasl",
    ),
    (
        "UnsupportedSaslMechanism",
        Fault::Denied,
        LinkFault::LoginKind,
        "set sasl to another",
    ),
    (
        "IllegalSaslState",
        Fault::Denied,
        LinkFault::NoLogin,
        "set sasl = \"off\", or name the port that takes one",
    ),
    (
        "handshake eof",
        Fault::Denied,
        LinkFault::NoTls,
        "set tls = \"off\", or name the port that speaks it",
    ),
    // No fault of the settings when a broker stops just then.
    (
        "eof",
        Fault::Unreachable,
        LinkFault::HungUp,
        "if it goes on, its port may want TLS or a login",
    ),
    (
        "Connection reset",
        Fault::Unreachable,
        LinkFault::HungUp,
        "if it goes on, its port may want TLS or a login",
    ),
];

/// How somebody mends what is wrong with a broker's certificate.
fn certificate_remedy(fault: LinkFault) -> &'static str {
    match fault {
        LinkFault::Authority => "name the authority's file as ca",
        LinkFault::HostName => "name the broker as it does",
        LinkFault::Expired => "the broker needs a new one; or is this machine's clock ahead?",
        LinkFault::Early => "set this machine's clock",
        _ => "the broker needs another",
    }
}

/// A refusal in the words of [`LinkFault`], and how to mend it.
pub(super) fn mendable(fault: LinkFault, remedy: &str) -> String {
    format!("{}: {remedy}", fault.words())
}

/// The cause under the library's nested "all retries failed: Retry exceeded deadline. Source: …".
fn innermost(reason: &str) -> String {
    let reason = reason.rsplit("Source: ").next().unwrap_or(reason);
    let reason = reason.strip_prefix("Connection error: ").unwrap_or(reason);
    reason
        .replace("IO Error: ", "")
        .replace("invalid peer certificate: ", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_is_told_from_a_broker_that_is_away() {
        for said in [
            "Sasl handshake failed: API error: SaslAuthenticationFailed",
            "invalid peer certificate: UnknownIssuer",
        ] {
            let error = StreamError::connecting(said);
            assert_eq!(error.fault, Fault::Denied);
            assert!(error.reason.contains(said), "{error}");
        }
        for said in ["Connection refused (os error 111)", "Cannot read data: early eof"] {
            assert_eq!(StreamError::connecting(said).fault, Fault::Unreachable);
        }
    }

    #[test]
    fn the_cause_is_dug_out_of_the_retries() {
        let nested =
            "All retries failed: Retry exceeded deadline. Source: Connection error: error connecting to broker";
        assert_eq!(innermost(nested), "error connecting to broker");
    }
}
