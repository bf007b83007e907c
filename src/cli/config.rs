//! `perfkit.toml`: defaults of options, by command.
//!
//! Its values become arguments, so clap checks them like those of the command line. An option on the
//! command line or in the environment overrides the same option in the file, and any that conflicts
//! with it.
//!
//! Whoever changes into a directory did not choose its file. Unless the command line names the file, it
//! may not reach outside its directory, and each of its options is announced.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, ValueHint};
use toml::{Table, Value};

use super::Cli;
use super::error::ConfigError;
use crate::error::{Error, Result};
use crate::suggest::did_you_mean;

/// The file's name in the working directory.
const FILE: &str = "perfkit.toml";

/// Options that a file cannot set: they choose the file, or are not settings.
const EXCLUDED: [&str; 4] = ["config", "no-config", "help", "version"];

/// Options that a file sets only if the command line names it: they contact another machine, open a
/// port, or keep a file open.
const ONLY_IF_NAMED: [&str; 3] = ["server", "listen", "monitor"];

/// The options that a file set, and that the command line and the environment did not override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The file.
    pub file: PathBuf,
    /// The options, as on the command line.
    pub options: Vec<String>,
}

impl fmt::Display for Defaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options.join(" ");
        write!(f, "{} sets {options}", self.file.display())
    }
}

/// A file of defaults.
struct ConfigFile {
    path: PathBuf,
    text: String,
    /// Whether the command line or the environment names it.
    is_named: bool,
}

/// Parses the command line of this process, with the defaults of a file. Ends the process for `--help`,
/// `--version` and usage errors of the command line itself.
///
/// # Errors
///
/// If the file cannot be read, is not TOML, or sets an unknown option or an invalid value.
pub fn parse() -> Result<(Cli, Option<Defaults>)> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut cli = Cli::command();
    cli.build();
    let lenient = cli.clone().ignore_errors(true);
    let Ok(matches) = lenient.try_get_matches_from(&arguments) else {
        return Ok((Cli::from_arguments_or_exit(&arguments), None));
    };
    let Some((name, given)) = matches.subcommand() else {
        return Ok((Cli::from_arguments_or_exit(&arguments), None));
    };
    let Some(file) = read(given)? else {
        return Ok((Cli::from_arguments_or_exit(&arguments), None));
    };
    let refused = |why: ConfigError| Error::input(file.path.to_string_lossy(), why.to_string());
    let options = defaults(&cli, name, given, &file).map_err(refused)?;
    let mut all = arguments.clone();
    let command = arguments.iter().position(|argument| argument == name);
    let place = command.map_or(all.len(), |at| at + 1);
    all.splice(place..place, options.iter().map(OsString::from));
    match Cli::from_arguments(&all) {
        Ok(cli) => {
            let file = file.path;
            let defaults = (!options.is_empty()).then_some(Defaults { file, options });
            Ok((cli, defaults))
        }
        // If the command line fails without the file too, the file is not the cause.
        Err(_) if Cli::from_arguments(&arguments).is_err() => {
            Ok((Cli::from_arguments_or_exit(&arguments), None))
        }
        Err(error) => {
            let said = error.to_string();
            let lines = said.lines().map(str::trim);
            let lines = lines.filter(|line| {
                !(line.is_empty() || line.starts_with("Usage:") || line.starts_with("For more"))
            });
            let why = lines.collect::<Vec<_>>().join(" ");
            let why = why.trim_start_matches("error: ").to_owned();
            Err(refused(ConfigError::Refused(why)))
        }
    }
}

impl Cli {
    /// Parses arguments alone, the program's name first.
    ///
    /// # Errors
    ///
    /// If they are invalid, or ask for help or the version.
    pub fn from_arguments<A: Into<OsString> + Clone>(
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Cli, clap::Error> {
        Cli::from_arg_matches(&Cli::command().try_get_matches_from(arguments)?)
    }

    fn from_arguments_or_exit(arguments: &[OsString]) -> Cli {
        Cli::from_arguments(arguments).unwrap_or_else(|error| error.exit())
    }
}

/// Reads the file: the named one, or else the one in the working directory.
fn read(given: &ArgMatches) -> Result<Option<ConfigFile>> {
    // Flags have no value after an error, which the strict parser reports.
    if given.get_one("no_config").copied().unwrap_or(false) {
        return Ok(None);
    }
    let named = given.get_one::<PathBuf>("config");
    let path = named.map_or(Path::new(FILE), PathBuf::as_path);
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(ConfigFile {
            path: path.to_owned(),
            text,
            is_named: named.is_some(),
        })),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::read(path, error)),
    }
}

/// Turns a file's table for a command into arguments, except for options that are already set.
fn defaults(
    cli: &Command,
    name: &str,
    given: &ArgMatches,
    file: &ConfigFile,
) -> Result<Vec<String>, ConfigError> {
    let tables: Table = file.text.parse()?;
    let mut arguments = Vec::new();
    for (table, options) in &tables {
        let commands = cli.get_subcommands().map(Command::get_name);
        let Some(command) = cli.find_subcommand(table) else {
            return Err(ConfigError::Command {
                table: table.clone(),
                hint: did_you_mean(table, commands),
            });
        };
        let Value::Table(options) = options else {
            return Err(ConfigError::Table(table.clone()));
        };
        // All tables are checked, whichever command runs.
        for (key, value) in options {
            let option = option(command, table, key)?;
            let words = words(option, table, key, value)?;
            if table == name && !is_settled(command, option, given) {
                if !file.is_named {
                    stay_inside(option, table, key, &words)?;
                }
                arguments.extend(words);
            }
        }
    }
    Ok(arguments)
}

fn option<'a>(command: &'a Command, table: &str, key: &str) -> Result<&'a Arg, ConfigError> {
    let options = || {
        let options = command.get_arguments();
        options.filter(|option| {
            let long = option.get_long();
            long.is_some_and(|long| !EXCLUDED.contains(&long))
        })
    };
    options()
        .find(|option| option.get_long() == Some(key))
        .ok_or_else(|| ConfigError::Option {
            table: table.to_owned(),
            key: key.to_owned(),
            hint: did_you_mean(key, options().filter_map(Arg::get_long)),
        })
}

/// Whether an option, or one that it conflicts with, was given or is set by the environment.
fn is_settled(command: &Command, option: &Arg, given: &ArgMatches) -> bool {
    let is_given = |option: &Arg| {
        let source = given.value_source(option.get_id().as_str());
        matches!(
            source,
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        )
    };
    let mut others = command.get_arguments().filter(|other| is_given(other));
    others.any(|other| {
        let conflict = |a: &Arg, b: &Arg| {
            let conflicts = command.get_arg_conflicts_with(a);
            conflicts.iter().any(|arg| arg.get_id() == b.get_id())
        };
        other.get_id() == option.get_id() || conflict(option, other) || conflict(other, option)
    })
}

/// Checks that an option of a file that nobody named reaches only what is in the working directory.
fn stay_inside(option: &Arg, table: &str, key: &str, words: &[String]) -> Result<(), ConfigError> {
    let is_refused = match option.get_value_hint() {
        _ if ONLY_IF_NAMED.contains(&key) => !words.is_empty(),
        ValueHint::AnyPath => words.iter().any(|word| {
            let path = word.split_once('=').map_or("", |(_, path)| path);
            !is_inside(Path::new(path))
        }),
        _ => false,
    };
    match is_refused {
        true => Err(ConfigError::OnlyIfNamed {
            table: table.to_owned(),
            key: key.to_owned(),
            file: FILE,
        }),
        false => Ok(()),
    }
}

/// Whether a path is in the working directory, also after following symbolic links.
fn is_inside(path: &Path) -> bool {
    let is_below = path
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let Ok(here) = std::env::current_dir().and_then(fs::canonicalize) else {
        return false;
    };
    // Of a path that does not exist yet, the folders that do.
    let existing = path.ancestors().find_map(|place| {
        let place = if place == Path::new("") {
            Path::new(".")
        } else {
            place
        };
        fs::canonicalize(place).ok()
    });
    is_below && existing.is_some_and(|place| place.starts_with(here))
}

/// Turns a key and its value into words of the command line.
fn words(option: &Arg, table: &str, key: &str, value: &Value) -> Result<Vec<String>, ConfigError> {
    let wrong = |wanted| {
        Err(ConfigError::Type {
            table: table.to_owned(),
            key: key.to_owned(),
            wanted,
        })
    };
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return match value {
            Value::Boolean(true) => Ok(vec![format!("--{key}")]),
            Value::Boolean(false) => Ok(Vec::new()),
            _ => wrong("true or false"),
        };
    }
    let word = |value: &Value| match value {
        Value::String(text) => Some(format!("--{key}={text}")),
        Value::Integer(number) => Some(format!("--{key}={number}")),
        Value::Float(number) => Some(format!("--{key}={number}")),
        _ => None,
    };
    let values = match (option.get_action(), value) {
        (ArgAction::Append, Value::Array(values)) => values.as_slice(),
        (_, value) => std::slice::from_ref(value),
    };
    let words = values.iter().map(word).collect::<Option<Vec<_>>>();
    match (words, option.get_action()) {
        (Some(words), _) => Ok(words),
        (None, ArgAction::Append) => wrong("a text or a number, or a list of them"),
        (None, _) => wrong("a text or a number"),
    }
}
