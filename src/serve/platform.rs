//! Describes a machine's hardware and operating system, for comparing platforms.

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// A machine's hardware and operating system. A detail that cannot be determined is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// CPU model, such as "Intel i7-1165G7".
    pub cpu: Option<String>,
    /// Physical cores.
    #[serde(default)]
    pub cores: Option<usize>,
    /// Logical CPUs.
    pub threads: usize,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Operating system and version, such as "Debian 12".
    pub os: Option<String>,
    /// Kernel version, such as "6.1.0".
    pub kernel: Option<String>,
    /// Version of perfkit.
    pub perfkit: String,
}

impl Platform {
    /// Detects the machine that this process runs on.
    pub fn detect() -> Self {
        let system = System::new_with_specifics(
            RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing())
                .with_memory(MemoryRefreshKind::nothing().with_ram()),
        )
        .ok();
        let cpus = system.as_ref().map(System::cpus).unwrap_or_default();
        let known = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        Platform {
            cpu: cpus.first().and_then(|cpu| known(cpu.brand())),
            cores: System::physical_core_count().ok(),
            threads: cpus.len(),
            memory_bytes: system
                .as_ref()
                .map(System::total_memory)
                .filter(|&bytes| bytes > 0),
            os: os(),
            kernel: System::kernel_version().ok().as_deref().and_then(known),
            perfkit: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Returns the known details as pairs of name and value, for a table.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let cores = match (self.cores, self.threads) {
            (None, 0) => None,
            (Some(cores), threads) if cores != threads => {
                Some(format!("{cores} ({threads} threads)"))
            }
            (_, threads) => Some(threads.to_string()),
        };
        [
            ("CPU", self.cpu.clone()),
            ("Cores", cores),
            ("Memory", self.memory_bytes.map(memory)),
            ("OS", self.os.clone()),
            ("Kernel", self.kernel_name()),
            ("perfkit", Some(self.perfkit.clone())),
        ]
        .into_iter()
        .filter_map(|(what, value)| Some((what, value?)))
        .collect()
    }

    /// Describes the machine in one line: "Intel i7-1165G7 (8 threads), 32 GB, Debian 12, Linux 6.1".
    pub fn one_line(&self) -> String {
        let threads = match self.threads {
            0 => String::new(),
            1 => " (1 thread)".to_owned(),
            threads => format!(" ({threads} threads)"),
        };
        let cpu = self.cpu.as_deref().unwrap_or("unknown CPU");
        let memory = self.memory_bytes.map(memory);
        [
            Some(format!("{cpu}{threads}")),
            memory,
            self.os.clone(),
            self.kernel_name(),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
    }

    /// Identifies the machine from run to run: the CPU, the memory and the name of the operating system,
    /// without versions that updates change.
    pub fn identity(&self) -> String {
        let os = self.os.as_deref().map(|os| {
            let is_name = |word: &&str| !word.starts_with(|first: char| first.is_ascii_digit());
            os.split(' ')
                .take_while(is_name)
                .collect::<Vec<_>>()
                .join(" ")
        });
        let unversioned = Platform {
            os: os.filter(|os| !os.is_empty()),
            kernel: None,
            ..self.clone()
        };
        unversioned.one_line()
    }

    fn kernel_name(&self) -> Option<String> {
        let name = if cfg!(target_os = "linux") {
            "Linux"
        } else {
            "kernel"
        };
        let kernel = self.kernel.as_ref()?;
        Some(format!("{name} {kernel}"))
    }
}

fn os() -> Option<String> {
    let name = System::name().ok()?;
    // "Debian GNU/Linux" is too long for the table.
    let name = name.trim_end_matches(" GNU/Linux").to_owned();
    Some(match System::os_version() {
        Ok(version) => format!("{name} {version}"),
        Err(_) => name,
    })
}

/// Formats memory as it is sold: the kernel reserves some, so this rounds up to whole GB.
fn memory(bytes: u64) -> String {
    const GB: u64 = 1 << 30;
    match bytes {
        0..GB => format!("{} MB", bytes.div_ceil(1 << 20)),
        _ => format!("{} GB", bytes.div_ceil(GB)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laptop() -> Platform {
        Platform {
            cpu: Some("Intel i7-1165G7".to_owned()),
            cores: Some(4),
            threads: 8,
            memory_bytes: Some(33_500_000_000),
            os: Some("Debian 12".to_owned()),
            kernel: Some("6.1.0".to_owned()),
            perfkit: "0.1.0".to_owned(),
        }
    }

    #[test]
    fn one_line_names_what_is_known() {
        let mut platform = laptop();
        assert!(
            platform
                .one_line()
                .starts_with("Intel i7-1165G7 (8 threads), 32 GB, Debian 12, ")
        );
        platform.cpu = None;
        platform.memory_bytes = None;
        assert!(
            platform
                .one_line()
                .starts_with("unknown CPU (8 threads), Debian 12")
        );
    }

    #[test]
    fn updates_do_not_change_the_identity() {
        let mut platform = laptop();
        let identity = "Intel i7-1165G7 (8 threads), 32 GB, Debian";
        assert_eq!(platform.identity(), identity);
        platform.os = Some("Debian 13".to_owned());
        platform.kernel = Some("6.12".to_owned());
        platform.perfkit = "0.2.0".to_owned();
        assert_eq!(platform.identity(), identity);
        platform.os = Some("Linux Mint 22".to_owned());
        assert!(platform.identity().ends_with("32 GB, Linux Mint"));
        platform.os = None;
        assert_eq!(platform.identity(), "Intel i7-1165G7 (8 threads), 32 GB");
    }

    #[test]
    fn details_hold_what_is_known() {
        let mut platform = laptop();
        let detail = |platform: &Platform, wanted| {
            let mut details = platform.details().into_iter();
            details
                .find(|&(what, _)| what == wanted)
                .map(|(_, value)| value)
        };
        assert_eq!(detail(&platform, "Cores").unwrap(), "4 (8 threads)");
        assert_eq!(detail(&platform, "Memory").unwrap(), "32 GB");
        platform.cores = None;
        platform.memory_bytes = None;
        assert_eq!(detail(&platform, "Cores").unwrap(), "8");
        assert_eq!(detail(&platform, "Memory"), None);
    }

    #[test]
    fn this_machine_has_threads() {
        assert!(Platform::detect().threads > 0);
    }
}
