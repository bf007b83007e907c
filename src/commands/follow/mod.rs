//! `--follow`: reads results while JMeter writes them, and shows them as they arrive. The final record
//! equals that of reading the finished file.

mod running;
mod screen;
mod signals;
mod web;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::running::Running;
use self::screen::{Screen, State};
use self::signals::Signals;
use self::web::Web;
use super::analyze::job::Job;
use super::reading;
use crate::analysed::{self, Analysed};
use crate::error::{Error, Result};
use crate::format;
use crate::jtl::input::{Change, Tail};
use crate::jtl::{Growing, Progress, ReadOptions};
use crate::report::{Live, Presentation, Report};
use crate::select::{Choice, Needs, Selected, Survey};

/// Time between two polls of the file.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
use crate::stderr;
/// Minimum time between two reports.
const MIN_REFRESH: Duration = Duration::from_secs(1);
/// The next report waits this many times as long as the last one took: reports then take at most a tenth
/// of the time.
const MIN_REFRESH_FACTOR: u32 = 10;
/// Blocks read between two polls for keys: a few hundredths of a second.
const MAX_BLOCKS: usize = 64;
/// Time without a new row after which the screen says so. JMeter buffers rows, so shorter gaps mean
/// nothing.
const QUIET: Duration = Duration::from_secs(15);

/// What following a run gave.
#[derive(Debug)]
pub struct Followed {
    /// The record of what was read.
    pub analysed: Analysed,
    /// Why reading ended early, if it did: the file became unreadable, or something else took its place.
    pub problem: Option<Error>,
}

impl From<Analysed> for Followed {
    fn from(analysed: Analysed) -> Self {
        Followed {
            analysed,
            problem: None,
        }
    }
}

/// Follows the results until the user, a signal or silence ends it.
///
/// # Errors
///
/// If there is more than one file, if it cannot be read or is not CSV, or if the run lacks what the
/// selection needs; with `--strict`, also if a row is rejected or repaired. Once rows were read, whatever
/// stops reading is a [`Followed::problem`] instead.
pub fn read(job: &Job) -> Result<Followed> {
    let path = one_file(&job.paths)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Error::Internal(format!("cannot start a thread for signals: {error}")))?;
    let signals = Signals::listen(runtime.handle())?;
    let args = &job.follow;
    let web = match args.listen {
        Some(address) => Some(Web::start(runtime.handle(), address)?),
        None => None,
    };
    let address = web.as_ref().map(Web::url);
    if let Some(address) = &address {
        stderr::say(format_args!("perfkit: the live report is at {address}"));
        if args.listen.is_some_and(|listen| !listen.ip().is_loopback()) {
            stderr::say(format_args!(
                "perfkit: note: anyone who can reach this address can read the report"
            ));
        }
    }
    let screen = Screen::open(args.interval, address);
    let mut follower = Follower {
        job,
        reading: job.analysis.reading.clone(),
        name: path.to_string_lossy().into_owned(),
        path,
        needs: job.analysis.selection.needs(),
        signals,
        screen,
        web,
        live: None,
        last_row: Instant::now(),
        next_refresh: Instant::now(),
        is_ended: false,
        is_ending: false,
    };
    let followed = follower.follow();
    drop(follower);
    runtime.shutdown_background();
    match followed? {
        Some(read) => Ok(read),
        // Nothing to follow: fail as for any missing file.
        None => Ok(reading::read(&job.analysis, &job.paths)?.into()),
    }
}

fn one_file(paths: &[PathBuf]) -> Result<&Path> {
    let refuse = |why: &str| Err(Error::Usage(format!("--follow: {why}")));
    match paths {
        [path] if path == Path::new("-") => refuse(
            "standard input is always read to its end: omit the option, or name the file that \
             JMeter writes",
        ),
        [path] if analysed::is_summary(path)? => {
            refuse("a summary file is complete: omit the option")
        }
        [path] => Ok(path),
        _ => refuse(
            "name one file: in a distributed test, JMeter writes the results of all load generators to one",
        ),
    }
}

struct Follower<'a> {
    job: &'a Job,
    /// How the file is read, with what earlier readings of it showed.
    reading: ReadOptions,
    name: String,
    path: &'a Path,
    needs: Needs,
    signals: Signals,
    screen: Screen,
    web: Option<Web>,
    live: Option<Arc<Live>>,
    /// When the last row arrived or, before the first, when waiting began.
    last_row: Instant,
    next_refresh: Instant,
    /// Whether the user asked to end.
    is_ended: bool,
    /// Whether following has ended, and only the rest of the file remains to be read.
    is_ending: bool,
}

/// What to do after following one file under one choice.
enum Next {
    /// The file must be read again, with the choice that this survey settles.
    Again(Option<Survey>),
    /// The file has ended.
    Over(Over),
}

/// How following one file ended, with the record of what was read.
enum Over {
    /// The file was read to its end.
    Done(Box<Analysed>),
    /// Another run replaced the file.
    Changed(Change, Box<Analysed>),
    /// The file cannot be read any further.
    Failed(Error, Box<Analysed>),
}

type Sink<'c> = (Survey, Selected<'c, Running>);

impl Follower<'_> {
    /// Follows the file, and those that replace it, to the end; `None` if it never existed.
    fn follow(&mut self) -> Result<Option<Followed>> {
        // What was read before another file took the name: lost only to another run, not to a failure.
        let mut before: Option<Followed> = None;
        loop {
            let over = match (self.follow_to_its_end(), before) {
                (Err(problem), Some(before)) => {
                    return Ok(Some(Followed {
                        problem: Some(problem),
                        ..before
                    }));
                }
                (Err(problem), None) => return Err(problem),
                (Ok(None), before) => return Ok(before),
                (Ok(Some(Over::Done(analysed))), Some(before)) if analysed.rows_read == 0 => {
                    return Ok(Some(before));
                }
                (Ok(Some(over)), earlier) => {
                    before = earlier;
                    over
                }
            };
            match over {
                Over::Done(analysed) => return Ok(Some((*analysed).into())),
                Over::Failed(problem, analysed) => {
                    return Ok(Some(Followed {
                        analysed: *analysed,
                        problem: Some(problem),
                    }));
                }
                Over::Changed(change, analysed) => {
                    self.screen.note(match change {
                        Change::Replaced => format!(
                            "{}: was replaced; following the new file from its start",
                            self.name
                        ),
                        Change::Truncated => format!(
                            "{}: was emptied or rewritten; following it from its start",
                            self.name
                        ),
                    });
                    self.live = None;
                    self.reading = self.job.analysis.reading.clone();
                    if analysed.rows_read > 0 {
                        before = Some((*analysed).into());
                    }
                }
            }
        }
    }

    /// Follows one file until it ends or changes; `None` if it never exists.
    fn follow_to_its_end(&mut self) -> Result<Option<Over>> {
        let Some(tail) = self.open()? else {
            return Ok(None);
        };
        let mut survey = None;
        loop {
            let known = survey.take().unwrap_or_else(|| Survey::new(self.needs));
            // A run that has just begun may lack what the selection needs; a finished one must not.
            let choice = match self.settled(&known) {
                Err(error) if self.is_ending => return Err(error),
                Err(_) => self.settled(&Survey::new(self.needs))?,
                Ok(choice) => choice,
            };
            match self.follow_file(&tail, &choice)? {
                Next::Over(over) => return Ok(Some(over)),
                Next::Again(found) => survey = found,
            }
        }
    }

    /// Waits until the file exists; `None` if following ends before that.
    fn open(&mut self) -> Result<Option<Tail>> {
        loop {
            if let Some(tail) = Tail::open(self.path)? {
                return Ok(Some(tail));
            }
            if self.is_over() {
                return Ok(None);
            }
            self.show("waiting for the file", false);
            self.wait(POLL_INTERVAL);
        }
    }

    fn follow_file(&mut self, tail: &Tail, choice: &Choice) -> Result<Next> {
        let job = self.job;
        let analysis = &job.analysis;
        let running = Running::new(analysis.dashboard);
        let sink: Sink<'_> = (Survey::new(self.needs), Selected::new(choice, running));
        let mut growing = Growing::new(tail.input(), &self.reading, sink);
        let (mut rows, mut reported) = (0, 0);
        loop {
            let progress = match growing.read_on(MAX_BLOCKS) {
                Err(problem) if growing.rows() > 0 => {
                    let analysed = self.record(growing, choice)?;
                    return Ok(Next::Over(Over::Failed(problem, analysed)));
                }
                progress => progress?,
            };
            if analysis.reading.strict
                && growing.has_faults()
                && let Some(error) = growing.outcome().first_fault()
            {
                return Err(error);
            }
            if growing.rows() > rows {
                rows = growing.rows();
                self.last_row = Instant::now();
            }
            let is_all = match progress {
                Progress::Misjudged => {
                    self.reading = growing.options_for_next(&self.reading);
                    return Ok(Next::Again(None));
                }
                Progress::ToTheEnd => true,
                Progress::Further => false,
            };
            if self.is_ending && is_all {
                return self.finish(growing, choice);
            }
            if self.is_ending {
                continue;
            }
            if is_all {
                match tail.change() {
                    Ok(None) => {}
                    Ok(Some(change)) => {
                        let analysed = self.record(growing, choice)?;
                        return Ok(Next::Over(Over::Changed(change, analysed)));
                    }
                    Err(problem) => {
                        let analysed = self.record(growing, choice)?;
                        return Ok(Next::Over(Over::Failed(problem, analysed)));
                    }
                }
            }
            if self.is_over() {
                tail.end()?;
                self.is_ending = true;
                continue;
            }
            if rows > reported && Instant::now() >= self.next_refresh {
                let survey = &growing.sink().0;
                if is_all && self.needs.any() && !self.is_chosen(choice, survey) {
                    self.next_refresh = Instant::now() + MIN_REFRESH;
                    return Ok(Next::Again(Some(survey.clone())));
                }
                self.refresh(&growing, choice)?;
                reported = rows;
            }
            match (is_all, rows) {
                (false, _) => self.show("reading existing rows", false),
                (true, 0) => self.show("waiting for the first row", false),
                (true, _) => self.show_rows(),
            }
            self.wait(if is_all {
                POLL_INTERVAL
            } else {
                Duration::ZERO
            });
        }
    }

    /// Decides which samples count in a run.
    fn settled(&self, survey: &Survey) -> Result<Choice> {
        self.job.analysis.settle(survey, &self.job.paths)
    }

    /// Whether the selection still leads to `choice`, given what is known of the run by now.
    fn is_chosen(&self, choice: &Choice, survey: &Survey) -> bool {
        let now = self.settled(survey);
        now.map_or(true, |now| now.filters_like(choice))
    }

    fn finish(&mut self, growing: Growing<Sink<'_>>, choice: &Choice) -> Result<Next> {
        let survey = &growing.sink().0;
        let settled = self.settled(survey)?;
        if !settled.filters_like(choice) {
            return Ok(Next::Again(Some(survey.clone())));
        }
        if self.web.is_some() {
            self.refresh(&growing, &settled)?;
            self.show("the run has ended", false);
        }
        if let Some(web) = &self.web {
            web.end();
        }
        Ok(Next::Over(Over::Done(self.record(growing, &settled)?)))
    }

    /// Returns the record of what was read.
    fn record(&self, growing: Growing<Sink<'_>>, choice: &Choice) -> Result<Box<Analysed>> {
        let read = growing.outcome();
        let selected = growing.into_sink().1.into_parts();
        let counted = read.rows_read - read.rejected() - selected.filtered_out();
        self.job.analysis.check_groups(&selected, counted)?;
        Ok(Box::new(self.job.analysis.record(read, choice, selected)))
    }

    /// Builds and shows a report of what was read so far.
    fn refresh(&mut self, growing: &Growing<Sink<'_>>, choice: &Choice) -> Result<()> {
        let began = Instant::now();
        let selected = &growing.sink().1;
        let read = growing.outcome();
        let analysed = self.job.analysis.record(read, choice, selected.parts());
        let presentation = Presentation {
            // The monitor's last line may be half-written.
            resources: self.job.server.read_monitor().unwrap_or_default(),
            ..self.job.presentation.clone()
        };
        let mut report = Report::new(&analysed, presentation)?;
        if report.total.samples > 0 {
            // Without those that need what the run does not have yet.
            let mut criteria = self.job.gate.evaluate(&report);
            criteria.retain(|result| !result.is_undecided);
            report.criteria = criteria;
            let live = Arc::new(Live::new(
                report.for_people().into_owned(),
                &selected.inner().recent,
                &selected.inner().newest,
            ));
            if let Some(web) = &self.web {
                web.show(Arc::clone(&live));
            }
            self.live = Some(live);
        }
        let cost = began.elapsed();
        self.next_refresh = Instant::now() + MIN_REFRESH.max(cost * MIN_REFRESH_FACTOR);
        Ok(())
    }

    fn show_rows(&mut self) {
        let quiet = self.last_row.elapsed();
        if quiet < QUIET {
            return self.show("live", false);
        }
        let time = format::duration(i64::try_from(quiet.as_millis()).unwrap_or(i64::MAX));
        self.show(&format!("no new row for {time}"), true);
    }

    fn show(&mut self, words: &str, is_warning: bool) {
        self.screen.show(&State {
            name: &self.name,
            live: self.live.as_deref(),
            words,
            is_warning,
        });
    }

    fn wait(&mut self, time: Duration) {
        self.is_ended |= self.screen.wait(time);
    }

    /// Whether the user, a signal or silence ended it.
    fn is_over(&self) -> bool {
        let is_idle = |limit: Duration| self.last_row.elapsed() >= limit;
        self.is_ended || self.signals.has_come() || self.job.follow.until_idle.is_some_and(is_idle)
    }
}
