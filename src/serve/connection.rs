//! One connection: its requests, its end, and the limits on both.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Method, Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::activity::{Activity, Verdict, Watched};
use super::answer::Question;
use super::app::{Answer, Reply, Target};
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
            server: Arc::clone(&self),
            activity: Arc::clone(&activity),
            peer,
        };
        let watched = Watched::new(stream, Arc::clone(&activity));
        let mut connection = self.http.serve_connection(watched, responder);
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
                    Verdict::SlowRequest => break Some(request_timeout()),
                },
                _ = stop.changed(), if !is_stopping => {
                    is_stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let mut stream = connection.into_parts().io.into_inner();
        if let Some(answer) = slow {
            self.target.metrics().count(Route::Unread, answer.status);
            tell(&mut stream, &answer).await;
            activity.cut_short();
        }
        if activity.is_cut_short() {
            // On the heap, so that connections which end well need no room for it.
            Box::pin(linger(stream)).await;
        }
    }
}

/// Sends an answer by itself, without a request having been read.
pub async fn tell(stream: &mut TcpStream, answer: &Answer) {
    let head = format!(
        "HTTP/1.1 {}\r\nconnection: close\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len()
    );
    let message = [head.as_bytes(), &answer.body].concat();
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

fn request_timeout() -> Answer {
    Answer::error(
        StatusCode::REQUEST_TIMEOUT,
        "the request took too long to arrive",
    )
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
#[derive(Clone)]
struct Responder {
    server: Arc<Server>,
    activity: Arc<Activity>,
    peer: SocketAddr,
}

impl Service<Request<Incoming>> for Responder {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        if request.body().is_end_stream() {
            self.activity.has_arrived();
            let (route, reply) = self.reply(request.method(), request.uri().path());
            match reply {
                Reply::Now(answer) => Answering::Now(Some(self.finish(&request, route, answer))),
                Reply::Later(question) => {
                    let responder = self.clone();
                    Answering::Later(Box::pin(async move {
                        let answer = responder.compute(question).await;
                        responder.finish(&request, route, answer)
                    }))
                }
            }
        } else {
            self.activity.head_has_arrived();
            let responder = self.clone();
            Answering::Later(Box::pin(
                async move { responder.read_and_answer(request).await },
            ))
        }
    }
}

impl Responder {
    /// Reads the body, which no endpoint wants but which stands before the next request.
    async fn read_and_answer(self, mut request: Request<Incoming>) -> Response<Full<Bytes>> {
        let limit = self.server.limits.max_body_bytes;
        if drain(request.body_mut(), limit).await.is_err() {
            self.activity.cut_short();
            let message = format!("the request's body is too large: send at most {limit} bytes");
            let answer = Answer::error(StatusCode::PAYLOAD_TOO_LARGE, &message);
            let mut response = self.finish(&request, Route::Unread, answer);
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        self.activity.has_arrived();
        let (route, reply) = self.reply(request.method(), request.uri().path());
        let answer = match reply {
            Reply::Now(answer) => answer,
            Reply::Later(question) => self.compute(question).await,
        };
        self.finish(&request, route, answer)
    }

    /// The application's reply; 500 if it panics, which is a fault in this program but no reason
    /// to fail anyone else.
    fn reply(&self, method: &Method, path: &str) -> (Route, Reply) {
        let reply = AssertUnwindSafe(|| self.server.target.reply(method, path));
        catch_unwind(reply).unwrap_or_else(|_| (Route::Unknown, Reply::Now(failure())))
    }

    /// Computes beside the threads that answer requests.
    async fn compute(&self, question: Question<'static>) -> Answer {
        let target = Arc::clone(&self.server.target);
        let computation = tokio::task::spawn_blocking(move || target.compute(&question));
        computation.await.unwrap_or_else(|_| failure())
    }

    /// Takes note of an answer and makes it a response.
    fn finish(
        &self,
        request: &Request<Incoming>,
        route: Route,
        answer: Answer,
    ) -> Response<Full<Bytes>> {
        self.activity.is_answered(route, answer.status);
        if let Some(log) = self.server.target.access_log() {
            let line = format!(
                "{} {} {:?}",
                request.method(),
                request.uri(),
                request.version()
            );
            let bytes = answer.body.len() as u64;
            log.write(self.peer.ip(), &line, answer.status.as_u16(), bytes);
        }
        let mut response = Response::new(Full::new(Bytes::from(answer.body)));
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
        if let Some(allow) = answer.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

fn failure() -> Answer {
    Answer::error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the server failed to answer: its standard error says why",
    )
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

/// A response: most are there at once, and need no future on the heap.
enum Answering {
    /// Ready; `None` once taken.
    Now(Option<Response<Full<Bytes>>>),
    /// Still to come.
    Later(Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>),
}

impl Future for Answering {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Answering::Now(response) => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            Answering::Later(response) => response.as_mut().poll(context).map(Ok),
        }
    }
}
