//! Where in a run a finding is: its time and its label.

use super::{Finding, Part};

/// Where in a run a finding is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Start and end, epoch ms; `None` if it concerns the whole run.
    pub time: Option<(i64, i64)>,
    /// The label; `None` if it concerns several or all.
    pub label: Option<String>,
}

impl Finding {
    /// Returns where in the run it is.
    pub fn place(&self) -> Place {
        let from =
            |start_ms: i64, length_ms: i64| Some((start_ms, start_ms.saturating_add(length_ms)));
        let of_part = |part: Part, name: &Option<String>| match part {
            Part::Label => name.clone(),
            _ => None,
        };
        let (time, label) = match self {
            Finding::Gap(found) => (from(found.start_ms, found.length_ms), None),
            Finding::LateGenerator(found) => (from(found.start_ms, found.length_ms), None),
            Finding::Timeouts(found) => (None, found.label.clone()),
            Finding::AlwaysFails(found) => (None, of_part(found.part, &found.name)),
            Finding::OftenFails(found) => (None, of_part(found.part, &found.name)),
            Finding::Collapse(found) => (Some((found.time_ms, found.last_end_ms)), None),
            Finding::Saturation(found) => (Some((found.time_ms, found.last_end_ms)), None),
            Finding::RisesWithLoad(found) => (Some((found.time_ms, found.last_end_ms)), None),
            Finding::Drift(found) => (Some((found.start_ms, found.end_ms)), None),
            Finding::SteadyWindow(found) => (Some((found.start_ms, found.end_ms)), None),
            Finding::FailingSince(found) => {
                let end = found.end_ms.unwrap_or(i64::MAX);
                let label = of_part(found.part, &found.name);
                (Some((found.start_ms, end)), label)
            }
            Finding::Stall(found) => (from(found.start_ms, found.length_ms), None),
            Finding::ErrorBurst(found) => {
                (from(found.start_ms, found.length_ms), found.label.clone())
            }
            Finding::SlowLabel(found) => (None, Some(found.label.clone())),
            Finding::Bimodal(found) => (None, Some(found.label.clone())),
            Finding::StrayTimes(_)
            | Finding::ClocksApart(_)
            | Finding::Unreachable(_)
            | Finding::FastErrors(_)
            | Finding::NewConnections(_)
            | Finding::LowLoad(_)
            | Finding::PeriodicStalls(_)
            | Finding::SlowHost(_)
            | Finding::SlowEngine(_)
            | Finding::ConnectTime(_) => (None, None),
        };
        Place { time, label }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(json: &str) -> Place {
        serde_json::from_str::<Finding>(json).unwrap().place()
    }

    #[test]
    fn a_gap_has_a_time_and_a_slow_label_its_label() {
        let gap = r#"{"kind":"gap","start_ms":1000,"since_start_ms":0,"length_ms":500,"samples_before":1,"samples_after":1,"gaps":1}"#;
        let expected = Place {
            time: Some((1_000, 1_500)),
            label: None,
        };
        assert_eq!(place(gap), expected);
        let slow = r#"{"kind":"slow_label","label":"A","samples":1,"median_ms":1,"others_median_ms":1,"others_p95_ms":1,"ratio_of_samples":0.1,"ratio_of_elapsed":0.1}"#;
        let expected = Place {
            time: None,
            label: Some("A".to_owned()),
        };
        assert_eq!(place(slow), expected);
    }

    #[test]
    fn a_host_is_no_label() {
        let host = r#"{"kind":"always_fails","part":"host","name":"shop","parts":2,"samples":9,"errors":9,"first_error":null}"#;
        assert_eq!(place(host), Place::default());
    }
}
