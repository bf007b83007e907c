//! Publishing the platform block: in a README between markers, in a CI job's summary.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use super::readme::{self, Readme};
use crate::cli::AnalyzeArgs;
use crate::error::{Error, Result};
use crate::render::markdown;
use crate::report::Report;

/// The file to which GitHub Actions wants a step's summary appended.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Where the block goes.
#[derive(Debug)]
pub struct Publication {
    readme: Option<Readme>,
    /// The report's directory, if the user chose its place.
    report: Option<PathBuf>,
    step_summary: Option<OsString>,
}

impl Publication {
    /// The publication that the arguments ask for; `stem` names the results.
    ///
    /// # Errors
    ///
    /// A key is empty, the README cannot be read or its markers are damaged, or this is no GitHub
    /// Actions job.
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
                     leave the option out, or set it to the file to append to"
                )));
            }
        };
        Ok(Publication {
            readme,
            report: args.output.clone(),
            step_summary,
        })
    }

    /// Whether the block goes anywhere.
    pub fn is_wanted(&self) -> bool {
        self.readme.is_some() || self.step_summary.is_some()
    }

    /// Writes the block wherever it was asked for; `summary` is the Markdown of a job's summary.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
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

/// The name of the block: as given, that of the machine that was named, or that of the results.
fn key(args: &AnalyzeArgs, stem: &str) -> Result<String> {
    let names = match (&args.publish.key, &args.platform) {
        (Some(key), _) => vec![key.as_str()],
        (None, Some(platform)) => vec![platform, stem],
        (None, None) => vec![stem],
    };
    readme::key(names)
}

/// The relative link from the README to the report.
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
        part.bytes().map(link_letter).collect::<String>()
    });
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// A byte of a link, percent-encoded where Markdown or URLs have a meaning for it.
fn link_letter(byte: u8) -> String {
    match byte {
        b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}
