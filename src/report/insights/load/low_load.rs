//! Almost no load: users finish before others begin.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::{Told, Totals, severity};
use crate::format;
use crate::stats::Aggregate;

/// Fewest users.
const MIN_USERS: u64 = 25;

/// Largest share of the users that are ever active at the same time.
const MAX_SHARE_ACTIVE: f64 = 0.25;

/// What it costs: the plan may be meant so, as one with a rate and not with a number of users.
const COST: f64 = severity::MISLEADING * 0.2;

/// Users of which few were ever active at the same time. Rows of transaction controllers do not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LowLoad {
    /// Threads with samples: the sum of the largest number of a thread in each thread group of each
    /// load generator.
    pub threads_started: u64,
    /// Most threads active at the same time: the sum of the largest allThreads of each load generator.
    pub max_threads: u64,
}

impl Told for LowLoad {
    fn sentence(&self) -> String {
        format!(
            "{} users started, but at most {} were active at the same time: most had finished before \
             others began.",
            format::thousands(self.threads_started),
            format::thousands(self.max_threads),
        )
    }

    fn cost(&self, _run: &Totals) -> f64 {
        COST
    }
}

pub(super) fn find(aggregate: &Aggregate) -> Option<LowLoad> {
    let origins = aggregate.origins();
    let mut started: BTreeMap<(&[u8], &[u8], u32), u32> = BTreeMap::new();
    let mut active: BTreeMap<&[u8], i64> = BTreeMap::new();
    for cell in origins.cells() {
        // Without names, groups of the same number would be taken for one.
        if cell.group.is_empty() || cell.stats.max_all_threads <= 0 {
            return None;
        }
        let most = active.entry(cell.engine).or_default();
        *most = cell.stats.max_all_threads.max(*most);
        for (&group, &thread) in &cell.stats.threads {
            let largest = started.entry((cell.engine, cell.group, group)).or_default();
            *largest = thread.max(*largest);
        }
    }
    let threads_started: u64 = started.values().copied().map(u64::from).sum();
    let max_threads = active.values().map(|most| most.unsigned_abs());
    let max_threads = max_threads.fold(0, u64::saturating_add);
    let is_low = threads_started >= MIN_USERS
        && max_threads as f64 <= threads_started as f64 * MAX_SHARE_ACTIVE;
    is_low.then_some(LowLoad {
        threads_started,
        max_threads,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jtl::Sample;
    use crate::stats::tests::sample;

    fn run(threads: &[(&str, i64)]) -> Option<LowLoad> {
        let mut aggregate = Aggregate::default();
        for (name, active) in threads {
            aggregate.record(&Sample {
                thread_name: name.as_bytes(),
                all_threads: Some(*active),
                ..sample()
            });
        }
        find(&aggregate)
    }

    #[test]
    fn users_that_leave_before_others_come() {
        let found = run(&[("Users 1-3", 2), ("Users 1-200", 5), ("Admins 2-20", 4)]).unwrap();
        assert_eq!((found.threads_started, found.max_threads), (220, 5));
        assert_eq!(
            found.sentence(),
            "220 users started, but at most 5 were active at the same time: most had finished before others began."
        );
        // On two load generators.
        let found = run(&[("a:1-Users 1-100", 5), ("b:1-Users 1-100", 6)]).unwrap();
        assert_eq!((found.threads_started, found.max_threads), (200, 11));
    }

    #[test]
    fn weak_evidence_says_nothing() {
        // A third of them; few users; unknown threads; names without numbers.
        assert_eq!(run(&[("Users 1-30", 10)]), None);
        assert_eq!(run(&[("Users 1-24", 1)]), None);
        assert_eq!(run(&[("Users 1-200", 0)]), None);
        assert_eq!(run(&[("main", 1)]), None);
    }
}
