//! Writes the rows of a run as JMeter does.

use std::fmt::Write;

use crate::common::load::START;
use crate::faults::Part;
use crate::model::Request;
use crate::plan::Plan;

/// Thread groups.
const GROUPS: [&str; 3] = ["Users", "Admins", "Robots"];

impl Plan {
    /// The name of a part in the results.
    pub fn name(&self, part: Part) -> Option<String> {
        match part {
            Part::Run => None,
            Part::Label(label) => Some(self.labels[label].name.clone()),
            Part::Host(host) => Some(format!("shop{host}.example")),
            Part::Engine(engine) if self.has_files => Some(format!("{engine}.jtl")),
            Part::Engine(engine) => Some(format!("10.0.0.{engine}:1099")),
            Part::Group(group) => Some(GROUPS[group].to_owned()),
        }
    }

    /// Results files: one, or one per engine.
    pub fn files(&self, requests: &[Request]) -> Vec<String> {
        match self.has_files {
            true => (0..self.engines)
                .map(|engine| self.file(requests.iter().filter(|request| request.engine == engine)))
                .collect(),
            false => vec![self.file(requests.iter())],
        }
    }

    fn file<'a>(&self, requests: impl Iterator<Item = &'a Request>) -> String {
        let mut text =
            "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,\
                        failureMessage,bytes,sentBytes"
                .to_owned();
        for (has, columns) in [
            (self.has_threads, ",grpThreads,allThreads"),
            (self.has_url, ",URL"),
            (true, ",Latency,IdleTime"),
            (self.has_connect, ",Connect"),
        ] {
            text += if has { columns } else { "" };
        }
        text.push('\n');
        for request in requests {
            self.row(&mut text, request);
        }
        text
    }

    fn row(&self, text: &mut String, request: &Request) {
        let start = (START + request.start).round() as i64;
        let start = request.stray.unwrap_or(start);
        let elapsed = request.elapsed.round();
        let is_ok = request.error.is_none();
        write!(text, "{start},{elapsed},").unwrap();
        let group = GROUPS[request.group];
        match request.is_controller {
            true => {
                let failed = u8::from(!is_ok);
                write!(
                    text,
                    "{group}: order,,\"Number of samples in transaction : 3, \
                     number of failing samples : {failed}\""
                )
                .unwrap();
            }
            false => {
                let answer = request.error.unwrap_or("200,OK");
                write!(text, "{},{answer}", self.labels[request.label].name).unwrap();
            }
        }
        if self.engines > 1 && !self.has_files {
            write!(text, ",10.0.0.{}:1099-", request.engine).unwrap();
        } else {
            text.push(',');
        }
        // JMeter numbers the threads of each group of each engine.
        let thread = request.user / (self.engines * self.groups) + 1;
        let threads = request.threads;
        let group_number = request.group + 1;
        write!(
            text,
            "{group} {group_number}-{thread},text,{is_ok},,1024,512"
        )
        .unwrap();
        if self.has_threads {
            write!(text, ",{threads},{threads}").unwrap();
        }
        if self.has_url {
            match request.is_controller {
                true => text.push(','),
                false => write!(text, ",http://shop{}.example/x", request.host).unwrap(),
            }
        }
        let connect = request.connect.round().min(elapsed);
        let latency = (connect + (elapsed - connect) * 0.9).round();
        write!(text, ",{latency},0").unwrap();
        if self.has_connect {
            write!(text, ",{connect}").unwrap();
        }
        text.push('\n');
    }
}
