//! The application: what each path and method is answered with. It knows nothing of sockets.

use std::borrow::Cow;

use hyper::{Method, StatusCode};
use serde::Serialize;

use super::access_log::AccessLog;
use super::answer::{Question, error_body};
use super::exposition;
use super::fibonacci::Fibonacci;
use super::metrics::{Metrics, Route};
use super::platform::Platform;
use super::usage::Meter;
use crate::error::Result;

/// Largest Fibonacci index that is computed unless told otherwise.
pub const DEFAULT_MAX_FIBONACCI: u32 = 100_000;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// What all connections share.
#[derive(Debug)]
pub struct Target {
    max_fibonacci: u32,
    fibonacci: Fibonacci,
    access_log: Option<AccessLog>,
    metrics: Metrics,
    platform: Platform,
}

/// An answer but for what HTTP adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Value of Content-Type.
    pub content_type: &'static str,
    /// Value of Allow, where the method was not.
    pub allow: Option<&'static str>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    fn json(status: StatusCode, body: Vec<u8>) -> Self {
        Answer {
            status,
            content_type: JSON,
            allow: None,
            body,
        }
    }

    fn text(body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status: StatusCode::OK,
            content_type: TEXT,
            allow: None,
            body: body.into(),
        }
    }

    fn serialized(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(mut body) => {
                body.push(b'\n');
                Answer::json(StatusCode::OK, body)
            }
            Err(error) => Answer::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }

    /// A refusal or failure that says why, in JSON.
    pub fn error(status: StatusCode, message: &str) -> Self {
        Answer::json(status, error_body(message))
    }
}

/// An answer, or what it takes to get one.
#[derive(Debug)]
pub enum Reply {
    /// The answer.
    Now(Answer),
    /// A computation too long to keep other requests waiting for it; see [`Target::compute`].
    Later(Question<'static>),
}

impl Target {
    /// A target that computes Fibonacci numbers up to `max_fibonacci`.
    ///
    /// # Errors
    ///
    /// When it cannot count, which does not happen.
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

    /// The machine that serves.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The access log, if there is one.
    pub fn access_log(&self) -> Option<&AccessLog> {
        self.access_log.as_ref()
    }

    /// Replies to a request for a path.
    pub fn reply(&self, method: &Method, path: &str) -> (Route, Reply) {
        let (route, text) = route(path);
        let allowed = match route {
            Route::Fibonacci | Route::Prime => "GET, HEAD, POST",
            _ => "GET, HEAD",
        };
        let is_allowed = matches!(*method, Method::GET | Method::HEAD)
            || *method == Method::POST && allowed.ends_with("POST");
        let reply = match route {
            Route::Unknown | Route::Unread => Reply::Now(not_found()),
            _ if !is_allowed => Reply::Now(method_not_allowed(allowed)),
            Route::Fibonacci => {
                self.work_out(Question::fibonacci(decode(text), self.max_fibonacci))
            }
            Route::Prime => self.work_out(Question::prime(decode(text))),
            Route::Health => Reply::Now(Answer::text("ok\n")),
            Route::Metrics => Reply::Now(self.expose()),
            Route::Platform => Reply::Now(Answer::serialized(&self.platform)),
            Route::Description => Reply::Now(Answer::text(self.describe())),
        };
        (route, reply)
    }

    fn work_out(&self, question: Result<Question<'_>, String>) -> Reply {
        match question {
            Err(message) => Reply::Now(Answer::error(StatusCode::BAD_REQUEST, &message)),
            Ok(question) if question.is_quick() => Reply::Now(self.compute(&question)),
            Ok(question) => Reply::Later(question.into_owned()),
        }
    }

    /// Answers a question, however long it takes.
    pub fn compute(&self, question: &Question<'_>) -> Answer {
        Answer::json(StatusCode::OK, question.answer(&self.fibonacci))
    }

    fn expose(&self) -> Answer {
        let usage = Meter::new().and_then(|mut meter| meter.read());
        let text = exposition::text(&self.metrics, &self.metrics.answered(), usage);
        Answer {
            content_type: exposition::CONTENT_TYPE,
            ..Answer::text(text)
        }
    }

    fn describe(&self) -> String {
        format!(
            "perfkit {version}: a target for load tests\n\
             \n\
             GET or POST /fibo/N     the Nth Fibonacci number, N from 0 to {most}\n\
             GET or POST /isprime/N  whether N is prime, N up to {max}\n\
             GET /healthz            ok\n\
             GET /metrics            counters, in Prometheus' text format\n\
             GET /platform           the machine that serves, in JSON\n",
            version = env!("CARGO_PKG_VERSION"),
            most = self.max_fibonacci,
            max = u64::MAX,
        )
    }
}

/// What a path asks for, and the number in it.
fn route(path: &str) -> (Route, &str) {
    let numbered = |prefix, route| {
        let text = path.strip_prefix(prefix)?;
        (!text.is_empty() && !text.contains('/')).then_some((route, text))
    };
    let fixed = || match path {
        "/" => Route::Description,
        "/healthz" => Route::Health,
        "/metrics" => Route::Metrics,
        "/platform" => Route::Platform,
        // How a handler that fails is survived has to be tried out.
        #[cfg(test)]
        "/panic" => panic!("as asked for"),
        _ => Route::Unknown,
    };
    numbered("/fibo/", Route::Fibonacci)
        .or_else(|| numbered("/isprime/", Route::Prime))
        .unwrap_or_else(|| (fixed(), ""))
}

/// Text with its %XX escapes undone; as it is, if there are none or they are no UTF-8 text. (Then
/// it is no number either way.)
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match after {
            [high, low, ..] if first == b'%' => hexadecimal(*high).zip(hexadecimal(*low)),
            _ => None,
        };
        let (byte, length) = match escaped {
            Some((high, low)) => (high << 4 | low, 3),
            None => (first, 1),
        };
        bytes.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

fn not_found() -> Answer {
    Answer::error(
        StatusCode::NOT_FOUND,
        "no such path: ask for /fibo/N, /isprime/N, or / for all there is",
    )
}

fn method_not_allowed(allowed: &'static str) -> Answer {
    let message = format!("method not allowed: use {}", allowed.replace(", HEAD", ""));
    Answer {
        allow: Some(allowed),
        ..Answer::error(StatusCode::METHOD_NOT_ALLOWED, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: Method, path: &str) -> (Answer, String) {
        let target = Target::new(DEFAULT_MAX_FIBONACCI, None).unwrap();
        let answer = match target.reply(&method, path).1 {
            Reply::Now(answer) => answer,
            Reply::Later(question) => target.compute(&question),
        };
        let body = String::from_utf8(answer.body.clone()).unwrap();
        (answer, body)
    }

    #[test]
    fn answers_get_and_post_alike() {
        for method in [Method::GET, Method::POST] {
            let (answer, body) = call(method.clone(), "/fibo/10");
            assert_eq!((answer.status, answer.content_type), (StatusCode::OK, JSON));
            assert_eq!(body, "{\"fibonacci_number\":55,\"index\":\"10\"}\n");
            let (_, body) = call(method, "/isprime/7919");
            assert_eq!(
                body,
                "{\"number\":\"7919\",\"status\":\"7919 is Prime!\"}\n"
            );
        }
    }

    #[test]
    fn escapes_are_undone() {
        let (_, body) = call(Method::GET, "/fibo/%31%30");
        assert_eq!(body, "{\"fibonacci_number\":55,\"index\":\"10\"}\n");
        let (_, body) = call(Method::GET, "/isprime/%2B7");
        assert!(body.contains("+7 is Prime!"), "{body}");
        for path in ["/fibo/%", "/fibo/%1", "/fibo/%G0", "/fibo/%FF"] {
            let (answer, _) = call(Method::GET, path);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        }
    }

    #[test]
    fn long_work_is_answered_too() {
        let (answer, body) = call(Method::GET, "/fibo/100000");
        assert_eq!((answer.status, body.len()), (StatusCode::OK, 20_899 + 39));
        let (_, body) = call(Method::GET, "/isprime/999999999989");
        assert!(body.contains("is Prime!"));
    }

    #[test]
    fn refusals_are_json() {
        for (method, path, expected) in [
            ("GET", "/fibo/abc", StatusCode::BAD_REQUEST),
            ("GET", "/fibo/100001", StatusCode::BAD_REQUEST),
            ("GET", "/isprime/%22", StatusCode::BAD_REQUEST),
            ("GET", "/nothing", StatusCode::NOT_FOUND),
            ("GET", "*", StatusCode::NOT_FOUND),
            ("GET", "/fibo/", StatusCode::NOT_FOUND),
            ("GET", "/fibo/1/2", StatusCode::NOT_FOUND),
            ("PUT", "/fibo/1", StatusCode::METHOD_NOT_ALLOWED),
            ("POST", "/healthz", StatusCode::METHOD_NOT_ALLOWED),
        ] {
            let (answer, body) = call(method.parse().unwrap(), path);
            assert_eq!(answer.status, expected, "{method} {path}");
            assert_eq!(answer.content_type, JSON, "{path}");
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert!(body["error"].is_string(), "{path}");
        }
    }

    #[test]
    fn other_methods_are_told_which_are_allowed() {
        let (answer, _) = call(Method::DELETE, "/isprime/7");
        assert_eq!(answer.allow, Some("GET, HEAD, POST"));
        assert_eq!(call(Method::DELETE, "/").0.allow, Some("GET, HEAD"));
    }

    #[test]
    fn platform_reads_back() {
        let (answer, body) = call(Method::GET, "/platform");
        assert_eq!(answer.content_type, JSON);
        let platform: Platform = serde_json::from_str(&body).unwrap();
        assert_eq!(platform, Platform::detect());
    }

    #[test]
    fn metrics_are_text() {
        let (answer, body) = call(Method::GET, "/metrics");
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.content_type.starts_with("text/plain; version=0.0.4"));
        assert!(body.contains("\nperfkit_connections_open 0\n"), "{body}");
        assert!(body.contains("\nprocess_cpu_seconds_total "), "{body}");
    }

    #[test]
    fn root_describes_and_healthz_is_ok() {
        assert_eq!(call(Method::GET, "/healthz").1, "ok\n");
        let (_, body) = call(Method::HEAD, "/");
        assert!(
            body.contains("/fibo/N") && body.contains("100000"),
            "{body}"
        );
    }
}
