//! Publishes the platform block in a README, between markers, and in the summary of a CI job.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use super::input_name;
use super::readme::{self, Readme};
use super::server::Server;
use crate::cli::AnalyzeArgs;
use crate::error::{Error, Result};
use crate::render::markdown;
use crate::render::readme_block::{self, MAX_KEY, Origin, Wanted};
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
    /// Parses the arguments; `results` is the first input.
    ///
    /// # Errors
    ///
    /// If the key is empty; if the README cannot be read, its markers are damaged, or the block is of
    /// another platform; if `--step-summary` is given outside of GitHub Actions.
    pub fn of(args: &AnalyzeArgs, results: &Path, server: &Server) -> Result<Self> {
        let publish = &args.publish;
        let readme = match &publish.update {
            Some(path) => Some(Readme::new(
                path.clone(),
                block(args, path, results, server)?,
            )?),
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
    pub fn write(&mut self, report: &Report, summary: &str) -> Result<()> {
        if let Some(readme) = &mut self.readme {
            let mut block = markdown::platform_block(report);
            let link = self.report.as_deref();
            if let Some(link) = link.and_then(|to| link_to(readme.path(), to)) {
                block.push_str(&format!("\n[Report with charts]({link})\n"));
            }
            readme.update(&block, [report].into_iter())?;
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

/// Returns the block of a run. Its key is `--key`, or else made of the platform's, or else, if nothing names
/// the platform, of the path from the README to the results.
fn block(args: &AnalyzeArgs, readme: &Path, results: &Path, server: &Server) -> Result<Wanted> {
    let given = args.publish.key.as_deref().map(readme::key_given);
    let given = given.transpose()?;
    let platforms: Vec<String> = server.platform.iter().cloned().collect();
    let path = platforms.is_empty().then(|| path_between(readme, results));
    let stem = input_name::stem_of(results);
    let own = match (&platforms[..], &path) {
        ([platform, ..], _) => readme_block::key_of_platform(platform),
        ([], Some(path)) => readme_block::key_of_platform(&named(path, &stem)),
        ([], None) => String::new(),
    };
    let former = [args.platform.as_deref(), Some(&stem)]
        .into_iter()
        .flatten();
    let key = given.clone().unwrap_or(match own.is_empty() {
        true => "results".to_owned(),
        false => own,
    });
    Ok(Wanted {
        key,
        is_key_given: given.is_some(),
        origin: Origin {
            date: None,
            platforms,
            results: path,
        },
        former_keys: former
            .map(|name| readme_block::key_of(name, MAX_KEY))
            .collect(),
        former_names: Vec::new(),
        this_machine: server.this_machine.clone(),
    })
}

/// Returns the path from the directory of the README to the results, with `/` between its parts; `-` is
/// standard input.
fn path_between(readme: &Path, results: &Path) -> String {
    let text = |path: &Path| {
        let parts = path
            .components()
            .map(|part| part.as_os_str().to_string_lossy());
        parts.collect::<Vec<_>>().join("/")
    };
    let places = || {
        let to = fs::canonicalize(results).ok()?;
        let from = fs::canonicalize(readme).ok()?;
        Some((from.parent()?.to_owned(), to))
    };
    match places() {
        Some((from, to)) if results.as_os_str() != "-" => text(&relative(&from, &to)),
        _ => text(results),
    }
}

/// Returns the relative path from a directory to a file; both are absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.iter().skip(shared).copied()).collect()
}

/// Returns the path of results without their extension and without steps upwards.
fn named(path: &str, stem: &str) -> String {
    let directories = path
        .rsplit_once('/')
        .map_or("", |(directories, _)| directories);
    let parts = directories.split('/').filter(|part| *part != "..");
    parts.chain([stem]).collect::<Vec<_>>().join("/")
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
