//! The HTTP application: routes and what they answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::access_log::AccessLog;
use super::answer::{Question, error_body};
use super::fibonacci::Fibonacci;

/// Largest Fibonacci index that is computed unless told otherwise.
pub const DEFAULT_MAX_FIBONACCI: u32 = 100_000;

/// What the handlers share.
#[derive(Debug)]
pub struct Target {
    max_fibonacci: u32,
    fibonacci: Fibonacci,
    access_log: Option<AccessLog>,
    requests: AtomicU64,
    errors: AtomicU64,
}

impl Target {
    /// A target that computes Fibonacci numbers up to `max_fibonacci`.
    pub fn new(max_fibonacci: u32, access_log: Option<AccessLog>) -> Self {
        Target {
            max_fibonacci,
            fibonacci: Fibonacci::default(),
            access_log,
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        }
    }

    /// Requests answered.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests answered with a status of 400 and above.
    pub fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// The access log, if there is one.
    pub fn access_log(&self) -> Option<&AccessLog> {
        self.access_log.as_ref()
    }
}

/// The application, ready to be served or called.
pub fn app(target: Arc<Target>) -> Router {
    Router::new()
        .route("/", only_get(get(describe)))
        .route("/healthz", only_get(get(async || "ok\n")))
        .route("/fibo/{n}", get_and_post(get(fibonacci).post(fibonacci)))
        .route("/isprime/{n}", get_and_post(get(prime).post(prime)))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(&target), observe))
        .with_state(target)
}

fn only_get(route: MethodRouter<Arc<Target>>) -> MethodRouter<Arc<Target>> {
    route.fallback(async || method_not_allowed("GET, HEAD"))
}

fn get_and_post(route: MethodRouter<Arc<Target>>) -> MethodRouter<Arc<Target>> {
    route.fallback(async || method_not_allowed("GET, HEAD, POST"))
}

async fn fibonacci(
    State(target): State<Arc<Target>>,
    text: Result<Path<String>, PathRejection>,
) -> Response {
    let most = target.max_fibonacci;
    // Text that is no UTF-8 is no number either.
    let text = text.map(|Path(text)| text).unwrap_or_default();
    answer(target, Question::fibonacci(&text, most)).await
}

async fn prime(
    State(target): State<Arc<Target>>,
    text: Result<Path<String>, PathRejection>,
) -> Response {
    let text = text.map(|Path(text)| text).unwrap_or_default();
    answer(target, Question::prime(&text)).await
}

async fn answer(target: Arc<Target>, question: Result<Question, String>) -> Response {
    let question = match question {
        Ok(question) => question,
        Err(message) => return json(StatusCode::BAD_REQUEST, error_body(&message)),
    };
    if question.is_quick() {
        return json(StatusCode::OK, question.answer(&target.fibonacci));
    }
    let work = tokio::task::spawn_blocking(move || question.answer(&target.fibonacci));
    match work.await {
        Ok(body) => json(StatusCode::OK, body),
        Err(_) => json(
            StatusCode::INTERNAL_SERVER_ERROR,
            error_body("the computation failed"),
        ),
    }
}

async fn describe(State(target): State<Arc<Target>>) -> String {
    format!(
        "perfkit {version}: a target for load tests\n\
         \n\
         GET or POST /fibo/N     the Nth Fibonacci number, N from 0 to {most}\n\
         GET or POST /isprime/N  whether N is prime, N up to {max}\n\
         GET /healthz            ok\n",
        version = env!("CARGO_PKG_VERSION"),
        most = target.max_fibonacci,
        max = u64::MAX,
    )
}

async fn not_found() -> Response {
    json(
        StatusCode::NOT_FOUND,
        error_body("no such path: ask for /fibo/N, /isprime/N, /healthz or /"),
    )
}

fn method_not_allowed(allowed: &'static str) -> Response {
    let message = format!("method not allowed: use {}", allowed.replace(", HEAD", ""));
    let mut response = json(StatusCode::METHOD_NOT_ALLOWED, error_body(&message));
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn json(status: StatusCode, body: String) -> Response {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [content_type], body).into_response()
}

/// Counts every request and writes it to the access log.
async fn observe(State(target): State<Arc<Target>>, request: Request, next: Next) -> Response {
    let logged = target.access_log.as_ref().map(|_| {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        (
            peer.map(|ConnectInfo(peer)| peer.ip()),
            format!(
                "{} {} {:?}",
                request.method(),
                request.uri(),
                request.version()
            ),
        )
    });
    let response = next.run(request).await;
    let status = response.status();
    target.requests.fetch_add(1, Ordering::Relaxed);
    if status.is_client_error() || status.is_server_error() {
        target.errors.fetch_add(1, Ordering::Relaxed);
    }
    if let (Some(log), Some((peer, request))) = (&target.access_log, logged) {
        let bytes = axum::body::HttpBody::size_hint(response.body()).exact();
        log.write(peer, &request, status.as_u16(), bytes);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    use super::*;

    async fn call(method: &str, path: &str) -> (StatusCode, axum::http::HeaderMap, String) {
        let app = app(Arc::new(Target::new(DEFAULT_MAX_FIBONACCI, None)));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let response = app.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (
            parts.status,
            parts.headers,
            String::from_utf8(bytes.to_vec()).unwrap(),
        )
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
            ("GET", "/fibo/%FF", StatusCode::BAD_REQUEST),
            ("GET", "/isprime/%22", StatusCode::BAD_REQUEST),
            ("GET", "/nothing", StatusCode::NOT_FOUND),
            ("GET", "/fibo/", StatusCode::NOT_FOUND),
            ("GET", "/fibo/1/2", StatusCode::NOT_FOUND),
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
    async fn other_methods_are_told_which_are_allowed() {
        assert_eq!(
            call("DELETE", "/isprime/7").await.1[ALLOW],
            "GET, HEAD, POST"
        );
        assert_eq!(call("DELETE", "/").await.1[ALLOW], "GET, HEAD");
    }

    #[tokio::test]
    async fn head_is_get_without_a_body() {
        let (status, _, body) = call("HEAD", "/fibo/10").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
    }

    #[tokio::test]
    async fn root_describes_and_healthz_is_ok() {
        assert_eq!(call("GET", "/healthz").await.2, "ok\n");
        let (_, _, body) = call("GET", "/").await;
        assert!(
            body.contains("/fibo/N") && body.contains("100000"),
            "{body}"
        );
    }
}
