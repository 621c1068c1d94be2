//! What the server's and the driver's errors mean to the store (PATH 3.4).
use std::time::Duration;

use mysql_async::{DriverError, Error, IoError};

use super::super::error::EngineError;
use crate::domain::link_fault::LinkFault;

/// Why a call gave no answer, before it is known what the call was.
#[derive(Debug)]
pub(super) enum Failure {
    /// No answer in time.
    Silent(Duration),
    /// The server's refusal, or a broken connection.
    Driver(Error),
}

impl Failure {
    /// The server's error number, when it was the server that refused.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Driver(Error::Server(refusal)) => Some(refusal.code),
            _ => None,
        }
    }

    /// By what to do about it, where `host` names the server.
    pub(super) fn at_statement(&self, host: &str) -> EngineError {
        let reason = self.reason(host);
        match self {
            Self::Driver(Error::Server(refusal)) => by_code(refusal.code, reason),
            Self::Driver(Error::Driver(error)) if is_of_the_record(error) => EngineError::Constraint(reason),
            _ => EngineError::retryable(reason),
        }
    }

    /// The same for the answer to COMMIT, where silence is a doubt.
    pub(super) fn at_commit(&self, host: &str) -> EngineError {
        match self.code() {
            // The server was stopped, or the session killed, while it committed; 1180: an error during COMMIT.
            None | Some(1053 | 1180 | 1317 | 1927 | 4031) => EngineError::InDoubt(self.reason(host)),
            Some(_) => self.at_statement(host),
        }
    }

    fn reason(&self, host: &str) -> String {
        match self {
            Self::Silent(limit) => format!("{host} did not answer within {limit:?}"),
            Self::Driver(error) => {
                let said = match error {
                    Error::Server(refusal) => format!("{} (error {})", refusal.message, refusal.code),
                    Error::Io(error) => error.to_string(),
                    error => error.to_string(),
                };
                match link_fault(error) {
                    Some(fault) => format!("{host}: {} ({said})", fault.words()),
                    None => format!("{host}: {said}"),
                }
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

/// What somebody has to change, where it is no outage that keeps the till out.
fn link_fault(error: &Error) -> Option<LinkFault> {
    match error {
        Error::Server(refusal) => match refusal.code {
            1045 | 1698 => Some(LinkFault::Login),
            3159 => Some(LinkFault::WantsTls),
            _ => None,
        },
        // MySQL asks a user that it does not know for a login of a kind drawn by lot, also of one that no driver speaks.
        Error::Driver(DriverError::UnknownAuthPlugin { .. }) => Some(LinkFault::Login),
        Error::Driver(DriverError::NoClientSslFlagFromServer) => Some(LinkFault::NoTls),
        Error::Io(IoError::Tls(error)) => LinkFault::of_certificate(&error.to_string()),
        // The driver reads the certificate in the middle of its own reading.
        Error::Io(IoError::Io(error)) => LinkFault::of_certificate(&error.to_string()),
        _ => None,
    }
}

/// A statement that the driver itself would not send.
fn is_of_the_record(error: &DriverError) -> bool {
    matches!(
        error,
        DriverError::PacketTooLarge
            | DriverError::StmtParamsMismatch { .. }
            | DriverError::StmtParamsNumberExceedsLimit { .. }
    )
}

/// The server's own error numbers: <https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html>,
/// <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
fn by_code(code: u16, reason: String) -> EngineError {
    match code {
        // A unique key, by its index, by its name.
        1022 | 1062 | 1586 => EngineError::Duplicate(reason),

        // NULL, out of range, no default, truncated, wrong or too long a value; a parent row missing or still wanted;
        // CHECK (MySQL 3819, MariaDB 4025); too big a packet; text that is no UTF-8.
        1048 | 1153 | 1216 | 1217 | 1264 | 1265 | 1292 | 1300 | 1364 | 1366 | 1406 | 1451 | 1452
        | 1690 | 3819 | 4025 => EngineError::Constraint(reason),

        // A cluster node without a quorum; read-only by option, by InnoDB; a lock that no node gives; shutting down;
        // offline; not available.
        1015 | 1047 | 1053 | 1290 | 1836 | 3032 | 3168 => EngineError::Retryable {
            reason,
            next_host: true,
        },

        // No right to the table, or to the column.
        1142 | 1143 => EngineError::Denied(reason),

        // Lock wait, deadlock, lock table full, error during COMMIT, row changed, table changed under a statement.
        1205 | 1206 | 1213 | 1180 | 1020 | 1412 | 1613 | 1614 | 1615 | 3101 | 3572
        // Too slow, killed, interrupted, lost, idle too long.
        | 1317 | 1927 | 1969 | 3024 | 4031 | 1152 | 1158 | 1159 | 1160 | 1161 | 1184
        // Too many connections, statements or threads; no memory, disk or table space.
        | 1021 | 1030 | 1037 | 1040 | 1041 | 1114 | 1135 | 1203 | 1226 | 1243 | 1461
        // Set up wrongly: account, host, password, rights, database, table, column, encryption, log format. No fault
        // of the record, which waits until somebody mends it; parking every sale would be worse.
        | 1044 | 1045 | 1049 | 1054 | 1129 | 1130 | 1146 | 1227 | 1370 | 1665 | 1698
        | 1792 | 1820 | 1862 | 3118 | 3159 => EngineError::retryable(reason),

        _ => EngineError::Permanent(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16) -> Failure {
        Failure::Driver(Error::Server(mysql_async::ServerError {
            code,
            message: "no".to_owned(),
            state: "HY000".to_owned(),
        }))
    }

    #[test]
    fn the_walls_of_the_path_hold() {
        for code in [1205, 1213, 1180, 1047, 1290, 1836, 1015, 1969, 3024] {
            let next = [1047, 1290, 1836, 1015].contains(&code);
            assert!(
                matches!(
                    refused(code).at_statement("h"),
                    EngineError::Retryable { next_host, .. } if next_host == next
                ),
                "{code}"
            );
        }
        assert!(matches!(refused(1180).at_commit("h"), EngineError::InDoubt(_)));
        assert!(matches!(refused(1213).at_commit("h"), EngineError::Retryable { .. }));
        assert!(matches!(
            Failure::Silent(Duration::from_secs(1)).at_commit("h"),
            EngineError::InDoubt(_)
        ));
        assert!(matches!(refused(29_999).at_statement("h"), EngineError::Permanent(_)));
    }
}
