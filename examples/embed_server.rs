//! The target server within a test: on a free port, asked, and stopped.
//!
//!     cargo run --example embed_server
//!
//! So a client, a load generator or a proxy can be tested against a server whose answers are known,
//! which counts what it was asked.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use perfkit::error::Result;
use perfkit::serve::{self, Limits, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Embedded::start()?;
    for path in ["/fibo/100", "/isprime/7919", "/isprime/many"] {
        println!("{path}: {}", get(server.address, path).await?);
    }
    let (requests, errors) = server.stop().await?;
    println!("{requests} requests, {errors} of them errors");
    Ok(())
}

/// A server that runs within this process.
pub struct Embedded {
    /// Where it listens.
    pub address: SocketAddr,
    target: Arc<Target>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Embedded {
    /// Starts a server on a free port of this machine. It answers from now on.
    pub fn start() -> Result<Self, Box<dyn std::error::Error>> {
        // The system chooses a port in the place of 0.
        let listener = serve::listen(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = listener.local_addr()?;
        let target = Arc::new(Target::new(serve::DEFAULT_MAX_FIBONACCI, None)?);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            // Whether it is told to stop or forgotten, it stops.
            let _told_or_forgotten = stopped.await;
        };
        let running = serve::run(listener, Arc::clone(&target), Limits::default(), shutdown);
        Ok(Embedded {
            address,
            target,
            stop,
            task: tokio::spawn(running),
        })
    }

    /// Stops it once the requests in flight are answered: how many there were, and how many of them
    /// were answered with an error.
    pub async fn stop(self) -> Result<(u64, u64), Box<dyn std::error::Error>> {
        let _gone_already = self.stop.send(());
        self.task.await?;
        let counts = self.target.metrics().counts();
        Ok((counts.total(), counts.errors()))
    }
}

/// The body of what a path is answered with.
pub async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map(|(_head, body)| body);
    Ok(body.unwrap_or_default().trim_end().to_owned())
}
