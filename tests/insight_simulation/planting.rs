//! How faults are planted in plans.

use crate::common::load::{Random, START};
use crate::faults::{FailTime, Failing, Fault, NO_CONNECTION, Part};
use crate::plan::{Loop, Plan, Shape, Think};

const ERRORS: [&str; 4] = [
    "503,Service Unavailable",
    "500,Internal Server Error",
    "429,Too Many Requests",
    "404,Not Found",
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
        let kind = random.below(6);
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
            4 => self.late_generator(random),
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

    /// Users that start each request a while after the last one, however long that takes, unless it takes
    /// longer: then at once.
    fn late_generator(&mut self, random: &mut Random) -> Fault {
        self.shape = Shape::Hold;
        self.arrivals = Loop::Closed;
        self.servers = None;
        self.has_controllers = false;
        self.seconds = self.seconds.max(60.0);
        self.rows = random.between(30_000.0, 50_000.0);
        // Users start within a pace, and so their requests are spread over it.
        let pace_ms = self.seconds * random.log_between(0.5, 4.0);
        let users = (self.rows / self.seconds * pace_ms / 1e3).ceil() as usize;
        self.users = users.next_multiple_of(self.engines);
        let scale = self.mean_service_ms() / self.service_ms;
        self.service_ms = (pace_ms * random.between(0.05, 0.3) / scale).max(2.0);
        let mean = self.mean_service_ms();
        self.think_ms = (pace_ms - mean).max(0.0);
        let from = random.between(0.2, 0.7);
        Fault::LateGenerator {
            pace_ms,
            from,
            to: from + random.between(0.06, 0.2),
            factor: random.between(2.0, 4.0) * pace_ms / mean,
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
        let kind = match random.below(5) {
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
            3 => Fault::StrayTimes {
                rows: 1 + random.below(3),
                // None, one that has lost a digit, and one of another year.
                time: random.one_of(&[0, START as i64 / 10, START as i64 + 31_536_000_000]),
            },
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
            false => random.one_of(&[0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 5, 5]),
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
            4 => {
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
            _ => {
                self.has_connect = true;
                self.service_ms = self.service_ms.clamp(3.0, 60.0);
                self.size_users(random);
                let share = random.between(0.4, 0.85);
                let mean = self.mean_service_ms() * random.log_between(2.0, 8.0);
                Fault::ConnectTime {
                    share,
                    ms: mean.max(8.0) / share,
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
        match random.one_of(&[0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6]) {
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
            2 => {
                let (part, ratio) = match random.below(6) {
                    // A part that goes down does not answer any more.
                    0 => (Part::Host(random.below(self.hosts)), 1.0),
                    1 => (Part::Engine(random.below(self.engines)), 1.0),
                    _ => (part, random.between(0.2, 1.0)),
                };
                Fault::FailingSince(Failing {
                    from: random.between(0.15, 0.85),
                    ..whole(part, ratio, error, time)
                })
            }
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
            5 => {
                let ratio = random.between(0.3, 0.6);
                Fault::FastErrors(whole(Part::Run, ratio, error, FailTime::Fast))
            }
            _ => {
                let ratio = match part {
                    Part::Run => random.between(0.06, 0.4),
                    _ => random.between(0.1, 0.6),
                };
                Fault::OftenFails(whole(part, ratio, error, time))
            }
        }
    }
}
