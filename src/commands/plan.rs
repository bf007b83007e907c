//! `perfkit plan`: writes the standard test as a JMeter plan.

use std::process::ExitCode;

use super::output;
use crate::cli::{self, PlanArgs};
use crate::error::Result;
use crate::plan::{Plan, Protocol};

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
    eprintln!(
        "perfkit: {} samples; run it with\n  {}",
        plan.samples(),
        plan.command(&file)
    );
    Ok(ExitCode::SUCCESS)
}
