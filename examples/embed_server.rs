//! Runs the target server within a test: starts it on a free port, sends requests, and stops it.
//!
//!     cargo run --example embed_server
//!
//! Use this to test a client, a load generator or a proxy against a server that gives known answers and
//! counts its requests.

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
    println!("{requests} requests, {errors} of them failed");
    Ok(())
}

/// A server that runs within this process.
pub struct Embedded {
    /// The address it listens on.
    pub address: SocketAddr,
    target: Arc<Target>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Embedded {
    /// Starts a server on a free port of this machine. It answers as soon as this returns.
    pub fn start() -> Result<Self, Box<dyn std::error::Error>> {
        // Port 0 lets the system choose a free one.
        let listener = serve::listen(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = listener.local_addr()?;
        let target = Arc::new(Target::new(serve::DEFAULT_MAX_FIBONACCI, None)?);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            // Stop on request, and also if the handle is dropped.
            let _requested_or_dropped = stopped.await;
        };
        let running = serve::run(listener, Arc::clone(&target), Limits::default(), shutdown);
        Ok(Embedded {
            address,
            target,
            stop,
            task: tokio::spawn(running),
        })
    }

    /// Stops the server once it has answered the requests in flight. Returns the number of requests, and
    /// how many of them failed.
    pub async fn stop(self) -> Result<(u64, u64), Box<dyn std::error::Error>> {
        let _gone_already = self.stop.send(());
        self.task.await?;
        let counts = self.target.metrics().counts();
        Ok((counts.total(), counts.errors()))
    }
}

/// Requests a path, and returns the body of the response.
pub async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map(|(_head, body)| body);
    Ok(body.unwrap_or_default().trim_end().to_owned())
}
