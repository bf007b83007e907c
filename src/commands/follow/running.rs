//! What is kept of a run that is going on.

use crate::jtl::{Sample, Sink};
use crate::stats::{Aggregate, DashboardTable, NewestErrors, Recent};

/// The samples of a run so far.
pub struct Running {
    /// Of the whole run.
    pub aggregate: Aggregate,
    /// Of the last seconds.
    pub recent: Recent,
    /// The errors read last.
    pub newest: NewestErrors,
    /// The figures of JMeter's dashboard, if they were asked for.
    pub dashboard: Option<DashboardTable>,
}

impl Running {
    /// Nothing yet.
    pub fn new(with_dashboard: bool) -> Self {
        Running {
            aggregate: Aggregate::default(),
            recent: Recent::default(),
            newest: NewestErrors::default(),
            dashboard: with_dashboard.then(DashboardTable::default),
        }
    }
}

impl Sink for Running {
    fn record(&mut self, sample: &Sample<'_>) {
        self.aggregate.record(sample);
        self.recent.record(sample);
        self.newest.record(sample);
        if let Some(dashboard) = &mut self.dashboard {
            dashboard.record(sample);
        }
    }
}
