//! Faults.

/// How long a failed request takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailTime {
    /// As long as others.
    Usual,
    /// A few ms.
    Fast,
    /// This long, ms: a timeout.
    Fixed(f64),
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    Run,
    Label(usize),
    Host(usize),
    Engine(usize),
    Group(usize),
}

/// Requests that fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Failing {
    pub part: Part,
    /// From when to when, as shares of the run.
    pub from: f64,
    pub to: f64,
    pub ratio: f64,
    /// Response code and message.
    pub error: &'static str,
    pub time: FailTime,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    AlwaysFails(Failing),
    Unreachable(Failing),
    FailingSince(Failing),
    Burst(Failing),
    Timeouts(Failing),
    FastErrors(Failing),
    /// At no special moment, and as fast or as slow as others.
    OftenFails(Failing),
    /// More users than the servers can serve: by this factor.
    Saturation(f64),
    /// Throughput falls by this share behind its peak.
    Collapse(f64),
    /// Service times grow with the load, by this factor.
    Rise(f64),
    /// Service times grow over time, by this factor.
    Drift(f64),
    /// Users finish before others begin.
    LowLoad,
    /// Users that keep a pace, ms, cannot for a while, in shares of the run: service times are this many
    /// times as long.
    LateGenerator {
        pace_ms: f64,
        from: f64,
        to: f64,
        factor: f64,
    },
    /// When, as a share of the run, and for how long, ms.
    Stall {
        at: f64,
        ms: f64,
    },
    /// First and period as shares of the run, and for how long, ms.
    PeriodicStalls {
        first: f64,
        period: f64,
        ms: f64,
    },
    /// When, as a share of the run, and for how long, ms.
    Gap {
        at: f64,
        ms: f64,
    },
    /// By how much the clock of an engine is later, ms.
    ClocksApart {
        engine: usize,
        ms: f64,
    },
    /// That many rows have a time far from all others, as it is written.
    StrayTimes {
        rows: usize,
        time: i64,
    },
    SlowLabel {
        label: usize,
        factor: f64,
    },
    SlowHost {
        host: usize,
        factor: f64,
    },
    SlowEngine {
        engine: usize,
        factor: f64,
    },
    /// Time to connect, ms.
    NewConnections(f64),
    /// The same for a share of the requests, which otherwise take a fraction of it.
    ConnectTime {
        share: f64,
        ms: f64,
    },
    /// A cache: some requests of a label are this much faster.
    Bimodal {
        label: usize,
        factor: f64,
        slow_share: f64,
    },
}

impl Fault {
    /// The kind of the insight that must name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::AlwaysFails(_) => "always_fails",
            Fault::Unreachable(_) => "unreachable",
            Fault::FailingSince(_) => "failing_since",
            Fault::Burst(_) => "error_burst",
            Fault::Timeouts(_) => "timeouts",
            Fault::FastErrors(_) => "fast_errors",
            Fault::OftenFails(_) => "often_fails",
            Fault::Saturation(_) => "saturation",
            Fault::Collapse(_) => "collapse",
            Fault::Rise(_) => "rises_with_load",
            Fault::Drift(_) => "drift",
            Fault::LowLoad => "low_load",
            Fault::LateGenerator { .. } => "late_generator",
            Fault::Stall { .. } => "stall",
            Fault::PeriodicStalls { .. } => "periodic_stalls",
            Fault::Gap { .. } => "gap",
            Fault::ClocksApart { .. } => "clocks_apart",
            Fault::StrayTimes { .. } => "stray_times",
            Fault::SlowLabel { .. } => "slow_label",
            Fault::SlowHost { .. } => "slow_host",
            Fault::SlowEngine { .. } => "slow_engine",
            Fault::NewConnections(_) => "new_connections",
            Fault::ConnectTime { .. } => "connect_time",
            Fault::Bimodal { .. } => "bimodal",
        }
    }

    /// The requests that it lets fail.
    pub fn failing(&self) -> Option<&Failing> {
        match self {
            Fault::AlwaysFails(failing)
            | Fault::Unreachable(failing)
            | Fault::FailingSince(failing)
            | Fault::Burst(failing)
            | Fault::Timeouts(failing)
            | Fault::FastErrors(failing)
            | Fault::OftenFails(failing) => Some(failing),
            _ => None,
        }
    }
}

pub const NO_CONNECTION: [&str; 4] = [
    "Non HTTP response code: org.apache.http.conn.HttpHostConnectException,\
     Non HTTP response message: Connect to shop.example:80 failed: Connection refused (Connection refused)",
    "Non HTTP response code: java.net.UnknownHostException,\
     Non HTTP response message: shop.example: Name or service not known",
    "Non HTTP response code: java.net.NoRouteToHostException,\
     Non HTTP response message: No route to host (Host unreachable)",
    "Non HTTP response code: org.apache.http.conn.ConnectTimeoutException,\
     Non HTTP response message: Connect to shop.example:80 failed: connect timed out",
];
