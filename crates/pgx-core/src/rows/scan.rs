//! Where rows end, in pieces of COPY data that may be cut anywhere.

use memchr::memchr;

use super::render::Malformed;
use crate::toc::RowFormat;

/// Finds row ends. Holds no more than a few bytes.
#[derive(Clone, Debug)]
pub(super) enum Scanner {
    /// A row ends in a line feed: one inside a value is escaped.
    Text,
    /// A row ends with its last field.
    Binary(Tuples),
}

/// What comes next in a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes end the row, its terminator included.
    End(usize),
    /// The row goes on behind the piece.
    Part,
    /// The end mark of COPY BINARY; nothing may follow.
    Over,
}

impl Scanner {
    pub(super) fn new(format: RowFormat) -> Scanner {
        match format {
            RowFormat::Text => Scanner::Text,
            RowFormat::Binary => Scanner::Binary(Tuples::default()),
        }
    }

    /// Looks for the end of the current row in `bytes`.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        match self {
            Scanner::Text => Ok(memchr(b'\n', bytes).map_or(Step::Part, |at| Step::End(at + 1))),
            Scanner::Binary(tuples) => tuples.step(bytes),
        }
    }

    /// Bytes behind the row's value: a line feed, or nothing.
    pub(super) fn terminator(&self) -> usize {
        usize::from(matches!(self, Scanner::Text))
    }
}

/// Progress in a stream of tuples.
#[derive(Clone, Debug, Default)]
pub(super) struct Tuples {
    /// The beginning of a number that the last piece cut.
    held: [u8; 4],
    held_bytes: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before a tuple.
    #[default]
    Count,
    /// Before the length of a field; so many fields are left with it.
    Length(u16),
    /// In a field: bytes left of it, and fields behind it.
    Field(usize, u16),
    /// Behind the end mark.
    Over,
}

impl Tuples {
    fn step(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        let mut at = 0;
        loop {
            match self.state {
                State::Count => {
                    let Some([high, low]) = self.take(bytes, &mut at) else {
                        return Ok(Step::Part);
                    };
                    match i16::from_be_bytes([high, low]) {
                        0 => return Ok(Step::End(at)),
                        -1 if at < bytes.len() => return Err(TUPLE),
                        -1 => {
                            self.state = State::Over;
                            return Ok(Step::Over);
                        }
                        count => {
                            let fields = u16::try_from(count).map_err(|_| TUPLE)?;
                            self.state = State::Length(fields);
                        }
                    }
                }
                State::Length(fields) => {
                    let Some(length) = self.take(bytes, &mut at) else { return Ok(Step::Part) };
                    let length = match i32::from_be_bytes(length) {
                        -1 => 0,
                        length => usize::try_from(length).map_err(|_| TUPLE)?,
                    };
                    self.state = State::Field(length, fields - 1);
                }
                State::Field(left, fields) => {
                    let here = left.min(bytes.len() - at);
                    at += here;
                    self.state = match (left - here, fields) {
                        (0, 0) => {
                            self.state = State::Count;
                            return Ok(Step::End(at));
                        }
                        (0, fields) => State::Length(fields),
                        (left, fields) => {
                            self.state = State::Field(left, fields);
                            return Ok(Step::Part);
                        }
                    };
                }
                State::Over => return if bytes.is_empty() { Ok(Step::Part) } else { Err(TUPLE) },
            }
        }
    }

    /// The next `N` bytes, also over the border of two pieces; none when the piece ends before.
    fn take<const N: usize>(&mut self, bytes: &[u8], at: &mut usize) -> Option<[u8; N]> {
        let rest = &bytes[*at..];
        if self.held_bytes == 0
            && let Some((number, _)) = rest.split_first_chunk::<N>()
        {
            *at += N;
            return Some(*number);
        }
        let here = rest.len().min(N - self.held_bytes);
        self.held[self.held_bytes..self.held_bytes + here].copy_from_slice(&rest[..here]);
        self.held_bytes += here;
        *at += here;
        if self.held_bytes < N {
            return None;
        }
        self.held_bytes = 0;
        self.held.first_chunk().copied()
    }
}

const TUPLE: Malformed = Malformed("tuple of COPY BINARY");

/// The beginning of COPY BINARY data, which rows are without.
#[derive(Clone, Debug)]
pub(super) struct FileHeader {
    seen: Vec<u8>,
    done: bool,
}

/// Signature, flags, length of the extension.
const HEADER_BYTES: usize = 19;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// What stands before rows of `format` in a COPY.
pub fn header(format: RowFormat) -> &'static [u8] {
    match format {
        RowFormat::Text => b"",
        RowFormat::Binary => b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0",
    }
}

/// What stands behind rows of `format` in a COPY.
pub fn trailer(format: RowFormat) -> &'static [u8] {
    match format {
        RowFormat::Text => b"",
        RowFormat::Binary => b"\xff\xff",
    }
}

/// Longer extensions than any server sends are refused.
const EXTENSION_MAX: u32 = 1 << 10;

impl FileHeader {
    /// What stands before rows of `format`.
    pub(super) fn before(format: RowFormat) -> FileHeader {
        FileHeader { seen: Vec::new(), done: format == RowFormat::Text }
    }

    /// The part of a piece behind the header.
    pub(super) fn strip<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], Malformed> {
        let mut rest = piece;
        while !self.done {
            let wanted = self.length()? - self.seen.len();
            let (here, after) = rest.split_at(wanted.min(rest.len()));
            self.seen.extend_from_slice(here);
            rest = after;
            if here.len() < wanted {
                break;
            }
            self.done = self.seen.len() == self.length()?;
        }
        Ok(rest)
    }

    /// Bytes of the header as far as known.
    fn length(&self) -> Result<usize, Malformed> {
        let Some(extension) = self.seen.get(15..HEADER_BYTES) else { return Ok(HEADER_BYTES) };
        let extension = extension.try_into().map_or(u32::MAX, u32::from_be_bytes);
        if !self.seen.starts_with(SIGNATURE) || extension > EXTENSION_MAX {
            return Err(Malformed("header of COPY BINARY"));
        }
        Ok(HEADER_BYTES + extension as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_their_framing_are_rows_again() {
        let (begin, end) = (header(RowFormat::Binary), trailer(RowFormat::Binary));
        let stream = [begin, &TUPLES[..TUPLES.len() - 2], end].concat();
        let mut header = FileHeader::before(RowFormat::Binary);
        assert_eq!(header.strip(&stream), Ok(TUPLES));
    }

    /// Tuples: (`ab`, NULL), (), (an empty field), and the end mark.
    const TUPLES: &[u8] = b"\0\x02\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\x01\0\0\0\0\xff\xff";

    /// Where rows end, and whether the end mark came.
    fn ends(stream: &[u8], piece: usize) -> Result<(Vec<usize>, bool), Malformed> {
        let mut scanner = Scanner::new(RowFormat::Binary);
        let (mut ends, mut over, mut base) = (Vec::new(), false, 0);
        for piece in stream.chunks(piece) {
            let mut rest = piece;
            while !rest.is_empty() {
                match scanner.step(rest)? {
                    Step::End(at) => {
                        ends.push(base + piece.len() - rest.len() + at);
                        rest = &rest[at..];
                    }
                    Step::Part => break,
                    Step::Over => {
                        over = true;
                        break;
                    }
                }
            }
            base += piece.len();
        }
        Ok((ends, over))
    }

    #[test]
    fn tuples_end_where_they_end_however_they_are_cut() {
        for piece in 1..=TUPLES.len() {
            assert_eq!(ends(TUPLES, piece), Ok((vec![12, 14, 20], true)), "pieces of {piece}");
        }
    }

    #[test]
    fn impossible_tuples_are_malformed() {
        assert!(ends(b"\xff\xfe", 9).is_err());
        assert!(ends(b"\0\x01\xff\xff\xff\xfe", 9).is_err());
        for piece in 1..=3 {
            assert!(ends(b"\xff\xff\0", piece).is_err(), "pieces of {piece}");
        }
    }

    #[test]
    fn the_file_header_is_stripped_however_it_is_cut() {
        let stream = [SIGNATURE, &[0; 7], &[3], b"ext", TUPLES].concat();
        for piece in 1..=stream.len() {
            let mut header = FileHeader::before(RowFormat::Binary);
            let rest: Vec<u8> = stream
                .chunks(piece)
                .flat_map(|piece| header.strip(piece).unwrap().to_vec())
                .collect();
            assert_eq!(rest, TUPLES);
        }
        let mut other = FileHeader::before(RowFormat::Binary);
        assert!(other.strip(&[b'x'; 30]).is_err());
    }
}
