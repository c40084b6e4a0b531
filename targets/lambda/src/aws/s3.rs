//! S3: objects of one bucket.

use super::{Aws, AwsError, PATIENCE};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tokio::time::timeout;
use tollbridge_core::ports::HttpError;

const S3: &str = "s3";

/// A bucket, by its name.
#[derive(Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket of this name. Nothing is asked yet.
    pub fn new(aws: &Aws, name: String) -> Self {
        let config = Builder::from(&aws.again())
            .force_path_style(aws.is_elsewhere())
            // The signature covers a digest of the body already.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        Self { client: Client::from_conf(config.build()), name }
    }

    /// Writes an object.
    pub async fn put(&self, key: &str, value: Bytes) -> Result<(), AwsError> {
        let put = self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(value));
        put.send().await.map(drop).map_err(|error| AwsError::of(S3, error))
    }

    /// Reads an object, if it is there.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, AwsError> {
        let object = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => object,
            Err(error) => match error.as_service_error() {
                Some(GetObjectError::NoSuchKey(_)) => return Ok(None),
                _ => return Err(AwsError::of(S3, error)),
            },
        };
        let body = timeout(PATIENCE, object.body.collect()).await.map_err(|_| AwsError::Late(S3))?;
        let body = body.map_err(|_| AwsError::Unreachable(S3, HttpError::ResetAfterHead))?;
        Ok(Some(body.into_bytes()))
    }

    /// Removes an object, if it is there.
    pub async fn delete(&self, key: &str) -> Result<(), AwsError> {
        let delete = self.client.delete_object().bucket(&self.name).key(key);
        delete.send().await.map(drop).map_err(|error| AwsError::of(S3, error))
    }
}
