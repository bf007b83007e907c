//! `perfkit serve`: runs the target server until a signal stops it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::cli::ServeArgs;
use crate::error::{Error, Result};
use crate::format;
use crate::serve::monitor::Monitor;
use crate::serve::platform::Platform;
use crate::serve::{self, AccessLog, Limits, Target};

/// Runs `perfkit serve`.
///
/// # Errors
///
/// If the server cannot listen on the address.
pub fn run(args: ServeArgs) -> Result<ExitCode> {
    let limits = limits(&args);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // One long computation per core: more would finish no sooner, and take CPU time from the threads
        // that answer requests.
        .max_blocking_threads(cores)
        .build()
        .map_err(|error| Error::Internal(format!("cannot start the server's threads: {error}")))?;
    panic::set_hook(Box::new(explain));
    let outcome = runtime.block_on(serve(args, limits));
    // Do not wait for a computation that outlasts the grace period.
    runtime.shutdown_background();
    outcome
}

async fn serve(args: ServeArgs, limits: Limits) -> Result<ExitCode> {
    let address = SocketAddr::new(args.host, args.port);
    let listener = serve::listen(address).map_err(|error| cannot_listen(address, &error))?;
    let address = listener
        .local_addr()
        .map_err(|error| cannot_listen(address, &error))?;
    let log = args.access_log.then(|| AccessLog::new(io::stdout()));
    let target = Arc::new(Target::new(args.max_fibonacci, log)?);
    let monitor = args
        .monitor
        .map(|path| Monitor::start(&path, Arc::clone(&target)))
        .transpose()?;
    // Listen before printing: whoever reads the messages may send a signal.
    let shutdown = shutdown_signal()?;
    print_addresses(address, &limits);
    let started = Instant::now();
    serve::run(listener, Arc::clone(&target), limits, shutdown).await;
    if let Some(monitor) = monitor {
        monitor.stop();
    }
    let uptime = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    let counts = target.metrics().counts();
    eprintln!(
        "perfkit: served {}, {}, in {}, over {}",
        format::counted(counts.total(), "request"),
        format::counted(counts.errors(), "error"),
        format::duration(uptime),
        format::counted(target.metrics().accepted(), "connection")
    );
    Ok(ExitCode::SUCCESS)
}

/// Returns the limits of the arguments, as far as the system allows them. Every connection is an open
/// file. The soft limit on open files is often 1024; this raises it to the hard limit.
fn limits(args: &ServeArgs) -> Limits {
    let default = Limits::default();
    let possible = rlimit::increase_nofile_limit(u64::MAX).map_or(usize::MAX, |open_files| {
        serve::connections_within(open_files)
    });
    let asked = args.max_connections.unwrap_or(default.max_connections);
    if args.max_connections.is_some() && asked > possible {
        eprintln!(
            "perfkit: warning: --max-connections {asked} needs {needed} open files, but the \
             system's limit allows only {possible} connections. Raise it with `ulimit -Hn {needed}` \
             as root, or LimitNOFILE={needed} in a systemd unit",
            needed = serve::open_files_for(asked)
        );
    }
    Limits {
        max_connections: asked.min(possible),
        max_header_bytes: args.max_header as usize * 1024,
        max_body_bytes: u64::from(args.max_body) * 1024,
        read_timeout: args.read_timeout,
        idle_timeout: args.idle_timeout,
        shutdown_grace: args.shutdown_grace,
    }
}

/// Reports a panic: a bug that failed one request and nothing else.
fn explain(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no reason given");
    let place = panic
        .location()
        .map_or_else(|| "unknown location".to_owned(), ToString::to_string);
    eprintln!(
        "perfkit: a request failed with 500: {message} (at {place}). This is a bug in perfkit; \
         please report it"
    );
}

/// Prints the server's addresses, also as JMeter's options, and how to stop it.
fn print_addresses(address: SocketAddr, limits: &Limits) {
    eprintln!("perfkit {} serves on {address}", env!("CARGO_PKG_VERSION"));
    eprintln!("  this machine: {}", Platform::detect().one_line());
    let port = address.port();
    for ip in reachable(address.ip()) {
        let origin = if ip.is_loopback() {
            "from this machine"
        } else {
            "from another machine"
        };
        eprintln!(
            "  {origin}: http://{}   (jmeter -Jhost={ip} -Jport={port})",
            SocketAddr::new(ip, port)
        );
    }
    eprintln!(
        "  up to {} connections at once; stop with Ctrl-C",
        limits.max_connections
    );
}

/// Returns the addresses that reach a server listening on `ip`, those of the local network first.
fn reachable(ip: IpAddr) -> Vec<IpAddr> {
    if !ip.is_unspecified() {
        return vec![ip];
    }
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> = interfaces
        .iter()
        .filter(|interface| !interface.is_loopback())
        .map(|interface| interface.ip())
        // Link-local IPv6 addresses need a zone, which JMeter's options cannot express.
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
            "this machine has no such address: use --host 0.0.0.0 for all of them"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};

    fn parsed(arguments: &[&str]) -> Limits {
        let command_line = ["perfkit", "serve"].iter().chain(arguments);
        match Cli::from_arguments(command_line).unwrap().command {
            Command::Serve(args) => limits(&args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn limits_are_the_documented_ones_unless_given() {
        let limits = parsed(&[]);
        let default = Limits {
            // As many as this machine allows.
            max_connections: limits.max_connections,
            ..Limits::default()
        };
        assert_eq!(limits, default);
        let limits = parsed(&["--max-body", "1", "--idle-timeout", "0.5"]);
        assert_eq!(limits.max_body_bytes, 1024);
        assert_eq!(limits.idle_timeout.as_millis(), 500);
    }
}
