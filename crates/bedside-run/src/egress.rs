//! What may leave the machine, and the one constructor of HTTP clients.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bedside_core::manifest::DataClass;
use url::{Host, Url};

/// The user's word on where data may go.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    /// Only loopback addresses.
    pub local_only: bool,
    /// Hosts named for data of real people.
    pub allow_hosts: Vec<String>,
}

/// Why something may not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// Not an address.
    #[error("`{address}` is no http or https address: {reason}")]
    BadAddress {
        /// As given.
        address: String,
        /// Why.
        reason: String,
    },
    /// `--local-only` and a remote host.
    #[error("{host} is not on this machine, and --local-only allows loopback alone")]
    LocalOnly {
        /// The host.
        host: String,
    },
    /// Data of real people and a host that nobody named.
    #[error("{what} is {class} data and may not go to {host} without --allow-host {host}")]
    NotAllowed {
        /// What would be sent.
        what: String,
        /// Its class.
        class: &'static str,
        /// The host.
        host: String,
    },
    /// An address that has no usual value.
    #[error("{variable} is not set, and says where to ask")]
    NotSet {
        /// The variable.
        variable: &'static str,
    },
    /// The TLS or connection set-up failed before anything was sent.
    #[error("cannot make an HTTP client: {0}")]
    Client(String),
}

/// A checked address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address, without a trailing slash.
    pub url: Url,
    /// Host as shown to the user, with the port when it is not the usual one.
    pub host: String,
    /// Whether it is this machine.
    pub loopback: bool,
}

impl Endpoint {
    /// Reads an address.
    pub fn parse(address: &str) -> Result<Self, EgressError> {
        // What may hold a password or key is not repeated.
        let shown = if address.contains(['@', '?', '#']) { "the address given" } else { address };
        let bad = |reason: &str| EgressError::BadAddress { address: shown.to_owned(), reason: reason.to_owned() };
        let url = Url::parse(address.trim_end_matches('/')).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("the scheme must be http or https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::BadAddress {
                address: "the address".to_owned(),
                reason: "a password in an address would be written to logs: use the key's variable".to_owned(),
            });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad(
                "a key behind `?` would be written to logs: use the key's variable, and an address that ends in its path",
            ));
        }
        let name = url.host().ok_or_else(|| bad("no host"))?;
        let loopback = is_loopback(&name);
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_string(),
        };
        Ok(Self { url, host, loopback })
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
    }
}

impl Egress {
    /// Whether `what`, of this class, may go to the endpoint. Asked before anything is planned, and again for each client.
    pub fn permit(&self, endpoint: &Endpoint, what: &str, class: DataClass) -> Result<(), EgressError> {
        if endpoint.loopback {
            return Ok(());
        }
        if self.local_only {
            return Err(EgressError::LocalOnly { host: endpoint.host.clone() });
        }
        let bare = endpoint.url.host_str().unwrap_or_default();
        let named = self
            .allow_hosts
            .iter()
            .any(|host| host.eq_ignore_ascii_case(&endpoint.host) || host.eq_ignore_ascii_case(bare));
        if class.travels_freely() || named {
            return Ok(());
        }
        Err(EgressError::NotAllowed { what: what.to_owned(), class: class.word(), host: endpoint.host.clone() })
    }

    /// The one place where HTTP clients are made. The client talks to this endpoint's host; it follows no redirect, since a redirect
    /// could lead data to a host that nobody allowed.
    pub fn client(
        &self,
        endpoint: &Endpoint,
        what: &str,
        class: DataClass,
        timeout: Duration,
    ) -> Result<reqwest::Client, EgressError> {
        self.permit(endpoint, what, class)?;
        // Fails only when a provider is installed already, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(timeout)
            .connect_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(256)
            .user_agent(concat!("bedside/", env!("CARGO_PKG_VERSION")));
        if endpoint.loopback {
            // A proxy would carry loopback traffic away, and a name server could say that `localhost` is elsewhere.
            let port = endpoint.url.port_or_known_default().unwrap_or(0);
            let addresses = [
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
                SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
            ];
            builder = builder.no_proxy().resolve_to_addrs("localhost", &addresses);
        }
        builder.build().map_err(|error| EgressError::Client(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote() -> Endpoint {
        Endpoint::parse("https://llm.example.org/v1").unwrap()
    }

    #[test]
    fn data_of_real_people_goes_only_to_named_hosts() {
        let closed = Egress::default();
        assert!(closed.permit(&remote(), "medcalc", DataClass::Synthetic).is_ok());
        assert!(matches!(
            closed.permit(&remote(), "medcalc", DataClass::Deidentified),
            Err(EgressError::NotAllowed { .. })
        ));
        assert!(matches!(closed.permit(&remote(), "charts", DataClass::Phi), Err(EgressError::NotAllowed { .. })));
        let named = Egress { allow_hosts: vec!["llm.example.org".into()], ..Egress::default() };
        assert!(named.permit(&remote(), "charts", DataClass::Phi).is_ok());
    }

    #[test]
    fn local_only_means_loopback() {
        let local = Egress { local_only: true, allow_hosts: vec!["llm.example.org".into()] };
        assert!(matches!(local.permit(&remote(), "x", DataClass::Synthetic), Err(EgressError::LocalOnly { .. })));
        for address in ["http://127.0.0.1:8080/v1", "http://localhost:1", "http://[::1]:9/v1", "http://127.9.9.9"] {
            assert!(local.permit(&Endpoint::parse(address).unwrap(), "x", DataClass::Phi).is_ok(), "{address}");
        }
        for address in ["http://localhost.example.org", "http://127.0.0.1.nip.io", "http://10.0.0.1", "http://0.0.0.0"]
        {
            assert!(local.permit(&Endpoint::parse(address).unwrap(), "x", DataClass::Phi).is_err(), "{address}");
        }
    }

    #[test]
    fn addresses_with_passwords_or_other_schemes_are_refused() {
        assert!(Endpoint::parse("ftp://x").is_err());
        let error = Endpoint::parse("https://user:hunter2@x").unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        for address in [
            "ftp://user:hunter2@x/v1",
            "https://user:hunter2@bad host",
            "https://x/v1?key=hunter2",
            "https://x/#hunter2",
        ] {
            assert!(!Endpoint::parse(address).unwrap_err().to_string().contains("hunter2"), "{address}");
        }
    }
}
