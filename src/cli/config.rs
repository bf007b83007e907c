//! `perfkit.toml`: defaults of options, by command.
//!
//! Its values become arguments, so clap checks them like those of the command line. An option on the
//! command line or in the environment overrides the same option in the file, and any that conflicts
//! with it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::{Table, Value};

use super::Cli;
use super::error::ConfigError;
use crate::error::{Error, Result};
use crate::suggest::did_you_mean;

/// The file's name in the working directory.
const FILE: &str = "perfkit.toml";

/// Options that a file cannot set: they choose the file, or are not settings.
const EXCLUDED: [&str; 4] = ["config", "no-config", "help", "version"];

/// Parses the command line of this process, with the defaults of a file. Ends the process for `--help`,
/// `--version` and usage errors of the command line itself.
///
/// # Errors
///
/// If the file cannot be read, is not TOML, or sets an unknown option or an invalid value.
pub fn parse() -> Result<Cli> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut cli = Cli::command();
    cli.build();
    let lenient = cli.clone().ignore_errors(true);
    let Ok(matches) = lenient.try_get_matches_from(&arguments) else {
        return Ok(Cli::from_arguments_or_exit(&arguments));
    };
    let Some((name, given)) = matches.subcommand() else {
        return Ok(Cli::from_arguments_or_exit(&arguments));
    };
    let Some((path, text)) = read(given)? else {
        return Ok(Cli::from_arguments_or_exit(&arguments));
    };
    let refused = |why: ConfigError| Error::input(path.to_string_lossy(), why.to_string());
    let defaults = defaults(&cli, name, given, &text).map_err(refused)?;
    let mut all = arguments.clone();
    let command = arguments.iter().position(|argument| argument == name);
    let place = command.map_or(all.len(), |at| at + 1);
    all.splice(place..place, defaults);
    match Cli::from_arguments(&all) {
        Ok(cli) => Ok(cli),
        // If the command line fails without the file too, the file is not the cause.
        Err(_) if Cli::from_arguments(&arguments).is_err() => {
            Ok(Cli::from_arguments_or_exit(&arguments))
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

/// Returns the path and text of the file: the named one, or else the one in the working directory.
fn read(given: &ArgMatches) -> Result<Option<(PathBuf, String)>> {
    // Flags have no value after an error, which the strict parser reports.
    if given.get_one("no_config").copied().unwrap_or(false) {
        return Ok(None);
    }
    let named = given.get_one::<PathBuf>("config");
    let path = named.map_or(Path::new(FILE), PathBuf::as_path);
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::read(path, error)),
    }
}

/// Turns a file's table for a command into arguments, except for options that are already set.
fn defaults(
    cli: &Command,
    name: &str,
    given: &ArgMatches,
    text: &str,
) -> Result<Vec<OsString>, ConfigError> {
    let file: Table = text.parse()?;
    let mut arguments = Vec::new();
    for (table, options) in &file {
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
                arguments.extend(words.into_iter().map(OsString::from));
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
