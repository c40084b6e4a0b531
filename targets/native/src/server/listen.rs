//! Listeners that share one address.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel may hold for each listener until they are accepted.
const BACKLOG: i32 = 1024;

/// Why the server cannot be reached at the address it was told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Another process listens there.
    #[error("{0} is already in use: stop what listens there, or set PORT to another port")]
    InUse(SocketAddr),
    /// Ports below 1024 want a privilege.
    #[error("{0} may not be listened on by this user: set PORT to a port above 1023")]
    Denied(SocketAddr),
    /// The address is not one of this machine.
    #[error("{0} is not an address of this machine: set HOST to one that is, or to 0.0.0.0 for all")]
    NotHere(SocketAddr),
    /// Anything else.
    #[error("cannot listen on {0}: {1}")]
    Other(SocketAddr, io::Error),
}

impl ListenError {
    fn new(address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::InUse(address),
            io::ErrorKind::PermissionDenied => Self::Denied(address),
            io::ErrorKind::AddrNotAvailable => Self::NotHere(address),
            _ => Self::Other(address, error),
        }
    }
}

/// Opens `count` listeners on `address`; where it asks for port 0 they share the port that the
/// kernel chose.
pub(crate) fn listen(address: SocketAddr, count: usize) -> Result<Vec<TcpListener>, ListenError> {
    // Sharing is what two gateways of one user could then do by accident, each with half of the
    // callers: so first ask for the address alone.
    if address.port() != 0 {
        bind(address, false).map_err(|error| ListenError::new(address, error))?;
    }
    let mut shared = address;
    (0..count.max(1))
        .map(|_| {
            let listener = open(shared).map_err(|error| ListenError::new(address, error))?;
            shared = listener.local_addr().map_err(|error| ListenError::new(address, error))?;
            Ok(listener)
        })
        .collect()
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bind(address, true)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of a server that has just stopped do not block its successor.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(shared)?;
    #[cfg(not(unix))]
    let _ = shared;
    socket.bind(&address.into())?;
    Ok(socket)
}
