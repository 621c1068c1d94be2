//! How to reach and log in to a MySQL or MariaDB server.
use std::path::PathBuf;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, SslOpts};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::domain::secret::Secret;

/// The driver's default is to ask the server; this is MariaDB's default, and far above any statement of the store.
const MAX_PACKET: usize = 16 * 1024 * 1024;

/// Whether and how a connection is encrypted: the words of the `mysql` client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// Never.
    Off,
    /// When the server can; the server's name is not checked.
    #[default]
    Preferred,
    /// Always; the server's name is not checked.
    Required,
    /// Always, with a certificate that the CA signed. The driver (0.37.1, the newest) checks the host's name here too, so it is
    /// as strict as the next one until a release has <https://github.com/blackbeam/mysql_async/pull/408>.
    VerifyCa,
    /// Always, with a certificate that the CA signed for the host's name.
    VerifyIdentity,
}

/// How to reach and log in to the database.
#[derive(Debug, Clone)]
pub struct MySqlSettings {
    /// Names or addresses with their ports; the first that answers and can write is used.
    pub hosts: Vec<(String, u16)>,
    /// The account.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The schema's database.
    pub database: String,
    /// Encryption.
    pub tls: TlsMode,
    /// CA certificates in PEM; without it those that browsers trust.
    pub ca: Option<PathBuf>,
    /// For reaching one host, logging in and setting up the session.
    pub connect_timeout: Duration,
    /// For one statement's answer. `init` on a large database wants minutes.
    pub call_timeout: Duration,
}

impl MySqlSettings {
    /// The driver's options for one host.
    pub(super) fn options(&self, (host, port): &(String, u16), tls: bool, database: bool) -> Opts {
        OptsBuilder::default()
            .ip_or_hostname(host.clone())
            .tcp_port(*port)
            .user(Some(self.user.clone()))
            .pass(Some(self.password.expose().to_owned()))
            .db_name(database.then(|| self.database.clone()))
            .ssl_opts(tls.then(|| self.tls_options()))
            .tcp_nodelay(true)
            // An UPDATE counts the rows that it found, as in SQLite.
            .client_found_rows(true)
            .prefer_socket(false)
            // Given here, they cost no round trip. Idle connections are closed by age, not by the driver.
            .max_allowed_packet(Some(MAX_PACKET))
            .wait_timeout(Some(0))
            .into()
    }

    /// Why the file of certificate authorities cannot be used, where one is wanted: the driver does not say whose file it is
    /// that it cannot read.
    pub(super) async fn unusable_ca(&self) -> Option<String> {
        let path = self.ca.as_ref().filter(|_| self.tls != TlsMode::Off)?;
        let said = match tokio::fs::read(path).await {
            Err(error) => error.to_string(),
            Ok(pem) => match CertificateDer::pem_slice_iter(&pem).next() {
                Some(Ok(_)) => return None,
                Some(Err(error)) => error.to_string(),
                None => String::from("holds no certificate"),
            },
        };
        Some(format!("{}: {said}", path.display()))
    }

    fn tls_options(&self) -> SslOpts {
        let any_server = matches!(self.tls, TlsMode::Preferred | TlsMode::Required);
        SslOpts::default()
            .with_root_certs(self.ca.iter().map(|path| path.clone().into()).collect())
            .with_disable_built_in_roots(self.ca.is_some())
            .with_danger_accept_invalid_certs(any_server)
            .with_danger_skip_domain_validation(self.tls == TlsMode::VerifyCa)
    }
}
