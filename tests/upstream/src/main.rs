//! The stand-in for model providers as a program: `tollbridge-upstream [HOST:PORT]`.

use std::path::PathBuf;

use tokio::net::TcpListener;
use tollbridge_upstream::{Standin, recordings, serve};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9999".to_owned());
    if address.starts_with('-') {
        println!("tollbridge-upstream [HOST:PORT]   (default 127.0.0.1:9999)");
        println!("TOLLBRIDGE_RECORDINGS names a folder of recorded exchanges to play back.");
        return Ok(());
    }
    let folder: Option<PathBuf> = recordings::folder();
    let standin = Standin::new(folder.as_deref());
    let listener = TcpListener::bind(&address).await?;
    println!("stand-in upstream on http://{}", listener.local_addr()?);
    match folder {
        Some(folder) => println!("recordings from {}", folder.display()),
        None => println!("no recordings folder; `replay` answers 404"),
    }
    serve(listener, standin).await
}
