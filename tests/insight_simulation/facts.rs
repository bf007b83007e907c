//! What is true of a run: figures of its rows and of the model behind them.

use crate::faults::{Fault, NO_CONNECTION, Part};
use crate::model::{self, Request};
use crate::plan::{Loop, Plan};

pub struct Facts<'a> {
    pub plan: &'a Plan,
    /// Without those of transactions.
    pub requests: Vec<&'a Request>,
    /// The first start by the engines' clocks, ms from the beginning of the plan.
    pub origin: f64,
    /// From the first start to the last end, ms.
    pub length: f64,
    pub median: f64,
    /// From when to when each thread was active, from the beginning of the plan.
    pub spans: Vec<(f64, f64)>,
}

/// The percentile of unsorted values; `None` without any.
pub fn quantile(values: impl IntoIterator<Item = f64>, share: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(values[(last as f64 * share).round() as usize])
}

pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    quantile(values, 0.5)
}

fn elapsed(request: &&Request) -> f64 {
    request.elapsed.round()
}

/// The larger of two figures as a multiple of the smaller.
pub fn apart(a: f64, b: f64) -> f64 {
    a.max(b) / a.min(b).max(1e-9)
}

/// The requests of a part of the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    pub samples: usize,
    pub errors: usize,
}

impl Count {
    pub fn of<'a>(requests: impl Iterator<Item = &'a Request>) -> Self {
        let mut count = Count {
            samples: 0,
            errors: 0,
        };
        for request in requests {
            count.samples += 1;
            count.errors += usize::from(request.error.is_some());
        }
        count
    }

    pub fn ratio(self) -> f64 {
        self.errors as f64 / self.samples.max(1) as f64
    }
}

impl<'a> Facts<'a> {
    pub fn of(plan: &'a Plan, all: &'a [Request]) -> Self {
        let requests: Vec<&Request> = all
            .iter()
            .filter(|request| !request.is_controller)
            .collect();
        let origin = all
            .iter()
            .map(|request| request.start)
            .fold(f64::INFINITY, f64::min);
        let end = all.iter().map(Request::end).fold(0.0, f64::max);
        Facts {
            plan,
            median: median(requests.iter().map(elapsed)).unwrap_or(0.0),
            spans: model::spans(plan, all, |_| true),
            requests,
            origin,
            length: end - origin,
        }
    }

    /// The time since the start of the run of a moment of the plan, ms.
    pub fn since_start(&self, at: f64) -> f64 {
        let gap = self.plan.fault(|fault| match *fault {
            Fault::Gap { at, ms } => Some((at * self.plan.seconds * 1e3, ms)),
            _ => None,
        });
        at - self.origin + gap.filter(|gap| at >= gap.0).map_or(0.0, |gap| gap.1)
    }

    /// How far a moment may be off, ms.
    pub fn tolerance(&self) -> f64 {
        1_500.0 + self.length * 0.02
    }

    pub fn share_at(&self, request: &Request) -> f64 {
        request.at / self.plan.seconds / 1e3
    }

    pub fn load_at(&self, request: &Request) -> f64 {
        self.plan.shape.load(self.share_at(request).min(1.0))
    }

    pub fn of_part(&self, part: Part) -> impl Iterator<Item = &'a Request> {
        let requests = self.requests.iter().copied();
        requests.filter(move |request| request.is_of(part))
    }

    pub fn successes(&self) -> impl Iterator<Item = &'a Request> {
        let requests = self.requests.iter().copied();
        requests.filter(|request| request.error.is_none())
    }

    pub fn count(&self, part: Part) -> Count {
        Count::of(self.of_part(part))
    }

    pub fn parts(&self) -> Vec<Part> {
        let plan = self.plan;
        let mut parts = vec![Part::Run];
        parts.extend((0..plan.labels.len()).map(Part::Label));
        parts.extend((0..plan.hosts).map(Part::Host));
        parts.extend((0..plan.engines).map(Part::Engine));
        parts.extend((0..plan.groups).map(Part::Group));
        parts
    }

    /// Whether nearly all requests fail for half of the run or longer, so that little is known.
    pub fn is_blind(&self) -> bool {
        self.count(Part::Run).ratio() > 0.4
    }

    /// Requests of a part that never got a connection.
    pub fn unconnected(&self, part: Part) -> usize {
        let of = self.of_part(part);
        of.filter(|request| {
            request
                .error
                .is_some_and(|error| NO_CONNECTION.contains(&error))
        })
        .count()
    }

    /// Requests that got a connection, and the sums of their Connect and of their Latency, ms.
    pub fn connects(&self) -> (usize, f64, f64) {
        let requests = self.requests.iter().filter(|request| {
            let error = request.error.unwrap_or_default();
            !NO_CONNECTION.contains(&error)
        });
        requests.fold((0, 0.0, 0.0), |(count, connect, latency), request| {
            (
                count + 1,
                connect + request.connect,
                latency + request.latency(),
            )
        })
    }

    /// The median of times as multiples of the free time, among successes of some loads.
    fn slowness(&self, is_counted: impl Fn(&Request) -> bool, min: usize) -> Option<f64> {
        let counted = self.successes().filter(|request| is_counted(request));
        let values: Vec<f64> = counted
            .map(|request| request.elapsed / request.free.max(0.5))
            .collect();
        (values.len() >= min).then(|| median(values))?
    }

    /// The share of all users up to which a load is little.
    fn little_load(&self) -> f64 {
        let loads = (0..=100).map(|x| self.plan.shape.load(f64::from(x) / 100.0));
        let least = loads.fold(1.0, f64::min).max(0.02);
        (least * 1.6).clamp(0.3, 0.7)
    }

    /// By which factor all requests together take longer under full load than under little, as a multiple of
    /// their free times. It grows with the queue even if most requests find a free server.
    pub fn queueing(&self) -> Option<f64> {
        let stretch = |is_counted: &dyn Fn(f64) -> bool| {
            let counted = self.successes();
            let counted = counted.filter(|request| is_counted(self.load_at(request)));
            let (elapsed, free) = counted.fold((0.0, 0.0), |(elapsed, free), request| {
                (elapsed + request.elapsed, free + request.free.max(0.5))
            });
            (free > 0.0).then_some(elapsed / free)
        };
        let low = self.little_load();
        Some(stretch(&|load| load >= 0.9)? / stretch(&|load| load <= low)?)
    }

    /// By which factor requests take longer under full load than under little: as multiples of their free
    /// times, and their medians.
    pub fn rise(&self) -> Option<(f64, f64)> {
        let low = self.little_load();
        let few = |request: &Request| self.load_at(request) <= low;
        let many = |request: &Request| self.load_at(request) >= 0.9;
        let median_of = |is_counted: &dyn Fn(&Request) -> bool| {
            let counted = self.successes().filter(|request| is_counted(request));
            median(counted.map(|request| request.elapsed))
        };
        Some((
            self.slowness(many, 15)? / self.slowness(few, 15)?,
            median_of(&many)? / median_of(&few)?,
        ))
    }

    /// Whether many more requests fail in a time, in shares of the plan, than otherwise.
    pub fn fails_in(&self, (from, to): (f64, f64)) -> bool {
        let count = |is_within: bool| {
            let requests = self.requests.iter().copied();
            Count::of(
                requests
                    .filter(|request| (from..to).contains(&self.share_at(request)) == is_within),
            )
        };
        count(true).ratio() >= count(false).ratio() + 0.2
    }

    /// From when to when a share of the users is active: the longest times, as shares of the plan, the
    /// longest first.
    pub fn steady_times(&self, share: f64) -> Vec<(f64, f64)> {
        const STEPS: usize = 2_000;
        let loads: Vec<f64> = match self.plan.arrivals {
            Loop::Open => (0..STEPS)
                .map(|step| self.plan.shape.load(step as f64 / STEPS as f64))
                .collect(),
            Loop::Closed => {
                let mut changes = vec![0.0; STEPS + 1];
                let step =
                    |ms: f64| (ms / self.plan.seconds * STEPS as f64 / 1e3).min(STEPS as f64);
                for (start, end) in &self.spans {
                    // A user thinks at the end, too.
                    changes[step(*start) as usize] += 1.0;
                    changes[step(end + 0.5 * self.plan.think_ms) as usize] -= 1.0;
                }
                let mut active = 0.0;
                let active = changes.iter().take(STEPS).map(|change| {
                    active += change;
                    active
                });
                active.collect()
            }
        };
        let most = loads.iter().copied().fold(0.0, f64::max);
        let mut times = Vec::new();
        let mut start = 0;
        for (step, load) in loads.iter().chain([&0.0]).enumerate() {
            if *load < most * share {
                if step > start {
                    times.push((start as f64 / STEPS as f64, step as f64 / STEPS as f64));
                }
                start = step + 1;
            }
        }
        times.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
        let longest = times.first().map_or(0.0, |time| time.1 - time.0);
        times.retain(|time| time.1 - time.0 >= 0.8 * longest);
        times
    }

    /// The longest time for which nearly all users are active.
    pub fn steady(&self) -> (f64, f64) {
        self.steady_times(0.96)
            .first()
            .copied()
            .unwrap_or((0.0, 0.0))
    }

    /// By which factor requests take longer at the end of constant load than at its start, as multiples
    /// of their free times; by which factor their median grows, and by how many ms.
    pub fn drift(&self) -> Option<(f64, f64, f64)> {
        let (from, to) = self.steady();
        if to - from < 0.15 {
            return None;
        }
        let part = |a: f64, b: f64| {
            let (a, b) = (from + (to - from) * a, from + (to - from) * b);
            move |request: &Request, x: f64| (a..b).contains(&x) && request.error.is_none()
        };
        let (first, last) = (part(0.0, 0.25), part(0.75, 1.0));
        let slow = |is: &dyn Fn(&Request, f64) -> bool| {
            let slowness = self.slowness(|request| is(request, self.share_at(request)), 10)?;
            let requests = self
                .requests
                .iter()
                .filter(|request| is(request, self.share_at(request)));
            Some((slowness, median(requests.map(elapsed))?))
        };
        let (first, last) = (slow(&first)?, slow(&last)?);
        Some((
            last.0 / first.0,
            last.1 / first.1.max(0.5),
            last.1 - first.1,
        ))
    }

    /// The largest share of time that a host's servers are busy under full load.
    pub fn utilisation(&self) -> f64 {
        let Some(servers) = self.plan.servers else {
            return 0.0;
        };
        const STEPS: usize = 1_000;
        let steps =
            (0..STEPS).filter(|&step| self.plan.shape.load(step as f64 / STEPS as f64) >= 0.9);
        let time = steps.count() as f64 / STEPS as f64 * self.plan.seconds * 1e3;
        let busy = (0..self.plan.hosts).map(|host| {
            let of = self.of_part(Part::Host(host));
            let of = of.filter(|request| self.load_at(request) >= 0.9);
            of.map(|request| request.service).sum::<f64>()
        });
        busy.fold(0.0, f64::max) / time / servers as f64
    }

    /// The highest throughput of successes in a stretch of the plan, and that under full load at its
    /// end, per second; each over a twelfth of the run.
    pub fn peak_and_last(&self) -> (f64, f64) {
        const SLICES: usize = 48;
        let mut counts = [0_usize; SLICES];
        for request in self.successes() {
            let x = (request.at + request.elapsed) / self.plan.seconds / 1e3;
            if x < 1.0 {
                counts[(x * SLICES as f64) as usize] += 1;
            }
        }
        let per_second = |sum: usize| sum as f64 * 12.0 / self.plan.seconds;
        let sums: Vec<usize> = counts
            .windows(4)
            .map(|window| window.iter().sum())
            .collect();
        let (_, to) = self.steady();
        let last = ((to * SLICES as f64) as usize)
            .saturating_sub(4)
            .min(sums.len() - 1);
        let peak = sums[..=last].iter().max().copied().unwrap_or(0);
        (per_second(peak), per_second(sums[last]))
    }

    /// Threads that were started, and the most that were active at once.
    pub fn threads(&self) -> (usize, usize) {
        let mut changes: Vec<(f64, i64)> = Vec::new();
        for (start, end) in &self.spans {
            changes.push((*start, 1));
            changes.push((*end, -1));
        }
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut active, mut most) = (0, 0);
        for (_, change) in changes {
            active += change;
            most = most.max(active);
        }
        let started = match self.plan.arrivals {
            Loop::Closed => self.spans.len(),
            Loop::Open => {
                1 + self
                    .requests
                    .iter()
                    .map(|request| request.user)
                    .max()
                    .unwrap_or(0)
            }
        };
        (started, most as usize)
    }

    /// Whether errors make the figures of all requests look better, and by which factors those of
    /// successes are larger: errors' median, median and p95.
    pub fn flattery(&self) -> Option<(f64, f64, f64)> {
        let errors = self
            .requests
            .iter()
            .filter(|request| request.error.is_some());
        let errors = median(errors.map(elapsed))?;
        let ok: Vec<f64> = self.successes().map(|request| elapsed(&request)).collect();
        let all: Vec<f64> = self.requests.iter().map(elapsed).collect();
        let of = |share: f64| {
            let ok = quantile(ok.iter().copied(), share)?;
            Some(ok / quantile(all.iter().copied(), share)?.max(0.5))
        };
        Some((
            of(0.5)? * self.median / errors.max(0.5),
            of(0.5)?,
            of(0.95)?,
        ))
    }

    /// Figures of steady load and of the whole run as the table has them: throughput, median, p95; samples
    /// that start within.
    pub fn steady_figures(&self) -> Option<([f64; 3], [f64; 3], usize)> {
        let (from, to) = self.steady();
        let within = |request: &&&Request| (from..to).contains(&self.share_at(request));
        let within: Vec<&Request> = self.requests.iter().filter(within).copied().collect();
        let figures = |requests: &[&Request]| {
            let of = |share| quantile(requests.iter().map(elapsed), share);
            let starts = requests.iter().map(|request| request.start);
            let ends = requests.iter().map(|request| request.end());
            let length = ends.fold(0.0, f64::max) - starts.fold(f64::INFINITY, f64::min);
            Some([requests.len() as f64 / length, of(0.5)?, of(0.95)?])
        };
        Some((figures(&within)?, figures(&self.requests)?, within.len()))
    }
}
