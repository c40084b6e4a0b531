//! Signature Version 4 ("Create a signed AWS API request", IAM User Guide).
//!
//! Everything in the request is signed: all headers that are there, and a digest of the body. Paths here need no
//! escapes, and no request has a query.

use http::header::{AUTHORIZATION, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use tollbridge_core::ledger::push_second;
use tollbridge_core::ports::Micros;

/// Who asks.
pub(super) struct Credentials {
    pub(super) id: String,
    pub(super) secret: String,
    /// What makes them temporary, as a function's always are.
    pub(super) token: Option<String>,
}

/// What a signature is for, beside the request.
pub(super) struct Signer<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) now: Micros,
}

impl Signer<'_> {
    /// Adds the time, the body's digest, the token and the signature.
    pub(super) fn sign(
        &self,
        method: &Method,
        path: &str,
        headers: &mut HeaderMap,
        body: &[u8],
    ) -> Result<(), InvalidHeaderValue> {
        let digest = hex(&Sha256::digest(body));
        let time = self.time();
        headers.insert(HeaderName::from_static("x-amz-content-sha256"), HeaderValue::from_str(&digest)?);
        headers.insert(HeaderName::from_static("x-amz-date"), HeaderValue::from_str(&time)?);
        if let Some(token) = &self.credentials.token {
            let mut token = HeaderValue::from_str(token)?;
            token.set_sensitive(true);
            headers.insert(HeaderName::from_static("x-amz-security-token"), token);
        }
        let authorization = self.authorization(method, path, headers, &digest, &time);
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization)?);
        Ok(())
    }

    /// `20261121T080509Z`.
    fn time(&self) -> String {
        let mut time = String::new();
        push_second(self.now, &mut time);
        time.retain(|sign| sign != '-' && sign != ':');
        time
    }

    fn authorization(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        digest: &str,
        time: &str,
    ) -> String {
        let mut sorted: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim()))
            .collect();
        sorted.sort_unstable();
        let names: Vec<_> = sorted.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = format!("{method}\n{path}\n\n");
        for (name, value) in sorted {
            // Writing to a `String` cannot fail.
            let _ = writeln!(canonical, "{name}:{value}");
        }
        let _ = write!(canonical, "\n{names}\n{digest}");

        let date = time.get(..8).unwrap_or_default();
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let canonical = hex(&Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
        let signature = hex(&hmac(&self.key(date), text.as_bytes()));
        let id = &self.credentials.id;
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    fn key(&self, date: &str) -> [u8; 32] {
        let first = hmac(format!("AWS4{}", self.credentials.secret).as_bytes(), date.as_bytes());
        let parts = [self.region, self.service, "aws4_request"];
        parts.iter().fold(first, |key, part| hmac(&key, part.as_bytes()))
    }
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// Lower-case digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str, secret: &str) -> Credentials {
        Credentials { id: id.to_owned(), secret: secret.to_owned(), token: None }
    }

    /// RFC 4231, test cases 2 and 6.
    #[test]
    fn hmac_is_that_of_the_standard() {
        let short = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    /// "Signature Calculations for the Authorization Header" (Amazon S3 API Reference), "GET Object".
    #[test]
    fn a_signature_is_that_of_the_documentation() {
        let credentials = credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let now = 1_369_353_600_000_000;
        let signer = Signer { credentials: &credentials, region: "us-east-1", service: "s3", now };
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("examplebucket.s3.amazonaws.com"));
        headers.insert("range", HeaderValue::from_static("bytes=0-9"));
        signer.sign(&Method::GET, "/test.txt", &mut headers, b"").unwrap();
        assert_eq!(
            headers[AUTHORIZATION],
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    #[test]
    fn a_token_is_signed_and_not_shown() {
        let credentials = Credentials { token: Some("secret-token".to_owned()), ..credentials("id", "key") };
        let signer = Signer { credentials: &credentials, region: "eu-west-1", service: "dynamodb", now: 0 };
        let mut headers = HeaderMap::new();
        signer.sign(&Method::POST, "/", &mut headers, b"{}").unwrap();
        assert!(headers[AUTHORIZATION].to_str().unwrap().contains("x-amz-security-token"));
        assert!(!format!("{headers:?}").contains("secret-token"));
    }
}
