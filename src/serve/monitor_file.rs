//! The file of a monitor: new, or one that an earlier monitor wrote, which is continued.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, Result};

/// The columns of a monitor's file, in their order.
const HEADER: &str = "time_ms,process_cpu_percent,machine_cpu_percent,resident_bytes,connections,\
requests_per_second,p50_ms,p95_ms,p99_ms,connections_opened";

/// Opens a file to write rows to, behind those that it has. A last row that was cut short is removed.
///
/// # Errors
///
/// If the file cannot be written, or is not empty and not a monitor's with today's columns.
pub fn open(path: &Path) -> Result<csv::Writer<File>> {
    let failed = |error| Error::write(path, error);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let is_regular = path.metadata().is_ok_and(|data| data.is_file());
    let mut file = options.read(is_regular).open(path).map_err(failed)?;
    let end = match is_regular {
        true => end_of_rows(&file).map_err(failed)?,
        false => Some(0),
    };
    let Some(end) = end else {
        return Err(Error::Usage(format!(
            "--monitor {}: is not a file of this monitor, which would change it: name another file",
            path.display()
        )));
    };
    if is_regular {
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
    }
    let mut writer = csv::WriterBuilder::new();
    Ok(writer.has_headers(end == 0).from_writer(file))
}

/// Returns the length of a file up to its last whole row; `None` if it is not a monitor's.
fn end_of_rows(file: &File) -> io::Result<Option<u64>> {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let longest = HEADER.len() as u64 + 2;
    reader.by_ref().take(longest).read_until(b'\n', &mut line)?;
    let is_header = line.strip_suffix(b"\n") == Some(HEADER.as_bytes());
    // A monitor that was killed at once may have written a part of its header.
    let is_cut_short = !line.ends_with(b"\n") && HEADER.as_bytes().starts_with(&line);
    let mut end = match (is_header, is_cut_short) {
        (true, _) => line.len() as u64,
        (_, true) => return Ok(Some(0)),
        _ => return Ok(None),
    };
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 || !line.ends_with(b"\n") {
            return Ok(Some(end));
        }
        end += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::serve::monitor::{MonitorRow, read};

    fn row(time_ms: i64) -> MonitorRow {
        MonitorRow {
            time_ms,
            process_cpu_percent: None,
            machine_cpu_percent: None,
            resident_bytes: None,
            connections: 1,
            requests_per_second: 2.0,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            connections_opened: Some(3),
        }
    }

    fn write(path: &Path, time_ms: i64) {
        open(path).unwrap().serialize(row(time_ms)).unwrap();
    }

    #[test]
    fn a_restart_continues_the_file() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("usage.csv");
        write(&path, 1);
        write(&path, 2);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("{HEADER}\n1,")), "{text}");
        // A kill cuts the last row short.
        fs::write(&path, &text[..text.len() - 3]).unwrap();
        write(&path, 3);
        let rows = read(fs::read(&path).unwrap().as_slice(), "usage.csv").unwrap();
        assert_eq!(rows, [row(1), row(3)]);
        // Or the header.
        fs::write(&path, &HEADER[..9]).unwrap();
        write(&path, 4);
        let rows = read(fs::read(&path).unwrap().as_slice(), "usage.csv").unwrap();
        assert_eq!(rows, [row(4)]);
    }

    #[test]
    fn any_other_file_is_refused_and_stays() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("results.jtl");
        for text in [
            "timeStamp,elapsed,label,success\n1,1,A,true\n",
            "x",
            "time_ms,process_cpu_percent\n1,2\n",
        ] {
            fs::write(&path, text).unwrap();
            let why = open(&path).unwrap_err().to_string();
            assert!(why.contains("is not a file of this monitor"), "{why}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
