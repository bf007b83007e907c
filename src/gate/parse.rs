//! Parses a criterion by hand, so that every error names the position and the alternatives.

use std::str::FromStr;

use super::criterion::{Arithmetic, Criterion, Limit, Op, Pattern, Scope, Timing};
use super::cursor::Cursor;
use super::metric::{self, Metric};
use super::timing;
use super::value::{Quantity, Unit, with_unit};
use crate::select;
use crate::suggest::did_you_mean;

/// What is wrong in the text of a criterion, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("`{text}`, character {position}: {message}")]
pub struct ParseError {
    /// The text of the criterion.
    pub text: String,
    /// The character where the problem begins, counted from 1.
    pub position: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// A message located at a byte offset.
type Located = (usize, String);

impl FromStr for Criterion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text).map_err(|(at, message)| ParseError {
            text: text.trim().to_owned(),
            position: {
                let leading = text.len() - text.trim_start().len();
                let before = text.get(leading..at).unwrap_or_default();
                before.chars().count() + 1
            },
            message,
        })
    }
}

fn parse(text: &str) -> Result<Criterion, Located> {
    let condition = condition_at(text);
    let scope = match text
        .get(..condition)
        .and_then(|text| text.strip_suffix(':'))
    {
        Some(label) => scope(label)?,
        None => Scope::Total,
    };
    let mut cursor = Cursor::new(text, condition);
    let metric_at = cursor.at();
    let metric = metric(&mut cursor)?;
    let op = op(&mut cursor)?;
    let limit_at = cursor.at();
    let limit = limit(&mut cursor, &metric)?;
    let timing = match cursor.word() {
        (_, "") => None,
        (at, word) => match Timing::named(word) {
            Some(timing) => Some(timing(time(&mut cursor)?)),
            None => {
                let rest = text.get(at..).unwrap_or_default().trim_end();
                let message = format!(
                    "unexpected `{rest}`: only a time may follow the value, such as `for 30s`, `over 30s` or `within 30s`"
                );
                return Err((at, message));
            }
        },
    };
    let (at, rest) = cursor.take(|_| true);
    if !rest.is_empty() {
        let rest = rest.trim_end();
        return Err((at, format!("unexpected `{rest}` after the time")));
    }
    let criterion = Criterion {
        scope,
        metric,
        op,
        limit,
        timing,
    };
    if let Some(why) = unavailable(&criterion) {
        return Err((metric_at, why));
    }
    let never = match criterion.limit {
        Limit::Value(limit) => never_holds(&criterion.metric, criterion.op, limit.base()),
        Limit::Baseline(_) => None,
    };
    match never {
        Some(why) => Err((limit_at, why)),
        None => Ok(criterion),
    }
}

/// Finds where the condition begins: behind the last colon, if there is one. A label may contain
/// colons; a condition cannot, except in a quoted response code.
fn condition_at(text: &str) -> usize {
    let quoted = text.rmatch_indices("rc\"").find(|&(at, _)| {
        let before = text.get(..at).unwrap_or_default().trim_end();
        before.is_empty() || before.ends_with(':')
    });
    let searched = quoted.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    searched.rfind(':').map_or(0, |colon| colon + 1)
}

/// Says why there is no such metric of a label or of a part of the run.
fn unavailable(criterion: &Criterion) -> Option<String> {
    let metric = &criterion.metric;
    if metric.is_of_rows() && !criterion.is_of_total() {
        return Some(format!(
            "{metric} is available for TOTAL only: a row that cannot be read has no label"
        ));
    }
    timing::unavailable(criterion)
}

/// Says why a condition can never hold, because the metric never has such a value.
pub(super) fn never_holds(metric: &Metric, op: Op, limit: f64) -> Option<String> {
    let (min, max) = metric.bounds();
    let (is_never, bound) = match op {
        Op::Greater => (limit >= max, max),
        Op::GreaterOrEqual => (limit > max, max),
        Op::Less => (limit <= min, min),
        Op::LessOrEqual => (limit < min, min),
        Op::Equal if limit > max => (true, max),
        Op::Equal => (limit < min, min),
        Op::NotEqual => (false, min),
    };
    let than = if bound == max { "more" } else { "less" };
    is_never.then(|| {
        let bound = with_unit(bound, metric.unit());
        format!("{metric} is never {than} than {bound}, so this criterion could not fail")
    })
}

fn scope(text: &str) -> Result<Scope, Located> {
    let label = text.trim();
    let at = text.len() - text.trim_start().len();
    if label.is_empty() {
        return Err((
            at,
            "missing label before the colon: for all labels together, leave out the colon too"
                .to_owned(),
        ));
    }
    let pattern = label
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'));
    match pattern {
        Some(pattern) => match select::regex(pattern) {
            Ok(regex) => Ok(Scope::Pattern(Pattern(regex))),
            Err(why) => Err((at, why.to_string())),
        },
        None => Ok(Scope::Label(label.to_owned())),
    }
}

fn metric(cursor: &mut Cursor) -> Result<Metric, Located> {
    let is_name = |letter: char| !letter.is_whitespace() && !is_comparison(letter);
    if let Some((at, code)) = cursor.quoted("rc") {
        let (_, percent) = cursor.take_here(is_name);
        let metric = Metric::named(&format!("{code}{percent}"));
        return metric.ok_or_else(|| {
            let message = format!("unexpected `{percent}` behind the code: only % may follow it");
            (at + code.len(), message)
        });
    }
    let (at, name) = cursor.take(is_name);
    if let Some(metric) = Metric::named(name) {
        return Ok(metric);
    }
    let message = match name {
        "" => format!("missing metric: {}", known_metrics()),
        name => format!(
            "unknown metric `{name}`{}: {}",
            did_you_mean(name, metric::NAMES),
            known_metrics()
        ),
    };
    Err((at, message))
}

fn known_metrics() -> String {
    let names = metric::NAMES.join(", ");
    format!(
        "use {names}, with NN above 0 and up to 100, such as p99.9, CODE such as 404, 5xx or \"a code\", and COLUMN a column that --metric names"
    )
}

fn op(cursor: &mut Cursor) -> Result<Op, Located> {
    let (at, symbol) = cursor.take(is_comparison);
    let op = Op::ALL.into_iter().find(|op| op.symbol() == symbol);
    op.ok_or_else(|| {
        let symbols = Op::ALL.map(Op::symbol).join(" ");
        let what = match symbol {
            "" => "missing comparison".to_owned(),
            symbol => format!("`{symbol}` is not a comparison"),
        };
        (at, format!("{what}: use one of {symbols}"))
    })
}

fn is_comparison(letter: char) -> bool {
    matches!(letter, '<' | '>' | '=' | '!')
}

fn limit(cursor: &mut Cursor, metric: &Metric) -> Result<Limit, Located> {
    let (at, word) = cursor.take(|letter| letter.is_alphabetic());
    if word.is_empty() {
        return Ok(Limit::Value(quantity(cursor, metric, metric.units())?));
    }
    if word != "baseline" {
        let message = format!(
            "`{word}` is neither a number nor `baseline`{}: write a value such as {}, or `baseline * 1.1`",
            did_you_mean(word, ["baseline"]),
            example(metric.units())
        );
        return Err((at, message));
    }
    let arithmetic = match cursor.take(|letter| matches!(letter, '*' | '+' | '-')) {
        (_, "") => return Ok(Limit::Baseline(None)),
        (_, "*") => Arithmetic::Times,
        (_, "+") => Arithmetic::Plus,
        (_, "-") => Arithmetic::Minus,
        (at, other) => {
            let message = format!("unknown operator `{other}`: after `baseline`, use one of * + -");
            return Err((at, message));
        }
    };
    let units = match arithmetic {
        Arithmetic::Times => &[Unit::None],
        Arithmetic::Plus | Arithmetic::Minus => metric.units(),
    };
    let change = quantity(cursor, metric, units)?;
    Ok(Limit::Baseline(Some((arithmetic, change))))
}

fn quantity(cursor: &mut Cursor, metric: &Metric, units: &[Unit]) -> Result<Quantity, Located> {
    let value = number(cursor, &example(units))?;
    let (at, name) = cursor.unit();
    if let Some(&unit) = units.iter().find(|unit| unit.name() == name) {
        return Ok(Quantity { value, unit });
    }
    let known = known_units(units);
    let message = match (name, units) {
        ("", _) => format!("missing unit: {metric} takes {known}"),
        (name, [Unit::None]) => {
            format!("unexpected unit `{name}`: this number has none")
        }
        (name, _) => format!("`{name}` is not a unit of {metric}: use {known}"),
    };
    Err((at, message))
}

fn time(cursor: &mut Cursor) -> Result<Quantity, Located> {
    const UNITS: [Unit; 4] = [Unit::Ms, Unit::Seconds, Unit::Minutes, Unit::Hours];
    let start = cursor.at();
    let value = number(cursor, "30s")?;
    if value == 0.0 {
        return Err((start, "the time must be longer than 0".to_owned()));
    }
    let (at, name) = cursor.unit();
    match UNITS.into_iter().find(|unit| unit.name() == name) {
        Some(unit) => Ok(Quantity { value, unit }),
        None => Err((
            at,
            match name {
                "" => format!("missing unit of time: use {}", known_units(&UNITS)),
                name => format!(
                    "`{name}` is not a unit of time: use {}",
                    known_units(&UNITS)
                ),
            },
        )),
    }
}

fn number(cursor: &mut Cursor, example: &str) -> Result<f64, Located> {
    let (at, digits) = cursor.take(|letter| letter.is_ascii_digit() || letter == '.');
    let value = digits.parse().ok().filter(|value: &f64| value.is_finite());
    value.ok_or_else(|| match digits {
        "" => (at, format!("missing number: write one such as {example}")),
        digits => (
            at,
            format!("`{digits}` is not a number: write one such as {example}"),
        ),
    })
}

fn example(units: &[Unit]) -> String {
    match units.first() {
        Some(Unit::Ms) => "500ms",
        Some(Unit::Percent) => "0.5%",
        Some(Unit::PerSecond) => "20/s",
        Some(Unit::KbPerSecond) => "100KB/s",
        _ => "10",
    }
    .to_owned()
}

fn known_units(units: &[Unit]) -> String {
    let names = units.iter().filter(|unit| **unit != Unit::None);
    let names: Vec<&str> = names.map(|unit| unit.name()).collect();
    match names[..] {
        [ref others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::codes::CodePattern;
    use super::super::metric::Statistic;
    use super::*;
    use crate::percentile::Percentile;

    fn parsed(text: &str) -> Criterion {
        text.parse().unwrap()
    }

    fn shown(text: &str) -> String {
        parsed(text).to_string()
    }

    fn error(text: &str) -> String {
        text.parse::<Criterion>().unwrap_err().to_string()
    }

    #[test]
    fn every_part_is_read() {
        assert_eq!(
            parsed("GET http://h/a: avg>=1.5 s for 2min"),
            Criterion {
                scope: Scope::Label("GET http://h/a".to_owned()),
                metric: Metric::Elapsed(Statistic::Average),
                op: Op::GreaterOrEqual,
                limit: Limit::Value(Quantity {
                    value: 1.5,
                    unit: Unit::Seconds
                }),
                timing: Some(Timing::For(Quantity {
                    value: 2.0,
                    unit: Unit::Minutes
                })),
            }
        );
        let change = Quantity {
            value: 0.5,
            unit: Unit::Percent,
        };
        let relative = parsed("/^a$/: error% < baseline - 0.5%");
        assert_eq!(
            relative.limit,
            Limit::Baseline(Some((Arithmetic::Minus, change)))
        );
        assert!(matches!(relative.scope, Scope::Pattern(pattern) if pattern.0.as_str() == "^a$"));
    }

    #[test]
    fn spaces_do_not_matter() {
        assert_eq!(shown("p95>500ms"), "p95 > 500ms");
        assert_eq!(shown("  error%  !=  0 % "), "error% != 0%");
        assert_eq!(shown("error% > 1"), "error% > 1");
        assert_eq!(shown("count<10"), "count < 10");
        assert_eq!(
            shown("p95>baseline*1.10 for 30 s"),
            "p95 > baseline * 1.1 for 30s"
        );
        assert_eq!(
            shown(" /^a:b/ :latency.p50 <= baseline+5ms"),
            "/^a:b/: latency.p50 <= baseline + 5ms"
        );
        assert_eq!(shown("/home: max == baseline"), "/home: max == baseline");
    }

    #[test]
    fn every_metric_has_a_name_and_a_unit() {
        for (name, value) in [
            ("count", "1"),
            ("errors", "1"),
            ("error%", "1%"),
            ("avg", "1ms"),
            ("min", "1ms"),
            ("max", "1s"),
            ("stddev", "1ms"),
            ("p1", "1ms"),
            ("p100", "1ms"),
            ("rc404", "1"),
            ("rc5xx%", "1%"),
            ("rc*Timeout*", "1"),
            (
                "rc\"Non HTTP response code: java.net.SocketException\"",
                "1",
            ),
            ("rc\"200 > 199\"%", "1%"),
            ("throughput", "1/s"),
            ("goodput", "1/s"),
            ("received", "1KB/s"),
            ("sent", "1KB/s"),
            ("latency.avg", "1ms"),
            ("latency.p99.9", "1ms"),
            ("connect.avg", "1s"),
            ("connect.p50", "1s"),
            ("apdex", "0.85"),
            ("rejected", "1"),
            ("rejected%", "1%"),
            ("repaired", "1"),
            ("repaired%", "1%"),
        ] {
            let text = format!("{name} > {value}");
            assert_eq!(shown(&text), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_where() {
        let wrong = [
            "",
            "p95",
            "p95 >",
            "p95 => 1s",
            "p95 > 500",
            "p95 > 500mss",
            "p95 > fast",
            "p95 > basline * 1.1",
            "p95 > baseline / 2",
            "p95 > baseline * 1.1s",
            "p95 > baseline + 1%",
            "p95 > 1.2.3s",
            "p95 > -1s",
            "p101 > 1s",
            "troughput < 1/s",
            "throughput < 1KB/s",
            "count > 1ms",
            "apdex < 90%",
            "apdex < 0.9 for 30s",
            "mittel ä: latency.agv > 1s",
            ": p95 > 1s",
            "/fib(o/: p95 > 1s",
            "p95 > 1s during 30s",
            "p95 > 1s for",
            "p95 > 1s for 0s",
            "p95 > 1s for 30",
            "p95 > 1s for 30days",
            "p95 > 1s for 30s more",
            "count > 1 for 30s",
            "max > 1s for 30s",
            "A: received > 1KB/s for 30s",
            "/A/: received < 1KB/s for 30s",
            "A: rejected > 0",
            "rejected > 0 for 30s",
            "rc404 > 1 for 30s",
            "A: rc404 > 1 over 30s",
            "count < 10 within 30s",
            "max > 1s over 30s",
            "rc > 1",
            "rcTimeout > 1",
            "rc\"404 > 1",
            "rc\"404\"x > 1",
            "error% > 101%",
            "error% > 100%",
            "rc5xx% == 150%",
            "apdex < 0",
            "throughput < 0/s",
            "rejected% >= 100.5%",
        ];
        let errors: Vec<String> = wrong.map(error).to_vec();
        insta::assert_snapshot!(errors.join("\n"));
    }

    fn quantity_of(units: &'static [Unit]) -> impl Strategy<Value = Quantity> {
        let value = prop_oneof![(0..1_000_000_u32).prop_map(f64::from), 0.0..1e9];
        (value, proptest::sample::select(units)).prop_map(|(value, unit)| Quantity { value, unit })
    }

    fn any_metric() -> impl Strategy<Value = Metric> {
        let statistic = || {
            let percentile = prop_oneof![(1..=100_u32).prop_map(f64::from), 1e-3..100.0];
            prop_oneof![
                Just(Statistic::Average),
                percentile.prop_map(|p| Statistic::Percentile(Percentile::new(p).unwrap())),
            ]
        };
        let codes = || {
            prop_oneof![
                r"[0-9a-zA-Z*?.]{0,6}[*?][0-9a-zA-Z*?.]{0,6}|[0-9]{1,5}|[0-9x]{3}"
                    .prop_map(|text| CodePattern::new(&text).unwrap()),
                r#"[^"%\n]{0,12}"#.prop_map(|code| CodePattern::exactly(&code)),
            ]
        };
        prop_oneof![
            Just(Metric::Count),
            Just(Metric::Errors),
            Just(Metric::ErrorPercent),
            codes().prop_map(Metric::Codes),
            codes().prop_map(Metric::CodesPercent),
            Just(Metric::Goodput),
            Just(Metric::Rejected),
            Just(Metric::RepairedPercent),
            statistic().prop_map(Metric::Elapsed),
            Just(Metric::Min),
            Just(Metric::Max),
            Just(Metric::StdDev),
            Just(Metric::Throughput),
            Just(Metric::Received),
            Just(Metric::Sent),
            statistic().prop_map(Metric::Latency),
            statistic().prop_map(Metric::Connect),
            Just(Metric::named("llm.ttft.p99.9").unwrap()),
            Just(Metric::Apdex),
        ]
    }

    fn any_limit(metric: &Metric) -> impl Strategy<Value = Limit> + use<> {
        let change = prop_oneof![
            quantity_of(&[Unit::None]).prop_map(|factor| (Arithmetic::Times, factor)),
            quantity_of(metric.units()).prop_map(|more| (Arithmetic::Plus, more)),
            quantity_of(metric.units()).prop_map(|less| (Arithmetic::Minus, less)),
        ];
        prop_oneof![
            quantity_of(metric.units()).prop_map(Limit::Value),
            proptest::option::of(change).prop_map(Limit::Baseline),
        ]
    }

    fn any_scope() -> impl Strategy<Value = Scope> {
        let label = r"[^\s/]([^/\n]{0,12}[^\s/])?";
        prop_oneof![
            Just(Scope::Total),
            label.prop_map(Scope::Label),
            r"\^?[a-z:/ >=]{0,12}\$?"
                .prop_map(|regex| Scope::Pattern(Pattern(select::regex(&regex).unwrap()))),
        ]
    }

    fn any_criterion() -> impl Strategy<Value = Criterion> {
        let limited = any_metric().prop_flat_map(|metric| {
            let limit = any_limit(&metric);
            (Just(metric), limit)
        });
        let time = || quantity_of(&[Unit::Ms, Unit::Seconds, Unit::Minutes, Unit::Hours]);
        let timing = prop_oneof![
            time().prop_map(Timing::For),
            time().prop_map(Timing::Over),
            time().prop_map(Timing::Within),
        ];
        let op = proptest::sample::select(&Op::ALL[..]);
        (any_scope(), limited, op, proptest::option::of(timing))
            .prop_map(|(scope, (metric, limit), op, timing)| {
                let criterion = Criterion {
                    scope,
                    metric,
                    op,
                    limit,
                    timing: timing.filter(|timing| timing.time().value > 0.0),
                };
                match timing::unavailable(&criterion) {
                    None => criterion,
                    Some(_) => Criterion {
                        timing: None,
                        ..criterion
                    },
                }
            })
            .prop_map(|criterion| match criterion.metric.is_of_rows() {
                true => Criterion {
                    scope: Scope::Total,
                    ..criterion
                },
                false => criterion,
            })
            .prop_filter("it may fail", |criterion| match criterion.limit {
                Limit::Value(limit) => {
                    never_holds(&criterion.metric, criterion.op, limit.base()).is_none()
                }
                Limit::Baseline(_) => true,
            })
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(criterion in any_criterion()) {
            prop_assert_eq!(criterion.to_string().parse::<Criterion>(), Ok(criterion));
        }

        #[test]
        fn no_text_breaks_it(text in prop_oneof![
            ".*",
            "[a-z/: ]{0,6}(p95|error%|count|rc5xx|rc.|baseline|for|over|[0-9.]|[<>=! :*+-]|ms|s|%){0,8}",
        ]) {
            if let Err(error) = text.parse::<Criterion>() {
                prop_assert!(error.position <= text.chars().count() + 1);
            }
        }
    }
}
