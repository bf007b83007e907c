//! Inputs, cut into blocks between records.
//!
//! Workers take turns: a worker locks the source, reads a block into its own buffer, and parses it
//! after unlocking. Under the lock, bytes are only copied and searched for quotes and header rows,
//! which is many times faster than parsing.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use memchr::{memchr, memmem};

use super::csv::{
    Block, DatePattern, EpochUnit, ExtraColumns, GivenHeader, PADDING, ProvisionalLayouts,
    RowParser, UnknownLayout, Unquoted, cut, is_detectable, refuse_other_text, separator_line,
};
use super::fault::MAX_ROW;
use super::fingerprint::{self, Fingerprinted, SharedFingerprint};
use super::input::{
    Encoding, EncodingSource, Input, LineEnds, TrailingBytes, Transcoder, describe_other,
};
use super::metric::MetricColumn;
use super::options::{ColumnOptions, ReadOptions, TimestampOptions};
use super::outcome::{InputEncoding, InputSummary};
use super::xml::{self, Setup, Stamps, XmlBlock, XmlCutter, XmlEnd, XmlSummary};
use crate::error::{Error, Result};

/// Bytes from which the layout is detected, whatever the block size.
const DETECTION_WINDOW: usize = 64 << 10;

/// Bytes of the largest block. Larger ones read no faster, and positions in a block are `u32`.
const MAX_BLOCK: usize = 64 << 20;

// A block grows until it holds a whole row, at most by doubling.
const _: () = assert!(2 * (MAX_BLOCK + MAX_ROW) < u32::MAX as usize);

/// What a source returns.
pub enum Piece {
    /// A block of CSV.
    Block(Block),
    /// A block of XML. What is known after the last one has to be given to [`Source::finish_xml`].
    Xml(XmlBlock),
}

/// Cuts inputs into pieces.
pub struct Source {
    waiting: std::vec::IntoIter<Input>,
    current: Option<Current>,
    finished: Vec<InputSummary>,
    timestamps: TimestampOptions,
    encoding: Option<Encoding>,
    header: Option<GivenHeader>,
    block_size: usize,
    blocks: u64,
    position: u64,
    is_stopped: bool,
    /// Whether an input that has ended was read with a wrong layout.
    are_layouts_wrong: bool,
    unquoted: Unquoted,
    columns: Arc<ColumnOptions>,
    metrics: Vec<MetricColumn>,
}

/// The input being read.
struct Current {
    reader: LineEnds,
    /// Number of the input, counted from 0.
    number: u32,
    /// All except the fingerprint.
    summary: InputSummary,
    fingerprint: SharedFingerprint,
    /// Bytes that were read but are not in a block yet.
    carry: Vec<u8>,
    is_at_end: bool,
    /// Whether the reader has no more bytes for now, but may have later (`WouldBlock`).
    is_waiting: bool,
    provisional: ProvisionalLayouts,
    extras: ExtraColumns,
    headers_before: u64,
    /// `None` while the layout is not known: at the start and before a further header.
    parser: Option<RowParser>,
    columns: Arc<ColumnOptions>,
    /// Cuts the input if it is XML.
    xml: Option<XmlCutter>,
}

impl Source {
    /// A source of blocks of about the size that the options ask for, at most [`MAX_BLOCK`].
    pub fn new(inputs: Vec<Input>, options: &ReadOptions) -> Self {
        Source {
            waiting: inputs.into_iter(),
            current: None,
            finished: Vec::new(),
            timestamps: options.timestamps.clone(),
            encoding: options.encoding,
            header: options.header.clone(),
            block_size: options.block_size.clamp(1, MAX_BLOCK),
            blocks: 0,
            position: 0,
            is_stopped: false,
            are_layouts_wrong: false,
            unquoted: Unquoted::default(),
            columns: Arc::new(options.columns.clone()),
            metrics: options.metrics.clone(),
        }
    }

    /// Returns no more pieces from now on.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// What is known about the inputs so far.
    pub fn summaries(&self) -> Vec<InputSummary> {
        let format = self.timestamps.format.as_ref();
        let current = self.current.iter().map(|current| current.summary(format));
        self.finished.iter().cloned().chain(current).collect()
    }

    /// Whether the input seen so far confirms its detected encoding and layouts.
    pub fn confirms_layouts(&mut self) -> bool {
        let timestamps = &self.timestamps;
        let are_confirmed = self.current.iter_mut().all(|current| {
            let detect = |start: &[u8]| timestamps.detect(current.number, start);
            current.reader.is_confirmed()
                && current.provisional.are_confirmed(detect, DETECTION_WINDOW)
        });
        are_confirmed && !self.are_layouts_wrong
    }

    /// The next piece, or `None` at the end of the last input or if its reader has no more for now
    /// (`WouldBlock`). A block's bytes are in `buffer`.
    ///
    /// # Errors
    ///
    /// When an input cannot be read, or its layout cannot be detected.
    pub fn next_piece(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Piece>> {
        loop {
            if self.is_stopped {
                return Ok(None);
            }
            let Some(current) = &mut self.current else {
                let Some(input) = self.waiting.next() else {
                    return Ok(None);
                };
                let columns = Arc::clone(&self.columns);
                let number = self.finished.len() as u32;
                self.current = Some(Current::new(input, number, self.encoding, columns));
                continue;
            };
            if current.is_xml(buffer)? {
                self.begin_xml();
            }
            if let Some(block) = self.next_xml(buffer)? {
                return Ok(Some(Piece::Xml(block)));
            }
            let Some(current) = &mut self.current else {
                continue;
            };
            let Some(cut) = current.fill(
                buffer,
                self.block_size,
                (&self.timestamps, self.header.as_ref()),
                &mut self.unquoted,
            )?
            else {
                if current.is_waiting {
                    return Ok(None);
                }
                self.are_layouts_wrong |= !self.confirms_layouts();
                self.finish_current();
                continue;
            };
            let Some(parser) = &current.parser else {
                continue;
            };
            let block = Block {
                index: self.blocks,
                input: self.finished.len() as u32,
                position: self.position,
                len: cut.len,
                headers_before: std::mem::take(&mut current.headers_before),
                layout: Arc::clone(parser.layout()),
                is_unterminated: cut.is_unterminated,
            };
            if cut.header_follows {
                current.parser = None;
            }
            self.blocks += 1;
            self.position += cut.len as u64;
            return Ok(Some(Piece::Block(block)));
        }
    }

    /// Begins to cut the current input as XML.
    fn begin_xml(&mut self) {
        let Some(current) = &mut self.current else {
            return;
        };
        let stamps = Stamps::of(&current.carry, &self.timestamps);
        if self.timestamps.unit.is_none() && stamps.unit != EpochUnit::default() {
            current.summary.timestamps.detected_unit = Some(stamps.unit);
        }
        let setup = Setup {
            name: current.summary.name.clone(),
            stamps,
            is_encoding_known: current.reader.is_settled(),
            group: self.columns.group.clone(),
            metrics: self.metrics.clone(),
            reads_nested: self.columns.nested_samples,
        };
        let numbers = (self.blocks, self.finished.len() as u32);
        self.blocks += 1;
        current.xml = Some(XmlCutter::new(
            setup,
            &current.carry,
            numbers,
            self.position,
        ));
        current.summary.xml = Some(XmlSummary::default());
    }

    /// The next block of the current input, if that is XML.
    fn next_xml(&mut self, buffer: &mut Vec<u8>) -> Result<Option<XmlBlock>> {
        let block = match &mut self.current {
            Some(current) => current.fill_xml(buffer, self.block_size, self.position)?,
            None => None,
        };
        if let Some(block) = &block {
            self.position += block.len as u64;
            if block.is_last {
                self.finish_current();
            }
        }
        Ok(block)
    }

    fn finish_current(&mut self) {
        let format = self.timestamps.format.as_ref();
        let done = self.current.take();
        self.finished.extend(done.map(|done| done.summary(format)));
    }

    /// Adds what is known after reading to the summary of an input of XML.
    pub fn finish_xml(&mut self, input: u32, end: XmlEnd) {
        if let Some(summary) = self.finished.get_mut(input as usize) {
            summary.xml = Some(end.summary);
            summary.extra_columns = end.extra_columns;
            summary.numeric_columns = end.numeric_columns;
        }
    }
}

/// The end of a block.
struct Cut {
    len: usize,
    header_follows: bool,
    is_unterminated: bool,
}

impl Current {
    fn new(
        input: Input,
        number: u32,
        encoding: Option<Encoding>,
        columns: Arc<ColumnOptions>,
    ) -> Self {
        let (reader, fingerprint) = Fingerprinted::new(input.reader);
        Current {
            reader: LineEnds::new(Transcoder::new(Box::new(reader), encoding)),
            number,
            summary: InputSummary::new(input.name),
            fingerprint,
            carry: Vec::new(),
            is_at_end: false,
            is_waiting: false,
            provisional: ProvisionalLayouts::default(),
            extras: ExtraColumns::default(),
            headers_before: 0,
            parser: None,
            columns,
            xml: None,
        }
    }

    /// What is known about the input so far.
    fn summary(&self, format: Option<&DatePattern>) -> InputSummary {
        InputSummary {
            fingerprint: fingerprint::lock(&self.fingerprint).value(),
            extra_columns: self.extras.names().to_vec(),
            numeric_columns: self.extras.numeric(format),
            ..self.summary.clone()
        }
    }

    /// Whether the input is XML. Its first bytes are read into `buffer` and kept. False if a part
    /// of it has been returned already.
    fn is_xml(&mut self, buffer: &mut Vec<u8>) -> Result<bool> {
        if self.summary.bytes > 0 {
            return Ok(false);
        }
        let mut filled = 0;
        self.read_until(buffer, &mut filled, DETECTION_WINDOW)?;
        self.carry.extend_from_slice(&buffer[..filled]);
        self.summary.encoding = self
            .reader
            .encoding()
            .map(|(encoding, source)| InputEncoding {
                name: encoding.to_string(),
                is_detected: source == EncodingSource::Detected,
            });
        let is_xml = xml::is_xml(&self.carry);
        let is_other = is_xml && memmem::find(&self.carry, b"<testResults").is_none();
        if is_other && let Some(other) = describe_other(&self.carry) {
            return Err(Error::input(self.summary.name.clone(), other));
        }
        if is_xml {
            // The line feed that was added for rows.
            let added = usize::from(std::mem::take(&mut self.summary.is_unterminated));
            self.carry.truncate(filled - added);
            let mark = filled - xml::without_mark(&buffer[..filled]).len();
            self.carry.drain(..mark);
        }
        Ok(is_xml)
    }

    /// Fills `buffer` with a block that begins at `position`, if the input is XML.
    fn fill_xml(
        &mut self,
        buffer: &mut Vec<u8>,
        block_size: usize,
        position: u64,
    ) -> Result<Option<XmlBlock>> {
        if self.xml.is_none() {
            return Ok(None);
        }
        let mut filled = self.take_carry(buffer);
        self.read_bytes(buffer, &mut filled, block_size)?;
        let Some(cutter) = &mut self.xml else {
            return Ok(None);
        };
        let is_last = self.is_at_end && filled <= block_size;
        let len = match is_last {
            true => filled,
            false => cutter.cut(&buffer[..filled.min(block_size)]),
        };
        self.carry.extend_from_slice(&buffer[len..filled]);
        Ok(Some(cutter.block(len, position, is_last)))
    }

    /// Moves the bytes that are not in a block yet to `buffer`, and returns their number.
    fn take_carry(&mut self, buffer: &mut Vec<u8>) -> usize {
        let filled = self.carry.len();
        if buffer.len() < filled + 1 + PADDING {
            buffer.resize(filled + 1 + PADDING, 0);
        }
        buffer[..filled].copy_from_slice(&self.carry);
        self.carry.clear();
        filled
    }

    /// Fills `buffer` with one block. Returns `None` at the end of the input, or if there is no
    /// more for now.
    fn fill(
        &mut self,
        buffer: &mut Vec<u8>,
        block_size: usize,
        how: (&TimestampOptions, Option<&GivenHeader>),
        unquoted: &mut Unquoted,
    ) -> Result<Option<Cut>> {
        let mut filled = self.take_carry(buffer);
        self.is_waiting = false;
        let mut target = block_size;
        let cut = loop {
            self.read_until(buffer, &mut filled, target)?;
            if self.parser.is_none() {
                self.read_until(buffer, &mut filled, DETECTION_WINDOW)?;
                if self.is_waiting && filled < DETECTION_WINDOW && !is_detectable(&buffer[..filled])
                {
                    self.carry.extend_from_slice(&buffer[..filled]);
                    return Ok(None);
                }
                if filled == 0 && self.summary.headers > 0 {
                    return Ok(None);
                }
                self.begin_section(buffer, &mut filled, how)?;
                self.read_until(buffer, &mut filled, target)?;
            }
            if filled == 0 {
                return Ok(None);
            }
            let Some(parser) = &self.parser else {
                return Ok(None);
            };
            let (len, header_follows) = cut(parser, &buffer[..filled], self.is_at_end, unquoted);
            if header_follows && len == 0 {
                self.parser = None;
                continue;
            }
            if len > 0 {
                break Cut {
                    len,
                    header_follows,
                    is_unterminated: self.is_at_end
                        && len == filled
                        && self.summary.is_unterminated,
                };
            }
            if filled > MAX_ROW && memchr(b'\n', &buffer[..MAX_ROW]).is_none() {
                self.cut_short(buffer, &mut filled)?;
            }
            if self.is_waiting {
                self.carry.extend_from_slice(&buffer[..filled]);
                return Ok(None);
            }
            target = filled.saturating_mul(2).max(target);
        };
        self.carry.extend_from_slice(&buffer[cut.len..filled]);
        buffer[cut.len..cut.len + PADDING].fill(0);
        Ok(Some(cut))
    }

    /// Reads until there are `target` bytes or the input ends. Adds a missing line feed at the end.
    fn read_until(
        &mut self,
        buffer: &mut Vec<u8>,
        filled: &mut usize,
        target: usize,
    ) -> Result<()> {
        let was_at_end = self.is_at_end;
        self.read_bytes(buffer, filled, target)?;
        let is_end = self.is_at_end && !was_at_end;
        if is_end && *filled > 0 && buffer[*filled - 1] != b'\n' {
            buffer[*filled] = b'\n';
            *filled += 1;
            self.provisional.extend(b"\n", DETECTION_WINDOW);
            self.extras.extend(b"\n", DETECTION_WINDOW);
            self.summary.is_unterminated = true;
        }
        Ok(())
    }

    /// Reads until there are `target` bytes or the input ends.
    fn read_bytes(
        &mut self,
        buffer: &mut Vec<u8>,
        filled: &mut usize,
        target: usize,
    ) -> Result<()> {
        // One more byte, for the line feed that the last line may lack.
        if buffer.len() < target + 1 + PADDING {
            buffer.resize(target + 1 + PADDING, 0);
        }
        while *filled < target && !self.is_at_end {
            match self.reader.read(&mut buffer[*filled..target]) {
                Ok(0) => self.is_at_end = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.is_waiting = true;
                    return Ok(());
                }
                Ok(read) => {
                    let bytes = &buffer[*filled..*filled + read];
                    self.provisional.extend(bytes, DETECTION_WINDOW);
                    self.extras.extend(bytes, DETECTION_WINDOW);
                    *filled += read;
                    self.summary.bytes += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    self.is_at_end = true;
                    self.summary.is_truncated = true;
                }
                Err(error) if let Some(trailing) = TrailingBytes::of(&error) => {
                    self.is_at_end = true;
                    self.summary.trailing_bytes = Some(trailing);
                }
                Err(error) => return Err(Error::read(Path::new(&self.summary.name), error)),
            }
        }
        Ok(())
    }

    /// Detects the layout at the start of the input or at a further header, and removes the header
    /// row from the front of the buffer.
    fn begin_section(
        &mut self,
        buffer: &mut [u8],
        filled: &mut usize,
        (timestamps, header): (&TimestampOptions, Option<&GivenHeader>),
    ) -> Result<()> {
        let refuse = |problem: UnknownLayout| Error::input(self.summary.name.clone(), problem);
        let is_first = self.summary.width == 0;
        if is_first {
            if buffer[..*filled].starts_with(b"\xEF\xBB\xBF") {
                take_front(buffer, filled, 3);
            }
            refuse_other_text(&buffer[..*filled]).map_err(refuse)?;
            if let Some(length) = separator_line(&buffer[..*filled]) {
                take_front(buffer, filled, length);
                self.summary.has_separator_line = true;
                self.headers_before += 1;
            }
        }
        let mut window = Cow::Borrowed(&buffer[..(*filled).min(DETECTION_WINDOW)]);
        let refuse = |problem: UnknownLayout| {
            let other = describe_other(&buffer[..*filled]).filter(|_| is_first);
            refuse(other.map_or(problem, UnknownLayout::Other))
        };
        let mut is_header_given = false;
        if is_first && let Some(header) = header {
            let line = header.line_for(&window).map_err(refuse)?;
            is_header_given = line.is_some();
            window.to_mut().splice(..0, line.unwrap_or_default());
        }
        let detected = timestamps.detect(self.number, &window);
        let mut layout = detected.map_err(refuse)?;
        layout.find(&self.columns).map_err(refuse)?;
        self.extras.begin(&layout, &window);
        self.summary.timestamps.add_layout(&layout, timestamps);
        if self.is_waiting && *filled < DETECTION_WINDOW {
            self.provisional.begin(&window, &layout);
        }
        if is_first {
            self.summary.width = layout.width;
            self.summary.named_columns = layout.names.len();
            self.summary.respelled.clone_from(&layout.respelled);
            self.summary.is_header_given = is_header_given;
        }
        self.summary.lacks_codes |= layout.columns.response_code.is_none();
        if layout.has_header && !is_header_given {
            let end = memchr(b'\n', &buffer[..*filled]).map_or(*filled, |at| at + 1);
            take_front(buffer, filled, end);
            self.summary.headers += 1;
            self.headers_before += 1;
        }
        self.parser = Some(RowParser::new(
            Arc::new(layout),
            timestamps.zone.clone(),
            timestamps.is_end,
        ));
        Ok(())
    }

    /// Shortens a line that is too long to a length that is still rejected, and reads to its end.
    fn cut_short(&mut self, buffer: &mut Vec<u8>, filled: &mut usize) -> Result<()> {
        let kept = MAX_ROW + 1;
        loop {
            if let Some(at) = memchr(b'\n', &buffer[kept..*filled]) {
                buffer.copy_within(kept + at..*filled, kept);
                *filled -= at;
                return Ok(());
            }
            *filled = kept;
            if self.is_at_end {
                buffer[kept] = b'\n';
                *filled += 1;
                return Ok(());
            }
            self.read_until(buffer, filled, 2 * MAX_ROW)?;
            if self.is_waiting {
                return Ok(());
            }
        }
    }
}

fn take_front(buffer: &mut [u8], filled: &mut usize, length: usize) {
    buffer.copy_within(length..*filled, 0);
    *filled -= length;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_never_larger_than_its_positions_reach() {
        let text = "timeStamp,elapsed,label,success\n1700000000000,120,Log in,true\n";
        let input = Input {
            name: "results.jtl".to_owned(),
            reader: Box::new(text.as_bytes()),
            size: None,
        };
        let options = ReadOptions::default().block_size(usize::MAX);
        let mut source = Source::new(vec![input], &options);
        assert_eq!(source.block_size, MAX_BLOCK);
        let mut buffer = Vec::new();
        let piece = source.next_piece(&mut buffer).unwrap();
        assert!(matches!(piece, Some(Piece::Block(block)) if block.len == 30));
    }
}
