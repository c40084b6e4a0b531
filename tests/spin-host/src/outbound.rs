//! Outbound HTTP: only to the hosts that the manifest allows.

use crate::app::App;
use anyhow::{Context as _, Result, bail};
use http_body_util::BodyExt;
use std::sync::Arc;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The entries of `allowed_outbound_hosts`.
#[derive(Debug)]
pub(crate) struct AllowedHosts(Vec<Pattern>);

/// One entry: `scheme://host:port`, each part a literal or `*`, the host also `*.suffix`
/// (Spin documentation, "Network Permissions").
#[derive(Debug)]
struct Pattern {
    scheme: Option<String>,
    host: HostPattern,
    /// `None` for any port; an entry without a port means its scheme's own.
    port: Option<u16>,
}

#[derive(Debug)]
enum HostPattern {
    Any,
    Exact(String),
    Below(String),
}

impl AllowedHosts {
    pub(crate) fn parse<'a>(entries: impl Iterator<Item = &'a String>) -> Result<Self> {
        entries.map(|entry| Pattern::parse(entry)).collect::<Result<_>>().map(Self)
    }

    fn allow(&self, uri: &http::Uri) -> bool {
        let scheme = uri.scheme_str().unwrap_or("https");
        let Some(port) = uri.port_u16().or_else(|| default_port(scheme)) else { return false };
        let Some(host) = uri.host() else { return false };
        self.0.iter().any(|pattern| pattern.matches(scheme, host, port))
    }
}

impl Pattern {
    fn parse(entry: &str) -> Result<Self> {
        let (scheme, rest) =
            entry.split_once("://").with_context(|| format!("allowed host {entry:?} has no scheme"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        };
        let port = match port {
            Some("*") => None,
            Some(port) => Some(port.parse().with_context(|| format!("allowed host {entry:?}: bad port"))?),
            None if scheme == "*" => None,
            None => {
                Some(default_port(scheme).with_context(|| format!("allowed host {entry:?} needs a port"))?)
            }
        };
        let host = match host {
            "" => bail!("allowed host {entry:?} has no host"),
            "*" => HostPattern::Any,
            _ => match host.strip_prefix('*') {
                Some(suffix) if suffix.starts_with('.') => HostPattern::Below(suffix.to_owned()),
                Some(_) => bail!("allowed host {entry:?}: a wildcard stands for whole labels"),
                None => HostPattern::Exact(host.to_owned()),
            },
        };
        Ok(Self { scheme: (scheme != "*").then(|| scheme.to_owned()), host, port })
    }

    fn matches(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
            && self.port.is_none_or(|own| own == port)
            && match &self.host {
                HostPattern::Any => true,
                HostPattern::Exact(own) => own.eq_ignore_ascii_case(host),
                HostPattern::Below(suffix) => host.ends_with(suffix),
            }
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// wasmtime's way out of the sandbox.
pub(crate) struct Gate(pub(crate) Arc<App>);

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Gate {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _fut: Io,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send> {
        if !self.0.allowed.allow(request.uri()) {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        Box::new(async move {
            let (response, io) = wasmtime_wasi_http::default_send_request(request, options).await?;
            Ok((response.map(BodyExt::boxed_unsync), Box::new(io) as Io))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_allows_its_scheme_host_and_port_only() {
        let table = [
            ("https://api.example.com", "https://api.example.com/v1", true),
            ("https://api.example.com", "https://api.example.com:443/v1", true),
            ("https://api.example.com", "http://api.example.com/v1", false),
            ("https://api.example.com", "https://api.example.com:8443/v1", false),
            ("https://api.example.com", "https://api.example.com.evil.org/v1", false),
            ("https://*.example.com", "https://eu.api.example.com/", true),
            ("https://*.example.com", "https://example.com/", false),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000/v1", true),
            ("http://127.0.0.1:*", "http://127.0.0.1:1234/v1", true),
            ("*://*:*", "http://anything:1/", true),
        ];
        for (entry, uri, allowed) in table {
            let hosts = AllowedHosts::parse([entry.to_owned()].iter()).unwrap();
            assert_eq!(hosts.allow(&uri.parse().unwrap()), allowed, "{entry} {uri}");
        }
    }

    #[test]
    fn a_malformed_entry_is_refused() {
        for entry in
            ["api.example.com", "https://", "https://api*.example.com", "redis://host", "https://h:x"]
        {
            let entry = entry.replace("api*", "*api");
            assert!(AllowedHosts::parse([entry.clone()].iter()).is_err(), "{entry}");
        }
    }
}
