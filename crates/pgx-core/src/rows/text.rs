//! Binary rows as COPY text.

use super::render::{self, Malformed, Origin};
use crate::toc::{Column, Leaf, Shape};

/// Turns COPY BINARY tuples, cut anywhere, into the COPY text lines that the server would print.
///
/// Long values whose text follows byte by byte from them (text, `bytea`, `json`, geometries) pass
/// through; other values are held until they are complete.
pub struct TextRows {
    columns: Vec<Printer>,
    origin: Origin,
    state: State,
    /// A number or a value that the last piece cut.
    held: Vec<u8>,
    /// A value's text before it is escaped.
    text: Vec<u8>,
}

/// The longest value that is printed as a whole: an array, a document to search. Any other is printed as
/// it comes.
const WHOLE_BYTES_MAX: usize = 256 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a tuple.
    Count,
    /// Before the length of this column.
    Length(usize),
    /// In the value of this column; bytes left of it.
    Value(usize, usize),
}

/// How values of a column become text.
enum Printer {
    /// The bytes are the text.
    Text,
    /// The bytes behind a version byte are the text.
    Versioned,
    /// `\x` and lower-case hexadecimal digits.
    Bytea,
    /// Upper-case hexadecimal digits.
    Geometry,
    /// As a whole only.
    Whole(Shape),
}

impl Printer {
    fn of(shape: &Shape) -> Printer {
        match shape {
            Shape::Leaf(
                Leaf::Text
                | Leaf::Varchar
                | Leaf::Bpchar
                | Leaf::Name
                | Leaf::Json
                | Leaf::Citext
                | Leaf::Enum
                | Leaf::Refcursor,
            ) => Printer::Text,
            Shape::Leaf(Leaf::Jsonb) => Printer::Versioned,
            Shape::Leaf(Leaf::Bytea) => Printer::Bytea,
            Shape::Leaf(Leaf::Geometry | Leaf::Geography) => Printer::Geometry,
            shape => Printer::Whole(shape.clone()),
        }
    }
}

impl TextRows {
    /// For tuples of `columns` from `origin`; none when the binary form of a
    /// column is not known.
    pub fn new(columns: &[Column], origin: Origin) -> Option<TextRows> {
        let printers = columns.iter().map(|column| column.shape.as_ref().map(Printer::of));
        Some(TextRows {
            columns: printers.collect::<Option<_>>()?,
            origin,
            state: State::Count,
            held: Vec::new(),
            text: Vec::new(),
        })
    }

    /// Appends the text of a piece of tuples to `out`.
    ///
    /// # Errors
    /// [`Malformed`] for what is no tuple of these columns.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut rest = piece;
        loop {
            match self.state {
                State::Count => {
                    let Some(count) = self.number::<2>(&mut rest) else { return Ok(()) };
                    if i16::from_be_bytes(count) as usize != self.columns.len() {
                        return Err(Malformed("tuple: it has another number of columns"));
                    }
                    self.begin_value(0, out);
                }
                State::Length(column) => {
                    let Some(length) = self.number::<4>(&mut rest) else { return Ok(()) };
                    self.begin(column, i32::from_be_bytes(length), out)?;
                }
                State::Value(column, left) => {
                    let (here, after) = rest.split_at(left.min(rest.len()));
                    rest = after;
                    self.value(column, here, left - here.len(), out)?;
                    if left > here.len() {
                        self.state = State::Value(column, left - here.len());
                        return Ok(());
                    }
                    self.begin_value(column + 1, out);
                }
            }
        }
    }

    /// Whether the pieces so far end with a row.
    pub fn is_between_rows(&self) -> bool {
        self.state == State::Count && self.held.is_empty()
    }

    /// Before a column, or at the end of the row.
    fn begin_value(&mut self, column: usize, out: &mut Vec<u8>) {
        self.state = State::Length(column);
        if column == self.columns.len() {
            out.push(b'\n');
            self.state = State::Count;
        } else if column > 0 {
            out.push(b'\t');
        }
    }

    /// Behind the length of a column.
    fn begin(&mut self, column: usize, length: i32, out: &mut Vec<u8>) -> Result<(), Malformed> {
        if length == -1 {
            out.extend_from_slice(b"\\N");
            self.begin_value(column + 1, out);
            return Ok(());
        }
        let length = usize::try_from(length).map_err(|_| Malformed("length of a column"))?;
        match self.columns[column] {
            Printer::Bytea => out.extend_from_slice(b"\\\\x"),
            Printer::Versioned if length == 0 => return Err(Malformed("jsonb")),
            _ => {}
        }
        self.state = State::Value(column, length);
        Ok(())
    }

    /// Takes bytes of a value, of which `left` are still to come.
    fn value(
        &mut self,
        column: usize,
        bytes: &[u8],
        left: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        if bytes.is_empty() && left > 0 {
            return Ok(());
        }
        match &self.columns[column] {
            Printer::Text => escape(bytes, out),
            Printer::Bytea => render::digits(bytes, out),
            Printer::Geometry => render::geometry(bytes, out)?,
            Printer::Versioned => {
                let rest = if self.held.is_empty() { version(bytes)? } else { bytes };
                escape(rest, out);
                self.held.clear();
                if left > 0 {
                    // Says that the version byte has passed.
                    self.held.push(1);
                }
            }
            Printer::Whole(shape) if left == 0 => {
                self.text.clear();
                let whole = match self.held.is_empty() {
                    true => bytes,
                    false => {
                        self.held.extend_from_slice(bytes);
                        &self.held
                    }
                };
                render::value(shape, whole, self.origin, &mut self.text)?;
                escape(&self.text, out);
                self.held.clear();
            }
            Printer::Whole(_) if self.held.len() + left > WHOLE_BYTES_MAX => {
                return Err(Malformed("value: too long to be printed"));
            }
            Printer::Whole(_) => self.held.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// The next `N` bytes; none when the piece ends before.
    fn number<const N: usize>(&mut self, rest: &mut &[u8]) -> Option<[u8; N]> {
        if self.held.is_empty()
            && let Some((number, after)) = rest.split_first_chunk::<N>()
        {
            *rest = after;
            return Some(*number);
        }
        let (here, after) = rest.split_at(rest.len().min(N - self.held.len()));
        self.held.extend_from_slice(here);
        *rest = after;
        let number = self.held.first_chunk::<N>().copied()?;
        self.held.clear();
        Some(number)
    }
}

/// The text behind jsonb's version byte; nothing of no bytes.
fn version(bytes: &[u8]) -> Result<&[u8], Malformed> {
    match bytes {
        [1, text @ ..] => Ok(text),
        [] => Ok(bytes),
        _ => Err(Malformed("jsonb: a version of the future")),
    }
}

/// Appends text as COPY writes it.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for (at, &byte) in text.iter().enumerate() {
        let letter = match byte {
            b'\\' => b'\\',
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x0b => b'v',
            _ => continue,
        };
        out.extend_from_slice(&text[from..at]);
        out.extend_from_slice(&[b'\\', letter]);
        from = at + 1;
    }
    out.extend_from_slice(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(shape: &str) -> Column {
        let shape = Some(shape.parse().unwrap());
        Column { name: "c".into(), type_name: shape_name(&shape), type_oid: 0, shape }
    }

    fn shape_name(shape: &Option<Shape>) -> String {
        shape.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn tuple(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut tuple = (fields.len() as i16).to_be_bytes().to_vec();
        for field in fields {
            let length = field.map_or(-1, |field| field.len() as i32);
            tuple.extend(length.to_be_bytes());
            tuple.extend(field.unwrap_or_default());
        }
        tuple
    }

    fn printed(columns: &[Column], tuples: &[u8], piece: usize) -> Result<Vec<u8>, Malformed> {
        let mut rows = TextRows::new(columns, Origin::new(180_000, "UTF8")).unwrap();
        let mut out = Vec::new();
        tuples.chunks(piece).try_for_each(|piece| rows.push(piece, &mut out))?;
        assert!(rows.is_between_rows());
        Ok(out)
    }

    #[test]
    fn tuples_become_lines_however_they_are_cut() {
        let columns = ["text", "jsonb", "bytea", "geometry", "varchar"].map(column);
        let tuples = [
            tuple(&[Some(b"a\tb\\"), Some(b"\x01{}"), Some(&[0, 255]), Some(&[1, 0xab]), None]),
            tuple(&[None, None, Some(b""), None, Some(b"")]),
        ]
        .concat();
        let expected = b"a\\tb\\\\\t{}\t\\\\x00ff\t01AB\t\\N\n\\N\t\\N\t\\\\x\t\\N\t\n";
        for piece in 1..=tuples.len() {
            let printed = printed(&columns, &tuples, piece).unwrap();
            assert_eq!(printed, expected, "pieces of {piece}");
        }
    }

    #[test]
    fn a_value_that_would_fill_memory_is_refused_at_its_beginning() {
        let columns = ["array(text)"].map(column);
        let mut rows = TextRows::new(&columns, Origin::new(180_000, "UTF8")).unwrap();
        let begun = [&[0, 1][..], &i32::MAX.to_be_bytes(), &[0; 100]].concat();
        assert!(rows.push(&begun, &mut Vec::new()).is_err());
        let columns = ["text"].map(column);
        let mut rows = TextRows::new(&columns, Origin::new(180_000, "UTF8")).unwrap();
        assert!(rows.push(&begun, &mut Vec::new()).is_ok());
    }

    #[test]
    fn what_is_no_tuple_of_these_columns_is_malformed() {
        let columns = ["text", "jsonb"].map(column);
        for wrong in [
            tuple(&[Some(b"a")]),
            tuple(&[None, Some(b"")]),
            tuple(&[None, Some(b"\x02{}")]),
            vec![0, 2, 255, 255, 255, 254],
        ] {
            assert!(printed(&columns, &wrong, 99).is_err(), "{wrong:?}");
        }
    }
}
