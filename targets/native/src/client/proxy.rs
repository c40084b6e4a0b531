//! Proxies that the environment names.
//!
//! The variables and their meaning are curl's: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
//! `NO_PROXY`, in either case. A proxy may speak HTTP or SOCKS.

use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// The variables that name a proxy.
const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Proxies that can be used.
const SCHEMES: [&str; 5] = ["http", "socks4", "socks4a", "socks5", "socks5h"];

/// A proxy was asked for that requests cannot go through.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} names no proxy that can be used: write it as http://host:port or socks5://host:port")]
pub(crate) struct ProxyError {
    variable: &'static str,
}

/// Which requests go through which proxy.
#[derive(Clone)]
pub(crate) struct Proxies(Arc<Matcher>);

impl Proxies {
    /// Reads the environment. To send requests past a proxy that was asked for would be to
    /// disobey, so one that cannot be used is an error.
    pub(crate) fn from_env() -> Result<Self, ProxyError> {
        for variable in VARIABLES {
            let value = std::env::var(variable).unwrap_or_default();
            if !value.is_empty() && !is_usable(&value) {
                return Err(ProxyError { variable });
            }
        }
        Ok(Self(Arc::new(Matcher::from_env())))
    }

    #[cfg(test)]
    pub(super) fn from_matcher(matcher: Matcher) -> Self {
        Self(Arc::new(matcher))
    }

    /// How requests to `uri` get to its host.
    pub(super) fn way(&self, uri: &Uri) -> Way {
        self.0.intercept(uri).map_or(Way::Direct, |proxy| Way::through(&proxy, uri))
    }
}

/// The way to a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight there.
    Direct,
    /// The proxy reads the requests and forwards them.
    Forward { proxy: Uri, credentials: Option<HeaderValue> },
    /// The proxy opens a connection that it cannot read, as TLS needs it.
    Tunnel { proxy: Uri, credentials: Option<HeaderValue> },
    /// The proxy opens a connection, by its older protocol.
    Socks4(Uri),
    /// The proxy opens a connection.
    Socks5 { proxy: Uri, credentials: Option<(String, String)> },
}

impl Way {
    fn through(proxy: &Intercept, to: &Uri) -> Self {
        let uri = proxy.uri().clone();
        let credentials = proxy.basic_auth().cloned();
        match (uri.scheme_str(), to.scheme_str()) {
            (Some("socks4" | "socks4a"), _) => Self::Socks4(uri),
            (Some("socks5" | "socks5h"), _) => {
                let owned = |(user, word): (&str, &str)| (user.to_owned(), word.to_owned());
                Self::Socks5 { proxy: uri, credentials: proxy.raw_auth().map(owned) }
            }
            (_, Some("https")) => Self::Tunnel { proxy: uri, credentials },
            _ => Self::Forward { proxy: uri, credentials },
        }
    }
}

/// A proxy without a scheme is one that speaks HTTP.
fn is_usable(value: &str) -> bool {
    value.parse::<Uri>().is_ok_and(|uri| {
        uri.authority().is_some() && uri.scheme_str().is_none_or(|scheme| SCHEMES.contains(&scheme))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_follows_the_proxy_and_the_scheme() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let proxies =
            |proxy: &str, no: &str| Proxies::from_matcher(Matcher::builder().all(proxy).no(no).build());
        let basic = Some(HeaderValue::from_static("Basic bWU6aXQ="));
        for (proxy, no, to, expected) in [
            ("", "", "http://a.example/v1", Way::Direct),
            ("http://p:8888", "a.example", "https://a.example/v1", Way::Direct),
            (
                "http://p:8888",
                "b.example",
                "https://a.example/v1",
                Way::Tunnel { proxy: uri("http://p:8888/"), credentials: None },
            ),
            (
                "p:8888",
                "",
                "http://a.example/v1",
                Way::Forward { proxy: uri("http://p:8888/"), credentials: None },
            ),
            (
                "http://me:it@p:8888",
                "",
                "http://a.example/v1",
                Way::Forward { proxy: uri("http://p:8888/"), credentials: basic },
            ),
            ("socks4://p:1080", "", "https://a.example/", Way::Socks4(uri("socks4://p:1080/"))),
            (
                "socks5h://me:it@p:1080",
                "",
                "https://a.example/",
                Way::Socks5 {
                    proxy: uri("socks5h://p:1080/"),
                    credentials: Some(("me".to_owned(), "it".to_owned())),
                },
            ),
        ] {
            assert_eq!(proxies(proxy, no).way(&uri(to)), expected, "{to} through {proxy:?}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_told_apart() {
        for (value, usable) in [
            ("http://p:8888", true),
            ("p:8888", true),
            ("socks5://me:it@p:1080", true),
            ("https://p:8888", false),
            ("ftp://p", false),
            ("/p", false),
            ("http://", false),
        ] {
            assert_eq!(is_usable(value), usable, "{value}");
        }
    }
}
