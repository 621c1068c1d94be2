//! TLS to the brokers: rustls over ring, certificates and names always verified.
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::fault::{Fault, StreamError, mendable};
use super::settings::Tls;
use crate::domain::link_fault::LinkFault;

/// The configuration, or none where TLS is off. The file of authorities is read each time: it may be renewed while a
/// till runs.
pub(super) async fn client_config(tls: &Tls) -> Result<Option<ClientConfig>, StreamError> {
    let ca = match tls {
        Tls::Off => return Ok(None),
        Tls::On { ca } => ca,
    };
    let mut roots = RootCertStore::empty();
    match ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let unusable = |reason: &dyn std::fmt::Display| {
                let words = format!("{}: {reason}", path.display());
                StreamError::new(Fault::Denied, &mendable(LinkFault::Authorities, &words))
            };
            let pem = tokio::fs::read(path).await.map_err(|e| unusable(&e))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|e| unusable(&e))?;
                roots.add(certificate).map_err(|e| unusable(&e))?;
            }
            if roots.is_empty() {
                return Err(unusable(&"holds no certificate"));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| StreamError::new(Fault::Denied, &e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(config))
}
