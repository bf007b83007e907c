//! Which insights a run must have.

use crate::facts::{Count, Facts, apart, median, quantile};
use crate::faults::{Fault, Part};
use crate::model::{self, Request};
use crate::plan::Loop;
use crate::sizes;

/// An insight that a run must have.
#[derive(Debug, Clone)]
pub struct Must {
    pub kind: &'static str,
    /// What it must name: parts that are the same requests; empty if nothing.
    pub parts: Vec<Part>,
    /// When it must say that it begins, ms since the start.
    pub moment: Option<(f64, f64)>,
}

impl Facts<'_> {
    /// The insights that the run must have.
    pub fn musts(&self) -> Vec<Must> {
        let mut musts: Vec<Must> = self
            .plan
            .faults
            .iter()
            .filter_map(|fault| self.must(fault))
            .collect();
        if self.is_steady_different() {
            musts.push(Must {
                kind: "steady_window",
                parts: Vec::new(),
                moment: None,
            });
        }
        musts
    }

    fn must(&self, fault: &Fault) -> Option<Must> {
        let plan = self.plan;
        let median_ms = self.median;
        // A gap may lie between two runs, which have no common course.
        let has_gap = |fault: &Fault| matches!(fault, Fault::Gap { .. }).then_some(());
        let is_clear =
            !self.is_blind() && !self.has_clocks_apart() && plan.fault(has_gap).is_none();
        // A stall that lasts while many users start hides at how many of them times begin to rise.
        let up = (0..=1_000)
            .map(|x| f64::from(x) / 1e3)
            .find(|&x| plan.shape.load(x) >= 0.98);
        let rise_ms = up.unwrap_or(1.0) * plan.seconds * 1e3;
        let is_held_up = model::stalls(plan)
            .iter()
            .any(|(from, to)| *from < rise_ms && to - from >= rise_ms * sizes::STALLED);
        let mut parts = Vec::new();
        let mut moment = None;
        let is_large = match fault {
            Fault::AlwaysFails(failing) => {
                parts = self.same(failing.part);
                let count = self.count(failing.part);
                let is_named = match failing.part {
                    Part::Host(_) => plan.has_url,
                    _ => true,
                };
                is_named && count.samples >= sizes::ALWAYS.0 && count.ratio() >= sizes::ALWAYS.1
            }
            Fault::Unreachable(failing) => {
                parts = match plan.hosts {
                    1 => Vec::new(),
                    _ => vec![failing.part],
                };
                let count = self.count(failing.part);
                count.samples >= sizes::ALWAYS.0
                    && self.unconnected(failing.part) as f64
                        >= sizes::ALWAYS.1 * count.samples as f64
            }
            Fault::FailingSince(failing) => {
                parts = self.same(failing.part);
                let is_run = parts.contains(&Part::Run);
                // Of a host or an engine, others failures hide that no request succeeds any more.
                let is_out = self.of_part(failing.part).all(|request| {
                    (request.error.is_some()) == (self.share_at(request) >= failing.from)
                });
                let is_label = matches!(failing.part, Part::Label(_));
                // Without URLs there are no hosts, and figures of a host may include stray times.
                let is_stray = |fault: &Fault| matches!(fault, Fault::StrayTimes { .. });
                let is_unknown = matches!(failing.part, Part::Host(_)) && !plan.has_url
                    || plan.faults.iter().any(is_stray);
                if !(is_label || is_out)
                    || is_unknown
                    || self.count(failing.part).samples * 5 >= self.requests.len() * 4
                {
                    parts.push(Part::Run);
                }
                moment = self.first_failure(failing);
                let [before, after, _] = self.around(failing.part, failing.from, 2.0);
                let all = self.requests.len() as f64;
                before.samples >= sizes::AROUND
                    && before.samples as f64 >= sizes::BEFORE_SINCE * all
                    && after.errors >= sizes::ERRORS
                    // Of a part that fails nine of ten times, that is told instead.
                    && (self.count(failing.part).ratio() < sizes::ALWAYS.1 || is_run)
                    && after.ratio() >= sizes::SINCE_RATIO.max(sizes::TIMES_BEFORE * before.ratio())
                    && after.errors as f64 >= sizes::SINCE_SHARE * all
                    && !self.has_clocks_apart()
            }
            Fault::Burst(failing) => {
                moment = self.first_failure(failing);
                let [before, within, after] = self.around(failing.part, failing.from, failing.to);
                let during = self.around(Part::Run, failing.from, failing.to)[1];
                before.samples.min(after.samples) >= sizes::AROUND
                    && within.errors >= sizes::ERRORS
                    && during.ratio()
                        >= sizes::BURST_RATIO.max(sizes::TIMES_BEFORE * before.ratio())
                    && !self.has_clocks_apart()
            }
            Fault::Timeouts(failing) => {
                let of = self.requests.iter();
                let of = of.filter(|r| r.error == Some(failing.error) && r.held < 1.0);
                let count = of.count();
                let timeout_ms = self.timeout_ms(failing);
                let longer = self.requests.iter();
                let longer = longer.filter(|r| r.elapsed >= timeout_ms * 1.02);
                count >= sizes::TIMEOUTS.0
                    && count as f64 >= sizes::TIMEOUTS.1 * self.requests.len() as f64
                    && timeout_ms >= sizes::TIMEOUTS.2 * median_ms
                    && longer.count() as f64 <= sizes::TIMEOUTS.3 * count as f64
            }
            Fault::FastErrors(_) => {
                let errors = self.count(Part::Run).errors;
                let ok = median(self.successes().map(|request| request.elapsed)).unwrap_or(0.0);
                let is_flattered = self.flattery().is_some_and(|(errors, median, p95)| {
                    errors >= sizes::FAST_ERRORS.2 && median.max(p95) >= sizes::FAST_ERRORS.3
                });
                errors >= sizes::FAST_ERRORS.0 && ok >= sizes::FAST_ERRORS.1 && is_flattered
            }
            Fault::OftenFails(failing) => {
                parts = self.same(failing.part);
                let run = self.count(Part::Run);
                let own = self.count(failing.part);
                let others = Count {
                    samples: run.samples - own.samples,
                    errors: run.errors - own.errors,
                };
                let is_run = parts.contains(&Part::Run);
                // A label with most of the requests is as good as the run.
                if own.samples * 2 >= run.samples {
                    parts.push(Part::Run);
                }
                match is_run {
                    true => own.errors >= sizes::OFTEN.0 && own.ratio() >= sizes::OFTEN.1,
                    false => {
                        own.errors >= sizes::OFTEN_LABEL.0
                            && own.ratio() >= sizes::OFTEN_LABEL.1
                            && others.ratio() <= sizes::OFTEN_LABEL.2
                    }
                }
            }
            Fault::Saturation(_) => {
                is_clear
                    && !is_held_up
                    && self.requests.len() >= sizes::LOAD_SAMPLES
                    && self
                        .rise()
                        .is_some_and(|(rise, _)| rise >= sizes::SATURATED)
            }
            Fault::Collapse(_) => {
                let (peak, last) = self.peak_and_last();
                is_clear
                    && !is_held_up
                    && sizes::COLLAPSED.iter().any(|(samples, left)| {
                        self.requests.len() >= *samples && last <= peak * left
                    })
            }
            Fault::Rise(_) => {
                let p95 = quantile(self.requests.iter().map(|r| r.elapsed), 0.95);
                is_clear
                    && !is_held_up
                    && rise_ms >= sizes::RISE_P95S * p95.unwrap_or(0.0)
                    && self.requests.len() >= sizes::RISE.0
                    && self
                        .rise()
                        .is_some_and(|(rise, medians)| rise.min(medians) >= sizes::RISE.1)
                    && median_ms >= sizes::RISE.2
            }
            Fault::Drift(_) => {
                plan.arrivals == Loop::Closed
                    && is_clear
                    && self.requests.len() >= sizes::DRIFT.0
                    && self.drift().is_some_and(|(factor, medians, ms)| {
                        // The rows show medians, whatever else made them differ.
                        factor.min(medians) >= sizes::DRIFT.1 && ms >= sizes::DRIFT.2
                    })
            }
            Fault::LowLoad => {
                let (started, most) = self.threads();
                started >= sizes::LOW_LOAD.0 && most * sizes::LOW_LOAD.1 <= started
            }
            Fault::LateGenerator {
                from, to, pace_ms, ..
            } => {
                let length = (to - from) * plan.seconds * 1e3;
                let planned = length / pace_ms * self.spans.len() as f64;
                let sent = self
                    .requests
                    .iter()
                    .filter(|request| (*from..*to).contains(&self.share_at(request)));
                moment = Some((
                    self.since_start(from * plan.seconds * 1e3) - self.tolerance(),
                    self.since_start(to * plan.seconds * 1e3) + self.tolerance(),
                ));
                is_clear
                    && self.requests.len() >= sizes::LATE.0
                    && planned - sent.count() as f64 >= sizes::LATE.1
                    && self.count(Part::Run).ratio() <= sizes::LATE.2
            }
            Fault::StrayTimes { .. } => self.requests.len() >= sizes::STRAY,
            Fault::Stall { ms, .. } => {
                let (from, to) = model::stalls(plan)[0];
                let tolerance = self.tolerance();
                moment = Some((
                    self.since_start(from) - tolerance - ms,
                    self.since_start(to) + tolerance,
                ));
                let held = self.requests.iter().filter(|r| r.held >= ms / 2.0);
                // The median around it: a queue may have grown. The load may grow, too.
                let beside = |between: &dyn Fn(&Request) -> f64| {
                    let near = self.requests.iter().filter(|request| {
                        (0.0..0.15 * plan.seconds * 1e3).contains(&between(request))
                    });
                    median(near.map(|request| request.elapsed)).unwrap_or(median_ms)
                };
                let before = beside(&|request| from - request.at - request.elapsed);
                let after = beside(&|request| request.at - to);
                let median_ms = median_ms.max(before).max(after);
                let failed = held.clone().filter(|request| request.error.is_some());
                *ms >= (sizes::STALL.0 * median_ms).max(sizes::STALL.1)
                    && *ms >= sizes::STALL.3 * self.longest_silence((from, to))
                    && failed.count() as f64 <= sizes::STALL_FAILED * held.clone().count() as f64
                    && self.usually_as_long() <= sizes::STALL_USUAL
                    && held.count() >= sizes::STALL.2
                    && !self.is_blind()
                    && !self.has_clocks_apart()
            }
            Fault::PeriodicStalls { ms, .. } => {
                let stalls = model::stalls(plan);
                let held = self.requests.iter().filter(|r| r.held >= ms / 2.0);
                *ms >= (sizes::STALL.0 * median_ms).max(sizes::STALL.1)
                    && self.usually_as_long() <= sizes::STALL_USUAL
                    && stalls.len() >= sizes::PERIODIC.0
                    && held.count() >= sizes::PERIODIC.1 * stalls.len()
                    && !self.has_clocks_apart()
            }
            Fault::Gap { at, ms } => {
                let start = self.since_start(at * plan.seconds * 1e3 - 1.0);
                let tolerance = self.tolerance() + 2.0 * self.length / 400.0;
                moment = Some((
                    start - tolerance - 10.0 * self.spacing(),
                    start + tolerance + 10.0 * median_ms,
                ));
                let before = self
                    .requests
                    .iter()
                    .filter(|request| self.share_at(request) < *at)
                    .count();
                let after = self.requests.len() - before;
                // At a low load, nothing is sent for a while anyway.
                let begin = at * plan.seconds * 1e3;
                let beside = |from: f64, to: f64| {
                    let (from, to) = (from.max(0.0), to.min(plan.seconds * 1e3));
                    let sent = self.requests.iter().filter(|r| (from..to).contains(&r.at));
                    sent.count() as f64 * ms / (to - from)
                };
                let missing = beside(begin - ms, begin).min(beside(begin, begin + ms));
                before.min(after) >= sizes::GAP.2
                    && *ms >= sizes::GAP.0
                    && missing >= sizes::GAP.1
                    // No request was under way for long after it began.
                    && self.last_end_before(*at) <= start + 0.05 * ms
                    && !self.has_clocks_apart()
            }
            Fault::ClocksApart { engine, ms } => {
                parts = vec![Part::Engine(*engine)];
                let rows = (0..plan.engines).map(|engine| self.count(Part::Engine(engine)).samples);
                plan.has_threads
                    && rows.min().unwrap_or(0) >= sizes::CLOCKS.0
                    && ms.abs() >= self.length * sizes::CLOCKS.1
            }
            Fault::SlowLabel { label, .. } => {
                parts = vec![Part::Label(*label)];
                let is_clear = !self.is_blind();
                is_clear
                    && self.count(parts[0]).samples >= sizes::SLOW_LABEL.0
                    && self.is_slower(parts[0], sizes::SLOW_LABEL.1, sizes::SLOW_LABEL.2)
            }
            Fault::SlowHost { host, .. } => {
                parts = vec![Part::Host(*host)];
                let count = self.count(parts[0]).samples;
                !self.is_blind()
                    && count >= sizes::SLOW_ORIGIN.0
                    && count * 10 >= self.requests.len()
                    && self.is_slower(parts[0], sizes::SLOW_ORIGIN.1, sizes::SLOW_ORIGIN.2)
            }
            Fault::SlowEngine { engine, .. } => {
                parts = vec![Part::Engine(*engine)];
                let count = self.count(parts[0]).samples;
                !self.is_blind()
                    && count >= sizes::SLOW_ORIGIN.0
                    && count * 10 >= self.requests.len()
                    && self.is_slower(parts[0], sizes::SLOW_ORIGIN.1, sizes::SLOW_ORIGIN.2)
            }
            Fault::NewConnections(median) => {
                !self.is_blind()
                    && plan.has_connect
                    && self.requests.len() >= sizes::CONNECTIONS.0
                    && *median >= sizes::CONNECTIONS.1
            }
            Fault::ConnectTime { .. } => {
                let (samples, connect, latency) = self.connects();
                plan.has_connect
                    && samples * 2 >= self.requests.len()
                    && samples >= sizes::CONNECT_TIME.0
                    && connect >= sizes::CONNECT_TIME.1 * latency
                    && connect >= sizes::CONNECT_TIME.2 * samples as f64
            }
            Fault::Bimodal { label, factor, .. } => {
                parts = vec![Part::Label(*label)];
                let fast = plan.service_ms * plan.labels[*label].slowness / factor;
                !self.is_blind()
                    && self.count(parts[0]).samples >= sizes::BIMODAL.0
                    && plan.faults.len() == 1
                    && fast * (factor - 1.0) >= sizes::BIMODAL.1
            }
        };
        is_large.then_some(Must {
            kind: fault.kind(),
            parts,
            moment,
        })
    }

    /// The mean share of users that are active outside of a time of the plan.
    fn load_beside(&self, (from, to): (f64, f64)) -> f64 {
        let steps = (0..1_000).map(|step| f64::from(step) / 1e3);
        let beside = steps.filter(|x| !(from..to).contains(x));
        let loads: Vec<f64> = beside.map(|x| self.plan.shape.load(x)).collect();
        loads.iter().sum::<f64>() / loads.len().max(1) as f64
    }

    /// The longest time in which no request ended although the next was under way, apart from a time of the
    /// plan, ms: users that go in step leave such silences.
    fn longest_silence(&self, apart_from: (f64, f64)) -> f64 {
        let mut ends: Vec<(f64, f64)> = self
            .requests
            .iter()
            .map(|request| (request.at + request.elapsed, request.at))
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let others = ends
            .windows(2)
            .filter(|pair| pair[1].0 <= apart_from.0 || pair[0].0 >= apart_from.1);
        let silences = others.map(|pair| pair[1].0 - pair[0].0.max(pair[1].1));
        silences.fold(0.0, f64::max)
    }

    /// The share of the requests that no stall held up and that took half as long as the shortest stall.
    fn usually_as_long(&self) -> f64 {
        let min = (sizes::STALL.0 * self.median).max(sizes::STALL.1) / 2.0;
        let free = self.requests.iter().filter(|request| request.held < 1.0);
        let long = free.clone().filter(|request| request.elapsed >= min);
        long.count() as f64 / free.count().max(1) as f64
    }

    /// All parts whose requests are exactly those of a part.
    fn same(&self, part: Part) -> Vec<Part> {
        let own = self.count(part);
        let parts = self.parts().into_iter();
        let same = parts.filter(|&other| {
            self.count(other).samples == own.samples
                && self
                    .of_part(other)
                    .filter(|request| request.is_of(part))
                    .count()
                    == own.samples
        });
        same.collect()
    }

    fn is_steady_different(&self) -> bool {
        let (from, to) = self.steady();
        let Some((steady, whole, samples)) = self.steady_figures() else {
            return false;
        };
        let others = self.requests.len() - samples;
        self.plan.has_threads
            && self.plan.arrivals == Loop::Closed
            && self.plan.iterations.is_none()
            && self.plan.users >= sizes::STEADY.0
            && (0.25..0.75).contains(&(to - from))
            && samples >= sizes::STEADY.1
            && others >= sizes::STEADY.2
            && apart(steady[0], whole[0]) >= sizes::STEADY.3
            && self.load_beside((from, to)) <= sizes::STEADY_BESIDE
            // Figures of errors are no steady state.
            && !self.fails_in((from, to))
            && !self.plan.faults.iter().any(|fault| {
                matches!(
                    fault,
                    Fault::Gap { .. }
                        | Fault::ClocksApart { .. }
                        | Fault::StrayTimes { .. }
                        | Fault::Stall { .. }
                        | Fault::PeriodicStalls { .. }
                )
            })
    }
}
