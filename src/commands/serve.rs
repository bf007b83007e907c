//! `perfkit serve`: runs the target server until a signal stops it.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use tokio::net::{TcpListener, TcpSocket};

use crate::cli::ServeArgs;
use crate::error::{Error, Result};
use crate::format;
use crate::serve::monitor::Monitor;
use crate::serve::platform::Platform;
use crate::serve::{self, AccessLog, Limits, Target};
use crate::stderr;

/// Runs `perfkit serve`.
///
/// # Errors
///
/// If the server cannot listen on the address.
pub fn run(args: ServeArgs) -> Result<ExitCode> {
    let limits = limits(&args)?;
    let addresses = addresses(&args.host, args.port)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // One long computation per core: more would finish no sooner, and take CPU time from the threads
        // that answer requests.
        .max_blocking_threads(cores)
        .build()
        .map_err(|error| cannot_start(&error))?;
    // A bug that fails one request and nothing else.
    stderr::report_panics("a request failed with 500");
    let outcome = runtime.block_on(serve(args, &addresses, limits));
    // Do not wait for a computation that outlasts the grace period.
    runtime.shutdown_background();
    outcome
}

async fn serve(args: ServeArgs, addresses: &[SocketAddr], limits: Limits) -> Result<ExitCode> {
    let listeners = listen(addresses)?;
    let addresses: Vec<SocketAddr> = listeners
        .iter()
        .filter_map(|listener| listener.local_addr().ok())
        .collect();
    let log = args.access_log.then(access_log).transpose()?;
    let target = Arc::new(Target::new(args.max_fibonacci, log)?);
    let monitor = args
        .monitor
        .map(|path| Monitor::start(&path, Arc::clone(&target)))
        .transpose()?;
    let descriptors: io::Result<Vec<TcpSocket>> = (0..MIN_SPARE_DESCRIPTORS)
        .map(|_| TcpSocket::new_v4().or_else(|_| TcpSocket::new_v6()))
        .collect();
    drop(descriptors.map_err(|error| cannot_start(&error))?);
    // Listen before printing: whoever reads the messages may send a signal.
    let shutdown = shutdown_signal()?;
    print_addresses(&addresses, &limits);
    let started = Instant::now();
    serve::run_all(listeners, Arc::clone(&target), limits, shutdown).await;
    if let Some(monitor) = monitor {
        monitor.stop();
    }
    let uptime = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    let counts = target.metrics().counts();
    stderr::say(format_args!(
        "perfkit: served {}, {}, in {}, over {}",
        format::counted(counts.total(), "request"),
        format::counted(counts.errors(), "error"),
        format::duration(uptime),
        format::counted(target.metrics().accepted(), "connection")
    ));
    Ok(ExitCode::SUCCESS)
}

/// Returns the limits of the arguments, as far as the system allows them. Every connection is an open
/// file. The soft limit on open files is often 1024; this raises it to the hard limit.
///
/// # Errors
///
/// If the system allows too few open files for any server.
fn limits(args: &ServeArgs) -> Result<Limits> {
    let default = Limits::default();
    let open_files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
    if open_files < serve::MIN_OPEN_FILES {
        return Err(Error::usage(format_args!(
            "the system's limit allows only {open_files} open files, and the server needs at least {needed}. \
             Raise it with `ulimit -n {needed}`, or LimitNOFILE={needed} in a systemd unit",
            needed = serve::MIN_OPEN_FILES
        )));
    }
    let possible = serve::connections_within(open_files);
    let asked = args.max_connections.unwrap_or(default.max_connections);
    if args.max_connections.is_some() && asked > possible {
        stderr::say(format_args!(
            "perfkit: warning: --max-connections {asked} needs {needed} open files, but the \
             system's limit allows only {possible} connections. Raise it with `ulimit -Hn {needed}` \
             as root, or LimitNOFILE={needed} in a systemd unit",
            needed = serve::open_files_for(asked)
        ));
    }
    Ok(Limits {
        max_connections: asked.min(possible),
        max_header_bytes: args.max_header as usize * 1024,
        max_body_bytes: u64::from(args.max_body) * 1024,
        read_timeout: args.read_timeout,
        idle_timeout: args.idle_timeout,
        shutdown_grace: args.shutdown_grace,
    })
}

/// File descriptors that must be left once the server listens: for connections, and to refuse others.
const MIN_SPARE_DESCRIPTORS: usize = 4;

fn cannot_start(error: &io::Error) -> Error {
    Error::usage(format_args!(
        "cannot start the server: {error}. It needs at least {} open files besides those that it \
         inherits: see `ulimit -n`",
        serve::MIN_OPEN_FILES
    ))
}

/// Returns the addresses of `host`, which is an address or a name.
fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let bare = bare.unwrap_or(host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let problem = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => {
            return Err(Error::usage(format_args!(
                "cannot listen on `{host}`: write --host {name} --port {port}"
            )));
        }
        _ => match (bare, port).to_socket_addrs() {
            Ok(found) => {
                let mut addresses: Vec<SocketAddr> = Vec::new();
                for address in found {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
                if !addresses.is_empty() {
                    return Ok(addresses);
                }
                "it has none".to_owned()
            }
            Err(error) => error.to_string(),
        },
    };
    Err(Error::usage(format_args!(
        "cannot listen on `{host}`: no address found for this name ({problem}). Give an address of this \
         machine, or 0.0.0.0 for all of them"
    )))
}

/// How often to look for another port if port 0 was asked for and one is free on the first address alone.
const PORT_ATTEMPTS: usize = 16;

/// Listens on each of the addresses, all with the same port.
fn listen(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>> {
    let mut outcome = listen_once(addresses);
    let is_any_port = addresses.iter().any(|address| address.port() == 0);
    for _ in 1..PORT_ATTEMPTS {
        match &outcome {
            Err((_, error)) if is_any_port && error.kind() == io::ErrorKind::AddrInUse => {
                outcome = listen_once(addresses);
            }
            _ => break,
        }
    }
    outcome.map_err(|(address, error)| cannot_listen(address, &error))
}

/// Skips addresses that this machine lacks, such as ::1 where IPv6 is off, unless it lacks all.
fn listen_once(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut skipped = Vec::new();
    let mut port = None;
    for &address in addresses {
        let address = SocketAddr::new(address.ip(), port.unwrap_or(address.port()));
        match serve::listen(address) {
            Ok(listener) => {
                port = port.or_else(|| listener.local_addr().ok().map(|local| local.port()));
                listeners.push(listener);
            }
            Err(error) => match error.kind() {
                io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => {
                    return Err((address, error));
                }
                _ => skipped.push((address, error)),
            },
        }
    }
    if listeners.is_empty()
        && let Some(first) = skipped.into_iter().next()
    {
        return Err(first);
    }
    Ok(listeners)
}

/// The access log on standard output.
fn access_log() -> Result<AccessLog> {
    // Unbuffered: what a failed write leaves in a buffer of the standard library would appear later, in
    // the middle of other lines.
    #[cfg(unix)]
    let output = {
        use std::io::Write;
        use std::os::fd::AsFd;
        let mut output = io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .map(std::fs::File::from)
            .map_err(Error::Stdout)?;
        if ends_mid_line(&mut output) {
            // If this fails, the log's own failures are reported.
            let _outcome = output.write_all(b"\n");
        }
        output
    };
    #[cfg(not(unix))]
    let output = io::stdout();
    AccessLog::new(output)
}

/// Whether the file that the log continues ends within a line, as one does after the disk was full.
#[cfg(target_os = "linux")]
fn ends_mid_line(output: &mut std::fs::File) -> bool {
    use std::fs::File;
    use std::io::Seek;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;
    let mut end = || {
        let metadata = output.metadata()?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let is_append = rustix::fs::fcntl_getfl(&*output)?.contains(rustix::fs::OFlags::APPEND);
        let end = if is_append {
            metadata.len()
        } else {
            output.stream_position()?
        };
        let Some(last) = end.checked_sub(1) else {
            return Ok(None);
        };
        let mut byte = [0];
        // Standard output is open only for writing.
        let file = File::open(format!("/proc/self/fd/{}", output.as_raw_fd()))?;
        file.read_exact_at(&mut byte, last)?;
        Ok::<_, io::Error>(Some(byte))
    };
    matches!(end(), Ok(Some([byte])) if byte != b'\n')
}

/// Whether the file that the log continues ends within a line: not known on this system.
#[cfg(all(unix, not(target_os = "linux")))]
fn ends_mid_line(_output: &mut std::fs::File) -> bool {
    false
}

/// Prints the server's addresses, also as JMeter's options, and how to stop it.
fn print_addresses(addresses: &[SocketAddr], limits: &Limits) {
    let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let mut lines = vec![
        format!(
            "perfkit {} serves on {}",
            env!("CARGO_PKG_VERSION"),
            names.join(" and ")
        ),
        format!("  this machine: {}", Platform::detect().one_line()),
    ];
    for address in addresses {
        let port = address.port();
        for ip in reachable(address.ip()) {
            let origin = if ip.is_loopback() {
                "from this machine"
            } else {
                "from another machine"
            };
            lines.push(format!(
                "  {origin}: http://{}   (jmeter -Jhost={ip} -Jport={port})",
                SocketAddr::new(ip, port)
            ));
        }
    }
    lines.push(format!(
        "  up to {} connections at once; stop with Ctrl-C",
        limits.max_connections
    ));
    stderr::say_lines(lines.join("\n"));
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

/// Completes on Ctrl-C, SIGTERM or SIGHUP.
#[cfg(unix)]
fn shutdown_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        signal(kind).map_err(|error| Error::Internal(format!("cannot listen for signals: {error}")))
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = if is_hang_up_ignored() {
        None
    } else {
        Some(listen(SignalKind::hangup())?)
    };
    Ok(async move {
        let hung_up = async {
            match &mut hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hung_up => {}
        }
    })
}

/// Whether whoever started this process made it ignore SIGHUP, as `nohup` does.
#[cfg(target_os = "linux")]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signal 1 is the lowest bit.
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Whether this process ignores SIGHUP: cannot be asked on this system, so leave the signal alone.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_hang_up_ignored() -> bool {
    true
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
            Command::Serve(args) => limits(&args).unwrap(),
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

    #[tokio::test]
    async fn all_addresses_of_a_name_share_a_port() {
        let local: SocketAddr = ([127, 0, 0, 1], 0).into();
        let local_v6: SocketAddr = ([0, 0, 0, 0, 0, 0, 0, 1], 0).into();
        let foreign: SocketAddr = ([203, 0, 113, 9], 0).into();
        let ports = |addresses: &[SocketAddr]| {
            let listeners = listen(addresses).unwrap();
            let ports = listeners
                .iter()
                .map(|listener| listener.local_addr().unwrap().port());
            ports.collect::<Vec<u16>>()
        };
        let both = ports(&[local, local_v6]);
        assert!(both.len() == 2 && both[0] == both[1], "{both:?}");
        // An address that this machine lacks is skipped, unless there is no other.
        assert_eq!(ports(&[foreign, local]).len(), 1);
        let error = listen(&[foreign]).unwrap_err().to_string();
        assert!(
            error.contains("this machine has no such address"),
            "{error}"
        );
        // A port in use is not skipped: clients would reach another server.
        let taken = listen(&[local_v6]).unwrap();
        let port = taken[0].local_addr().unwrap().port();
        let with_port = |address: SocketAddr| SocketAddr::new(address.ip(), port);
        let error = listen(&[with_port(local), with_port(local_v6)]).unwrap_err();
        assert!(error.to_string().contains("the port is in use"), "{error}");
    }
}
