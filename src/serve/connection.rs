//! One connection: its requests, its end, and the limits on both.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode, Version};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::Service;

use super::activity::{Activity, WatchdogAction, Watched};
use super::answer::error_body;
use super::app::{Target, app, error, failure};
use super::limits::Limits;
use super::metrics::Route;

/// How long a connection that was cut short stays open for the client to read the refusal.
const LINGER: Duration = Duration::from_secs(1);
/// How many bytes of what the client still sends are read and dropped meanwhile.
const LINGER_BYTES: usize = 4 << 20;
/// How long a connection without a request stays open when the server stops: a request may be on its
/// way, and closing before it arrives resets the connection.
const STOP_IDLE_TIMEOUT: Duration = Duration::from_millis(250);

/// Serves connections: the application, its limits and the HTTP settings.
#[derive(Debug)]
pub struct Server {
    target: Arc<Target>,
    app: Router,
    limits: Limits,
    http: http1::Builder,
    is_stopping: AtomicBool,
}

impl Server {
    /// A server of `target` within `limits`.
    pub fn new(target: Arc<Target>, limits: Limits) -> Self {
        let mut http = http1::Builder::new();
        http.max_header_size(limits.max_header_bytes)
            // 8192 is hyper's minimum. The buffer grows only for requests that fill it.
            .max_buf_size(limits.max_header_bytes.max(8192))
            // `printf ... | nc` closes its sending side and still expects an answer.
            .half_close(true)
            // Answers are short: copying one behind its headers is cheaper than a vectored write.
            .writev(false)
            // The watchdog does this with one timer per connection instead of one per request.
            .header_read_timeout(None);
        Server {
            app: app(Arc::clone(&target)),
            target,
            limits,
            http,
            is_stopping: AtomicBool::new(false),
        }
    }

    /// Closes each connection after its next response from now on.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// The target that is served.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Serves a connection until it ends, or until `stop` is set and no request is in flight.
    pub async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        mut stop: watch::Receiver<bool>,
    ) {
        // Answers are small and written whole: waiting to fill a packet only delays them. If this
        // fails, the connection is about to fail anyway.
        let _outcome = stream.set_nodelay(true);
        let activity = Arc::new(Activity::new(Arc::clone(&self.target)));
        let responder = Responder {
            server: &self,
            activity: &activity,
            peer,
        };
        let service = service_fn(|request| {
            Box::pin(async { Ok::<_, Infallible>(responder.respond(request).await) })
        });
        let watched = Watched::new(stream, Arc::clone(&activity));
        let mut connection = self.http.serve_connection(watched, service);
        let first_look = self.limits.read_timeout.min(self.limits.idle_timeout);
        let mut alarm = pin!(sleep(first_look));
        // Whether this connection knows that the server stops.
        let mut is_told = false;
        let refusal = loop {
            tokio::select! {
                biased;
                outcome = poll_fn(|context| connection.poll_without_shutdown(context)) => {
                    break match outcome {
                        Ok(()) => None,
                        // A client that has sent only a part may still read the answer.
                        Err(error) if error.is_parse() || error.is_incomplete_message() => {
                            Some(Refusal::Malformed(error))
                        }
                        // The client closed the connection.
                        Err(_) => return,
                    };
                }
                () = &mut alarm => {
                    let idle_timeout = if is_told { STOP_IDLE_TIMEOUT } else { self.limits.idle_timeout };
                    match activity.judge(&self.limits, idle_timeout, Instant::now()) {
                        WatchdogAction::CheckAgainAt(until) => alarm.as_mut().reset(until.into()),
                        WatchdogAction::CloseIdle | WatchdogAction::CloseSlowReader => return,
                        WatchdogAction::RefuseSlowRequest => break Some(Refusal::Slow),
                    }
                }
                _ = stop.changed(), if !is_told => {
                    is_told = true;
                    let soon = (Instant::now() + STOP_IDLE_TIMEOUT).into();
                    let next_look = alarm.deadline().min(soon);
                    alarm.as_mut().reset(next_look);
                }
            }
        };
        let watched = connection.into_parts().io;
        let has_absurd_length = watched.announced_absurd_length();
        let mut stream = watched.into_inner();
        if let Some(refusal) = refusal {
            let (status, message) = refusal.answer(has_absurd_length, self.limits.max_body_bytes);
            self.target.metrics().count(Route::Unread, status);
            send_refusal(&mut stream, status, &message).await;
            activity.cut_short();
        }
        if activity.is_cut_short() {
            // Boxed, so that the futures of ordinary connections stay small.
            Box::pin(linger(stream)).await;
        }
    }
}

/// Why a request was refused before it was read to the end.
enum Refusal {
    /// hyper cannot read it.
    Malformed(hyper::Error),
    /// It takes too long to arrive.
    Slow,
}

impl Refusal {
    /// Returns the status and the message of the response.
    #[cold]
    fn answer(self, has_absurd_length: bool, max_body_bytes: u64) -> (StatusCode, String) {
        let error = match self {
            Refusal::Slow => {
                let message = "the request took too long to arrive".to_owned();
                return (StatusCode::REQUEST_TIMEOUT, message);
            }
            Refusal::Malformed(error) => error,
        };
        // hyper says "invalid HTTP header parsed" and "invalid content-length parsed".
        let problem = error.to_string();
        let problem = problem.trim_end_matches(" parsed");
        let is_length = error.is_parse_too_large() || problem.contains("content-length");
        if has_absurd_length && is_length {
            (StatusCode::PAYLOAD_TOO_LARGE, too_large(max_body_bytes))
        } else if error.is_parse_too_large() {
            let message = "the request line and headers are too large, or more than 100 headers";
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            (status, message.to_owned())
        } else if error.is_parse_version_h2() {
            let message = "this server speaks HTTP/1.1, and not HTTP/2 without an upgrade";
            (StatusCode::BAD_REQUEST, message.to_owned())
        } else if error.is_incomplete_message() {
            let message = "malformed request: it ended before its headers did";
            (StatusCode::BAD_REQUEST, message.to_owned())
        } else {
            let message = format!("malformed request: {problem}");
            (StatusCode::BAD_REQUEST, message)
        }
    }
}

/// Writes an error response straight to the socket, before any request has been read.
pub async fn send_refusal(stream: &mut TcpStream, status: StatusCode, message: &str) {
    let body = error_body(message);
    let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now());
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\ndate: {}\r\n\r\n",
        body.len(),
        date.unwrap_or_default()
    );
    let message = [head.as_bytes(), &body].concat();
    // The send buffer is empty: either this succeeds at once or the client is gone.
    let _outcome = timeout(LINGER, stream.write_all(&message)).await;
}

/// Closes a connection on which the client may still be sending, after draining what it sends.
/// Closing with unread bytes sends a reset, which can discard the answer before the client reads it.
pub async fn linger(mut stream: TcpStream) {
    let drain = async {
        stream.shutdown().await?;
        let mut ignored = [0; 2048];
        let mut left = LINGER_BYTES;
        while left > 0 {
            match stream.read(&mut ignored).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        Ok::<_, std::io::Error>(())
    };
    // Whether it drained, failed or timed out: dropping the stream closes the connection.
    let _outcome = timeout(LINGER, drain).await;
}

/// Answers the requests on one connection.
struct Responder<'a> {
    server: &'a Server,
    activity: &'a Activity,
    peer: SocketAddr,
}

impl Responder<'_> {
    /// Reads the whole request and returns the response.
    async fn respond(&self, mut request: Request<Incoming>) -> Response {
        let log = self.server.target.access_log();
        let line = log.map(|_| {
            let (method, uri) = (request.method(), request.uri());
            format!("{method} {uri} {:?}", request.version())
        });
        let mut response = match self.receive(&mut request).await {
            // No endpoint uses the body; it is read to reach the next request.
            Ok(()) => self.call(request.map(|_| Body::empty())).await,
            Err(refusal) => refusal,
        };
        if self.server.is_stopping() {
            close_after(&mut response);
        }
        let route = response.extensions().get().copied();
        let status = response.status();
        self.activity
            .begin_answer(route.unwrap_or(Route::Unknown), status);
        if let Some((log, line)) = log.zip(line) {
            let bytes = response.body().size_hint().lower();
            log.write(self.peer.ip(), &line, status.as_u16(), bytes);
        }
        response
    }

    /// Checks the Host, and reads and drops the body.
    ///
    /// # Errors
    ///
    /// The response that refuses the request, after which the connection closes.
    async fn receive(&self, request: &mut Request<Incoming>) -> Result<(), Response> {
        let has_body = !request.body().is_end_stream();
        if has_body {
            self.activity.head_arrived();
        }
        let mut outcome = check_host(request);
        if has_body {
            if outcome.is_ok() {
                outcome = drain(request.body_mut(), self.server.limits.max_body_bytes).await;
            }
            if outcome.is_err() {
                self.activity.cut_short();
            }
        }
        if let Err((status, message)) = outcome {
            return Err(refused(status, &message));
        }
        self.activity.request_arrived();
        Ok(())
    }

    /// Returns the application's response; a 500 if the handler panics, so that other requests are
    /// not affected.
    async fn call(&self, request: Request<Body>) -> Response {
        let mut response = self.server.app.clone().call(request);
        let Ok(response) = poll_fn(|context| {
            let poll = AssertUnwindSafe(|| Pin::new(&mut response).poll(context));
            catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(Ok(failure())))
        })
        .await;
        response
    }
}

/// The status and the message with which a request is refused.
type Refused = (StatusCode, String);

#[cold]
fn refused(status: StatusCode, message: &str) -> Response {
    let mut response = error(status, message);
    close_after(&mut response);
    response.extensions_mut().insert(Route::Unread);
    response
}

/// Makes the connection close once `response` is sent.
fn close_after(response: &mut Response) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}

fn too_large(limit: u64) -> String {
    format!("the request's body is too large: send at most {limit} bytes")
}

/// Checks that a request names one host (RFC 9112, section 3.2). Only HTTP/1.0 needs none.
fn check_host<B>(request: &Request<B>) -> Result<(), Refused> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let problem = match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.as_bytes().iter().copied().all(is_in_host) => return Ok(()),
        (None, _) if request.version() == Version::HTTP_10 => return Ok(()),
        (None, _) => "no Host: send one, such as Host: localhost",
        (Some(_), None) => "the Host is not a name or an address, with or without a port",
        (Some(_), Some(_)) => "more than one Host: send one",
    };
    Err((
        StatusCode::BAD_REQUEST,
        format!("malformed request: {problem}"),
    ))
}

/// Whether a byte may occur in a Host: a name, an address, a port.
fn is_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte)
}

/// Reads and drops a body of up to `limit` bytes.
async fn drain(body: &mut Incoming, limit: u64) -> Result<(), Refused> {
    let is_too_large = || (StatusCode::PAYLOAD_TOO_LARGE, too_large(limit));
    if body.size_hint().lower() > limit {
        return Err(is_too_large());
    }
    let mut left = limit;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken_body(&error, limit))?;
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        left = left.checked_sub(length).ok_or_else(is_too_large)?;
    }
    Ok(())
}

/// Returns how to refuse a body that hyper cannot read.
#[cold]
fn broken_body(error: &hyper::Error, limit: u64) -> Refused {
    let source = error.source().map(ToString::to_string);
    let problem = source.unwrap_or_else(|| error.to_string());
    if problem.contains("chunk size: overflow") {
        return (StatusCode::PAYLOAD_TOO_LARGE, too_large(limit));
    }
    let status = if problem.contains("chunk trailers") {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        StatusCode::BAD_REQUEST
    };
    (status, format!("malformed request body: {problem}"))
}
