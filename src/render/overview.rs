//! What a person at a terminal sees of a run: the verdict, what was found, the table of labels, the criteria,
//! and where the report is.

use super::print::terminal::{Fitted, Style, colored, fitted, wrapped};
use super::table::Tone;
use super::text::printable;
use super::verdict::{self, Verdict};
use super::{columns, criteria, tables};
use crate::format;
use crate::report::{CriterionResult, Insight, Report};

/// Most labels that the table shows.
const MAX_LABELS: usize = 30;

/// Largest number of characters of a label or a message in a sentence.
const MAX_LETTERS: usize = 60;

/// Where a terminal takes text to: `None` for a part that there is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The report's page, as it is shown.
    pub page: Option<String>,
    /// The URL that a terminal opens for it.
    pub page_url: Option<String>,
    /// How to get the table as Markdown, in a line.
    pub markdown: Option<String>,
}

/// Renders the overview. With colours, the page is a link.
pub fn render(report: &Report, links: &Links, width: Option<u16>, has_colors: bool) -> String {
    let look = Look {
        width: width.map_or(usize::MAX, usize::from),
        has_colors,
    };
    let parts = [
        head(report, look),
        findings(report, look),
        labels(report, look),
        of_criteria(report, look),
        foot(links, look),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// Width of the terminal and whether it has colours.
#[derive(Debug, Clone, Copy)]
struct Look {
    width: usize,
    has_colors: bool,
}

impl Look {
    /// Lines of text, those after the first indented.
    fn paragraph(self, first: &str, indent: usize, text: &str) -> String {
        let room = self.width.saturating_sub(indent).max(20);
        let lines = wrapped(&printable(text), room);
        let rest = format!("\n{}", " ".repeat(indent));
        format!("{first}{}\n", lines.join(&rest))
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.has_colors {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// When the run was, and what it comes to.
fn head(report: &Report, look: Look) -> String {
    let mut text = String::new();
    let when = report.window.map(|window| {
        format!(
            "{} to {}, {}",
            format::utc(window.start_ms),
            format::utc(window.end_ms),
            format::duration(window.duration_ms())
        )
    });
    let title = report.title.iter().cloned().chain(when);
    let title: Vec<String> = title.collect();
    if !title.is_empty() {
        for line in look.paragraph("", 0, &title.join(": ")).lines() {
            text += &format!("{}\n", look.dim(line));
        }
        text.push('\n');
    }
    let Verdict {
        word,
        tone,
        headline,
        facts,
    } = verdict::of(report, MAX_LETTERS);
    let sentence = match tone {
        None => format!("{headline}."),
        Some(_) => format!("{word}: {headline}."),
    };
    for line in look.paragraph("", 0, &sentence).lines() {
        text += &format!("{}\n", look.bold(&colored(line, tone, look.has_colors)));
    }
    // Failed criteria are quoted below the table.
    let is_of_criterion = |fact: &&String| {
        let quoted = |result: &CriterionResult| fact.starts_with(&result.text);
        !report.criteria.iter().any(quoted)
    };
    for fact in facts.iter().filter(is_of_criterion) {
        text += &look.paragraph("", 0, fact);
    }
    text
}

/// The insights that cost most, numbered, each with what to try.
fn findings(report: &Report, look: Look) -> String {
    let (shown, folded) = report.insights_to_show();
    let insights = (1..).zip(shown);
    let mut text: String = insights
        .map(|(number, insight)| finding(number, insight, look))
        .collect();
    if !folded.is_empty() {
        let more = if shown.is_empty() { "" } else { "more " };
        let count = format::counted(folded.len() as u64, format!("{more}insight"));
        let are = if folded.len() == 1 { "is" } else { "are" };
        let line = format!("{count} {are} in the report; --insights all prints them.");
        text += &look.paragraph("", 0, &line);
    }
    match text.is_empty() {
        true => text,
        false => format!("{}\n{text}", look.bold("Insights")),
    }
}

fn finding(number: usize, insight: &Insight, look: Look) -> String {
    let first = format!("{number:>2}. ");
    let text = look.paragraph(&first, first.len(), &insight.sentence);
    match &insight.next_step[..] {
        [] => text,
        options => {
            let step = format!("Try: {}", format::arguments(options));
            let indent = " ".repeat(first.len());
            let lines = look.paragraph(&indent, first.len(), &step);
            let lines = lines.lines().map(|line| format!("{}\n", look.dim(line)));
            text + &lines.collect::<String>()
        }
    }
}

/// The table of labels, with as many columns as fit.
fn labels(report: &Report, look: Look) -> String {
    let style = Style {
        width: Some(look.width),
        has_colors: look.has_colors,
        keys: 1,
    };
    let table = tables::busiest(report, MAX_LABELS);
    let Fitted {
        mut text,
        left_out,
        names_note,
    } = fitted(&table, &columns::by_importance(&report.options), style);
    let mut remark = |line: &str| {
        let lines = look.paragraph("", 0, line);
        text.extend(lines.lines().map(|line| format!("{}\n", look.dim(line))));
    };
    if let Some(note) = names_note {
        remark(&note);
    }
    let hidden = (report.labels.len() + usize::from(report.other_labels.is_some()))
        .saturating_sub(table.rows.len());
    let mut missing: Vec<String> = Vec::new();
    if hidden > 0 {
        missing.push(format!(
            "{} that took less time",
            format::counted(hidden as u64, "label")
        ));
    }
    missing.extend(left_out);
    if !missing.is_empty() {
        remark(&format!(
            "Not shown: {}. --format table shows all.",
            missing.join(", ")
        ));
    }
    if let Some(note) = tables::aggregate_note(report) {
        remark(&note);
    }
    text
}

/// A line for each criterion, failed ones first.
fn of_criteria(report: &Report, look: Look) -> String {
    let tone = |result: &CriterionResult| match (result.is_undecided, result.is_failed) {
        (true, _) => Tone::Open,
        (false, true) => Tone::Bad,
        (false, false) => Tone::Good,
    };
    let mut all: Vec<&CriterionResult> = report.criteria.iter().collect();
    all.sort_by_key(|result| match tone(result) {
        Tone::Bad => 0,
        Tone::Open => 1,
        Tone::Good => 2,
    });
    let mut text = String::new();
    for result in &all {
        let lines = look.paragraph("", 2, &criteria::line(result));
        let line = lines.replacen(
            result.verdict(),
            &colored(result.verdict(), Some(tone(result)), look.has_colors),
            1,
        );
        text += &line;
    }
    if !all.is_empty() {
        text.insert_str(0, &format!("{}\n", look.bold("Criteria")));
        let selection = criteria::selection(report);
        if !selection.is_empty() {
            text += &look.paragraph("", 0, selection.trim());
        }
    }
    text
}

/// Where the report is, and how to get the table to paste.
fn foot(links: &Links, look: Look) -> String {
    let mut text = String::new();
    if let Some(page) = &links.page {
        let page = printable(page);
        let page = match links.page_url.as_ref().filter(|_| look.has_colors) {
            Some(url) => format!("\x1b]8;;{url}\x1b\\{page}\x1b]8;;\x1b\\"),
            None => page,
        };
        text += &format!("Report: {page}\n");
    }
    if let Some(markdown) = &links.markdown {
        text += &look.paragraph("", 2, markdown);
    }
    text
}
