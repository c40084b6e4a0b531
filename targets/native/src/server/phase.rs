//! From serving to the end.

use std::{io, time::Duration};

use tokio::sync::watch;

/// How the server treats its connections now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// New connections are accepted.
    Serving,
    /// No new ones; each closes after the request that it is in.
    Draining,
    /// They are dropped where they stand.
    Ending,
}

/// Waits for signals and leads the lanes through the phases. Every lane holds a receiver as long
/// as it has something to do, so that their closing says that all is done. A second signal
/// cuts the draining short, a third one the settling.
pub(super) async fn conduct(
    phase: watch::Sender<Phase>,
    drain: Duration,
    settle: Duration,
) -> io::Result<()> {
    let mut signals = Signals::new()?;
    tokio::select! {
        () = signals.next() => {}
        () = phase.closed() => return Ok(()),
    }
    for (next, limit) in [(Phase::Draining, drain), (Phase::Ending, settle)] {
        phase.send_replace(next);
        tokio::select! {
            () = phase.closed() => return Ok(()),
            () = tokio::time::sleep(limit) => {}
            () = signals.next() => {}
        }
    }
    Ok(())
}

/// The operator's wish to stop.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
