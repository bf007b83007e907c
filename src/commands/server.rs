//! Details of the tested server: its hardware, fetched over HTTP, and its monitor's file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cli::AnalyzeArgs;
use crate::error::{Error, Result};
use crate::report::{Detail, Report, ResourceRow, no_overlap};
use crate::serve::monitor;
use crate::serve::platform::Platform;

/// Maximum time to wait for the server's answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum size of the answer in bytes; a machine's details take a few hundred.
const MAX_ANSWER: usize = 64 << 10;

/// The server that was tested.
#[derive(Debug, Clone)]
pub struct Server {
    /// The platform's details.
    pub details: Vec<Detail>,
    /// The rows of its monitor's file.
    pub resources: Vec<ResourceRow>,
    is_platform_guessed: bool,
    monitor: Option<PathBuf>,
}

impl Server {
    /// Takes the platform from the arguments, or asks the server for it, or else guesses this machine.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or its monitor's file cannot be read.
    pub fn of(args: &AnalyzeArgs) -> Result<Self> {
        let is_platform_guessed =
            args.platform.is_none() && args.server.is_none() && args.detail.is_empty();
        let platform = match (&args.platform, &args.server) {
            (Some(platform), _) => Some(platform.clone()),
            (None, Some(address)) => Some(platform(address)?.one_line()),
            (None, None) => is_platform_guessed.then(|| Platform::detect().one_line()),
        };
        let detail = |key: &str, value: &str| Detail {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let details = platform
            .iter()
            .map(|platform| detail("Platform", platform))
            .chain(args.detail.iter().map(|(key, value)| detail(key, value)))
            .chain([detail("perfkit", env!("CARGO_PKG_VERSION"))]);
        Ok(Server {
            details: details.collect(),
            resources: match &args.monitor {
                Some(path) => resources(path)?,
                None => Vec::new(),
            },
            is_platform_guessed,
            monitor: args.monitor.clone(),
        })
    }

    /// Warns that the platform shown is a guess, if it is one.
    pub fn warn_if_guessed(&self) {
        if self.is_platform_guessed {
            eprintln!(
                "perfkit: note: the platform shown is this machine. Name the tested one with \
                 --platform TEXT, or ask a running perfkit serve with --server URL"
            );
        }
    }

    /// Reads the rows that the server's monitor has written so far.
    ///
    /// # Errors
    ///
    /// If its file cannot be read.
    pub fn read_monitor(&self) -> Result<Vec<ResourceRow>> {
        match &self.monitor {
            Some(path) => resources(path),
            None => Ok(Vec::new()),
        }
    }

    /// Checks that the monitor's file, if given, overlaps the run.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn check(&self, report: &Report) -> Result<()> {
        match (&self.monitor, report.window) {
            (Some(path), Some(window)) if report.resources.is_none() => Err(Error::input(
                path.to_string_lossy(),
                no_overlap(&self.resources, window),
            )),
            _ => Ok(()),
        }
    }
}

/// Asks `perfkit serve` for its machine, at an address such as `http://192.168.1.3:5000`.
///
/// # Errors
///
/// If the address is invalid, or no `perfkit serve` answers there.
fn platform(address: &str) -> Result<Platform> {
    let uri: Uri = address.parse().map_err(|_| not_an_address(address))?;
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(not_an_address(address));
    };
    let port = uri.port_u16().unwrap_or(80);
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Internal(format!("cannot ask the server: {error}")))?;
    let fetched = runtime.block_on(async {
        tokio::time::timeout(TIMEOUT, fetch(host, port, authority.as_str())).await
    });
    let fail = |why: FetchError| {
        Error::input(
            address,
            format!(
                "cannot ask the server about its machine: {why}; is `perfkit serve` running there?"
            ),
        )
    };
    let answer = match fetched {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => return Err(fail(why)),
        Err(_) => return Err(fail(FetchError::Late)),
    };
    serde_json::from_slice(&answer).map_err(|_| fail(FetchError::NotDetails))
}

fn not_an_address(address: &str) -> Error {
    Error::Usage(format!(
        "`{address}` is not the address of a server: use one such as http://192.168.1.3:5000"
    ))
}

/// Why the server's details could not be fetched.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Connect(#[from] std::io::Error),
    #[error("{}", with_source(.0))]
    Http(#[from] hyper::Error),
    #[error("{}", with_source(.0))]
    Request(#[from] hyper::http::Error),
    #[error("{0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Late,
    #[error("its answer is not a machine's details")]
    NotDetails,
}

fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

async fn fetch(host: &str, port: u16, authority: &str) -> Result<Bytes, FetchError> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = Request::get("/platform")
        .header(HOST, authority)
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_ANSWER)
        .collect()
        .await;
    driver.abort();
    if status != StatusCode::OK {
        return Err(FetchError::Status(status));
    }
    Ok(body.map_err(FetchError::Body)?.to_bytes())
}

/// Reads a file that `perfkit serve --monitor` wrote.
///
/// # Errors
///
/// If it cannot be read, or is not such a file.
fn resources(path: &Path) -> Result<Vec<ResourceRow>> {
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    let rows = monitor::read(file, &path.to_string_lossy())?;
    Ok(rows.into_iter().map(resource_row).collect())
}

fn resource_row(row: monitor::MonitorRow) -> ResourceRow {
    ResourceRow {
        time_ms: row.time_ms,
        process_cpu_percent: row.process_cpu_percent,
        machine_cpu_percent: row.machine_cpu_percent,
        resident_bytes: row.resident_bytes,
        connections: row.connections,
        requests_per_second: row.requests_per_second,
        p50_ms: row.p50_ms,
        p95_ms: row.p95_ms,
        p99_ms: row.p99_ms,
    }
}
