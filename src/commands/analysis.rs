//! Parses the arguments that say how to read results and which samples count.

use jiff::tz::TimeZone;

use crate::analysed::Analysis;
use crate::cli::{self, ReadingArgs, SelectionArgs, TimestampUnit};
use crate::error::{Error, Result};
use crate::jtl::{
    DatePattern, Encoding, EpochUnit, GivenHeader, MetricColumn, ReadOptions, TimestampOptions,
};
use crate::select::{self, Bound, Controllers, GroupBy, Moment, Rename, Selection, SubResults};

/// Parses the arguments into an [`Analysis`].
///
/// # Errors
///
/// If the value of an argument is invalid; the message names the argument.
pub fn parse(reading: &ReadingArgs, selection: &SelectionArgs) -> Result<Analysis> {
    let reading = read_options(reading)?;
    let selection = parse_selection(selection, &reading.timestamps.zone)?;
    Ok(Analysis {
        reading: ReadOptions {
            columns: selection.columns(),
            ..reading
        },
        selection,
        dashboard: None,
        input_name: None,
        allow_repeats: false,
    })
}

fn read_options(reading: &ReadingArgs) -> Result<ReadOptions> {
    let defaults = ReadOptions::default();
    let format = reading.timestamp_format.as_deref().map(DatePattern::new);
    let format = format.transpose();
    let encoding = reading.encoding.as_deref().map(str::parse::<Encoding>);
    let header = reading.header.as_deref().map(GivenHeader::new).transpose();
    Ok(ReadOptions {
        threads: reading.threads.map_or(defaults.threads, usize::from),
        timestamps: TimestampOptions {
            format: format.map_err(|why| Error::Usage(format!("--timestamp-format: {why}")))?,
            unit: reading.timestamp_unit.map(unit),
            zone: time_zone(reading)?,
            is_end: reading.timestamp_is_end,
            ..TimestampOptions::default()
        },
        strict: reading.strict,
        metrics: metrics(&reading.metric)?,
        encoding: encoding
            .transpose()
            .map_err(|why| refused("--encoding", why))?,
        header: header.map_err(|why| Error::Usage(format!("--header: {why}")))?,
        ..defaults
    })
}

/// Checks the metrics: each once, and not too many for the page.
fn metrics(given: &[MetricColumn]) -> Result<Vec<MetricColumn>> {
    const MAX_METRICS: usize = 8;
    let is_twice = |(place, metric): (usize, &MetricColumn)| {
        let mut before = given[..place].iter();
        before.any(|other| other.name == metric.name)
    };
    let mut places = given.iter().enumerate();
    if let Some((_, metric)) = places.find(|of| is_twice(*of)) {
        let name = &metric.name;
        return Err(Error::Usage(format!("--metric: `{name}` is given twice")));
    }
    match given.len() {
        0..=MAX_METRICS => Ok(given.to_vec()),
        count => Err(Error::Usage(format!(
            "--metric: at most {MAX_METRICS} metrics fit a report, and {count} are given"
        ))),
    }
}

fn unit(unit: TimestampUnit) -> EpochUnit {
    match unit {
        TimestampUnit::S => EpochUnit::Seconds,
        TimestampUnit::Ms => EpochUnit::Milliseconds,
        TimestampUnit::Us => EpochUnit::Microseconds,
        TimestampUnit::Ns => EpochUnit::Nanoseconds,
    }
}

/// Returns the time zone for times without one: the given zone, or this machine's.
fn time_zone(reading: &ReadingArgs) -> Result<TimeZone> {
    match &reading.timezone {
        Some(name) => TimeZone::get(name).map_err(|_| {
            Error::Usage(format!(
                "`{name}` is not a time zone that this machine knows: use a name such as UTC or Europe/Berlin"
            ))
        }),
        None => system_time_zone(),
    }
}

/// Returns the zone that `TZ` names, else that of the system, else UTC.
fn system_time_zone() -> Result<TimeZone> {
    let named = std::env::var("TZ").unwrap_or_default();
    match TimeZone::try_system() {
        Ok(zone) => Ok(zone),
        Err(_) if named.is_empty() => Ok(TimeZone::system()),
        Err(_) => Err(Error::Usage(format!(
            "TZ={named} is not a time zone that this machine knows: use a name such as UTC or Europe/Berlin, \
             or --timezone"
        ))),
    }
}

/// Parses the arguments into a [`Selection`]. Times without a zone are local to `zone`.
fn parse_selection(args: &SelectionArgs, zone: &TimeZone) -> Result<Selection> {
    let bound = |option: &str, text: &Option<String>| -> Result<Option<Bound>> {
        let Some(text) = text else { return Ok(None) };
        let moment = Moment::new(text, zone).map_err(|why| refused(option, why))?;
        let text = text.clone();
        Ok(Some(Bound { text, moment }))
    };
    let regexes = |option: &str, patterns: &[String]| {
        let compiled = patterns.iter().map(|pattern| select::regex(pattern));
        let compiled = compiled.collect::<Result<Vec<_>, _>>();
        compiled.map_err(|why| refused(option, why))
    };
    let group_by = args.group_by.as_deref().map(GroupBy::new).transpose();
    let renames = args.rename.iter().map(|expression| Rename::new(expression));
    Ok(Selection {
        from: bound("--from", &args.from)?,
        to: bound("--to", &args.to)?,
        trim_ramp: args.trim_ramp,
        controllers: match args.controllers {
            cli::Controllers::Include => Controllers::Include,
            cli::Controllers::Exclude => Controllers::Exclude,
            cli::Controllers::Only => Controllers::Only,
        },
        sub_results: match args.sub_results {
            None => SubResults::AsJmeter,
            Some(cli::SubResults::Include) => SubResults::Include,
            Some(cli::SubResults::Exclude) => SubResults::Exclude,
            Some(cli::SubResults::Only) => SubResults::Only,
        },
        only_success: match (args.only_success, args.only_errors) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        include: regexes("--include", &args.include)?,
        exclude: regexes("--exclude", &args.exclude)?,
        group_by: group_by
            .map_err(|why| refused("--group-by", why))?
            .unwrap_or_default(),
        renames: renames
            .collect::<Result<_, _>>()
            .map_err(|why| refused("--rename", why))?,
    })
}

fn refused(option: &str, why: impl std::fmt::Display) -> Error {
    Error::Usage(format!("{option}: {why}"))
}
