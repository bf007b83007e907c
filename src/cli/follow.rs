//! Arguments for watching a run that JMeter is still writing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;

use super::error::ValueError;

/// Arguments for watching a run that JMeter is still writing.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Live")]
pub struct FollowArgs {
    /// Watch a run while JMeter writes its results; q ends and writes the report
    ///
    /// RESULTS is the one CSV file that JMeter writes to (jmeter -n -t plan.jmx -l results.jtl), also
    /// in a distributed test. It need not exist yet. If the file is replaced or emptied, perfkit
    /// shows the new run.
    ///
    /// If standard error is a terminal, perfkit shows the figures of the last 10 seconds and of the
    /// whole run, charts, the table (arrow keys scroll) and the newest errors. Otherwise it prints a
    /// line every few seconds. At the end (q, Esc, Ctrl-C or SIGTERM) it writes and prints the same as
    /// without --follow.
    ///
    /// JMeter buffers up to 8 KB of rows. With -Jjmeter.save.saveservice.autoflush=true it writes
    /// each row at once.
    #[arg(long, help_heading = None)]
    pub follow: bool,

    /// With --follow: end when no new row has arrived for TIME, such as 30s or 5min
    #[arg(long, value_name = "TIME", value_parser = duration, hide_short_help = true)]
    pub until_idle: Option<Duration>,

    /// With --follow and no terminal: time between two lines
    #[arg(
        long,
        value_name = "TIME",
        default_value = "10s",
        value_parser = duration,
        hide_short_help = true
    )]
    pub interval: Duration,

    /// With --follow: also serve report.html to browsers, and update it; without ADDRESS, only to
    /// this machine
    #[arg(
        long,
        value_name = "[ADDRESS:]PORT",
        requires = "follow",
        value_parser = address,
        hide_short_help = true
    )]
    pub listen: Option<SocketAddr>,
}

/// Parses a time such as `30s`, `5min`, `500ms` or `1h`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, ValueError> {
    const DAY: f64 = 86_400.0;
    let text = text.trim();
    let unit =
        text.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let number = &text[..text.len() - unit.len()];
    let factor = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => f64::NAN,
    };
    match number.parse::<f64>().map(|number| number * factor) {
        Ok(seconds) if (0.1..=DAY).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(ValueError::Time),
    }
}

fn address(text: &str) -> Result<SocketAddr, ValueError> {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(loopback, port));
    }
    if let Some(Ok(port)) = text.strip_prefix("localhost:").map(str::parse) {
        return Ok(SocketAddr::new(loopback, port));
    }
    text.parse().map_err(|_| ValueError::Address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let ms = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("1.5"), Ok(1_500));
        assert_eq!(ms("5min"), Ok(300_000));
        assert_eq!(ms("250 ms"), Ok(250));
        assert_eq!(ms("1h"), Ok(3_600_000));
        for wrong in ["", "s", "-1s", "0s", "1d", "2h1m", "1e3s", "NaN"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_port_alone_is_for_this_machine() {
        let parsed = |text| address(text).map(|address| address.to_string());
        assert_eq!(parsed("8080").unwrap(), "127.0.0.1:8080");
        assert_eq!(parsed("localhost:0").unwrap(), "127.0.0.1:0");
        assert_eq!(parsed("0.0.0.0:80").unwrap(), "0.0.0.0:80");
        assert_eq!(parsed("[::1]:80").unwrap(), "[::1]:80");
        for wrong in ["", ":80", "70000", "example.org:80", "1.2.3.4"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
