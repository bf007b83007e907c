//! Serves the page of a run in progress to browsers.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

use crate::chart;
use crate::error::{Error, Result};
use crate::render::html;
use crate::report::Live;
use crate::serve::connections_within;

/// Time for browsers to receive the end event, and again to fetch the last state of the run.
const END_GRACE: Duration = Duration::from_secs(1);

/// Most connections served at once. Each event stream is one; others wait until one closes.
const MAX_CONNECTIONS: usize = 1024;

/// Longest time for the headers of a request to arrive, and for a connection to be idle.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait before accepting again after a failure.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Headers that restrict what a browser does with responses, in addition to the page's own policy.
const HEADERS: [(header::HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Serves the run's page.
pub struct Web {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: watch::Sender<Shown>,
    /// The last page rendered, and its revision.
    page: Mutex<Option<(u64, Bytes)>>,
    is_loopback: bool,
}

/// A state of the run that browsers can fetch.
#[derive(Clone, Default)]
struct Shown {
    /// Counts the states; 0 before the first sample.
    revision: u64,
    live: Option<Arc<Live>>,
    is_last: bool,
}

impl Web {
    /// Starts to listen, and serves until the runtime shuts down.
    ///
    /// # Errors
    ///
    /// If the server cannot listen on the address.
    pub fn start(runtime: &Handle, address: SocketAddr) -> Result<Self> {
        let fail = |error| cannot_listen(address, &error);
        let listener = TcpListener::bind(address).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        let bound = listener.local_addr().map_err(fail)?;
        let shared = Arc::new(Shared {
            state: watch::Sender::default(),
            page: Mutex::new(None),
            is_loopback: bound.ip().is_loopback(),
        });
        let app = app(Arc::clone(&shared));
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(fail)?
        };
        runtime.spawn(serve(listener, app));
        Ok(Web {
            address: bound,
            shared,
        })
    }

    /// Returns the URL of the page.
    pub fn url(&self) -> String {
        let address = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => {
                format!("localhost:{}", self.address.port())
            }
            IpAddr::V6(ip) if ip.is_unspecified() => {
                format!("localhost:{}", self.address.port())
            }
            _ => self.address.to_string(),
        };
        format!("http://{address}")
    }

    /// Shows a new state of the run.
    pub fn show(&self, live: Arc<Live>) {
        self.shared.state.send_modify(|shown| {
            shown.revision += 1;
            shown.live = Some(live);
        });
    }

    /// Announces the last state, and gives browsers a little time to fetch it.
    pub fn end(&self) {
        self.shared.state.send_modify(|shown| shown.is_last = true);
        if self.shared.state.receiver_count() == 0 {
            return;
        }
        let began = Instant::now();
        // Each receiver disconnects once it has the event.
        while self.shared.state.receiver_count() > 0 && began.elapsed() < END_GRACE {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(END_GRACE);
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => "the port is in use: choose another, or 0 for any free one",
        io::ErrorKind::PermissionDenied => "ports below 1024 need privileges: choose another",
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: use 0.0.0.0 for all of them"
        }
        _ => return Error::Usage(format!("--listen: cannot listen on {address}: {error}")),
    };
    Error::Usage(format!("--listen: cannot listen on {address}: {advice}"))
}

/// Serves connections forever, only as many at once as leave open files for the report.
async fn serve(listener: tokio::net::TcpListener, app: Router) {
    let open_files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX);
    let most = connections_within(open_files).min(MAX_CONNECTIONS);
    let places = Arc::new(Semaphore::new(most));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT);
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY).await;
            continue;
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A connection that fails concerns only its client.
            let _outcome = connection.await;
            drop(place);
        });
    }
}

fn app(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/events", get(events))
        .route("/report.html", get(report))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
}

/// Refuses requests to a loopback address under another host name, which a page of another site could
/// make a browser send (DNS rebinding).
async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = if shared.is_loopback && !is_for_loopback(request.headers(), request.uri()) {
        let why =
            "this page is only for the machine that serves it: use localhost in its address\n";
        (StatusCode::FORBIDDEN, why).into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_for_loopback(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next(), uri.authority()) {
        (Some(host), None, None) => host.to_str().unwrap_or_default(),
        (None, None, Some(authority)) => authority.as_str(),
        _ => return false,
    };
    // In [::1]:80, the port follows the last colon.
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let ip = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || ip.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Responds with the page of the newest state.
async fn page(State(shared): State<Arc<Shared>>) -> Response {
    let rendered = tokio::task::spawn_blocking(move || rendered(&shared)).await;
    answer(rendered.ok())
}

fn rendered(shared: &Shared) -> Result<Bytes> {
    // Hold the lock while rendering: all browsers share one rendering.
    let mut page = shared.page.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = shared.state.borrow().clone();
    match &*page {
        Some((revision, bytes)) if *revision == shown.revision => Ok(bytes.clone()),
        _ => {
            let report = shown.live.as_ref().map(|live| &live.report);
            let figures = report.map(chart::figures).unwrap_or_default();
            let shows = report.map(|report| (report, &figures[..]));
            let bytes = Bytes::from(html::live(shows, shown.revision)?);
            *page = Some((shown.revision, bytes.clone()));
            Ok(bytes)
        }
    }
}

/// Responds with the report of the newest state as a standalone file.
async fn report(State(shared): State<Arc<Shared>>) -> Response {
    let live = shared.state.borrow().live.clone();
    let Some(live) = live else {
        return (StatusCode::NOT_FOUND, "no samples yet\n").into_response();
    };
    let render = move || html::render(&live.report, &chart::figures(&live.report));
    let rendered = tokio::task::spawn_blocking(render).await;
    answer(rendered.ok().map(|page| page.map(Bytes::from)))
}

fn answer(rendered: Option<Result<Bytes>>) -> Response {
    match rendered {
        Some(Ok(page)) => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (kind, Body::from(page)).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Sends an event for the current state, for each new one, and for the end.
async fn events(
    State(shared): State<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut receiver = shared.state.subscribe();
    receiver.mark_changed();
    let events = stream::unfold(Some((receiver, None)), |listening| async move {
        let (mut receiver, sent) = listening?;
        loop {
            receiver.changed().await.ok()?;
            let shown = receiver.borrow_and_update().clone();
            if sent != Some(shown.revision) {
                let event = Event::default()
                    .event("revision")
                    .data(shown.revision.to_string());
                if shown.is_last {
                    receiver.mark_changed();
                }
                return Some((Ok(event), Some((receiver, Some(shown.revision)))));
            }
            if shown.is_last {
                // Browsers ignore an event without data.
                let event = Event::default()
                    .event("end")
                    .data(shown.revision.to_string());
                return Some((Ok(event), None));
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

#[cfg(test)]
mod tests;
