//! A server's address as people write it.
use std::fmt;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Address {
    /// Of `host`, `host:port`, `[v6]` or `[v6]:port`.
    ///
    /// # Errors
    /// In words for the person who wrote it.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, String> {
        let fault = || format!("“{text}” is no address: write it as name:{default_port}");
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(fault)?;
                (host, port.strip_prefix(':').or(port.is_empty().then_some("")))
            }
            None if text.matches(':').count() > 1 => (text, Some("")),
            None => text
                .split_once(':')
                .map_or((text, Some("")), |(host, port)| (host, Some(port))),
        };
        let port = match port.ok_or_else(fault)? {
            "" if !text.ends_with(':') => default_port,
            digits => digits.parse().map_err(|_| fault())?,
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err(fault());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_its_port_out() {
        for (text, shown) in [
            ("db", "db:3306"),
            ("127.0.0.1:3307", "127.0.0.1:3307"),
            ("[::1]:3307", "[::1]:3307"),
            ("[::1]", "[::1]:3306"),
            ("fe80::1", "[fe80::1]:3306"),
        ] {
            assert_eq!(Address::parse(text, 3306).unwrap().to_string(), shown);
        }
        for bad in [
            "",
            ":3306",
            "db:",
            "db:port",
            "db:99999",
            "mysql://db",
            "[::1",
            "[::1]x",
            "a b",
        ] {
            assert!(Address::parse(bad, 3306).is_err(), "{bad}");
        }
    }
}
