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
use crate::report::{
    Detail, PLATFORM, Report, ResourceRow, UNNAMED_PLATFORM, no_overlap, platform_key,
};
use crate::serve::monitor;
use crate::serve::platform::Platform;
use crate::stderr;

/// Maximum time to wait for the server's answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum size of the answer in bytes; a machine's details take a few hundred.
const MAX_ANSWER: usize = 64 << 10;

/// The detail with the hardware that the server reports, beside the name that the user gives.
const HARDWARE: &str = "Hardware";

/// The server that was tested.
#[derive(Debug, Clone)]
pub struct Server {
    /// The platform's details.
    pub details: Vec<Detail>,
    /// The key of the platform; `None` if nothing names it.
    pub platform: Option<String>,
    /// This machine in one line, if the platform is not named.
    pub analysed_on: Option<String>,
    /// The same, without versions that updates change.
    pub this_machine: Option<String>,
    /// The rows of its monitor's file.
    pub resources: Vec<ResourceRow>,
    monitor: Option<PathBuf>,
}

impl Server {
    /// Takes the platform from the arguments, and asks the server for its hardware.
    ///
    /// # Errors
    ///
    /// If the server does not answer; if it does not know its hardware and the arguments do not name the
    /// platform; if its monitor's file cannot be read.
    pub fn of(args: &AnalyzeArgs) -> Result<Self> {
        let detail = |key: &str, value: &str| Detail {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let name = args.platform.iter().map(|name| detail(PLATFORM, name));
        let given = args.detail.iter().map(|(key, value)| detail(key, value));
        let is_empty = |detail: &Detail| detail.key == PLATFORM && detail.value.trim().is_empty();
        let mut details: Vec<Detail> = name.chain(given).filter(|found| !is_empty(found)).collect();
        let hardware = match &args.server {
            Some(address) => hardware(address, platform_key(None, &details).is_some())?,
            None => None,
        };
        let identity = hardware.as_ref().map(Platform::identity);
        let platform = platform_key(identity.as_deref(), &details);
        let name = details.iter().position(|detail| detail.key == PLATFORM);
        match (hardware.map(|hardware| hardware.one_line()), name) {
            (Some(hardware), None) => details.insert(0, detail(PLATFORM, &hardware)),
            (Some(hardware), Some(at)) => details.insert(at + 1, detail(HARDWARE, &hardware)),
            (None, _) if platform.is_none() => {
                details.insert(0, detail(PLATFORM, UNNAMED_PLATFORM))
            }
            (None, _) => {}
        }
        details.push(detail("perfkit", env!("CARGO_PKG_VERSION")));
        let this_machine = platform.is_none().then(Platform::detect);
        Ok(Server {
            details,
            platform,
            analysed_on: this_machine.as_ref().map(Platform::one_line),
            this_machine: this_machine.as_ref().map(Platform::identity),
            resources: match &args.monitor {
                Some(path) => resources(path)?,
                None => Vec::new(),
            },
            monitor: args.monitor.clone(),
        })
    }

    /// Notes that the platform is not named, if so.
    pub fn note_if_unnamed(&self) {
        if self.platform.is_none() {
            stderr::say(format_args!(
                "perfkit: note: the tested platform is not named. Name it with --platform TEXT, or ask \
                 a running perfkit serve with --server URL"
            ));
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

/// Asks a server for its hardware, at an address such as `http://192.168.1.3:5000`. Any server may answer
/// `/platform` as `perfkit serve` does. `None`, with a note, if this one does not and `is_named`: the
/// arguments name the platform.
///
/// # Errors
///
/// If the address is invalid, or nothing answers there; unless `is_named`, also if the answer is not a
/// machine's details.
fn hardware(address: &str, is_named: bool) -> Result<Option<Platform>> {
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
    let answer = fetched
        .unwrap_or(Err(FetchError::Late))
        .and_then(|answer| serde_json::from_slice(&answer).map_err(|_| FetchError::NotDetails));
    let cannot = "cannot ask the server about its machine";
    match answer {
        Ok(platform) => Ok(Some(platform)),
        Err(why) if why.is_answer() && is_named => {
            stderr::say(format_args!(
                "perfkit: note: {address} does not report its hardware at /platform ({why}), so the \
                 table shows only what --platform and --detail say"
            ));
            Ok(None)
        }
        Err(why) if why.is_answer() => Err(Error::input(
            address,
            format!(
                "{cannot}: {why}. Only perfkit serve reports its hardware at /platform: name another \
                 server's machine with --platform TEXT"
            ),
        )),
        Err(why) => Err(Error::input(
            address,
            format!("{cannot}: {why}; is `perfkit serve` running there?"),
        )),
    }
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

impl FetchError {
    /// Whether a server answered, although not with a machine's details.
    fn is_answer(&self) -> bool {
        match self {
            FetchError::Connect(_) | FetchError::Request(_) | FetchError::Late => false,
            FetchError::Http(_)
            | FetchError::Body(_)
            | FetchError::Status(_)
            | FetchError::NotDetails => true,
        }
    }
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
        connections_opened: row.connections_opened,
    }
}
