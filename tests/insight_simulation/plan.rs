//! Plans of load tests, drawn at random.

use crate::common::load::Random;
use crate::faults::Fault;

/// Share of the run within which all threads of a constant load start.
const START_UP: f64 = 0.01;

/// Number of users over the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Up to the end.
    Ramp,
    /// Up within this share of the run.
    RampAndHold(f64),
    /// Up within a share of the run, and down in another at its end.
    UpAndDown(f64, f64),
    Steps(usize),
    /// From a base to all users in the middle: base, and half the width as a share of the run.
    Spike(f64, f64),
    /// From all users down to a base in the middle.
    Dip(f64, f64),
    Hold,
}

impl Shape {
    /// The share of the users that are active, `x` of the run into it.
    pub fn load(self, x: f64) -> f64 {
        let load = match self {
            Shape::Ramp => x.max(0.01),
            Shape::RampAndHold(ramp) => x / ramp,
            Shape::UpAndDown(up, down) => (x / up).min((1.0 - x) / down),
            Shape::Steps(steps) => ((x * steps as f64).floor() + 1.0) / steps as f64,
            Shape::Spike(base, half) if (x - 0.5).abs() > half => base,
            Shape::Dip(base, half) if (x - 0.5).abs() < half => base,
            Shape::Spike(..) | Shape::Dip(..) => 1.0,
            Shape::Hold => x / START_UP,
        };
        load.clamp(0.0, 1.0)
    }

    /// The mean load over the run.
    pub fn mean(self) -> f64 {
        let shares = (0..1_000).map(|x| self.load((f64::from(x) + 0.5) / 1e3));
        shares.sum::<f64>() / 1e3
    }

    fn draw(random: &mut Random) -> Self {
        match random.below(8) {
            0 => Shape::Ramp,
            1 => Shape::RampAndHold(random.between(0.05, 0.7)),
            2 => Shape::UpAndDown(random.between(0.1, 0.5), random.between(0.05, 0.4)),
            3 => Shape::Steps(2 + random.below(7)),
            4 => Shape::Spike(random.between(0.15, 0.6), random.between(0.03, 0.2)),
            5 => Shape::Dip(random.between(0.15, 0.6), random.between(0.03, 0.2)),
            _ => Shape::Hold,
        }
    }
}

/// What makes a request start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loop {
    /// A user sends its next request some time after the response to the last one.
    Closed,
    /// Requests arrive at random, however many are under way.
    Open,
}

/// Think times of users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Think {
    Constant,
    Uniform,
    Exponential,
}

#[derive(Debug, Clone)]
pub struct Label {
    pub name: String,
    /// Share of the requests.
    pub share: f64,
    /// Median service time as a multiple of the run's.
    pub slowness: f64,
    /// Standard deviation of the logarithm of the service time.
    pub sigma: f64,
    /// Whether a few requests take much longer (Pareto).
    pub has_tail: bool,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub faults: Vec<Fault>,
    pub seconds: f64,
    /// About this many rows.
    pub rows: f64,
    pub shape: Shape,
    pub arrivals: Loop,
    pub users: usize,
    /// Requests of each user; `None` if they go on to the end.
    pub iterations: Option<usize>,
    pub think: Think,
    /// Mean think time, ms.
    pub think_ms: f64,
    /// Median service time, ms.
    pub service_ms: f64,
    /// Servers per host; `None` if requests never wait for each other.
    pub servers: Option<usize>,
    /// How much a request in the system beyond the number of servers slows down all others.
    pub contention: f64,
    pub labels: Vec<Label>,
    pub hosts: usize,
    /// Whether each label has a host of its own.
    pub are_hosts_of_labels: bool,
    pub engines: usize,
    /// Whether each engine wrote a file of its own, without its name in the thread names.
    pub has_files: bool,
    pub groups: usize,
    pub has_controllers: bool,
    pub has_threads: bool,
    pub has_connect: bool,
    pub has_url: bool,
    pub error_ratio: f64,
    pub has_clumps: bool,
    /// Standard deviation of the run's slow changes of speed.
    pub unrest: f64,
}

impl Random {
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + self.uniform() * (to - from)
    }

    pub fn log_between(&mut self, from: f64, to: f64) -> f64 {
        (from.ln() + self.uniform() * (to / from).ln()).exp()
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    pub fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

impl Plan {
    /// The plan of a seed: those of odd seeds have faults.
    pub fn of(seed: u64) -> Self {
        let random = &mut Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d_4c95_7f2d);
        let mut plan = Plan::quiet(seed, random);
        if !seed.is_multiple_of(2) {
            plan.plant(random);
        }
        plan
    }

    /// A plan without faults.
    fn quiet(seed: u64, random: &mut Random) -> Self {
        let labels = random.log_between(1.0, 61.0) as usize;
        let engines = random.one_of(&[1, 1, 1, 2, 3, 4, 5]);
        let hosts = random.one_of(&[1, 1, 1, 2, 3, 4]);
        let mut plan = Plan {
            seed,
            faults: Vec::new(),
            seconds: random.log_between(20.0, 7_200.0),
            rows: random.log_between(100.0, 50_000.0),
            shape: Shape::draw(random),
            arrivals: random.one_of(&[Loop::Closed, Loop::Closed, Loop::Closed, Loop::Open]),
            users: 1,
            iterations: None,
            think: random.one_of(&[Think::Constant, Think::Uniform, Think::Exponential]),
            think_ms: 0.0,
            service_ms: random.log_between(3.0, 800.0),
            servers: None,
            contention: 0.0,
            labels: Plan::labels(random, labels),
            hosts,
            are_hosts_of_labels: random.happens(0.5),
            engines,
            has_files: random.happens(0.3),
            groups: random.one_of(&[1, 1, 2, 3]),
            has_controllers: random.happens(0.15),
            has_threads: random.happens(0.9),
            has_connect: random.happens(0.85),
            has_url: random.happens(0.85),
            error_ratio: random.one_of(&[0.0, 0.0, 0.001, 0.01, 0.05]) * random.uniform(),
            has_clumps: random.happens(0.4),
            unrest: random.between(0.02, 0.08),
        };
        plan.size_users(random);
        if random.happens(0.6) {
            let utilisation = match random.happens(0.85) {
                true => random.between(0.15, 0.65),
                false => random.between(0.65, 1.0),
            };
            let at_once = plan.peak_rate() * plan.mean_service_ms() / 1e3;
            let servers = at_once / plan.hosts as f64 / utilisation;
            plan.servers = Some(servers.ceil().max(1.0) as usize);
        }
        plan
    }

    /// Requests per second under full load.
    pub fn peak_rate(&self) -> f64 {
        self.rows / self.seconds / self.shape.mean()
    }

    /// The share of the users that are active at a moment, in whole users of each engine: each runs the
    /// whole plan.
    pub fn share_up(&self, x: f64) -> f64 {
        let of_engine = self.users.div_ceil(self.engines) as f64;
        (self.shape.load(x) * of_engine + 0.5).floor() / of_engine
    }

    /// The mean service time of all labels, without tails.
    pub fn mean_service_ms(&self) -> f64 {
        let means = self.labels.iter();
        let means = means.map(|l| l.share * l.slowness * (l.sigma * l.sigma / 2.0).exp());
        self.service_ms * means.sum::<f64>()
    }

    /// Chooses a number of users and think times that send about the number of rows, or fewer.
    pub fn size_users(&mut self, random: &mut Random) {
        const MAX_USERS: f64 = 300.0;
        let busy = self.mean_service_ms() / 1e3 * self.peak_rate();
        if busy * 1.2 > MAX_USERS {
            self.rows *= MAX_USERS / (busy * 1.2);
        }
        let min = (self.mean_service_ms() / 1e3 * self.peak_rate() * 1.2).clamp(1.0, MAX_USERS);
        // A user sends at least five requests in the run.
        let max = (self.rows / self.shape.mean() / 5.0).clamp(min, MAX_USERS);
        let users = random.log_between(min, max).ceil() as usize;
        self.users = users.next_multiple_of(self.engines);
        let cycle = self.users as f64 / self.peak_rate() * 1e3;
        self.think_ms = (cycle - self.mean_service_ms()).max(0.0);
    }

    fn labels(random: &mut Random, count: usize) -> Vec<Label> {
        const WORDS: [&str; 12] = [
            "Home", "Search", "Product", "Login", "Cart", "Pay", "Account", "Orders", "Help",
            "News", "Image", "Report",
        ];
        let sigma = random.between(0.1, 0.7);
        let has_tail = random.happens(0.25);
        let mut labels: Vec<Label> = (0..count)
            .map(|number| Label {
                name: match number / WORDS.len() {
                    0 => WORDS[number].to_owned(),
                    more => format!("{} {}", WORDS[number % WORDS.len()], more + 1),
                },
                share: random.log_normal(1.0, 0.8),
                slowness: random.log_normal(1.0, 0.4).clamp(0.4, 2.5),
                sigma: sigma * random.between(0.7, 1.3),
                has_tail,
            })
            .collect();
        Plan::even_out(&mut labels);
        labels
    }

    /// Makes shares add up to 1.
    pub fn even_out(labels: &mut [Label]) {
        let sum: f64 = labels.iter().map(|label| label.share).sum();
        labels.iter_mut().for_each(|label| label.share /= sum);
    }

    /// The fault of a kind.
    pub fn fault<T>(&self, of: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.faults.iter().find_map(of)
    }
}
