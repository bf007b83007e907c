//! Which insights are true of a run.

use serde_json::Value;

use crate::common::load::START;
use crate::facts::{Count, Facts, apart, median};
use crate::faults::{Failing, Fault, Part};
use crate::model;
use crate::musts::Must;
use crate::plan::Loop;

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
    pub fn is_about(&self, insight: &Value, part: Part) -> bool {
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

    pub fn is_at(&self, insight: &Value, moment: (f64, f64)) -> bool {
        let at = number(insight, "since_start_ms");
        at.is_some_and(|at| (moment.0..=moment.1).contains(&at))
    }

    /// Requests of a failure before, within and after its time.
    pub fn around(&self, part: Part, from: f64, to: f64) -> [Count; 3] {
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
    pub fn first_failure(&self, failing: &Failing) -> Option<(f64, f64)> {
        let of = self.of_part(failing.part);
        let failed = of.filter(|request| {
            self.share_at(request) >= failing.from && request.error == Some(failing.error)
        });
        let mut ends: Vec<f64> = failed.map(|request| request.end() - self.origin).collect();
        ends.sort_by(f64::total_cmp);
        // Of few failures, one or two may seem to be usual ones.
        let last = ends.get((ends.len() / 10).min(2))?;
        let since = self.since_start(failing.from * self.plan.seconds * 1e3);
        let tolerance = self.tolerance();
        Some((since - tolerance, last + tolerance))
    }

    pub fn timeout_ms(&self, failing: &Failing) -> f64 {
        match failing.time {
            crate::faults::FailTime::Fixed(ms) => ms,
            _ => 0.0,
        }
    }

    pub fn has_clocks_apart(&self) -> bool {
        let apart = |fault: &Fault| matches!(fault, Fault::ClocksApart { .. }).then_some(());
        self.plan.fault(apart).is_some()
    }

    /// The mean time between two requests, ms.
    pub fn spacing(&self) -> f64 {
        self.plan.seconds * 1e3 / self.requests.len().max(1) as f64
    }

    /// Whether the successes of a part take this many times as long as others'.
    pub fn is_slower(&self, part: Part, factor: f64, ms: f64) -> bool {
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

    /// When the last request sent before a moment of the plan ended, ms since the start.
    pub fn last_end_before(&self, at: f64) -> f64 {
        let sent = self.requests.iter();
        let sent = sent.filter(|request| self.share_at(request) < at);
        let ends = sent.map(|request| request.end() - self.origin);
        ends.fold(0.0, f64::max)
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
        // If clocks are apart, the rows of some load generators have a failure at another time.
        let off = faults().map(|fault| match fault {
            Fault::ClocksApart { ms, .. } => ms.abs(),
            _ => 0.0,
        });
        let off = off.fold(0.0, f64::max);
        match insight["kind"].as_str().unwrap_or_default() {
            "always_fails" => parts().iter().any(|&part| self.count(part).ratio() >= 0.9),
            "often_fails" => {
                let parts = parts();
                let named = parts.iter().filter(|part| **part != Part::Run);
                let (mut samples, mut errors) = (0, 0);
                for count in named.map(|&part| self.count(part)) {
                    (samples, errors) = (samples + count.samples, errors + count.errors);
                }
                let run = self.count(Part::Run);
                let others = (run.errors - errors) as f64 / (run.samples - samples).max(1) as f64;
                let is_often = |count: Count| count.errors >= 10 && count.ratio() >= 0.05;
                !parts.is_empty()
                    && parts.iter().all(|&part| match part {
                        Part::Run => is_often(run) || run.errors >= 100 && run.ratio() >= 0.01,
                        _ => {
                            let own = self.count(part);
                            is_often(own) && own.ratio() >= 2.0 * others
                        }
                    })
            }
            "unreachable" => parts()
                .iter()
                .any(|&part| self.unconnected(part) * 2 >= self.count(part).samples),
            "failing_since" => faults().any(|fault| {
                let Fault::FailingSince(failing) = fault else {
                    return false;
                };
                let is_at = self
                    .first_failure(failing)
                    .is_some_and(|(from, to)| self.is_at(insight, (from - off, to + off)));
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
                    self.is_at(insight, (from - off, to + off))
                })
            }),
            "timeouts" => fails().any(|failing| {
                let value = number(insight, "value_ms").unwrap_or(0.0);
                let ms = self.timeout_ms(failing);
                // Those that wait through a stall end later, all after the same time.
                let stalls = model::stalls(plan);
                let longer = stalls.iter().map(|(from, to)| to - from).chain([0.0]);
                longer
                    .map(|stall| ms + stall)
                    .any(|ms| (ms * 0.99 - 10.0..=ms * 1.01 + 10.0).contains(&value))
            }),
            "fast_errors" => self
                .flattery()
                .is_some_and(|(errors, median, p95)| errors >= 1.9 && median.max(p95) >= 1.09),
            "saturation" => {
                let is_planted =
                    |fault: &Fault| matches!(fault, Fault::Saturation(_) | Fault::Collapse(_));
                faults().any(is_planted) || self.utilisation() >= 0.85
            }
            "collapse" => {
                let (peak, last) = self.peak_and_last();
                // The rows do not show why: a server may have become slower for itself.
                let is_clear = last <= 0.8 * peak && model::stalls(plan).is_empty();
                plan.contention > 0.0 && last <= 0.85 * peak || is_clear
            }
            "rises_with_load" => {
                let rises = [self.rise().map(|(rise, _)| rise), self.queueing()];
                rises.into_iter().flatten().any(|rise| rise >= 1.2)
            }
            "drift" => self.drift().is_some_and(|(factor, ..)| factor >= 1.2),
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
                    && self
                        .steady_times(0.93)
                        .iter()
                        .chain(&self.steady_times(0.96))
                        .any(|(from, _)| {
                            let at = self.since_start(from * plan.seconds * 1e3);
                            self.is_at(insight, (at - tolerance, at + tolerance))
                        })
            }
            "late_generator" => {
                let is_planted = |fault: &Fault| matches!(fault, Fault::LateGenerator { .. });
                faults().any(is_planted)
                    || self.utilisation() >= 0.8
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
            "stall" => {
                let is_planted = model::stalls(plan).iter().any(|&(from, to)| {
                    let tolerance = self.tolerance() + 2.0 * (to - from);
                    let (from, to) = (self.since_start(from), self.since_start(to));
                    self.is_at(insight, (from - tolerance, to + tolerance))
                });
                is_planted || self.is_blocked(insight)
            }
            "periodic_stalls" => faults().any(|fault| match fault {
                Fault::PeriodicStalls { period, .. } => {
                    let said = number(insight, "period_ms").unwrap_or(0.0);
                    apart(said, period * plan.seconds * 1e3) <= 1.1
                }
                _ => false,
            }),
            "gap" => {
                let said = number(insight, "length_ms").unwrap_or(0.0);
                let is_planted = faults().any(|fault| match fault {
                    Fault::Gap { at, ms } => {
                        let start = self.since_start(at * plan.seconds * 1e3 - 1.0);
                        let tolerance =
                            2.0 * self.tolerance() + 20.0 * self.spacing() + 10.0 * self.median;
                        // It begins when the last request that was sent before it ends, a timeout perhaps.
                        let under_way = (self.last_end_before(*at) - start).max(0.0);
                        self.is_at(insight, (start - tolerance, start + under_way + tolerance))
                            && said <= ms + 2.0 * tolerance
                            && said >= ms - under_way - 2.0 * tolerance
                    }
                    _ => false,
                });
                // A plan that has no user for a while.
                let idle = |x: f64| plan.shape.load(x) * (plan.users / plan.engines) as f64 <= 0.5;
                let steps = (0..1_000).filter(|step| idle(f64::from(*step) / 1e3));
                let idle = steps.count() as f64 / 1e3 * plan.seconds * 1e3;
                // More than a few rows at a stray time may be a run of their own.
                let is_stray = faults().any(|fault| match fault {
                    Fault::StrayTimes { rows, time } => {
                        *time > START as i64 && insight["samples_after"] == *rows
                    }
                    _ => false,
                });
                is_planted
                    || is_stray
                    || plan.arrivals == Loop::Closed && said > 0.0 && idle >= 0.8 * said
            }
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
                let (_, connect, latency) = self.connects();
                connect >= 0.45 * latency
            }
            "stray_times" => faults().any(|fault| match fault {
                Fault::StrayTimes { rows, .. } => insight["samples"] == *rows,
                _ => false,
            }),
            "bimodal" => faults().any(|fault| match fault {
                Fault::Bimodal { label, .. } => self.is_about(insight, Part::Label(*label)),
                // Some of its requests go to a slow place, or open a connection.
                Fault::SlowHost { .. } | Fault::SlowEngine { .. } | Fault::ConnectTime { .. } => {
                    true
                }
                _ => false,
            }),
            _ => false,
        }
    }

    /// Whether the requests held up waited for others, as an insight says: a long request may block the only
    /// server of a host, again and again. That one did not wait, and a few more may be long themselves.
    fn is_blocked(&self, insight: &Value) -> bool {
        let of = |field| number(insight, field).unwrap_or(0.0);
        let (from, to) = (of("from_ms") - START, of("to_ms") - START);
        let held_up = self.requests.iter().filter(|request| {
            (from..to).contains(&request.end()) && request.elapsed >= of("held_up_ms")
        });
        let (mut all, mut waited) = (0, 0);
        for request in held_up {
            all += 1;
            // Longer than it was served.
            waited += usize::from(request.elapsed >= 2.0 * request.free);
        }
        waited >= 4 && waited * 4 >= all * 3
    }
}
