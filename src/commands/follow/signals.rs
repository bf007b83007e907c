//! Signals that end following: the report is still to be written then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;

use super::screen;
use crate::error::{Error, Result};

/// Exit code of a process that Ctrl-C ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Whether a signal came that ends following.
pub struct Signals {
    came: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Signals {
    /// Listens for Ctrl-C, SIGTERM and SIGHUP. The first is for [`Signals::came`] to tell; a further
    /// one, or one after following is over, ends the process as usual.
    ///
    /// # Errors
    ///
    /// When signals cannot be listened for.
    pub fn listen(runtime: &Handle) -> Result<Self> {
        let signals = Signals {
            came: Arc::default(),
            is_over: Arc::default(),
        };
        let (came, is_over) = (Arc::clone(&signals.came), Arc::clone(&signals.is_over));
        let mut next = {
            let _entered = runtime.enter();
            Sources::new()?
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

    /// Whether a signal came.
    pub fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

#[cfg(unix)]
struct Sources([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Sources {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Error::Internal(format!("cannot listen for signals: {error}")))
        };
        Ok(Sources([
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
struct Sources;

#[cfg(not(unix))]
impl Sources {
    fn new() -> Result<Self> {
        Ok(Sources)
    }

    async fn signal(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
