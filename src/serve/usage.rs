//! Reads CPU and memory usage from the operating system.

use std::time::Duration;

use sysinfo::{
    CpuRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System,
    get_current_pid,
};

/// Reads the usage of this process and its machine from the operating system.
#[derive(Debug)]
pub struct Meter {
    system: System,
    process: Pid,
}

/// CPU and memory usage at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// CPU time of this process since it started, over all threads.
    pub cpu: Duration,
    /// Resident memory of this process, in bytes.
    pub resident_bytes: u64,
    /// Start time of this process, in seconds since 1970.
    pub start_time: u64,
    /// CPU usage of the machine since the last reading, in percent of all CPUs.
    pub machine_cpu_percent: f64,
}

impl Meter {
    /// Creates a meter; `None` if the operating system does not report usage.
    pub fn new() -> Option<Self> {
        let cpu = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_usage());
        Some(Meter {
            system: System::new_with_specifics(cpu).ok()?,
            process: get_current_pid().ok()?,
        })
    }

    /// Returns the number of logical CPUs, at least 1.
    pub fn cpus(&self) -> usize {
        self.system.cpus().len().max(1)
    }

    /// Reads the current usage; `None` if the operating system does not report it.
    pub fn read(&mut self) -> Option<Usage> {
        self.system.refresh_cpu_usage();
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[self.process]),
            false,
            ProcessRefreshKind::nothing().with_cpu().with_memory(),
        );
        let process = self.system.process(self.process)?;
        Some(Usage {
            cpu: Duration::from_millis(process.accumulated_cpu_time()),
            resident_bytes: process.memory(),
            start_time: process.start_time(),
            machine_cpu_percent: f64::from(self.system.global_cpu_usage()).clamp(0.0, 100.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory() {
        let usage = Meter::new().unwrap().read().unwrap();
        assert!(usage.resident_bytes > 1 << 20, "{usage:?}");
        assert!(usage.start_time > 1_600_000_000, "{usage:?}");
    }
}
