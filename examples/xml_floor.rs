//! The floor for benchmarks: quick-xml's events on one thread, with samples counted and nothing else,
//! `xml_floor RESULTS`.

use std::error::Error;

use quick_xml::Reader;
use quick_xml::events::Event;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name XML results")?;
    let mut reader = Reader::from_file(path)?;
    let (mut buffer, mut samples) = (Vec::new(), 0_u64);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => {
                samples += u64::from(matches!(tag.name().0, "httpSample" | "sample"));
            }
            _ => {}
        }
    }
    println!("{samples} samples");
    Ok(())
}
