//! Sub-results: rows of what a sampler fetched for another sample, such as redirects.
//!
//! JMeter 5 writes the row of a sample, then a row for each of its sub-results, each followed by its
//! own: `label`, `label-0`, `label-1`. A row does not say what it is, and a request may bear such a
//! name by hand. But one thread sends one request at a time. So a row is a sub-result if its thread's
//! last request has the label without the number, and its time contains the row's. Rows of
//! transaction controllers have no sub-results: what they contain are requests.
//!
//! With `subresults.disable_renaming` sub-results keep their names and are not recognised.
//!
//! Source: `SampleResult.storeSubResult`, `HTTPAbstractImpl.configureSampleLabel` (what a sampler
//! fetches bears its name) and `CSVSaveService.saveSubResults` of JMeter 5.6.3.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use super::labels::{numbers_after, without_number};
use crate::jtl::Sample;

/// Requests that are remembered. If there are more threads, all are forgotten; at most as many
/// sub-results are then taken for requests.
const MAX_REQUESTS: usize = 1 << 17;

/// How much later than its parent a sub-result may end, ms: JMeter takes times from two clocks.
const TOLERANCE_MS: i64 = 5;

/// The last request of each thread, by which sub-results are recognised. Rows must come in the order
/// of the file.
#[derive(Debug, Clone, Default)]
pub struct Families {
    requests: HashMap<Vec<u8>, Request>,
}

/// The last request of a thread, or, if rows name no thread, the last one with this label.
#[derive(Debug, Clone, Default)]
struct Request {
    label: Vec<u8>,
    start: i64,
    end: i64,
    is_controller: bool,
    /// Whether its sub-result `label-0` was there, from which JMeter counts.
    has_first: bool,
}

impl Families {
    /// Whether the next row is a sub-result.
    pub fn is_sub_result(&mut self, sample: &Sample<'_>) -> bool {
        if sample.thread_name.is_empty() {
            return self.is_sub_result_by_label(sample);
        }
        if self.requests.len() > MAX_REQUESTS {
            self.requests.clear();
        }
        match self.requests.entry_ref(sample.thread_name) {
            EntryRef::Occupied(known) => {
                let request = known.into_mut();
                let is_sub_result = request.takes(sample);
                if !is_sub_result {
                    request.become_of(sample);
                }
                is_sub_result
            }
            EntryRef::Vacant(place) => {
                place.insert(Request::default()).become_of(sample);
                false
            }
        }
    }

    /// The same for rows without a thread name.
    fn is_sub_result_by_label(&mut self, sample: &Sample<'_>) -> bool {
        let mut parent = without_number(sample.label);
        while let Some(label) = parent {
            if let Some(request) = self.requests.get_mut(label)
                && request.takes(sample)
            {
                return true;
            }
            parent = without_number(label);
        }
        if self.requests.len() > MAX_REQUESTS {
            self.requests.clear();
        }
        let request = self.requests.entry_ref(sample.label).or_default();
        request.become_of(sample);
        false
    }
}

impl Request {
    fn become_of(&mut self, sample: &Sample<'_>) {
        self.label.clear();
        self.label.extend_from_slice(sample.label);
        self.start = sample.time_stamp;
        // Elapsed does not include the time that a sampler paused.
        let idle = sample.idle_time.unwrap_or(0).max(0);
        self.end = sample.end().saturating_add(idle);
        self.is_controller = sample.is_controller();
        self.has_first = false;
    }

    /// Whether a row is a sub-result of this request.
    fn takes(&mut self, sample: &Sample<'_>) -> bool {
        let Some(first_number) = numbers_after(&self.label, sample.label) else {
            return false;
        };
        if self.is_controller || sample.is_controller() || !self.contains(sample) {
            return false;
        }
        self.has_first |= first_number == b"0";
        self.has_first
    }

    /// Whether the time of a row lies in this request's. The thread's next request starts when this
    /// one has ended.
    fn contains(&self, sample: &Sample<'_>) -> bool {
        let (start, end) = (sample.time_stamp, sample.end());
        let is_within = start >= self.start && end <= self.end;
        let begins_within = start >= self.start && start < self.end;
        is_within || begins_within && end <= self.end.saturating_add(TOLERANCE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::sample;

    const CONTROLLER: &str = "Number of samples in transaction : 2, number of failing samples : 0";

    /// The labels of sub-results among rows of (thread, label, start, elapsed).
    fn found(rows: &[(&'static str, &'static str, i64, i64)]) -> Vec<&'static str> {
        let mut families = Families::default();
        let is_controller = |label: &str| label.starts_with("TC ");
        rows.iter()
            .filter(|(thread, label, start, elapsed)| {
                families.is_sub_result(&Sample {
                    thread_name: thread.as_bytes(),
                    label: label.trim_start_matches("TC ").as_bytes(),
                    response_message: if is_controller(label) {
                        CONTROLLER.as_bytes()
                    } else {
                        b"OK"
                    },
                    time_stamp: *start,
                    elapsed: *elapsed,
                    ..sample()
                })
            })
            .map(|row| row.1)
            .collect()
    }

    #[test]
    fn redirects_and_embedded_resources() {
        for threads in [["T 1-1", "T 1-2"], ["", ""]] {
            let [a, b] = threads;
            let rows = [
                (a, "Home", 0, 100),
                (a, "Home-0", 0, 60),
                (b, "Page", 10, 100),
                (a, "Home-1", 60, 40),
                (a, "Home-1-0", 60, 20),
                (b, "Page-0", 10, 102),
                (b, "Page-12", 20, 5),
                (a, "Home", 100, 100),
            ];
            let subs = ["Home-0", "Home-1", "Home-1-0", "Page-0", "Page-12"];
            assert_eq!(found(&rows), subs, "{threads:?}");
        }
    }

    #[test]
    fn requests_numbered_by_hand_are_requests() {
        let (a, b) = ("T 1-1", "T 1-2");
        // Below a controller, whose row comes last or, as a parent sample, first.
        assert!(
            found(&[
                (a, "HP-0", 0, 50),
                (a, "HP-1", 50, 50),
                (a, "TC HP", 0, 100),
                (a, "HP-0", 100, 50),
                (a, "HP-1", 150, 50),
                (a, "TC HP", 100, 100),
                (b, "TC HP", 0, 100),
                (b, "HP-0", 0, 50),
            ])
            .is_empty()
        );
        // One after the other; even if they take no time.
        assert!(found(&[(a, "GET /a", 0, 100), (a, "GET /a-0", 100, 100)]).is_empty());
        assert!(found(&[(a, "GET /a", 0, 1), (a, "GET /a-0", 1, 2)]).is_empty());
        assert!(found(&[(a, "step", 0, 0), (a, "step-1", 0, 0)]).is_empty());
        // In another thread, or of another request.
        assert!(found(&[(a, "Home", 0, 100), (b, "Home-0", 0, 60)]).is_empty());
        assert!(
            found(&[
                (a, "Home", 0, 100),
                (a, "Pay", 100, 100),
                (a, "Home-0", 110, 10)
            ])
            .is_empty()
        );
    }

    #[test]
    fn both_in_one_run() {
        let a = "T 1-1";
        let rows = [
            (a, "HP-0", 0, 50),
            (a, "HP-0-0", 0, 20),
            (a, "HP-0-1", 20, 30),
            (a, "HP-1", 50, 50),
            (a, "TC HP", 0, 100),
            (a, "HP", 100, 50),
            (a, "HP-0", 100, 20),
            (a, "HP-1", 120, 30),
        ];
        assert_eq!(found(&rows), ["HP-0-0", "HP-0-1", "HP-0", "HP-1"]);
    }

    #[test]
    fn a_pause_of_the_sampler_belongs_to_its_time() {
        let mut families = Families::default();
        let mut is_sub_result = |label: &'static str, time_stamp, elapsed, idle| {
            families.is_sub_result(&Sample {
                label: label.as_bytes(),
                time_stamp,
                elapsed,
                idle_time: Some(idle),
                ..sample()
            })
        };
        assert!(!is_sub_result("Home", 0, 50, 60));
        assert!(is_sub_result("Home-0", 90, 20, 0));
    }

    #[test]
    fn memory_is_bounded() {
        let mut families = Families::default();
        for number in 0..2 * MAX_REQUESTS {
            let thread_name = number.to_string();
            families.is_sub_result(&Sample {
                thread_name: thread_name.as_bytes(),
                ..sample()
            });
        }
        assert!(families.requests.len() <= MAX_REQUESTS + 1);
    }
}
