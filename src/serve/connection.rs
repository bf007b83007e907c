//! One connection: its requests, its end, and the limits on both.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::Service;

use super::activity::{Activity, Verdict, Watched};
use super::answer::error_body;
use super::app::{Target, app, error, failure};
use super::limits::Limits;
use super::metrics::Route;

/// How long a client that was cut short may take to notice.
const LINGER: Duration = Duration::from_secs(1);
/// How much of what it sends meanwhile is read, in bytes.
const LINGER_BYTES: usize = 4 << 20;

/// What it takes to serve a connection.
#[derive(Debug)]
pub struct Server {
    target: Arc<Target>,
    app: Router,
    limits: Limits,
    http: http1::Builder,
}

impl Server {
    /// A server of `target` within `limits`.
    pub fn new(target: Arc<Target>, limits: Limits) -> Self {
        let mut http = http1::Builder::new();
        http.max_header_size(limits.max_header_bytes)
            // The least that can be set; it grows beyond only for requests that fill it.
            .max_buf_size(limits.max_header_bytes.max(8192))
            // `printf ... | nc` says that it has no more to ask, and still wants its answer.
            .half_close(true)
            // Answers are short: copying one behind its headers costs less than a second piece.
            .writev(false)
            // There is a watchdog, which spares a timer for every request.
            .header_read_timeout(None);
        Server {
            app: app(Arc::clone(&target)),
            target,
            limits,
            http,
        }
    }

    /// What is served.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Serves a connection until it ends, or `stop` says so and no request is in flight.
    pub async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        mut stop: watch::Receiver<bool>,
    ) {
        // Answers are small and whole: waiting to fill a packet only delays them. A connection
        // on which this fails is about to fail anyway.
        let _delayed = stream.set_nodelay(true);
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
        let mut is_stopping = false;
        let slow = loop {
            tokio::select! {
                biased;
                outcome = poll_fn(|context| connection.poll_without_shutdown(context)) => {
                    let Err(error) = outcome else { break None };
                    match refusal_of(&error) {
                        Some(status) => self.target.metrics().count(Route::Unread, status),
                        // The client went away.
                        None => return,
                    }
                    activity.cut_short();
                    break None;
                }
                () = &mut alarm => match activity.judge(&self.limits, Instant::now()) {
                    Verdict::Wait(until) => alarm.as_mut().reset(until.into()),
                    Verdict::Idle | Verdict::SlowReader => return,
                    Verdict::SlowRequest => break Some(StatusCode::REQUEST_TIMEOUT),
                },
                _ = stop.changed(), if !is_stopping => {
                    is_stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let mut stream = connection.into_parts().io.into_inner();
        if let Some(status) = slow {
            self.target.metrics().count(Route::Unread, status);
            tell(&mut stream, status, "the request took too long to arrive").await;
            activity.cut_short();
        }
        if activity.is_cut_short() {
            // On the heap, so that connections which end well need no room for it.
            Box::pin(linger(stream)).await;
        }
    }
}

/// Sends a refusal by itself, without a request having been read.
pub async fn tell(stream: &mut TcpStream, status: StatusCode, message: &str) {
    let body = error_body(message);
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let message = [head.as_bytes(), &body].concat();
    // Nothing else was written that would be in its way: this takes no time, or is in vain.
    let _told = timeout(LINGER, stream.write_all(&message)).await;
}

/// Closes a connection on which the client may still be sending. If it were closed with bytes
/// unread, the client's system would throw away the answer before the client has read it.
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
    // However it ends, the connection is closed.
    let _ended = timeout(LINGER, drain).await;
}

/// The status with which hyper refused what it could not read as a request, if it did.
fn refusal_of(error: &hyper::Error) -> Option<StatusCode> {
    match error {
        _ if error.is_parse_too_large() => Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        _ if error.is_parse() && !error.is_incomplete_message() => Some(StatusCode::BAD_REQUEST),
        _ => None,
    }
}

/// Answers the requests of one connection.
struct Responder<'a> {
    server: &'a Server,
    activity: &'a Activity,
    peer: SocketAddr,
}

impl Responder<'_> {
    /// Reads the request to its end and responds.
    async fn respond(&self, mut request: Request<Incoming>) -> Response {
        let log = self.server.target.access_log();
        let line = log.map(|_| {
            let (method, uri) = (request.method(), request.uri());
            format!("{method} {uri} {:?}", request.version())
        });
        let response = match self.receive(request.body_mut()).await {
            // No endpoint wants the body: it only stood before the next request.
            Ok(()) => self.call(request.map(|_| Body::empty())).await,
            Err(refusal) => refusal,
        };
        let route = response.extensions().get().copied();
        let status = response.status();
        self.activity
            .is_answered(route.unwrap_or(Route::Unknown), status);
        if let Some((log, line)) = log.zip(line) {
            let bytes = response.body().size_hint().lower();
            log.write(self.peer.ip(), &line, status.as_u16(), bytes);
        }
        response
    }

    /// Reads a body up to the limit, and forgets it; the refusal of a larger one.
    async fn receive(&self, body: &mut Incoming) -> Result<(), Response> {
        if !body.is_end_stream() {
            self.activity.head_has_arrived();
            let limit = self.server.limits.max_body_bytes;
            if drain(body, limit).await.is_err() {
                self.activity.cut_short();
                return Err(too_large(limit));
            }
        }
        self.activity.has_arrived();
        Ok(())
    }

    /// The application's response; 500 if it panics, which is a fault in this program but no
    /// reason to fail anyone else.
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

fn too_large(limit: u64) -> Response {
    let message = format!("the request's body is too large: send at most {limit} bytes");
    let mut response = error(StatusCode::PAYLOAD_TOO_LARGE, &message);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response.extensions_mut().insert(Route::Unread);
    response
}

/// A body larger than is accepted, or broken off.
struct NotDrained;

/// Reads a body of up to `limit` bytes, and forgets it.
async fn drain(body: &mut Incoming, limit: u64) -> Result<(), NotDrained> {
    if body.size_hint().lower() > limit {
        return Err(NotDrained);
    }
    let mut left = limit;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| NotDrained)?;
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        left = left.checked_sub(length).ok_or(NotDrained)?;
    }
    Ok(())
}
