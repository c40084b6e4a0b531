//! The program that Lambda starts, `bootstrap`.

use lambda_http::Error;
use tollbridge_lambda::instance::Instance;
use tollbridge_lambda::serve::{Mode, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(&Instance::start().await, Mode::from_env()).await
}
