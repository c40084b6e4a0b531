//! Somebody who listens and accepts nobody: a provider whose connections are never made.

use std::{io, net::SocketAddr};

use socket2::{Domain, Socket, Type};

/// A listener whose queue is full: the kernel answers no further caller.
pub(crate) struct Silent {
    address: SocketAddr,
    _listener: Socket,
    _queue: Vec<Socket>,
}

impl Silent {
    /// Listens, and fills its queue.
    pub(crate) fn new() -> io::Result<Silent> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        listener.listen(0)?;
        let bound = listener.local_addr()?;
        let address = bound.as_socket().ok_or_else(|| io::Error::other("an address of another kind"))?;
        let caller = |_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            match socket.connect(&bound) {
                // Under way, and for as long as this lives.
                Err(error) if error.raw_os_error() != Some(IN_PROGRESS) => Err(error),
                _ => Ok(socket),
            }
        };
        let queue = (0..4).map(caller).collect::<io::Result<_>>()?;
        Ok(Silent { address, _listener: listener, _queue: queue })
    }

    /// Its address, `http://host:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// EINPROGRESS of Linux.
const IN_PROGRESS: i32 = 115;
