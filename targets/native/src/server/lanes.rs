//! The processors' shares of the connections.

use std::{
    convert::Infallible,
    error::Error,
    io,
    net::TcpStream,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use tokio::sync::{mpsc, watch};

use super::{Tasks, complain, connection::Protocols, phase::Phase};

/// Connections that other lanes hand over.
pub(super) type Inbox = mpsc::UnboundedReceiver<Handed>;

/// A connection on its way from the lane that accepted it to the one that serves it.
pub(super) struct Handed {
    stream: TcpStream,
    place: Place,
}

/// What the lanes know of each other.
pub(super) struct Lanes(Vec<Door>);

struct Door {
    live: AtomicUsize,
    inbox: mpsc::UnboundedSender<Handed>,
}

impl Lanes {
    pub(super) fn new(count: usize) -> (Arc<Self>, Vec<Inbox>) {
        let (doors, inboxes) = (0..count)
            .map(|_| {
                let (inbox, handed) = mpsc::unbounded_channel();
                (Door { live: AtomicUsize::new(0), inbox }, handed)
            })
            .unzip();
        (Arc::new(Self(doors)), inboxes)
    }

    /// The lane that should serve a connection which `here` has accepted: itself, unless another
    /// has clearly fewer. An eighth is not worth the hand-over, one against none is.
    fn choose(&self, here: usize) -> usize {
        let live = |lane: usize| self.0[lane].live.load(Ordering::Relaxed);
        let least = (0..self.0.len()).min_by_key(|&lane| live(lane)).unwrap_or(here);
        if live(here) > live(least) + live(least) / 8 { least } else { here }
    }

    fn take_place(self: &Arc<Self>, lane: usize) -> Place {
        self.0[lane].live.fetch_add(1, Ordering::Relaxed);
        Place { lanes: self.clone(), lane }
    }
}

/// One connection's part in a lane's count, from before it is handed over until it ends.
pub(super) struct Place {
    lanes: Arc<Lanes>,
    lane: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lanes.0[self.lane].live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One processor's share.
pub(super) struct Lane {
    index: usize,
    lanes: Arc<Lanes>,
    phase: watch::Receiver<Phase>,
}

impl Lane {
    pub(super) fn new(index: usize, lanes: Arc<Lanes>, phase: watch::Receiver<Phase>) -> Self {
        Self { index, lanes, phase }
    }

    /// Accepts until the phase changes, then waits for the connections that are open.
    pub(super) async fn serve<S, B>(&self, listener: tokio::net::TcpListener, mut inbox: Inbox, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: 'static> + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
    {
        let connections = Tasks::default();
        let service = Rc::new(service);
        let protocols = Rc::new(Protocols::new());
        let mut phase = self.phase.clone();
        let serve = |stream: tokio::net::TcpStream, place: Place| {
            let (service, protocols, phase) = (service.clone(), protocols.clone(), self.phase.clone());
            connections.spawn(async move {
                protocols.serve(stream, service, phase).await;
                drop(place);
            });
        };
        loop {
            tokio::select! {
                _ = phase.changed() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        if let Some((stream, place)) = self.keep_or_hand_over(stream) {
                            serve(stream, place);
                        }
                    }
                    Err(error) => back_off(&error).await,
                },
                Some(Handed { stream, place }) = inbox.recv() => match tokio::net::TcpStream::from_std(stream) {
                    Ok(stream) => serve(stream, place),
                    Err(error) => complain("a connection was lost between two lanes", &error),
                },
            }
        }
        drop((listener, inbox));
        connections.idle().await;
    }

    fn keep_or_hand_over(&self, stream: tokio::net::TcpStream) -> Option<(tokio::net::TcpStream, Place)> {
        let lane = self.lanes.choose(self.index);
        let place = self.lanes.take_place(lane);
        if lane == self.index {
            return Some((stream, place));
        }
        match stream.into_std() {
            // It fails only when that lane has stopped listening, and then so will this one.
            Ok(stream) => drop(self.lanes.0[lane].inbox.send(Handed { stream, place })),
            Err(error) => complain("a connection could not change lanes", &error),
        }
        None
    }
}

/// Out of file descriptors or memory: what is open will close, so try again soon. A caller that
/// gave up while it waited is no reason to pause.
async fn back_off(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        complain("a connection could not be accepted", error);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_connection_goes_where_fewest_are_unless_it_is_close() {
        for (live, here, expected) in [
            (&[0, 0][..], 0, 0),
            (&[1, 0], 0, 1),
            (&[0, 1], 0, 0),
            (&[8, 8], 1, 1),
            (&[9, 8], 0, 0),
            (&[10, 8], 0, 1),
            (&[40, 33, 32], 0, 2),
            (&[36, 33, 32], 0, 0),
        ] {
            let (lanes, _) = Lanes::new(live.len());
            for (lane, &count) in live.iter().enumerate() {
                lanes.0[lane].live.store(count, Ordering::Relaxed);
            }
            assert_eq!(lanes.choose(here), expected, "{live:?} from {here}");
        }
    }

    #[test]
    fn a_place_is_given_back() {
        let (lanes, _) = Lanes::new(2);
        let place = lanes.take_place(1);
        assert_eq!(lanes.0[1].live.load(Ordering::Relaxed), 1);
        drop(place);
        assert_eq!(lanes.0[1].live.load(Ordering::Relaxed), 0);
    }
}
