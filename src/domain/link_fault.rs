//! Why a server that is there does not let this till in: what passes only when somebody changes something.
//!
//! Stores and streams put [`LinkFault::words`] before all else that they say of such a refusal, so that whoever shows it in
//! a few cells can find it again: a driver's own words are of any length, and differ from server to server.

/// What has to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFault {
    /// The user is not known there, or the password is another.
    Login,
    /// The server wants a login of another kind.
    LoginKind,
    /// The server takes no login at all at this port.
    NoLogin,
    /// The file of certificate authorities cannot be used.
    Authorities,
    /// The certificate was signed by somebody whom this till does not trust.
    Authority,
    /// Its last day is past.
    Expired,
    /// Its first day is to come: mostly this machine's clock is wrong.
    Early,
    /// It is another host's.
    HostName,
    /// It is wrong in another way.
    Certificate,
    /// The server speaks no TLS at this port.
    NoTls,
    /// The server wants TLS at this port.
    WantsTls,
    /// The server hangs up without a word: as a rule it wants TLS, or a login.
    HungUp,
}

use LinkFault::{
    Authorities, Authority, Certificate, Early, Expired, HostName, HungUp, Login, LoginKind, NoLogin, NoTls, WantsTls,
};

impl LinkFault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Login,
        LoginKind,
        NoLogin,
        Authorities,
        Authority,
        Expired,
        Early,
        HostName,
        Certificate,
        NoTls,
        WantsTls,
        HungUp,
    ];

    /// In the few words of a status line.
    pub fn words(self) -> &'static str {
        match self {
            Login => "user or password not taken",
            LoginKind => "another kind of login wanted",
            NoLogin => "no login taken there",
            Authorities => "ca file not usable",
            Authority => "certificate of an unknown authority",
            Expired => "certificate expired",
            Early => "certificate not valid yet",
            HostName => "certificate of another host",
            Certificate => "certificate not good",
            NoTls => "no TLS there",
            WantsTls => "TLS wanted there",
            HungUp => "hangs up: TLS or login?",
        }
    }

    /// In fewer.
    pub fn short(self) -> &'static str {
        match self {
            Login | LoginKind | NoLogin => "login",
            Authorities | Authority | Expired | Early | HostName | Certificate => "certificate",
            NoTls | WantsTls => "TLS",
            HungUp => "hangs up",
        }
    }

    /// What was put before the rest of a reason, wherever that is in it.
    pub fn told_in(reason: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| reason.contains(fault.words()))
    }

    /// What the library that speaks TLS says of a certificate.
    pub fn of_certificate(said: &str) -> Option<Self> {
        const SAID: [(&str, LinkFault); 7] = [
            ("UnknownIssuer", Authority),
            // An authority of the same name with another key.
            ("BadSignature", Authority),
            ("certificate expired", Expired),
            ("Expired", Expired),
            ("not valid yet", Early),
            ("not valid for name", HostName),
            ("certificate", Certificate),
        ];
        let found = SAID.iter().find(|(words, _)| said.contains(words));
        found.map(|(_, fault)| *fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_found_again_in_whatever_is_said_around_it() {
        for fault in LinkFault::ALL {
            let reason = format!("127.0.0.1:3306: {}: change this (because of that)", fault.words());
            assert_eq!(LinkFault::told_in(&reason), Some(fault));
            assert!(fault.words().len() <= 36 && fault.short().len() <= 11, "{fault:?}");
        }
        assert_eq!(LinkFault::told_in("Connection refused (os error 111)"), None);
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_apart() {
        for (said, fault) in [
            ("invalid peer certificate: UnknownIssuer", Some(Authority)),
            ("invalid peer certificate: BadSignature", Some(Authority)),
            (
                "invalid peer certificate: certificate expired: verification time 5 (UNIX), but certificate is not valid after 4",
                Some(Expired),
            ),
            (
                "invalid peer certificate: certificate not valid yet: verification time 5 (UNIX), but certificate is not valid before 6",
                Some(Early),
            ),
            (
                "invalid peer certificate: certificate not valid for name \"localhost\"; certificate is only valid for x",
                Some(HostName),
            ),
            ("invalid peer certificate: UnsupportedCertVersion", Some(Certificate)),
            ("Connection reset by peer", None),
        ] {
            assert_eq!(LinkFault::of_certificate(said), fault, "{said}");
        }
    }
}
