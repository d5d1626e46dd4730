//! How a request reaches wolkvox: over the network, or straight into a router in the same process.
//!
//! The second way exists for tests of time: a paused clock and real sockets do not mix, a paused clock and a router do.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::trouble::{Cause, Trouble};
use super::unpacking::{Corrupt, Unpacking};

/// A connection that is not made by then will not be: a firewall drops what it does not know.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How requests reach wolkvox.
#[derive(Clone, Debug)]
pub enum Transport {
    /// HTTP over the network. Redirects are not followed.
    Network(reqwest::Client),
    /// A router in this process.
    Router(axum::Router),
}

/// An answer whose body is still to come.
pub(super) struct Arriving {
    body: Body,
    /// Where the body is packed.
    unpacking: Option<Unpacking>,
}

enum Body {
    Network(reqwest::Response),
    Router(http::Response<axum::body::Body>),
}

/// The HTTP clients of a process. One costs the setting up of TLS with all of its roots, and does for all operations: it
/// keeps no connection and knows no token.
#[derive(Debug, Default)]
pub struct Clients {
    /// For loopback addresses, which are never asked for through a proxy.
    near: Option<reqwest::Client>,
    /// For all others, which honour the usual `HTTPS_PROXY` and `NO_PROXY`.
    far: Option<reqwest::Client>,
}

impl Clients {
    /// The way to this base URL.
    ///
    /// # Errors
    ///
    /// Fails where the TLS library cannot be set up.
    pub fn transport(&mut self, base_url: &str) -> Result<Transport, reqwest::Error> {
        let is_near = is_loopback(base_url);
        let client = if is_near { &mut self.near } else { &mut self.far };
        if let Some(client) = client {
            return Ok(Transport::Network(client.clone()));
        }
        let mut builder = self::client()
            .user_agent(concat!("wolkvox-exporter/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // wolkvox closes a connection after 5 s, and reports are further apart: one that is kept is mostly found dead.
            .pool_max_idle_per_host(0)
            .tcp_nodelay(true);
        if is_near {
            builder = builder.no_proxy();
        }
        Ok(Transport::Network(client.insert(builder.build()?).clone()))
    }
}

impl Transport {
    /// The way to this base URL, with a client of its own.
    ///
    /// # Errors
    ///
    /// Fails where the TLS library cannot be set up.
    pub fn network(base_url: &str) -> Result<Self, reqwest::Error> {
        Clients::default().transport(base_url)
    }

    pub(super) async fn send(&self, request: Request<()>) -> Result<Arriving, Trouble> {
        match self {
            Self::Network(client) => {
                let request = request.map(|()| "");
                let request = reqwest::Request::try_from(request)
                    .map_err(|error| Trouble::new(Cause::Other, format!("cannot be asked: {}", error.without_url())))?;
                client.execute(request).await.map(Body::Network).map(Arriving::of).map_err(of_network)
            }
            Self::Router(router) => {
                let request = request.map(|()| axum::body::Body::empty());
                match router.clone().oneshot(request).await {
                    Ok(response) => Ok(Arriving::of(Body::Router(response))),
                    Err(never) => match never {},
                }
            }
        }
    }
}

impl Arriving {
    fn of(body: Body) -> Self {
        let encoding = body.headers().get(header::CONTENT_ENCODING).and_then(|encoding| encoding.to_str().ok());
        let encoding = encoding.map(str::trim).unwrap_or_default();
        let is_gzip = ["gzip", "x-gzip"].iter().any(|gzip| encoding.eq_ignore_ascii_case(gzip));
        Self { body, unpacking: is_gzip.then(Unpacking::new) }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.body.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.body.headers()
    }

    /// The next bytes of the body, unpacked, or nothing at its end. Who asks for more has given back what came before, so
    /// that its place can be used again.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        let Some(unpacking) = &mut self.unpacking else { return self.body.chunk().await };
        loop {
            let length = unpacking.next().map_err(|Corrupt| Trouble::new(Cause::NotJson, CORRUPT))?;
            if length > 0 {
                return Ok(Some(Bytes::copy_from_slice(unpacking.unpacked(length))));
            }
            match self.body.chunk().await? {
                Some(bytes) => unpacking.arrived(bytes),
                None if unpacking.may_end() => return Ok(None),
                None => return Err(Trouble::new(Cause::Connect, BROKE_OFF)),
            }
        }
    }
}

impl Body {
    fn status(&self) -> StatusCode {
        match self {
            Self::Network(response) => response.status(),
            Self::Router(response) => response.status(),
        }
    }

    fn headers(&self) -> &HeaderMap {
        match self {
            Self::Network(response) => response.headers(),
            Self::Router(response) => response.headers(),
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        match self {
            Self::Network(response) => response.chunk().await.map_err(of_network),
            Self::Router(response) => loop {
                match response.body_mut().frame().await {
                    None => return Ok(None),
                    Some(Err(_)) => return Err(Trouble::new(Cause::Connect, BROKE_OFF)),
                    Some(Ok(frame)) => {
                        if let Ok(bytes) = frame.into_data() {
                            return Ok(Some(bytes));
                        }
                    }
                }
            },
        }
    }
}

/// What clients of HTTP begin with: TLS that trusts Mozilla's roots, and no redirects.
///
/// reqwest panics where it is to build a client without a provider of cryptography, so none begins anywhere else.
pub fn client() -> reqwest::ClientBuilder {
    // The roots are built in: nothing is read at the start, and an image without files suffices.
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    match tls {
        Ok(tls) => client.tls_backend_preconfigured(tls),
        Err(_) => client,
    }
}

const BROKE_OFF: &str = "broke off in the middle of its answer";
const CORRUPT: &str = "sent compressed bytes that do not unpack";

/// What an error of the HTTP client means. Its text is dropped where it could hold the URL.
fn of_network(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    if chain(&error).any(is_tls) {
        return Trouble::new(Cause::Tls, format!("could not be trusted: {}", root(&error)));
    }
    if error.is_connect() {
        let cause = if error.is_timeout() { Cause::Timeout } else { Cause::Connect };
        return Trouble::new(cause, format!("could not be reached: {}", root(&error)));
    }
    if error.is_timeout() {
        return Trouble::new(Cause::Timeout, "did not answer in time");
    }
    let is_malformed =
        chain(&error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse);
    if is_malformed {
        return Trouble::new(Cause::Other, "answered in a way that is not HTTP");
    }
    if error.is_body() || error.is_decode() {
        return Trouble::new(Cause::Connect, BROKE_OFF);
    }
    Trouble::new(Cause::Connect, format!("closed the connection: {}", root(&error)))
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn root(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// An I/O error hides the error that it wraps from `source`, and may wrap another one of its kind.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}

fn is_loopback(base_url: &str) -> bool {
    let host = base_url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for (base_url, expected) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("https://wv0013.wolkvox.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(base_url), expected, "{base_url}");
        }
    }
}
