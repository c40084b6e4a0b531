//! `tollbridge health`: whether the gateway of this machine can serve, for a container without a shell.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use tollbridge_core::config::env::Variables;

use super::Said;
use crate::settings::{self, Secrets};

/// How long the gateway may take for each of connecting and answering.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks `GET /health/ready` where the settings say that the gateway listens.
pub(super) fn health(file: Option<&Path>, variables: &Variables) -> Said {
    let loaded = match settings::load(file, variables, Secrets::Elsewhere) {
        Ok(loaded) => loaded,
        Err(errors) => return Said::errors(&errors),
    };
    let address = SocketAddr::new(near(loaded.host), loaded.port);
    match ask(address) {
        Ok(answer) => {
            let ready = answer.split(' ').nth(1) == Some("200");
            let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            Said { out: format!("{body}\n"), failed: !ready, ..Said::default() }
        }
        Err(error) => Said {
            err: format!("error: no answer from http://{address}/health/ready: {error}\n"),
            failed: true,
            ..Said::default()
        },
    }
}

/// Where one reaches a gateway that listens on all of a machine's addresses.
fn near(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(1 << 16).read_to_string(&mut answer)?;
    Ok(answer)
}
