//! Handles signals that end following; the report is still written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;

use super::screen;
use crate::error::{Error, Result};

/// Exit code of a process ended by Ctrl-C, by the convention of shells.
const INTERRUPTED: i32 = 130;

/// Listens for signals that end following.
pub struct Signals {
    came: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Signals {
    /// Listens for Ctrl-C, SIGTERM and SIGHUP. [`Signals::has_come`] reports the first. A second one, or
    /// one after following has ended, ends the process as usual.
    ///
    /// # Errors
    ///
    /// If the system refuses to deliver signals.
    pub fn listen(runtime: &Handle) -> Result<Self> {
        let signals = Signals {
            came: Arc::default(),
            is_over: Arc::default(),
        };
        let (came, is_over) = (Arc::clone(&signals.came), Arc::clone(&signals.is_over));
        let mut next = {
            let _entered = runtime.enter();
            Listeners::new()?
        };
        runtime.spawn(async move {
            loop {
                next.signal().await;
                if came.swap(true, Ordering::Relaxed) || is_over.load(Ordering::Relaxed) {
                    screen::restore();
                    std::process::exit(INTERRUPTED);
                }
            }
        });
        Ok(signals)
    }

    /// Whether a signal arrived.
    pub fn has_come(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

#[cfg(unix)]
struct Listeners([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Listeners {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Error::Internal(format!("cannot listen for signals: {error}")))
        };
        Ok(Listeners([
            listen(SignalKind::interrupt())?,
            listen(SignalKind::terminate())?,
            listen(SignalKind::hangup())?,
        ]))
    }

    async fn signal(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Listeners;

#[cfg(not(unix))]
impl Listeners {
    fn new() -> Result<Self> {
        Ok(Listeners)
    }

    async fn signal(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
