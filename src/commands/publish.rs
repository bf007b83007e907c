//! Publishes the platform block in a README, between markers, and in the summary of a CI job.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use super::readme::{self, Readme};
use crate::cli::AnalyzeArgs;
use crate::error::{Error, Result};
use crate::render::markdown;
use crate::report::Report;

/// The environment variable with the file to which GitHub Actions has a step append its summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Where to publish the platform block.
#[derive(Debug)]
pub struct Publication {
    readme: Option<Readme>,
    /// The report directory, if the user chose it with `--output`.
    report: Option<PathBuf>,
    step_summary: Option<OsString>,
}

impl Publication {
    /// Parses the arguments; `stem` names the results.
    ///
    /// # Errors
    ///
    /// If the key is empty; if the README cannot be read or its markers are damaged; if
    /// `--step-summary` is given outside of GitHub Actions.
    pub fn of(args: &AnalyzeArgs, stem: &str) -> Result<Self> {
        let publish = &args.publish;
        let readme = match &publish.update {
            Some(path) => Some(Readme::new(path.clone(), key(args, stem)?)?),
            None => None,
        };
        let step_summary = match (publish.step_summary, std::env::var_os(STEP_SUMMARY)) {
            (false, _) => None,
            (true, Some(path)) if !path.is_empty() => Some(path),
            (true, _) => {
                return Err(Error::Usage(format!(
                    "--step-summary: {STEP_SUMMARY} is not set, so this is not a GitHub Actions job: \
                     omit the option, or set {STEP_SUMMARY} to the file to append to"
                )));
            }
        };
        Ok(Publication {
            readme,
            report: args.output.clone(),
            step_summary,
        })
    }

    /// Whether the block is published at all.
    pub fn is_wanted(&self) -> bool {
        self.readme.is_some() || self.step_summary.is_some()
    }

    /// Publishes the block; `summary` is the Markdown for the CI job.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn write(&self, report: &Report, summary: &str) -> Result<()> {
        if let Some(readme) = &self.readme {
            let mut block = markdown::platform_block(report);
            let link = self.report.as_deref();
            if let Some(link) = link.and_then(|to| link_to(readme.path(), to)) {
                block.push_str(&format!("\n[Report with charts]({link})\n"));
            }
            readme.update(&block)?;
        }
        if let Some(path) = &self.step_summary {
            let path = Path::new(path);
            let file = OpenOptions::new().append(true).create(true).open(path);
            file.and_then(|mut file| file.write_all(format!("{summary}\n").as_bytes()))
                .map_err(|error| Error::write(path, error))?;
        }
        Ok(())
    }
}

/// Returns the name of the block: from `--key`, else from `--platform`, else from the results file.
fn key(args: &AnalyzeArgs, stem: &str) -> Result<String> {
    let names = match (&args.publish.key, &args.platform) {
        (Some(key), _) => vec![key.as_str()],
        (None, Some(platform)) => vec![platform, stem],
        (None, None) => vec![stem],
    };
    readme::key(names)
}

/// Returns the relative link from the README to the report; `None` if there is no such link.
fn link_to(readme: &Path, report: &Path) -> Option<String> {
    let from = fs::canonicalize(readme).ok()?;
    let from: Vec<Component> = from.parent()?.components().collect();
    let to = fs::canonicalize(report).ok()?.join("report.md");
    let to: Vec<Component> = to.components().collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return None;
    }
    let up = from.iter().skip(shared).map(|_| "..".to_owned());
    let down = to.iter().skip(shared).map(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.bytes().map(percent_encoded).collect::<String>()
    });
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// Percent-encodes a byte of a link if it has a meaning in Markdown or URLs.
fn percent_encoded(byte: u8) -> String {
    match byte {
        b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}
