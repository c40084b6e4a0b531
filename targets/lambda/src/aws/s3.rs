//! S3: objects of one bucket.

use super::{Answer, Aws, AwsError, Refusal, Service};
use bytes::Bytes;
use http::{HeaderMap, Method};

/// A bucket, by its name.
#[derive(Clone)]
pub struct Bucket {
    aws: Aws,
    name: String,
}

impl Bucket {
    /// The bucket of this name. Nothing is asked yet.
    pub fn new(aws: Aws, name: String) -> Self {
        Self { aws, name }
    }

    /// Writes an object. Keys are of letters, digits, `-` and `/`.
    pub async fn put(&self, key: &str, value: Bytes) -> Result<(), AwsError> {
        let answer = self.ask(Method::PUT, key, value).await?;
        if answer.status.is_success() { Ok(()) } else { Err(refused(answer)) }
    }

    /// Reads an object, if it is there.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, AwsError> {
        let answer = self.ask(Method::GET, key, Bytes::new()).await?;
        match answer.status.as_u16() {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            _ => Err(refused(answer)),
        }
    }

    /// Removes an object, if it is there.
    pub async fn delete(&self, key: &str) -> Result<(), AwsError> {
        let answer = self.ask(Method::DELETE, key, Bytes::new()).await?;
        if answer.status.is_success() { Ok(()) } else { Err(refused(answer)) }
    }

    async fn ask(&self, method: Method, key: &str, body: Bytes) -> Result<Answer, AwsError> {
        // Under an address of one's own the bucket is in the path, since its host has no names below it.
        let (address, path) = match self.aws.addresses.of(Service::S3) {
            Some(address) => (address.to_owned(), format!("/{}/{key}", self.name)),
            None => (Service::S3.address(&self.aws.region, &format!("{}.", self.name)), format!("/{key}")),
        };
        self.aws.send(Service::S3, method, &address, &path, HeaderMap::new(), body).await
    }
}

/// S3 speaks XML; the code is enough.
fn refused(answer: Answer) -> AwsError {
    let body = String::from_utf8_lossy(&answer.body);
    let between = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(text, _)| text.to_owned())
    };
    let kind = between("Code").unwrap_or_else(|| "an error".to_owned());
    let message = between("Message").unwrap_or_default();
    let refusal = Refusal { status: answer.status.as_u16(), kind, message, body: Bytes::new() };
    AwsError::Refused(Service::S3.name(), refusal)
}
