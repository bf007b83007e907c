//! Runs a plan against a model of servers: users that think, queues, and the planted faults.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::common::load::Random;
use crate::faults::{FailTime, Fault, Part};
use crate::plan::{Loop, Plan, Think};

/// Slices of the run in which its speed differs a little.
const LEVELS: usize = 200;

/// Requests of a transaction.
const TRANSACTION: usize = 3;

/// A row of the results. Times in ms.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// When it began, from the beginning of the plan.
    pub at: f64,
    /// The same as its engine's clock has it, and with the planted gap.
    pub start: f64,
    pub elapsed: f64,
    /// How long it would have taken without other requests and without slow times.
    pub free: f64,
    /// For how long it kept a server busy.
    pub service: f64,
    /// By how much a stall delayed it.
    pub held: f64,
    pub connect: f64,
    pub label: usize,
    pub host: usize,
    pub user: usize,
    pub engine: usize,
    pub group: usize,
    pub error: Option<&'static str>,
    /// Active threads of its engine.
    pub threads: usize,
    /// Whether it is a transaction's.
    pub is_controller: bool,
    /// The time that is written instead of its start, epoch ms.
    pub stray: Option<i64>,
}

impl Request {
    pub fn end(&self) -> f64 {
        self.start + self.elapsed
    }

    pub fn latency(&self) -> f64 {
        self.connect + (self.elapsed - self.connect).max(0.0) * 0.9
    }

    pub fn is_of(&self, part: Part) -> bool {
        match part {
            Part::Run => true,
            Part::Label(label) => self.label == label,
            Part::Host(host) => self.host == host,
            Part::Engine(engine) => self.engine == engine,
            Part::Group(group) => self.group == group,
        }
    }
}

/// A host: when each of its servers is free, and when the requests in it end, in µs.
struct Host {
    free: BinaryHeap<Reverse<u64>>,
    inside: BinaryHeap<Reverse<u64>>,
}

struct Model<'a> {
    plan: &'a Plan,
    random: Random,
    hosts: Vec<Host>,
    levels: Vec<f64>,
    /// From when to when nothing is served.
    stalls: Vec<(f64, f64)>,
    /// Errors still to come in a clump.
    clump: usize,
    /// The open transaction of each user.
    transactions: Vec<Vec<Request>>,
    requests: Vec<Request>,
}

fn micros(ms: f64) -> u64 {
    (ms * 1e3) as u64
}

/// The rows of a plan, without those that the end of the run cuts off.
pub fn run(plan: &Plan) -> Vec<Request> {
    let mut random = Random(plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x94d0_49bb);
    let mut level = plan.unrest * random.normal();
    let levels = (0..LEVELS).map(|_| {
        level = 0.9 * level + plan.unrest * 0.19_f64.sqrt() * random.normal();
        level.exp()
    });
    let levels = levels.collect();
    let host = || Host {
        free: (0..plan.servers.unwrap_or(0)).map(|_| Reverse(0)).collect(),
        inside: BinaryHeap::new(),
    };
    let mut model = Model {
        plan,
        random,
        hosts: (0..plan.hosts).map(|_| host()).collect(),
        levels,
        stalls: stalls(plan),
        clump: 0,
        transactions: Vec::new(),
        requests: Vec::new(),
    };
    match plan.arrivals {
        Loop::Closed => model.closed(),
        Loop::Open => model.open(),
    }
    let mut requests = model.requests;
    count_threads(plan, &mut requests);
    let gap = plan.fault(|fault| match *fault {
        Fault::Gap { at, ms } => Some((at * plan.seconds * 1e3, ms)),
        _ => None,
    });
    let clock = plan.fault(|fault| match *fault {
        Fault::ClocksApart { engine, ms } => Some((engine, ms)),
        _ => None,
    });
    for request in &mut requests {
        request.start = request.at;
        request.start += gap
            .filter(|gap| request.at >= gap.0)
            .map_or(0.0, |gap| gap.1);
        request.start += clock
            .filter(|clock| request.engine == clock.0)
            .map_or(0.0, |clock| clock.1);
    }
    requests.sort_by(|a, b| a.end().total_cmp(&b.end()));
    let strays = plan.fault(|fault| match *fault {
        Fault::StrayTimes { rows, time } => Some((rows, time)),
        _ => None,
    });
    if let Some((rows, time)) = strays {
        // Far from each other.
        for row in 0..rows {
            let place = requests.len() * (2 * row + 1) / (2 * rows);
            requests[place].stray = Some(time);
        }
    }
    requests
}

/// The stalls of a plan, from when to when, ms.
pub fn stalls(plan: &Plan) -> Vec<(f64, f64)> {
    let length = plan.seconds * 1e3;
    let stalls = plan.fault(|fault| match *fault {
        Fault::Stall { at, ms } => Some(vec![(at * length, at * length + ms)]),
        Fault::PeriodicStalls { first, period, ms } => {
            let starts = (0..).map(|number| (first + f64::from(number) * period) * length);
            let starts = starts.take_while(|start| start + ms < length);
            Some(starts.map(|start| (start, start + ms)).collect())
        }
        _ => None,
    });
    stalls.unwrap_or_default()
}

impl Model<'_> {
    /// Users that wait for a response before they send the next request.
    fn closed(&mut self) {
        const STEPS: usize = 4_000;
        let length = self.plan.seconds * 1e3;
        let mut events = BinaryHeap::new();
        let mut stops = BTreeMap::new();
        let plan = self.plan;
        let pace = plan.fault(|fault| match *fault {
            Fault::LateGenerator { pace_ms, .. } => Some(pace_ms),
            _ => None,
        });
        let loads: Vec<f64> = (0..STEPS)
            .map(|step| plan.shape.load(step as f64 / STEPS as f64))
            .collect();
        // A user that comes back is a new thread, of the same engine and group.
        let back = plan.users.next_multiple_of(plan.engines * plan.groups);
        for user in 0..plan.users {
            // Each engine runs the whole plan.
            let of_engine = plan.users.div_ceil(plan.engines);
            let level = ((user / plan.engines) as f64 + 0.5) / of_engine as f64;
            let (mut start, mut thread) = (None, user);
            // After the last step, nobody is active.
            for (step, load) in loads.iter().chain([&f64::NEG_INFINITY]).enumerate() {
                let is_active = *load >= level;
                let time = step as f64 / STEPS as f64 * length;
                match start {
                    None if is_active => start = Some(time),
                    Some(from) if !is_active => {
                        // Those that think for long start apart.
                        let late = match plan.think_ms > 20_000.0 && plan.iterations.is_none() {
                            true => plan.think_ms.min(length / 20.0),
                            false => (length / 200.0).min(plan.think_ms + 10.0),
                        };
                        let begin = from + self.random.uniform() * late;
                        events.push(Reverse((micros(begin), thread, 0)));
                        stops.insert(thread, time);
                        (start, thread) = (None, thread + back);
                    }
                    _ => (),
                }
            }
        }
        while let Some(Reverse((at, user, sent))) = events.pop() {
            let at = at as f64 / 1e3;
            if at >= stops[&user] || self.plan.iterations.is_some_and(|all| sent >= all) {
                continue;
            }
            let end = self.request(user, at, sent == 0);
            if let Some(pace) = pace {
                let next = micros(at + pace).max(micros(end) + 1);
                events.push(Reverse((next, user, sent + 1)));
                continue;
            }
            let think = self.plan.think_ms;
            let think = match self.plan.think {
                // Threads in lockstep do not wait for minutes.
                Think::Constant if think < 20_000.0 => think,
                _ if think >= 20_000.0 => self.random.exponential(think),
                Think::Constant | Think::Uniform => think * self.random.between(0.5, 1.5),
                Think::Exponential => self.random.exponential(think),
            };
            events.push(Reverse((
                micros(end + think).max(micros(end) + 1),
                user,
                sent + 1,
            )));
        }
    }

    /// Requests at random moments. Each takes the lowest thread of an engine that is free.
    fn open(&mut self) {
        let (length, engines) = (self.plan.seconds * 1e3, self.plan.engines);
        let rate = self.plan.peak_rate() / 1e3;
        // Threads that are free, and how many there are, of each engine.
        let mut free = vec![(BinaryHeap::new(), 0); engines];
        let mut busy: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        let mut at = 0.0;
        loop {
            at += self.random.exponential(1.0 / rate);
            if at >= length {
                return;
            }
            if !self.random.happens(self.plan.shape.load(at / length)) {
                continue;
            }
            while let Some(&Reverse((_, user))) = busy.peek().filter(|ends| ends.0.0 <= micros(at))
            {
                busy.pop();
                free[user % engines].0.push(Reverse(user));
            }
            let engine = self.random.below(engines);
            let (free, threads) = &mut free[engine];
            let (user, is_new) = match free.pop() {
                Some(Reverse(user)) => (user, false),
                None => {
                    *threads += 1;
                    (engine + (*threads - 1) * engines, true)
                }
            };
            let end = self.request(user, at, is_new);
            busy.push(Reverse((micros(end), user)));
        }
    }

    /// Sends a request and returns when its response comes.
    fn request(&mut self, user: usize, at: f64, is_first: bool) -> f64 {
        let plan = self.plan;
        let label = self.label();
        let host = match plan.are_hosts_of_labels {
            true => label % plan.hosts,
            false => self.random.below(plan.hosts),
        };
        let mut request = Request {
            at,
            label,
            host,
            user,
            engine: user % plan.engines,
            group: user / plan.engines % plan.groups,
            ..Request::default()
        };
        let (base, slower) = self.service(&request);
        request.free = base;
        let connects = plan.fault(|fault| match fault {
            Fault::NewConnections(median) => Some(*median),
            _ => None,
        });
        let share = plan.fault(|fault| match *fault {
            Fault::ConnectTime { share, ms } => Some((share, ms)),
            _ => None,
        });
        let some = share.filter(|(share, _)| self.random.happens(*share));
        let connects = connects.or(some.map(|(_, ms)| ms));
        if let Some(median) = connects.or(is_first.then_some(4.0)) {
            request.connect = self.random.log_normal(median, 0.3).max(1.0);
        }
        let (error, time) = self.failure(&request);
        request.error = error;
        match time {
            FailTime::Usual => {
                self.serve(&mut request, base * slower);
                request.elapsed += request.connect;
                request.free += request.connect;
            }
            FailTime::Fast => self.answer(&mut request, 1.0, 5.0),
            FailTime::Fixed(ms) => self.answer(&mut request, ms, 4.0),
        }
        let end = at + request.elapsed;
        self.requests.push(request);
        if plan.has_controllers {
            self.add_to_transaction(&request);
        }
        end
    }

    fn label(&mut self) -> usize {
        let mut left = self.random.uniform();
        let found = self.plan.labels.iter().position(|label| {
            left -= label.share;
            left < 0.0
        });
        found.unwrap_or(0)
    }

    /// The service time of a request, and the factor by which load and time increase it.
    fn service(&mut self, request: &Request) -> (f64, f64) {
        let (plan, random) = (self.plan, &mut self.random);
        let x = request.at / plan.seconds / 1e3;
        let label = &plan.labels[request.label];
        let mut base = random.log_normal(plan.service_ms * label.slowness, label.sigma);
        if label.has_tail && random.happens(0.02) {
            // Pareto.
            base *= (2.0 * (1.0 - random.uniform()).powf(-1.0 / 1.8)).min(40.0);
        }
        base *= self.levels[((x * LEVELS as f64) as usize).min(LEVELS - 1)];
        let mut slower = 1.0;
        for fault in &plan.faults {
            match *fault {
                Fault::SlowHost { host, factor } if request.host == host => base *= factor,
                Fault::SlowEngine { engine, factor } if request.engine == engine => base *= factor,
                Fault::Bimodal {
                    label,
                    factor,
                    slow_share,
                } if request.label == label && !random.happens(slow_share) => base /= factor,
                Fault::Rise(factor) => slower *= 1.0 + (factor - 1.0) * plan.share_up(x),
                Fault::LateGenerator {
                    from, to, factor, ..
                } if (from..to).contains(&x) => slower *= factor,
                Fault::Drift(factor) => slower *= 1.0 + (factor - 1.0) * x,
                _ => (),
            }
        }
        (base, slower)
    }

    fn failure(&mut self, request: &Request) -> (Option<&'static str>, FailTime) {
        let x = request.at / self.plan.seconds / 1e3;
        for failing in self.plan.faults.iter().filter_map(Fault::failing) {
            let is_time =
                (failing.from..failing.to).contains(&x) || failing.to >= 1.0 && x >= failing.from;
            if is_time && request.is_of(failing.part) && self.random.happens(failing.ratio) {
                return (Some(failing.error), failing.time);
            }
        }
        let error = Some("502,Bad Gateway");
        if self.clump > 0 {
            self.clump -= 1;
            return (error, FailTime::Usual);
        }
        match self.plan.has_clumps {
            true if self.random.happens(self.plan.error_ratio / 3.0) => {
                self.clump = 1 + self.random.below(3);
                (error, FailTime::Usual)
            }
            false if self.random.happens(self.plan.error_ratio) => (error, FailTime::Usual),
            _ => (None, FailTime::Usual),
        }
    }

    /// When a service ends that begins at a time: nothing goes on in a stall.
    fn thaw(&self, begin: f64, service: f64) -> (f64, f64) {
        let (mut begin, mut end) = (begin, begin + service);
        for &(from, to) in &self.stalls {
            if (from..to).contains(&begin) {
                end += to - begin;
                begin = to;
            } else if begin < from && from < end {
                end += to - from;
            }
        }
        (begin, end)
    }

    /// Answers without waiting for a server.
    fn answer(&mut self, request: &mut Request, ms: f64, spread: f64) {
        let service = ms + self.random.uniform() * spread;
        let (_, end) = self.thaw(request.at, service);
        request.connect = request.connect.min(service);
        request.elapsed = end - request.at;
        request.free = service;
        request.held = request.elapsed - service;
    }

    /// Waits for a server, in order of arrival.
    fn serve(&mut self, request: &mut Request, mut service: f64) {
        let (plan, at) = (self.plan, request.at);
        let Some(servers) = plan.servers else {
            let (_, end) = self.thaw(at, service);
            request.elapsed = end - at;
            request.held = request.elapsed - service;
            return;
        };
        let host = &mut self.hosts[request.host];
        while host.inside.peek().is_some_and(|end| end.0 <= micros(at)) {
            host.inside.pop();
        }
        let beyond = (host.inside.len() + 1).saturating_sub(servers);
        service *= 1.0 + plan.contention * beyond as f64 / servers as f64;
        let free = host.free.pop().map_or(0.0, |free| free.0 as f64 / 1e3);
        let (_, end) = self.thaw(at.max(free), service);
        let stalled: f64 = (self.stalls.iter())
            .map(|&(from, to)| (end.min(to) - at.max(from)).max(0.0))
            .sum();
        let host = &mut self.hosts[request.host];
        host.free.push(Reverse(micros(end)));
        host.inside.push(Reverse(micros(end)));
        request.elapsed = end - at;
        request.service = service;
        request.held = stalled;
    }

    fn add_to_transaction(&mut self, request: &Request) {
        if self.transactions.len() <= request.user {
            self.transactions.resize(request.user + 1, Vec::new());
        }
        let open = &mut self.transactions[request.user];
        open.push(*request);
        if open.len() < TRANSACTION {
            return;
        }
        let sum = |of: fn(&Request) -> f64| open.iter().map(of).sum::<f64>();
        let failed = open.iter().any(|request| request.error.is_some());
        // JMeter counts the time of a transaction without its timers, from its first start.
        let whole = Request {
            elapsed: sum(|request| request.elapsed),
            error: failed.then_some(","),
            connect: 0.0,
            is_controller: true,
            label: 0,
            ..open[0]
        };
        open.clear();
        self.requests.push(whole);
    }
}

/// Counts the active threads of each request's engine when it ended.
fn count_threads(plan: &Plan, requests: &mut [Request]) {
    for engine in 0..plan.engines {
        let spans = spans(plan, requests, |request| request.engine == engine);
        let mut starts: Vec<f64> = spans.iter().map(|span| span.0).collect();
        let mut ends: Vec<f64> = spans.iter().map(|span| span.1).collect();
        starts.sort_by(f64::total_cmp);
        ends.sort_by(f64::total_cmp);
        for request in requests
            .iter_mut()
            .filter(|request| request.engine == engine)
        {
            let time = request.at + request.elapsed;
            let started = starts.partition_point(|&start| start <= time);
            request.threads = started
                .saturating_sub(ends.partition_point(|&end| end < time))
                .max(1);
        }
    }
}

/// From when to when the threads of some requests were active.
pub fn spans(
    plan: &Plan,
    requests: &[Request],
    is_counted: impl Fn(&Request) -> bool,
) -> Vec<(f64, f64)> {
    let counted = requests.iter().filter(|request| is_counted(request));
    let counted = counted.filter(|request| !request.is_controller);
    if plan.arrivals == Loop::Open {
        return counted
            .map(|request| (request.at, request.at + request.elapsed))
            .collect();
    }
    let mut spans: Vec<Option<(f64, f64)>> = Vec::new();
    for request in counted {
        if spans.len() <= request.user {
            spans.resize(request.user + 1, None);
        }
        let (start, end) = (request.at, request.at + request.elapsed);
        let span = spans[request.user].get_or_insert((start, end));
        *span = (span.0.min(start), span.1.max(end));
    }
    spans.into_iter().flatten().collect()
}
