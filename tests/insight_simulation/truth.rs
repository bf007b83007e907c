//! Which insights a run must have, and which are true of it.

use serde_json::Value;

use crate::facts::{Count, Facts, apart, median};
use crate::faults::{Failing, Fault, Part};
use crate::model;
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

/// The name of a part in an insight's `part`.
fn word(part: Part) -> &'static str {
    match part {
        Part::Run => "run",
        Part::Label(_) => "label",
        Part::Host(_) => "host",
        Part::Engine(_) => "engine",
        Part::Group(_) => "thread_group",
    }
}

/// Whether any text in an insight is this name.
fn names(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text == name || text.strip_suffix(":80") == Some(name),
        Value::Array(values) => values.iter().any(|value| names(value, name)),
        Value::Object(fields) => fields.values().any(|value| names(value, name)),
        _ => false,
    }
}

fn number(insight: &Value, field: &str) -> Option<f64> {
    insight[field].as_f64()
}

impl Facts<'_> {
    /// Whether an insight that must be there is this one.
    pub fn fits(&self, must: &Must, insight: &Value) -> bool {
        let is_kind = insight["kind"] == must.kind;
        let is_part =
            must.parts.is_empty() || must.parts.iter().any(|&part| self.is_about(insight, part));
        let is_moment = must.moment.is_none_or(|moment| self.is_at(insight, moment));
        is_kind && is_part && is_moment
    }

    /// Whether an insight is about a part of the run.
    fn is_about(&self, insight: &Value, part: Part) -> bool {
        let is_sort = insight["part"].as_str().is_none_or(|own| own == word(part));
        match self.plan.name(part) {
            Some(name) => is_sort && names(insight, &name),
            None => {
                insight["part"] == "run"
                    || ["label", "host", "engine", "name"]
                        .iter()
                        .all(|f| insight[f].is_null())
            }
        }
    }

    fn is_at(&self, insight: &Value, moment: (f64, f64)) -> bool {
        let at = number(insight, "since_start_ms");
        at.is_some_and(|at| (moment.0..=moment.1).contains(&at))
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

    /// Requests of a failure before, within and after its time.
    fn around(&self, part: Part, from: f64, to: f64) -> [Count; 3] {
        let within = |a: f64, b: f64| {
            let of = self.of_part(part);
            Count::of(of.filter(|request| (a..b).contains(&self.share_at(request))))
        };
        [
            within(-1.0, from),
            within(from, to),
            within(to, f64::INFINITY),
        ]
    }

    /// When the first failure since a moment of the plan may be said to have begun.
    fn first_failure(&self, failing: &Failing) -> Option<(f64, f64)> {
        let of = self.of_part(failing.part);
        let failed = of.filter(|request| {
            self.share_at(request) >= failing.from && request.error == Some(failing.error)
        });
        let first = failed
            .map(|request| request.end() - self.origin)
            .fold(f64::INFINITY, f64::min);
        let since = self.since_start(failing.from * self.plan.seconds * 1e3);
        let tolerance = self.tolerance();
        first
            .is_finite()
            .then_some((since - tolerance, first + tolerance))
    }

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
        let is_clear = !self.is_blind() && !self.has_clocks_apart();
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
                moment = self.first_failure(failing);
                let [before, after, _] = self.around(failing.part, failing.from, 2.0);
                before.samples >= sizes::AROUND
                    && after.errors >= sizes::ERRORS
                    && after.ratio() >= sizes::SINCE_RATIO.max(sizes::TIMES_BEFORE * before.ratio())
                    && after.errors as f64 >= sizes::SINCE_SHARE * self.requests.len() as f64
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
                let of = self
                    .requests
                    .iter()
                    .filter(|request| request.error == Some(failing.error));
                let count = of.count();
                count >= sizes::TIMEOUTS.0
                    && count as f64 >= sizes::TIMEOUTS.1 * self.requests.len() as f64
                    && self.timeout_ms(failing) >= sizes::TIMEOUTS.2 * median_ms
            }
            Fault::FastErrors(_) => {
                let errors = self.count(Part::Run).errors;
                let ok = median(self.successes().map(|request| request.elapsed)).unwrap_or(0.0);
                let is_flattered = self.flattery().is_some_and(|(errors, median, p95)| {
                    errors >= sizes::FAST_ERRORS.2 && median.max(p95) >= sizes::FAST_ERRORS.3
                });
                errors >= sizes::FAST_ERRORS.0 && ok >= sizes::FAST_ERRORS.1 && is_flattered
            }
            Fault::Saturation(_) => {
                is_clear
                    && self.requests.len() >= sizes::LOAD_SAMPLES
                    && self.rise().is_some_and(|rise| rise >= sizes::SATURATED)
            }
            Fault::Collapse(_) => {
                let (peak, last) = self.peak_and_last();
                is_clear
                    && self.requests.len() >= sizes::LOAD_SAMPLES
                    && last <= peak * sizes::COLLAPSED
            }
            Fault::Rise(_) => {
                is_clear
                    && self.requests.len() >= sizes::RISE.0
                    && self.rise().is_some_and(|rise| rise >= sizes::RISE.1)
                    && median_ms >= sizes::RISE.2
            }
            Fault::Drift(_) => {
                is_clear
                    && self.requests.len() >= sizes::DRIFT.0
                    && self.drift().is_some_and(|(factor, ms)| {
                        factor >= sizes::DRIFT.1 && ms >= sizes::DRIFT.2
                    })
            }
            Fault::LowLoad => {
                let (started, most) = self.threads();
                started >= sizes::LOW_LOAD.0 && most * sizes::LOW_LOAD.1 <= started
            }
            Fault::Stall { ms, .. } => {
                let (from, to) = model::stalls(plan)[0];
                let tolerance = self.tolerance();
                moment = Some((
                    self.since_start(from) - tolerance - ms,
                    self.since_start(to) + tolerance,
                ));
                let held = self
                    .requests
                    .iter()
                    .filter(|request| request.held >= ms / 2.0);
                *ms >= (sizes::STALL.0 * median_ms).max(sizes::STALL.1)
                    && held.count() >= sizes::STALL.2
                    && !self.has_clocks_apart()
            }
            Fault::PeriodicStalls { ms, .. } => {
                let stalls = model::stalls(plan);
                let held = self
                    .requests
                    .iter()
                    .filter(|request| request.held >= ms / 2.0);
                *ms >= (sizes::STALL.0 * median_ms).max(sizes::STALL.1)
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
                // No request was under way for long after it began.
                let reach = self
                    .requests
                    .iter()
                    .filter(|request| self.share_at(request) < *at);
                let reach = reach
                    .map(|request| request.end() - self.origin)
                    .fold(0.0, f64::max);
                before.min(after) >= sizes::GAP.2
                    && *ms >= sizes::GAP.0
                    && *ms >= sizes::GAP.1 * self.spacing()
                    && reach <= start + 0.05 * ms
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

    fn timeout_ms(&self, failing: &Failing) -> f64 {
        match failing.time {
            crate::faults::FailTime::Fixed(ms) => ms,
            _ => 0.0,
        }
    }

    fn has_clocks_apart(&self) -> bool {
        let apart = |fault: &Fault| matches!(fault, Fault::ClocksApart { .. }).then_some(());
        self.plan.fault(apart).is_some()
    }

    /// The mean time between two requests, ms.
    fn spacing(&self) -> f64 {
        self.plan.seconds * 1e3 / self.requests.len().max(1) as f64
    }

    /// Whether the successes of a part take this many times as long as others'.
    fn is_slower(&self, part: Part, factor: f64, ms: f64) -> bool {
        let ok = |is_own: bool| {
            let of = self
                .successes()
                .filter(|request| request.is_of(part) == is_own);
            median(of.map(|request| request.elapsed.round()))
        };
        let (Some(own), Some(others)) = (ok(true), ok(false)) else {
            return false;
        };
        own >= others * factor && own - others >= ms
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
            && !self.plan.faults.iter().any(|fault| {
                matches!(
                    fault,
                    Fault::Gap { .. }
                        | Fault::ClocksApart { .. }
                        | Fault::Stall { .. }
                        | Fault::PeriodicStalls { .. }
                )
            })
    }

    /// Whether an insight is true of the run.
    pub fn is_true(&self, insight: &Value) -> bool {
        let plan = self.plan;
        let parts = || {
            let parts = self.parts().into_iter();
            parts
                .filter(|&part| self.is_about(insight, part))
                .collect::<Vec<Part>>()
        };
        let faults = || plan.faults.iter();
        let fails = || faults().filter_map(Fault::failing);
        match insight["kind"].as_str().unwrap_or_default() {
            "always_fails" => parts().iter().any(|&part| self.count(part).ratio() >= 0.9),
            "unreachable" => parts()
                .iter()
                .any(|&part| self.unconnected(part) * 2 >= self.count(part).samples),
            "failing_since" => faults().any(|fault| {
                let Fault::FailingSince(failing) = fault else {
                    return false;
                };
                let is_at = self
                    .first_failure(failing)
                    .is_some_and(|moment| self.is_at(insight, moment));
                is_at
                    && parts().iter().any(|&part| {
                        let [before, after, _] = self.around(part, failing.from, 2.0);
                        after.errors >= 10 && after.ratio() >= 3.0 * before.ratio()
                    })
            }),
            "error_burst" => faults().any(|fault| {
                let Fault::Burst(failing) = fault else {
                    return false;
                };
                let moment = self.first_failure(failing);
                moment.is_some_and(|(from, _)| {
                    let to = self.since_start(failing.to * plan.seconds * 1e3) + self.tolerance();
                    self.is_at(insight, (from, to))
                })
            }),
            "timeouts" => fails().any(|failing| {
                let value = number(insight, "value_ms").unwrap_or(0.0);
                let ms = self.timeout_ms(failing);
                (ms * 0.99 - 10.0..=ms * 1.01 + 10.0).contains(&value)
            }),
            "fast_errors" => self
                .flattery()
                .is_some_and(|(errors, median, p95)| errors >= 1.9 && median.max(p95) >= 1.09),
            "saturation" => self.utilisation() >= 0.85,
            "collapse" => {
                let (peak, last) = self.peak_and_last();
                plan.contention > 0.0 && last <= 0.85 * peak
            }
            "rises_with_load" => self.rise().is_some_and(|rise| rise >= 1.2),
            "drift" => self.drift().is_some_and(|(factor, _)| factor >= 1.2),
            "low_load" => {
                let (started, most) = self.threads();
                started >= 20 && most * 3 <= started
            }
            "steady_window" => {
                let tolerance = 2.0 * self.tolerance() + 0.03 * self.length;
                let is_other = self.steady_figures().is_some_and(|(steady, whole, _)| {
                    apart(steady[0], whole[0]) >= 1.1
                        || apart(steady[1], whole[1]) >= 1.15
                        || apart(steady[2], whole[2]) >= 1.15
                });
                is_other
                    && self.steady_times().iter().any(|(from, _)| {
                        let at = self.since_start(from * plan.seconds * 1e3);
                        self.is_at(insight, (at - tolerance, at + tolerance))
                    })
            }
            "late_generator" => {
                self.utilisation() >= 0.8
                    || fails().any(|failing| self.timeout_ms(failing) > 0.0)
                    || faults().any(|fault| {
                        matches!(
                            fault,
                            Fault::Stall { .. }
                                | Fault::PeriodicStalls { .. }
                                | Fault::Drift(_)
                                | Fault::Rise(_)
                                | Fault::Collapse(_)
                                | Fault::Saturation(_)
                        )
                    })
            }
            "stall" => model::stalls(plan).iter().any(|&(from, to)| {
                let tolerance = self.tolerance() + 2.0 * (to - from);
                self.is_at(
                    insight,
                    (
                        self.since_start(from) - tolerance,
                        self.since_start(to) + tolerance,
                    ),
                )
            }),
            "periodic_stalls" => faults().any(|fault| match fault {
                Fault::PeriodicStalls { period, .. } => {
                    let said = number(insight, "period_ms").unwrap_or(0.0);
                    apart(said, period * plan.seconds * 1e3) <= 1.1
                }
                _ => false,
            }),
            "gap" => faults().any(|fault| match fault {
                Fault::Gap { at, ms } => {
                    let start = self.since_start(at * plan.seconds * 1e3 - 1.0);
                    let tolerance =
                        2.0 * self.tolerance() + 20.0 * self.spacing() + 10.0 * self.median;
                    let said = number(insight, "length_ms").unwrap_or(0.0);
                    self.is_at(insight, (start - tolerance, start + tolerance))
                        && (said - ms).abs() <= 2.0 * tolerance
                }
                _ => false,
            }),
            "clocks_apart" => faults().any(|fault| match fault {
                Fault::ClocksApart { engine, .. } => self.is_about(insight, Part::Engine(*engine)),
                _ => false,
            }),
            "slow_label" | "slow_host" | "slow_engine" => {
                let least = if insight["kind"] == "slow_label" {
                    4.0
                } else {
                    2.5
                };
                parts()
                    .iter()
                    .any(|&part| part != Part::Run && self.is_slower(part, least, 15.0))
            }
            "new_connections" => {
                let counted = self
                    .successes()
                    .filter(|request| request.connect.round() >= 1.0);
                counted.count() as f64 >= 0.9 * self.successes().count() as f64
            }
            "connect_time" => {
                let sum =
                    |of: fn(&crate::model::Request) -> f64| self.successes().map(of).sum::<f64>();
                sum(|request| request.connect) >= 0.4 * sum(|request| request.elapsed * 0.9)
            }
            "bimodal" => faults().any(|fault| match fault {
                Fault::Bimodal { label, .. } => self.is_about(insight, Part::Label(*label)),
                // Some of its requests go to a slow place.
                Fault::SlowHost { .. } | Fault::SlowEngine { .. } => true,
                _ => false,
            }),
            _ => false,
        }
    }
}
