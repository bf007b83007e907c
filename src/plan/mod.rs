//! Writes the JMeter test plan of the standard test, which requests Fibonacci numbers and primality
//! tests from `perfkit serve` or any server with the same two endpoints.

use std::fmt;
use std::str::FromStr;

/// The plan, with `{{name}}` as the placeholder of a setting.
const TEMPLATE: &str = include_str!("standard.jmx");

/// From this many users on, JMeter needs more memory and open files than it has by default.
const MANY_USERS: u32 = 1000;

/// Files that JMeter opens in addition to the users' connections: jars, logs, results.
const OTHER_FILES: u32 = 1000;

/// The settings of a plan. Each is the default of a JMeter property with the same name, so that `-J`
/// can override it for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Name or address of the server to test.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// HTTP or HTTPS.
    pub protocol: Protocol,
    /// Number of threads, each with its own connection.
    pub users: u32,
    /// Time until all threads have started, in seconds.
    pub ramp_up: u32,
    /// Loops per thread, with two requests per loop.
    pub loops: u32,
}

/// A host name or address. It has no characters that are special in XML, in JMeter's functions or in a
/// shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

/// The protocol of the requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP, unencrypted.
    #[default]
    Http,
    /// HTTPS, with TLS.
    Https,
}

/// Why a text is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// It is a URL.
    #[error("give only the host, such as --host {host}; set the rest with --port and --protocol")]
    Url {
        /// The host in the URL.
        host: String,
    },
    /// It has a port.
    #[error("give a name such as server.example or an address: --host {host} --port {port}")]
    Port {
        /// The text before the port.
        host: String,
        /// The port.
        port: String,
    },
    /// It is neither a name nor an address.
    #[error("give a name such as server.example or an address")]
    Invalid,
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        if let Some((_, rest)) = text.split_once("://") {
            let host = rest.split(['/', ':']).next().unwrap_or_default();
            return Err(HostError::Url {
                host: host.to_owned(),
            });
        }
        let is_address = text.parse::<std::net::Ipv6Addr>().is_ok();
        let is_of_host =
            |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
        if is_address
            || (!text.is_empty() && !text.starts_with('-') && text.chars().all(is_of_host))
        {
            return Ok(Host(text.to_owned()));
        }
        match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() && host.chars().all(is_of_host) => {
                Err(HostError::Port {
                    host: host.to_owned(),
                    port: port.to_owned(),
                })
            }
            _ => Err(HostError::Invalid),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Http => "http",
            Protocol::Https => "https",
        })
    }
}

impl Plan {
    /// Returns the number of samples of the whole test.
    pub fn samples(&self) -> u64 {
        const REQUESTS: u64 = 2;
        u64::from(self.users) * u64::from(self.loops) * REQUESTS
    }

    /// Returns the plan as the text of a `.jmx` file.
    pub fn jmx(&self) -> String {
        let settings = [
            ("{{host}}", self.host.to_string()),
            ("{{port}}", self.port.to_string()),
            ("{{protocol}}", self.protocol.to_string()),
            ("{{users}}", self.users.to_string()),
            ("{{ramp_up}}", self.ramp_up.to_string()),
            ("{{loops}}", self.loops.to_string()),
            ("{{samples}}", self.samples().to_string()),
        ];
        let mut jmx = TEMPLATE.to_owned();
        for (name, value) in settings {
            jmx = jmx.replace(name, &value);
        }
        jmx
    }

    /// Returns the number of files that JMeter opens, each user's connection included.
    pub fn open_files(&self) -> u32 {
        self.users.saturating_add(OTHER_FILES)
    }

    /// Returns the number of users that can connect if only this many files can be open.
    pub fn users_within(&self, open_files: u64) -> u32 {
        let possible = open_files.saturating_sub(u64::from(OTHER_FILES));
        u32::try_from(possible).map_or(self.users, |possible| possible.min(self.users))
    }

    /// Returns the shell command that runs the plan from a file of this name. For many users it first
    /// raises JMeter's memory (1 to 4 GB, small stacks) and open files: to the number needed, or else as
    /// far as the hard limit allows.
    pub fn command(&self, file: &str) -> String {
        let jmeter = format!("jmeter -n -t {} -l results.jtl", quoted(file));
        if self.users < MANY_USERS {
            return jmeter;
        }
        let files = self.open_files();
        format!(
            "ulimit -Sn {files} 2>/dev/null || ulimit -Sn $(ulimit -Hn); HEAP='-Xms1g -Xmx4g' \
             JVM_ARGS=-Xss256k {jmeter}"
        )
    }
}

/// Quotes a word for a POSIX shell, if necessary.
fn quoted(word: &str) -> String {
    let is_plain =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | '/');
    if word.chars().all(is_plain) && !word.is_empty() {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            host: "127.0.0.1".parse().unwrap(),
            port: 5000,
            protocol: Protocol::Http,
            users: 20_000,
            ramp_up: 500,
            loops: 5,
        }
    }

    #[test]
    fn every_setting_is_in_the_plan() {
        let jmx = plan().jmx();
        assert!(!jmx.contains("{{"));
        for property in [
            "host,127.0.0.1",
            "port,5000",
            "protocol,http",
            "users,20000",
            "ramp_up,500",
            "loops,5",
        ] {
            assert!(
                jmx.contains(&format!(">${{__P({property})}}<")),
                "{property}"
            );
        }
        assert!(jmx.contains("200000 samples"));
    }

    #[test]
    fn many_users_need_memory_and_files() {
        assert_eq!(
            plan().command("plan.jmx"),
            "ulimit -Sn 21000 2>/dev/null || ulimit -Sn $(ulimit -Hn); HEAP='-Xms1g -Xmx4g' \
             JVM_ARGS=-Xss256k jmeter -n -t plan.jmx -l results.jtl"
        );
        let few = Plan {
            users: 10,
            ..plan()
        };
        assert_eq!(
            few.command("my plan's.jmx"),
            r"jmeter -n -t 'my plan'\''s.jmx' -l results.jtl"
        );
    }

    #[test]
    fn fewer_open_files_are_fewer_users() {
        let plan = plan();
        assert_eq!(plan.open_files(), 21_000);
        for (files, users) in [
            (0, 0),
            (1_024, 24),
            (20_000, 19_000),
            (21_000, 20_000),
            (u64::MAX, 20_000),
        ] {
            assert_eq!(plan.users_within(files), users, "{files}");
        }
    }

    #[test]
    fn scripts_hold_nothing_that_jmeter_replaces() {
        // It would compile a script anew for each value.
        let jmx = plan().jmx();
        let scripts: Vec<&str> = jmx.split("<stringProp name=\"script\">").skip(1).collect();
        assert_eq!(scripts.len(), 2);
        for script in scripts {
            let (script, _) = script.split_once("</stringProp>").unwrap();
            assert!(!script.contains("${"), "{script}");
        }
    }

    #[test]
    fn only_hosts_are_hosts() {
        for host in [
            "server.example",
            "192.168.1.3",
            "::1",
            "fe80::1",
            "my_host-2",
            "münchen.de",
        ] {
            assert_eq!(
                host.parse::<Host>().map(|host| host.to_string()),
                Ok(host.to_owned())
            );
        }
        for host in [
            "", "-h", "a b", "a,b", "a)", "${x}", "<x>", "a&b", "\"", "h/", "[::1]", "{{port}}",
        ] {
            assert!(host.parse::<Host>().is_err(), "{host}");
        }
        assert_eq!(
            "http://pi:5000/fibo"
                .parse::<Host>()
                .unwrap_err()
                .to_string(),
            "give only the host, such as --host pi; set the rest with --port and --protocol"
        );
        assert!(
            "pi:5000"
                .parse::<Host>()
                .unwrap_err()
                .to_string()
                .ends_with(": --host pi --port 5000")
        );
    }
}
