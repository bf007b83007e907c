//! What this process and its machine are using.

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

/// Usage at some moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// CPU time of this process since it began, of all its threads.
    pub cpu: Duration,
    /// Memory of this process that is in RAM, in bytes.
    pub resident_bytes: u64,
    /// When this process began, in seconds since 1970.
    pub start_time: u64,
    /// Share of the machine's CPUs that was busy since the last reading, in percent.
    pub machine_cpu_percent: f64,
}

impl Meter {
    /// A meter; `None` where the operating system does not tell.
    pub fn new() -> Option<Self> {
        let cpu = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_usage());
        Some(Meter {
            system: System::new_with_specifics(cpu).ok()?,
            process: get_current_pid().ok()?,
        })
    }

    /// Logical CPUs, at least 1.
    pub fn cpus(&self) -> usize {
        self.system.cpus().len().max(1)
    }

    /// Reads the usage; `None` where the operating system does not tell.
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
