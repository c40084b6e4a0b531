//! Which addresses may be fetched.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{Uri, uri::Scheme};

/// An address that may be asked for: `https`, on its own port, of a host that may be public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Uri);

/// Why an address is not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It cannot be read.
    #[error("it is no address")]
    Malformed,
    /// Another scheme or port.
    #[error("only `https` addresses on port 443 are fetched")]
    NotHttps,
    /// A user or a password before the host.
    #[error("addresses with credentials are not fetched")]
    Credentials,
    /// A host inside of somebody's network.
    #[error("the host is not public")]
    NotPublic,
}

impl Address {
    /// Reads an address that a caller named. That the host's name leads to public addresses only is
    /// for the one who connects to check.
    ///
    /// # Errors
    /// [`BadAddress`], which says what is not allowed.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let uri: Uri = text.trim().parse().map_err(|_| BadAddress::Malformed)?;
        let authority = uri.authority().ok_or(BadAddress::Malformed)?;
        let host = authority.host();
        if authority.as_str().contains('@') {
            return Err(BadAddress::Credentials);
        }
        let its_own_port = authority.as_str() == host || authority.port_u16() == Some(443);
        if uri.scheme() != Some(&Scheme::HTTPS) || !its_own_port {
            return Err(BadAddress::NotHttps);
        }
        if literal(host).is_some_and(|ip| !is_public(ip)) || is_local_name(host) {
            return Err(BadAddress::NotPublic);
        }
        Ok(Self(uri))
    }

    /// The address.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

/// The IP address that a host is written as.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Names that mean a machine of one's own wherever they are looked up, and names without a dot.
fn is_local_name(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let under = |top: &str| name == top || name.strip_suffix(top).is_some_and(|rest| rest.ends_with('.'));
    let plain = !name.contains('.') && literal(host).is_none();
    plain || ["localhost", "local", "internal", "home.arpa"].into_iter().any(under)
}

/// Whether an IP address belongs to the public internet (IANA's registries of special-purpose
/// addresses): not to a machine itself, to a private or provider's network, to a link, to a cloud's
/// metadata, to documentation, or to a group. Addresses that stand for IPv4 ones are what those are.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        // This network, 6to4 relays, groups and what is reserved.
        [0 | 224.., ..] | [192, 88, 99, _] => true,
        // Providers' own networks (100.64.0.0/10).
        [100, second, ..] => second & 0xC0 == 64,
        // IETF protocols and measurements of networks (198.18.0.0/15).
        [192, 0, 0, _] | [198, 18 | 19, ..] => true,
        _ => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation(),
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // IPv4-mapped, and NAT64's well-known prefix.
        [0, 0, 0, 0, 0, 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => embedded(high, low),
        // IETF protocols, Teredo among them; documentation; 6to4.
        [0x2001, 0..=0x1FF, ..] | [0x2001, 0xDB8, ..] | [0x2002, ..] | [0x3FFF, 0..=0xFFF, ..] => false,
        // Global unicast; all else is private, of a link, of a group, or not given to anybody.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_told_from_all_others() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("172.15.255.255", true),
            ("172.32.0.1", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("223.255.255.255", true),
            ("192.0.1.1", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.100.100.200", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("169.254.170.2", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.192", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("2001:4860:4860::8888", true),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::8.8.8.8", true),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:10.0.0.1", false),
            ("::127.0.0.1", false),
            ("::8.8.8.8", false),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b:1::8.8.8.8", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }

    #[test]
    fn only_https_to_hosts_that_may_be_public_is_asked_for() {
        use BadAddress::{Credentials, Malformed, NotHttps, NotPublic};
        for (text, expected) in [
            ("https://example.com/a.png", Ok(())),
            ("https://example.com:443/a.png?size=2#x", Ok(())),
            ("HTTPS://EXAMPLE.com", Ok(())),
            ("https://8.8.8.8/a", Ok(())),
            ("https://[2606:4700::1111]/a", Ok(())),
            ("http://example.com/a.png", Err(NotHttps)),
            ("https://example.com:8443/a.png", Err(NotHttps)),
            ("https://example.com:/a.png", Err(NotHttps)),
            ("https://example.com:4430000/a.png", Err(NotHttps)),
            ("ftp://example.com/a.png", Err(NotHttps)),
            ("gs://bucket/a.png", Err(NotHttps)),
            ("file:///etc/passwd", Err(Malformed)),
            ("/etc/passwd", Err(Malformed)),
            ("", Err(Malformed)),
            ("https://", Err(Malformed)),
            ("https://exa mple.com/", Err(Malformed)),
            ("https://me:it@example.com/", Err(Credentials)),
            ("https://example.com@127.0.0.1/", Err(Credentials)),
            ("https://127.0.0.1/", Err(NotPublic)),
            ("https://169.254.169.254/latest/meta-data", Err(NotPublic)),
            ("https://[::1]/", Err(NotPublic)),
            ("https://[::ffff:10.0.0.1]/", Err(NotPublic)),
            ("https://localhost/", Err(NotPublic)),
            ("https://LOCALHOST./", Err(NotPublic)),
            ("https://a.localhost/", Err(NotPublic)),
            ("https://printer.local/", Err(NotPublic)),
            ("https://metadata.google.internal/", Err(NotPublic)),
            ("https://intranet/", Err(NotPublic)),
            ("https://2130706433/", Err(NotPublic)),
        ] {
            assert_eq!(Address::parse(text).map(|_| ()), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn an_ipv4_address_is_the_same_in_every_dress(bits: u32) {
            let plain = Ipv4Addr::from(bits);
            let mapped = plain.to_ipv6_mapped();
            let [.., high, low] = mapped.segments();
            let nat64 = Ipv6Addr::new(0x64, 0xFF9B, 0, 0, 0, 0, high, low);
            proptest::prop_assert_eq!(is_public(mapped.into()), is_public(plain.into()));
            proptest::prop_assert_eq!(is_public(nat64.into()), is_public(plain.into()));
        }

        #[test]
        fn any_text_is_an_address_or_none(text in "\\PC{0,60}") {
            let _ = Address::parse(&text);
            let _ = Address::parse(&format!("https://{text}"));
        }
    }
}
