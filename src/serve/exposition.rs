//! Renders the counters in Prometheus text format, for `/metrics`.

use std::fmt::{Display, Write};

use super::metrics::{Answered, Metrics, Route};
use super::usage::Usage;

/// Content-Type of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the latency histogram's buckets, in nanoseconds: 10 µs to 10 s.
const BOUNDS: [u64; 19] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Returns the value of the label `route`.
fn name(route: Route) -> &'static str {
    match route {
        Route::Fibonacci => "/fibo/{n}",
        Route::Prime => "/isprime/{n}",
        Route::Health => "/healthz",
        Route::Metrics => "/metrics",
        Route::Platform => "/platform",
        Route::Description => "/",
        Route::Unknown => "other",
        Route::Unread => "none",
    }
}

/// Renders the page. `answered` and `usage` must come from the same server and moment as `metrics`.
pub fn text(metrics: &Metrics, answered: &Answered, usage: Option<Usage>) -> String {
    let mut page = Page(String::with_capacity(8 << 10));
    page.metric(
        "perfkit_build_info",
        "gauge",
        "Version of perfkit.",
        [(concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1)],
    );
    page.metric(
        "perfkit_requests_total",
        "counter",
        "Requests answered, by route and status code. Route \"none\": the request could not be \
         read, or its connection was refused.",
        answered.counts.iter().map(|(route, status, count)| {
            let route = name(route);
            let code = status.as_u16();
            (format!("{{route=\"{route}\",code=\"{code}\"}}"), count)
        }),
    );
    page.metric(
        "perfkit_requests_in_flight",
        "gauge",
        "Requests being read, computed or answered, including this one.",
        [("", metrics.in_flight())],
    );
    page.metric(
        "perfkit_connections_open",
        "gauge",
        "Open connections, excluding those that are being refused.",
        [("", metrics.connections())],
    );
    page.metric(
        "perfkit_connections_accepted_total",
        "counter",
        "Connections accepted and served.",
        [("", metrics.accepted())],
    );
    page.metric(
        "perfkit_connections_refused_total",
        "counter",
        "Connections refused with 503 because the limit was reached.",
        [("", metrics.refused())],
    );
    page.latency(answered);
    if let Some(usage) = usage {
        page.usage(usage);
    }
    page.0
}

struct Page(String);

impl Page {
    fn metric<L: Display, V: Display>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = (L, V)>,
    ) {
        self.head(name, kind, help);
        for (labels, value) in samples {
            self.line(format_args!("{name}{labels} {value}"));
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a string never fails.
        let _written = writeln!(self.0, "{line}");
    }

    fn latency(&mut self, answered: &Answered) {
        const NAME: &str = "perfkit_request_duration_seconds";
        self.head(
            NAME,
            "histogram",
            "Time from reading the first byte of a request to writing the last byte of its answer.",
        );
        let mut recorded = answered.latency.iter_recorded().peekable();
        let mut count = 0;
        for bound in BOUNDS {
            while let Some(value) = recorded.next_if(|value| value.value_iterated_to() <= bound) {
                count += value.count_since_last_iteration();
            }
            let bound = seconds(bound);
            self.line(format_args!("{NAME}_bucket{{le=\"{bound}\"}} {count}"));
        }
        let count = answered.latency.len();
        self.line(format_args!("{NAME}_bucket{{le=\"+Inf\"}} {count}"));
        self.line(format_args!("{NAME}_sum {}", seconds(answered.latency_sum)));
        self.line(format_args!("{NAME}_count {count}"));
    }

    fn usage(&mut self, usage: Usage) {
        self.metric(
            "process_cpu_seconds_total",
            "counter",
            "CPU time used by this process, user and system, in seconds.",
            [("", usage.cpu.as_secs_f64())],
        );
        self.metric(
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory of this process, in bytes.",
            [("", usage.resident_bytes)],
        );
        self.metric(
            "process_start_time_seconds",
            "gauge",
            "Start time of this process, in seconds since 1970.",
            [("", usage.start_time)],
        );
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::StatusCode;

    use super::*;

    #[test]
    fn page_reads_as_prometheus_wants_it() {
        let metrics = Metrics::new().unwrap();
        for micros in [8, 9, 30, 30, 2_000, 30_000_000] {
            let latency = Duration::from_micros(micros);
            metrics.record(Route::Fibonacci, StatusCode::OK, latency);
        }
        metrics.record(
            Route::Prime,
            StatusCode::BAD_REQUEST,
            Duration::from_millis(700),
        );
        metrics.begin();
        metrics.open();
        metrics.refuse();
        let usage = Usage {
            cpu: Duration::from_millis(1234),
            resident_bytes: 4096,
            start_time: 1_700_000_000,
            machine_cpu_percent: 50.0,
        };
        let text = text(&metrics, &metrics.answered(), Some(usage));
        let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(text);
    }
}
