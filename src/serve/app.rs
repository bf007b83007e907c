//! The application: routes each path and method to its handler. It knows nothing about sockets.

use std::future::ready;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};

use super::access_log::AccessLog;
use super::answer::{InvalidNumber, Question, error_body};
use super::exposition;
use super::fibonacci::Fibonacci;
use super::metrics::{Metrics, Route};
use super::platform::Platform;
use super::usage::Meter;
use crate::error::Result;

/// Default for the largest Fibonacci index that is computed.
pub const DEFAULT_MAX_FIBONACCI: u32 = 100_000;

/// State that all connections share.
#[derive(Debug)]
pub struct Target {
    max_fibonacci: u32,
    fibonacci: Fibonacci,
    access_log: Option<AccessLog>,
    metrics: Metrics,
    platform: Platform,
}

impl Target {
    /// A target that computes Fibonacci numbers up to `max_fibonacci`.
    ///
    /// # Errors
    ///
    /// If the latency histogram cannot be created. Its bounds are constants, so this is a bug.
    pub fn new(max_fibonacci: u32, access_log: Option<AccessLog>) -> Result<Self> {
        Ok(Target {
            max_fibonacci,
            fibonacci: Fibonacci::default(),
            access_log,
            metrics: Metrics::new()?,
            platform: Platform::detect(),
        })
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Details of the machine that the server runs on.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The access log, if there is one.
    pub fn access_log(&self) -> Option<&AccessLog> {
        self.access_log.as_ref()
    }
}

/// Builds the router that answers all requests. Each response carries its [`Route`] as an
/// extension, except for unknown paths.
pub fn app(target: Arc<Target>) -> Router {
    let router = Router::new()
        .route("/", get_only(Route::Description, get(describe)))
        .route("/healthz", get_only(Route::Health, get(health)))
        .route("/metrics", get_only(Route::Metrics, get(expose)))
        .route("/platform", get_only(Route::Platform, get(platform)))
        .route(
            "/fibo/{n}",
            get_and_post(Route::Fibonacci, get(fibonacci).post(fibonacci)),
        )
        .route(
            "/isprime/{n}",
            get_and_post(Route::Prime, get(prime).post(prime)),
        )
        .fallback(not_found);
    // Lets tests check that the server survives a panicking handler.
    #[cfg(test)]
    let router = router.route("/panic", get(fail).post(fail));
    router.with_state(target)
}

type Endpoint = MethodRouter<Arc<Target>>;

fn get_only(route: Route, endpoint: Endpoint) -> Endpoint {
    endpoint.fallback(move || ready(method_not_allowed(route, "GET, HEAD")))
}

fn get_and_post(route: Route, endpoint: Endpoint) -> Endpoint {
    endpoint.fallback(move || ready(method_not_allowed(route, "GET, HEAD, POST")))
}

/// The N of a path; a rejection if it is not UTF-8.
type Number = Result<Path<String>, PathRejection>;

fn text(number: Number) -> String {
    number.map(|Path(text)| text).unwrap_or_default()
}

async fn fibonacci(State(target): State<Arc<Target>>, number: Number) -> impl IntoResponse {
    let question = Question::fibonacci(text(number), target.max_fibonacci);
    (Extension(Route::Fibonacci), answer(target, question).await)
}

async fn prime(State(target): State<Arc<Target>>, number: Number) -> impl IntoResponse {
    let question = Question::prime(text(number));
    (Extension(Route::Prime), answer(target, question).await)
}

async fn answer(target: Arc<Target>, question: Result<Question, InvalidNumber>) -> Response {
    let question = match question {
        Ok(question) => question,
        Err(invalid) => return error(StatusCode::BAD_REQUEST, &invalid.to_string()),
    };
    if question.is_quick() {
        return json(StatusCode::OK, question.answer(&target.fibonacci));
    }
    // On the blocking pool, so that the threads that answer requests stay free.
    let computation = tokio::task::spawn_blocking(move || question.answer(&target.fibonacci));
    match computation.await {
        Ok(body) => json(StatusCode::OK, body),
        Err(_) => failure(),
    }
}

async fn health() -> impl IntoResponse {
    (Extension(Route::Health), "ok\n")
}

async fn expose(State(target): State<Arc<Target>>) -> impl IntoResponse {
    let metrics = target.metrics();
    let usage = Meter::new().and_then(|mut meter| meter.read());
    let text = exposition::text(metrics, &metrics.answered(), usage);
    let content_type = [(
        CONTENT_TYPE,
        HeaderValue::from_static(exposition::CONTENT_TYPE),
    )];
    (Extension(Route::Metrics), content_type, Body::from(text))
}

async fn platform(State(target): State<Arc<Target>>) -> impl IntoResponse {
    let response = match serde_json::to_vec(target.platform()) {
        Ok(mut body) => {
            body.push(b'\n');
            json(StatusCode::OK, body)
        }
        Err(problem) => error(StatusCode::INTERNAL_SERVER_ERROR, &problem.to_string()),
    };
    (Extension(Route::Platform), response)
}

async fn describe(State(target): State<Arc<Target>>) -> impl IntoResponse {
    let text = format!(
        "perfkit {version}: a target for load tests\n\
         \n\
         GET or POST /fibo/N     the Nth Fibonacci number, N from 0 to {max_index}\n\
         GET or POST /isprime/N  whether N is prime, N up to {max_number}\n\
         GET /healthz            ok\n\
         GET /metrics            counters in Prometheus text format\n\
         GET /platform           this machine's hardware and operating system, in JSON\n",
        version = env!("CARGO_PKG_VERSION"),
        max_index = target.max_fibonacci,
        max_number = u64::MAX,
    );
    (Extension(Route::Description), text)
}

#[cfg(test)]
async fn fail() -> StatusCode {
    panic!("deliberate panic")
}

async fn not_found() -> Response {
    error(
        StatusCode::NOT_FOUND,
        "no such path: try /fibo/N or /isprime/N, or / for a list of endpoints",
    )
}

fn method_not_allowed(route: Route, allowed: &'static str) -> impl IntoResponse {
    let message = format!("method not allowed: use {}", allowed.replace(", HEAD", ""));
    (
        Extension(route),
        [(ALLOW, HeaderValue::from_static(allowed))],
        error(StatusCode::METHOD_NOT_ALLOWED, &message),
    )
}

/// Returns the 500 response for a bug in this program.
pub fn failure() -> Response {
    error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the server failed to answer: see its standard error for the reason",
    )
}

/// Returns an error response with `message` as JSON.
pub fn error(status: StatusCode, message: &str) -> Response {
    json(status, error_body(message))
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let content_type = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, content_type, Body::from(body)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::extract::Request;
    use axum::http::HeaderMap;
    use tower::ServiceExt;

    use super::*;

    async fn respond(method: &str, path: &str) -> Response {
        let target = Target::new(DEFAULT_MAX_FIBONACCI, None).unwrap();
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        app(Arc::new(target)).oneshot(request).await.unwrap()
    }

    async fn call(method: &str, path: &str) -> (StatusCode, HeaderMap, String) {
        let (parts, body) = respond(method, path).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (parts.status, parts.headers, body)
    }

    #[tokio::test]
    async fn answers_get_and_post_alike() {
        for method in ["GET", "POST"] {
            let (status, headers, body) = call(method, "/fibo/10").await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers[CONTENT_TYPE], "application/json");
            assert_eq!(body, "{\"fibonacci_number\":55,\"index\":\"10\"}\n");
            let (_, _, body) = call(method, "/isprime/7919").await;
            assert_eq!(
                body,
                "{\"number\":\"7919\",\"status\":\"7919 is Prime!\"}\n"
            );
        }
    }

    #[tokio::test]
    async fn head_is_get_without_a_body() {
        let (status, headers, body) = call("HEAD", "/fibo/10").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
        assert_eq!(headers["content-length"], "37");
    }

    #[tokio::test]
    async fn escapes_are_undone() {
        let (_, _, body) = call("GET", "/fibo/%31%30").await;
        assert_eq!(body, "{\"fibonacci_number\":55,\"index\":\"10\"}\n");
        let (_, _, body) = call("GET", "/isprime/%2B7").await;
        assert!(body.contains("+7 is Prime!"), "{body}");
        for path in [
            "/fibo/%",
            "/fibo/%1",
            "/fibo/%G0",
            "/fibo/%FF",
            "/fibo/1%2F2",
        ] {
            let (status, _, body) = call("GET", path).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
            assert!(body.contains("give a whole number"), "{path}: {body}");
        }
    }

    #[tokio::test]
    async fn long_work_is_answered_too() {
        let (status, _, body) = call("GET", "/fibo/100000").await;
        assert_eq!((status, body.len()), (StatusCode::OK, 20_899 + 39));
        let (_, _, body) = call("GET", "/isprime/999999999989").await;
        assert!(body.contains("is Prime!"));
    }

    #[tokio::test]
    async fn refusals_are_json() {
        for (method, path, expected) in [
            ("GET", "/fibo/abc", StatusCode::BAD_REQUEST),
            ("GET", "/fibo/100001", StatusCode::BAD_REQUEST),
            ("GET", "/isprime/%22", StatusCode::BAD_REQUEST),
            ("GET", "/nothing", StatusCode::NOT_FOUND),
            ("GET", "*", StatusCode::NOT_FOUND),
            ("GET", "/fibo/", StatusCode::NOT_FOUND),
            ("GET", "/fibo/1/2", StatusCode::NOT_FOUND),
            ("GET", "/fibo/1/", StatusCode::NOT_FOUND),
            ("GET", "/healthz/", StatusCode::NOT_FOUND),
            ("PUT", "/nothing", StatusCode::NOT_FOUND),
            ("PUT", "/fibo/1", StatusCode::METHOD_NOT_ALLOWED),
            ("POST", "/healthz", StatusCode::METHOD_NOT_ALLOWED),
        ] {
            let (status, headers, body) = call(method, path).await;
            assert_eq!(status, expected, "{method} {path}");
            assert_eq!(headers[CONTENT_TYPE], "application/json", "{path}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert!(body["error"].is_string(), "{path}");
        }
    }

    #[tokio::test]
    async fn other_methods_get_the_allowed_ones() {
        let (_, headers, body) = call("DELETE", "/isprime/7").await;
        assert_eq!(headers[ALLOW], "GET, HEAD, POST");
        assert!(body.contains("use GET, POST"), "{body}");
        assert_eq!(call("DELETE", "/").await.1[ALLOW], "GET, HEAD");
    }

    #[tokio::test]
    async fn responses_carry_their_route() {
        for (method, path, expected) in [
            ("GET", "/", Some(Route::Description)),
            ("GET", "/healthz", Some(Route::Health)),
            ("GET", "/metrics", Some(Route::Metrics)),
            ("GET", "/platform", Some(Route::Platform)),
            ("POST", "/fibo/10", Some(Route::Fibonacci)),
            ("GET", "/fibo/100000", Some(Route::Fibonacci)),
            ("GET", "/fibo/x", Some(Route::Fibonacci)),
            ("HEAD", "/isprime/7", Some(Route::Prime)),
            ("PUT", "/isprime/7", Some(Route::Prime)),
            ("PUT", "/healthz", Some(Route::Health)),
            ("GET", "/fibo/1/2", None),
        ] {
            let response = respond(method, path).await;
            let route = response.extensions().get().copied();
            assert_eq!(route, expected, "{method} {path}");
        }
    }

    #[tokio::test]
    async fn platform_reads_back() {
        let (_, headers, body) = call("GET", "/platform").await;
        assert_eq!(headers[CONTENT_TYPE], "application/json");
        let platform: Platform = serde_json::from_str(&body).unwrap();
        assert_eq!(platform, Platform::detect());
    }

    #[tokio::test]
    async fn metrics_are_text() {
        let (status, headers, body) = call("GET", "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[CONTENT_TYPE], exposition::CONTENT_TYPE);
        assert!(body.contains("\nperfkit_connections_open 0\n"), "{body}");
        assert!(body.contains("\nprocess_cpu_seconds_total "), "{body}");
    }

    #[tokio::test]
    async fn root_describes_and_healthz_is_ok() {
        let (_, headers, body) = call("GET", "/healthz").await;
        assert_eq!(headers[CONTENT_TYPE], "text/plain; charset=utf-8");
        assert_eq!(body, "ok\n");
        let (_, _, body) = call("GET", "/").await;
        assert!(
            body.contains("/fibo/N") && body.contains("100000"),
            "{body}"
        );
    }
}
