//! SASL on the administrative connection.
use std::io::Cursor;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use rsasl::config::SASLConfig;
use rsasl::prelude::{Mechname, SASLClient};

use super::wire::Wire;
use crate::stream::fault::{Fault, StreamError};
use crate::stream::settings::Sasl;

/// Proves who we are.
pub(super) async fn login(wire: &mut Wire, sasl: &Sasl) -> Result<(), StreamError> {
    let mechanism = sasl.mechanism.name();
    let handshake = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
    let answer = wire.ask(&handshake).await?;
    if let Some(error) = ResponseError::try_from_code(answer.error_code) {
        let offered: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
        return Err(StreamError::connecting(&format!(
            "{mechanism}: {error:?}; the broker offers {}",
            offered.join(", ")
        )));
    }
    let config = SASLConfig::with_credentials(None, sasl.user.clone(), sasl.password.expose().to_owned())
        .map_err(|e| denied(&e))?;
    let name = Mechname::parse(mechanism.as_bytes()).map_err(|e| denied(&e))?;
    let mut session = SASLClient::new(config)
        .start_suggested(&[name])
        .map_err(|e| denied(&e))?;
    let mut heard: Option<Vec<u8>> = None;
    loop {
        let mut words = Cursor::new(Vec::new());
        // Verifies the broker's proof too: SCRAM is mutual.
        let state = session.step(heard.as_deref(), &mut words).map_err(|e| denied(&e))?;
        if state.has_sent_message() {
            let request = SaslAuthenticateRequest::default().with_auth_bytes(words.into_inner().into());
            let answer = wire.ask(&request).await?;
            if let Some(error) = ResponseError::try_from_code(answer.error_code) {
                let words = answer.error_message.unwrap_or_default();
                return Err(StreamError::connecting(&format!("{error:?}: {words}")));
            }
            heard = Some(answer.auth_bytes.to_vec());
        }
        if state.is_finished() {
            return Ok(());
        }
    }
}

fn denied(reason: &dyn std::fmt::Display) -> StreamError {
    StreamError::new(Fault::Denied, &format!("login: {reason}"))
}
