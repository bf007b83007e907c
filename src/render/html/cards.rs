//! The findings as cards: what, when, and how much. A click selects a finding's time and label.

use maud::{Markup, html};

use crate::format;
use crate::format::shorten_middle;
use crate::render::print::html::BREAK;
use crate::report::{Finding, Insight, Window};

/// Maximum length of a sentence, in characters.
const MAX_LETTERS: usize = 400;

/// Renders cards, numbered from `first` on as the overview marks them.
pub fn of(insights: &[Insight], first: usize, window: Option<Window>) -> Markup {
    html! {
        ol.cards start=(first) {
            (BREAK)
            @for (at, insight) in insights.iter().enumerate() { (card(insight, first + at, window)) }
        } (BREAK)
    }
}

fn card(insight: &Insight, number: usize, window: Option<Window>) -> Markup {
    let place = insight.finding.place();
    let since = |time: i64, window: Window| {
        time.saturating_sub(window.start_ms)
            .clamp(0, window.duration_ms())
    };
    let time = place.time.zip(window);
    let time = time.map(|((from, to), window)| (since(from, window), since(to, window)));
    let time = time.filter(|(from, to)| from < to);
    html! {
        li data-finding=(number) data-from=[time.map(|time| time.0)] data-to=[time.map(|time| time.1)] data-label=[&place.label] {
            h3 { span.number { (number) } " " (title(&insight.finding)) }
            @if let (Some(time), Some(window)) = (time, window) { p.when { (when(time, window)) } }
            p { (shorten_middle(&insight.sentence, MAX_LETTERS)) }
            @if !insight.next_step.is_empty() {
                details { summary { "Try" } code { (format::arguments(&insight.next_step)) } }
            }
        } (BREAK)
    }
}

/// Words a time as a clock would: `07:25–07:26 UTC`, with seconds if it is short.
fn when((from, to): (i64, i64), window: Window) -> String {
    let at = |since: i64| window.start_ms.saturating_add(since);
    match to - from {
        0..600_000 => format!(
            "{}–{} UTC",
            format::utc_time(at(from)),
            format::utc_time(at(to))
        ),
        _ => format!(
            "{}–{} UTC",
            format::utc_minute(at(from)),
            format::utc_minute(at(to))
        ),
    }
}

/// Names a kind of finding.
fn title(finding: &Finding) -> &'static str {
    match finding {
        Finding::StrayTimes(_) => "Stray time stamps",
        Finding::Gap(_) => "Gap",
        Finding::ClocksApart(_) => "Clocks differ",
        Finding::LateGenerator(_) => "Load generator fell behind",
        Finding::Timeouts(_) => "Timeouts",
        Finding::AlwaysFails(_) => "Always fails",
        Finding::OftenFails(_) => "Often fails",
        Finding::Unreachable(_) => "Host never answered",
        Finding::FastErrors(_) => "Fast errors flatter",
        Finding::NewConnections(_) => "Connections not reused",
        Finding::Collapse(_) => "Throughput collapsed",
        Finding::Saturation(_) => "Saturated",
        Finding::RisesWithLoad(_) => "Slower with load",
        Finding::Drift(_) => "Response times drift",
        Finding::LowLoad(_) => "Low load",
        Finding::SteadyWindow(_) => "At full load",
        Finding::PeriodicStalls(_) => "Periodic stalls",
        Finding::FailingSince(_) => "Fails since",
        Finding::Stall(_) => "Stall",
        Finding::ErrorBurst(_) => "Burst of errors",
        Finding::SlowLabel(_) => "Slow label",
        Finding::SlowHost(_) => "Slow host",
        Finding::SlowEngine(_) => "Slow load generator",
        Finding::ConnectTime(_) => "Mostly connect time",
        Finding::Bimodal(_) => "Two groups of times",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_when() {
        let window = Window {
            start_ms: 1_700_000_000_000,
            end_ms: 1_700_003_600_000,
        };
        assert_eq!(when((0, 1_500), window), "22:13:20–22:13:21 UTC");
        assert_eq!(when((0, 1_200_000), window), "22:13–22:33 UTC");
    }
}
