//! Faults, and how they are planted in plans.

use crate::common::load::Random;
use crate::plan::{Loop, Plan, Shape, Think};

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
            Fault::Saturation(_) => "saturation",
            Fault::Collapse(_) => "collapse",
            Fault::Rise(_) => "rises_with_load",
            Fault::Drift(_) => "drift",
            Fault::LowLoad => "low_load",
            Fault::Stall { .. } => "stall",
            Fault::PeriodicStalls { .. } => "periodic_stalls",
            Fault::Gap { .. } => "gap",
            Fault::ClocksApart { .. } => "clocks_apart",
            Fault::SlowLabel { .. } => "slow_label",
            Fault::SlowHost { .. } => "slow_host",
            Fault::SlowEngine { .. } => "slow_engine",
            Fault::NewConnections(_) => "new_connections",
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
            | Fault::FastErrors(failing) => Some(failing),
            _ => None,
        }
    }
}

const ERRORS: [&str; 4] = [
    "503,Service Unavailable",
    "500,Internal Server Error",
    "429,Too Many Requests",
    "404,Not Found",
];

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

const TIMEOUTS: [&str; 2] = [
    "Non HTTP response code: java.net.SocketTimeoutException,\
     Non HTTP response message: Read timed out",
    "504,Gateway Time-out",
];

impl Plan {
    /// Plants one to three faults, each of another sort.
    pub fn plant(&mut self, random: &mut Random) {
        let count = random.one_of(&[1, 1, 1, 1, 2, 2, 3]);
        let mut sorts = vec![0, 1, 2, 3];
        while sorts.len() > count {
            sorts.swap_remove(random.below(sorts.len()));
        }
        // A slow origin would change a load that is planted: few go together.
        if sorts.contains(&0) && sorts.contains(&1) && random.happens(0.7) {
            let dropped = random.below(2);
            sorts.retain(|&sort| sort != dropped);
        }
        // The load comes first: it decides the shape of the run.
        sorts.sort();
        for sort in sorts {
            let fault = match sort {
                0 => self.load_fault(random),
                1 => self.origin_fault(random),
                2 => self.time_fault(random),
                _ => self.failure(random),
            };
            self.faults.push(fault);
        }
    }

    fn load_fault(&mut self, random: &mut Random) -> Fault {
        let kind = random.below(5);
        self.rows = self.rows.max(random.log_between(3_000.0, 50_000.0));
        self.has_threads = true;
        match kind {
            0 | 1 => self.overload(random, kind == 1),
            2 => {
                let factor = random.between(2.2, 5.0);
                self.shape = match random.below(5) {
                    0 => Shape::Ramp,
                    1 => Shape::RampAndHold(random.between(0.3, 0.8)),
                    2 => Shape::UpAndDown(random.between(0.3, 0.5), random.between(0.05, 0.4)),
                    3 => Shape::Steps(3 + random.below(6)),
                    _ => Shape::Spike(random.between(0.15, 0.3), random.between(0.1, 0.2)),
                };
                self.arrivals = Loop::Closed;
                self.servers = None;
                // Throughput grows with the users: they mostly think.
                self.users = random.log_between(10.0, 200.0) as usize;
                let cycle = self.users as f64 / self.peak_rate() * 1e3;
                let largest = cycle / (4.0 * factor);
                self.service_ms = random
                    .log_between(largest / 8.0, largest)
                    .clamp(8.0, 2_000.0);
                self.think_ms =
                    (cycle - self.mean_service_ms() * factor).max(3.0 * self.service_ms * factor);
                Fault::Rise(factor)
            }
            3 => {
                self.shape = random.one_of(&[Shape::Hold, Shape::Hold, Shape::RampAndHold(0.15)]);
                self.seconds = self.seconds.max(60.0);
                self.servers = None;
                self.service_ms = self.service_ms.max(10.0);
                self.size_users(random);
                Fault::Drift(random.between(1.7, 4.0))
            }
            _ => {
                let users = random.log_between(50.0, 300.0) as usize;
                let iterations = random.log_between(2.0, 20.0) as usize;
                self.rows = (users * iterations) as f64;
                self.shape = Shape::Ramp;
                self.arrivals = Loop::Closed;
                self.servers = None;
                self.users = users;
                self.iterations = Some(iterations);
                let active = random.between(0.5, users as f64 / 15.0);
                let life_ms = self.seconds * 1e3 * active / users as f64;
                let cycle = life_ms / iterations as f64;
                self.service_ms = self.service_ms.min(cycle / 1.5).max(2.0);
                self.think_ms = (cycle - self.mean_service_ms()).max(0.0);
                Fault::LowLoad
            }
        }
    }

    fn overload(&mut self, random: &mut Random, collapses: bool) -> Fault {
        self.shape = match random.below(4) {
            0 => Shape::RampAndHold(random.between(0.5, 0.9)),
            1 => Shape::Steps(6 + random.below(5)),
            _ => Shape::Ramp,
        };
        self.arrivals = Loop::Closed;
        self.hosts = 1;
        self.think = random.one_of(&[Think::Uniform, Think::Exponential]);
        self.users = random.log_between(24.0, 250.0) as usize;
        let users = self.users as f64;
        // Users are this many times those that the servers can serve.
        let over = match collapses {
            true => random.between(2.5, 6.0),
            false => random.between(2.2, 5.0),
        };
        let servers = random.between(1.0, (users / over / 1.5).max(1.01)).floor();
        self.servers = Some(servers as usize);
        let rate = self.rows / self.seconds / 0.85;
        let mean = servers / rate * 1e3;
        let scale = self.mean_service_ms() / self.service_ms;
        self.service_ms = (mean / scale).clamp(4.0, 1_500.0);
        let mean = self.service_ms * scale;
        self.think_ms = (users / over * mean / servers - mean).max(0.0);
        // As many rows as planned, or fewer.
        self.seconds = (self.rows / (servers / mean * 1e3 * 0.85)).clamp(20.0, 7_200.0);
        if !collapses {
            return Fault::Saturation(over);
        }
        let fall = random.between(0.35, 0.85);
        let waiting = users - users / over * (1.0 - fall);
        self.contention = (1.0 / (1.0 - fall) - 1.0) * servers / (waiting - servers).max(1.0);
        Fault::Collapse(fall)
    }

    fn time_fault(&mut self, random: &mut Random) -> Fault {
        let median = self.service_ms;
        let length = f64::max(1_000.0, 20.0 * median) * random.log_between(1.3, 4.0);
        let period = random.between(1.0 / 30.0, 1.0 / 8.0);
        let seconds = length * random.between(10.0, 30.0) / period / 1e3;
        let kind = match random.below(4) {
            // A planted load keeps its length.
            1 if self.seconds < seconds && !self.faults.is_empty() || seconds > 20_000.0 => 0,
            kind => kind,
        };
        match kind {
            0 => Fault::Stall {
                at: random.between(0.1, 0.9),
                ms: length,
            },
            1 => {
                if self.seconds < seconds {
                    self.rows = (self.rows * seconds / self.seconds).min(50_000.0);
                    self.seconds = seconds;
                    self.size_users(random);
                }
                Fault::PeriodicStalls {
                    first: random.uniform() * period,
                    period,
                    ms: length,
                }
            }
            2 => {
                let share = random.between(0.1, 0.98);
                Fault::Gap {
                    at: random.between(0.1, 0.9),
                    ms: (self.seconds * 1e3 * share / (1.0 - share)).max(35_000.0),
                }
            }
            _ => {
                self.engines = self.engines.max(2 + random.below(3));
                let (length, sign) = (self.seconds * 1e3, random.one_of(&[1.0, -1.0]));
                let ms = length * random.between(0.1, 0.5);
                Fault::ClocksApart {
                    engine: random.below(self.engines),
                    ms: sign * ms.max(10_000.0),
                }
            }
        }
    }

    fn origin_fault(&mut self, random: &mut Random) -> Fault {
        let is_loaded = !self.faults.is_empty();
        let kind = match is_loaded {
            true => 3,
            // A host, an engine and a cache need more than any plan has to be large enough.
            false => random.one_of(&[0, 0, 1, 1, 1, 2, 2, 3, 4, 4]),
        };
        if !is_loaded {
            self.servers = None;
        }
        match kind {
            0 => {
                if self.labels.len() < 2 {
                    self.labels.push(self.labels[0].clone());
                    self.labels[1].name = "Checkout".to_owned();
                }
                let label = random.below(self.labels.len());
                let factor = random.between(6.0, 15.0);
                self.service_ms = self.service_ms.clamp(12.0, 400.0);
                self.labels[label].slowness = factor;
                self.labels[label].share = random.between(0.02, 0.3);
                Plan::even_out(&mut self.labels);
                self.size_users(random);
                Fault::SlowLabel { label, factor }
            }
            1 => {
                self.hosts = self.hosts.max(2 + random.below(2));
                self.are_hosts_of_labels = false;
                self.has_url = true;
                self.service_ms = self.service_ms.clamp(8.0, 400.0);
                self.size_users(random);
                Fault::SlowHost {
                    host: random.below(self.hosts),
                    factor: random.between(5.5, 12.0),
                }
            }
            2 => {
                self.engines = self.engines.max(2 + random.below(3));
                self.service_ms = self.service_ms.clamp(8.0, 400.0);
                self.size_users(random);
                Fault::SlowEngine {
                    engine: random.below(self.engines),
                    factor: random.between(5.5, 12.0),
                }
            }
            3 => {
                self.has_connect = true;
                Fault::NewConnections(random.log_between(3.0, 60.0))
            }
            _ => {
                self.service_ms = self.service_ms.clamp(30.0, 800.0);
                self.rows = self.rows.max(6_000.0);
                let label = random.below(self.labels.len());
                self.labels[label].share = self.labels[label].share.max(0.4);
                self.labels[label].sigma = random.between(0.1, 0.35);
                self.labels[label].has_tail = false;
                Plan::even_out(&mut self.labels);
                self.size_users(random);
                Fault::Bimodal {
                    label,
                    factor: random.between(8.0, 25.0),
                    slow_share: random.between(0.25, 0.75),
                }
            }
        }
    }

    fn failure(&mut self, random: &mut Random) -> Fault {
        let part = match random.happens(0.5) {
            true => Part::Run,
            false => Part::Label(random.below(self.labels.len())),
        };
        let error = random.one_of(&ERRORS);
        // A timeout is far shorter than the run.
        let values = [5e3, 10e3, 30e3, 60e3].map(|ms: f64| ms.min(self.seconds * 100.0).floor());
        let value = random.one_of(&values);
        let time = random.one_of(&[FailTime::Usual, FailTime::Usual, FailTime::Fast]);
        let whole = |part, ratio, error, time| Failing {
            part,
            from: 0.0,
            to: 1.0,
            ratio,
            error,
            time,
        };
        match random.one_of(&[0, 0, 1, 2, 2, 3, 3, 4, 4, 5]) {
            0 => {
                let part = match random.below(5) {
                    0 => Part::Run,
                    1 => Part::Host(random.below(self.hosts)),
                    2 => Part::Engine(random.below(self.engines)),
                    3 => Part::Group(random.below(self.groups)),
                    _ => Part::Label(random.below(self.labels.len())),
                };
                let ratio = f64::min(random.between(0.93, 1.1), 1.0);
                Fault::AlwaysFails(whole(part, ratio, error, time))
            }
            1 => {
                let kind = random.below(NO_CONNECTION.len());
                let time = match kind {
                    3 => FailTime::Fixed(value),
                    _ => FailTime::Fast,
                };
                self.has_url = true;
                let part = Part::Host(random.below(self.hosts));
                let ratio = f64::min(random.between(0.93, 1.1), 1.0);
                Fault::Unreachable(whole(part, ratio, NO_CONNECTION[kind], time))
            }
            2 => Fault::FailingSince(Failing {
                from: random.between(0.15, 0.85),
                ..whole(part, random.between(0.2, 1.0), error, time)
            }),
            3 => {
                let from = random.between(0.1, 0.8);
                Fault::Burst(Failing {
                    from,
                    to: from + 0.1,
                    ..whole(part, 0.9, error, time)
                })
            }
            4 => {
                let ratio = random.between(0.01, 0.1);
                let time = FailTime::Fixed(value);
                Fault::Timeouts(whole(part, ratio, random.one_of(&TIMEOUTS), time))
            }
            _ => {
                let ratio = random.between(0.3, 0.6);
                Fault::FastErrors(whole(Part::Run, ratio, error, FailTime::Fast))
            }
        }
    }
}
