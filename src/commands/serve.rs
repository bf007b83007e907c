//! `perfkit serve`: the target server, from start to stop.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use crate::cli::ServeArgs;
use crate::error::{Error, Result};
use crate::serve::platform::Platform;
use crate::serve::{self, AccessLog, Target};
use crate::units;

/// Runs `perfkit serve`.
///
/// # Errors
///
/// When the address cannot be listened on.
pub fn run(args: ServeArgs) -> Result<ExitCode> {
    // Every user is a connection, and the soft limit is often 1024. Where it cannot be raised the
    // server still serves as many as it may.
    let _kept = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Error::Internal(format!("cannot start the server's threads: {error}")))?;
    runtime.block_on(serve(args))
}

async fn serve(args: ServeArgs) -> Result<ExitCode> {
    let address = SocketAddr::new(args.host, args.port);
    let listener = serve::listen(address).map_err(|error| cannot_listen(address, &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| cannot_listen(address, &error))?;
    // Before anything is said, so that whoever reads it may send a signal.
    let shutdown = shutdown_signal()?;
    introduce(address);
    let log = args.access_log.then(|| AccessLog::new(io::stdout()));
    let target = Arc::new(Target::new(args.max_fibonacci, log));
    let started = Instant::now();
    serve::run(listener, Arc::clone(&target), shutdown)
        .await
        .map_err(|error| Error::Internal(format!("the server failed: {error}")))?;
    let uptime = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    eprintln!(
        "perfkit: served {} requests, {} errors, in {}",
        target.requests(),
        target.errors(),
        units::duration(uptime)
    );
    Ok(ExitCode::SUCCESS)
}

/// Says where the server is, in the terms of JMeter's form, and how to stop it.
fn introduce(address: SocketAddr) {
    eprintln!("perfkit {} serves on {address}", env!("CARGO_PKG_VERSION"));
    eprintln!("  this machine: {}", Platform::detect().summary());
    let port = address.port();
    for ip in reachable(address.ip()) {
        let whence = if ip.is_loopback() {
            "from this machine"
        } else {
            "from another machine"
        };
        eprintln!(
            "  {whence}: http://{}   (jmeter -Jhost={ip} -Jport={port})",
            SocketAddr::new(ip, port)
        );
    }
    eprintln!("  stop with Ctrl-C");
}

/// The addresses at which a server that listens on `ip` is reached: those of the local network
/// first.
fn reachable(ip: IpAddr) -> Vec<IpAddr> {
    if !ip.is_unspecified() {
        return vec![ip];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> = interfaces
        .iter()
        .filter(|interface| !interface.is_loopback())
        .map(|interface| interface.ip())
        // Link-local IPv6 addresses need a zone, which JMeter's form has no place for.
        .filter(|found| match found {
            IpAddr::V4(_) => true,
            IpAddr::V6(v6) => ip.is_ipv6() && !v6.is_unicast_link_local(),
        })
        .collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.push(if ip.is_ipv4() {
        IpAddr::from([127, 0, 0, 1])
    } else {
        IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])
    });
    addresses
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is in use: choose another with --port, or 0 for any free one"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need privileges: choose another with --port"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: use --host 0.0.0.0 for all it has"
        }
        _ => return Error::Usage(format!("cannot listen on {address}: {error}")),
    };
    Error::Usage(format!("cannot listen on {address}: {advice}"))
}

/// Completes on Ctrl-C or SIGTERM.
#[cfg(unix)]
fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| Error::Internal(format!("cannot listen for signals: {error}")))
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
#[cfg(not(unix))]
fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
