//! `perfkit plan`: writes the standard test as a JMeter plan.

use std::process::ExitCode;

use super::output;
use crate::cli::{self, PlanArgs};
use crate::error::Result;
#[cfg(unix)]
use crate::format;
use crate::plan::{Plan, Protocol};
use crate::stderr;

/// Runs `perfkit plan`.
///
/// # Errors
///
/// If the plan cannot be written.
pub fn run(args: PlanArgs) -> Result<ExitCode> {
    let plan = Plan {
        host: args.host,
        port: args.port,
        protocol: match args.protocol {
            cli::Protocol::Http => Protocol::Http,
            cli::Protocol::Https => Protocol::Https,
        },
        users: args.users,
        ramp_up: args.ramp_up,
        loops: args.loops,
    };
    let file = match &args.output {
        Some(path) => {
            output::write(path, plan.jmx().as_bytes())?;
            path.to_string_lossy()
        }
        None => {
            output::print(&plan.jmx())?;
            "plan.jmx".into()
        }
    };
    stderr::say_lines(format_args!(
        "perfkit: {} samples; run it with\n  {}",
        plan.samples(),
        plan.command(&file)
    ));
    note_limit(&plan);
    Ok(ExitCode::SUCCESS)
}

/// Notes how many users can connect from this machine, if its limit on open files is too low for all.
#[cfg(unix)]
fn note_limit(plan: &Plan) {
    let Ok((_, hard)) = rlimit::getrlimit(rlimit::Resource::NOFILE) else {
        return;
    };
    let (users, needed) = (plan.users_within(hard), plan.open_files());
    if users < plan.users {
        stderr::say(format_args!(
            "perfkit: note: this machine allows {} (ulimit -Hn), enough for about {} of the {}; the \
             others would fail with \"Too many open files\". For all of them, raise the limit as root: \
             `ulimit -Hn {needed}` in that shell, or nofile in /etc/security/limits.conf",
            format::counted(hard, "open file"),
            format::thousands(users),
            format::counted(plan.users, "user"),
        ));
    }
}

#[cfg(not(unix))]
fn note_limit(_: &Plan) {}
