//! Statistics of a run in progress.

use crate::analysed::Recorded;
use crate::jtl::{Sample, Sink};
use crate::stats::{DashboardSettings, DashboardTable, NewestErrors, Recent};

/// The samples of a run so far.
#[derive(Default)]
pub struct Running {
    /// The whole run's statistics.
    pub recorded: Recorded,
    /// The statistics of the last seconds.
    pub recent: Recent,
    /// The errors read last.
    pub newest: NewestErrors,
}

impl Running {
    /// Starts without samples.
    pub fn new(dashboard: Option<DashboardSettings>) -> Self {
        let mut running = Running::default();
        running.recorded.dashboard = dashboard.map(DashboardTable::new);
        running
    }
}

impl Sink for Running {
    fn record(&mut self, sample: &Sample<'_>) {
        self.recorded.record(sample);
        self.recent.record(sample);
        self.newest.record(sample);
    }
}

impl From<Running> for Recorded {
    fn from(running: Running) -> Self {
        running.recorded
    }
}

impl From<&Running> for Recorded {
    fn from(running: &Running) -> Self {
        running.recorded.clone()
    }
}
