//! An address to listen on, as Prometheus' own programs spell it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `:PORT`: every address of this machine.
    Every {
        /// The port; 0 lets the system pick one.
        port: u16,
    },
    /// `HOST:PORT`: one address, or a name for one.
    One {
        /// An IP address without brackets, or a name.
        host: String,
        /// The port; 0 lets the system pick one.
        port: u16,
    },
}

impl Listen {
    /// This machine alone.
    #[must_use]
    pub fn local(port: u16) -> Self {
        Self::One { host: Ipv4Addr::LOCALHOST.to_string(), port }
    }

    /// What to bind, the first that can be: every address is `::`, which takes IPv4 as well, or `0.0.0.0` where there is
    /// no IPv6.
    #[must_use]
    pub fn candidates(&self) -> Vec<(&str, u16)> {
        match self {
            Self::Every { port } => vec![("::", *port), ("0.0.0.0", *port)],
            Self::One { host, port } => vec![(host, *port)],
        }
    }

    /// Where to ask from this machine what listens there, in the order to try.
    #[must_use]
    pub fn to_ask(&self) -> Vec<(&str, u16)> {
        let every = |port: &u16| vec![("127.0.0.1", *port), ("::1", *port)];
        match self {
            Self::Every { port } => every(port),
            Self::One { host, port } if host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified()) => {
                every(port)
            }
            Self::One { host, port } => vec![(host, *port)],
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "an address is :PORT, HOST:PORT or [IPV6]:PORT".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        // Rust would also read "+80".
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let port = port.parse().map_err(|_| "a port is a number up to 65535".to_owned())?;
        if host.is_empty() {
            return Ok(Self::Every { port });
        }
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let good = match bracketed {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => host.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter)),
        };
        if good { Ok(Self::One { host: bracketed.unwrap_or(host).to_owned(), port }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every { port } => write!(formatter, ":{port}"),
            Self::One { host, port } if host.contains(':') => write!(formatter, "[{host}]:{port}"),
            Self::One { host, port } => write!(formatter, "{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_spelled_as_prometheus_spells_them() {
        let one = |host: &str, port| Listen::One { host: host.to_owned(), port };
        for (text, expected) in [
            (":19655", Listen::Every { port: 19655 }),
            (":0", Listen::Every { port: 0 }),
            ("127.0.0.1:19655", one("127.0.0.1", 19655)),
            ("[::1]:80", one("::1", 80)),
            ("localhost:9", one("localhost", 9)),
        ] {
            assert_eq!(text.parse(), Ok(expected.clone()));
            assert_eq!(expected.to_string(), text);
        }
        for text in ["", "19655", "host", "host:", ":", ":65536", ":+1", "::1:80", "[x]:80", "a b:80", "http://a:80"] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_address_is_asked_here() {
        let every: Listen = "0.0.0.0:7".parse().unwrap();
        assert_eq!(every.to_ask(), [("127.0.0.1", 7), ("::1", 7)]);
        assert_eq!(Listen::Every { port: 7 }.candidates(), [("::", 7), ("0.0.0.0", 7)]);
    }
}
