//! One column of a chunk while it is collected.

use super::RowFormat;
use super::assembly::Assembly;
use super::decimal;
use super::dictionary::Dictionary;
use super::moment;
use super::numbers::NumberWriter;
use super::numeric;
use super::plan::{Chooser, Plan};
use super::split::Field;
use super::wire::put_unsigned;

/// Kind of a row that is NULL.
pub(super) const NULL: u8 = 254;
/// Kind of a row whose value does not fit the plan and is stored as bytes.
pub(super) const ODD: u8 = 255;

/// The values of one column; its buffers are kept from chunk to chunk.
pub(super) struct Column {
    /// None as long as all values are NULL.
    plan: Option<Plan>,
    rows: usize,
    /// Coded plans: [`NULL`], [`ODD`], or what else the code needs.
    kinds: Vec<u8>,
    /// Coded values, lengths (-1 is NULL), or numbers of the dictionary (-1 is NULL).
    numbers: Vec<i64>,
    /// Lengths of odd values.
    odd: Vec<i64>,
    /// Values that are stored as bytes.
    bytes: Vec<u8>,
    dictionary: Dictionary,
}

impl Column {
    pub(super) fn new() -> Column {
        let (kinds, numbers, odd, bytes) = Default::default();
        let dictionary = Dictionary::new();
        Column { plan: None, rows: 0, kinds, numbers, odd, bytes, dictionary }
    }

    pub(super) fn clear(&mut self) {
        self.plan = None;
        self.rows = 0;
        self.kinds.clear();
        self.numbers.clear();
        self.odd.clear();
        self.bytes.clear();
        self.dictionary.clear();
    }

    /// Chooses the plan, unless there is one or all of `fields` are NULL.
    pub(super) fn choose<'f>(
        &mut self,
        format: RowFormat,
        fields: impl Iterator<Item = Option<Field<'f>>> + Clone,
        chooser: &mut Chooser,
    ) {
        if self.plan.is_none() {
            self.plan = chooser.choose(format, fields);
            self.take_nulls();
        }
    }

    /// Whether values are stored as they are.
    pub(super) fn is_unformed(&self) -> bool {
        self.plan == Some(Plan::Bytes)
    }

    /// Takes the values of the next rows.
    pub(super) fn take<'f>(
        &mut self,
        format: RowFormat,
        rows: usize,
        fields: impl Iterator<Item = Option<Field<'f>>> + Clone,
        chooser: &mut Chooser,
    ) {
        self.choose(format, fields.clone(), chooser);
        let Some(plan) = self.plan.take() else {
            self.rows += rows;
            return;
        };
        self.plan = Some(self.take_by(plan, rows, fields));
    }

    /// The rows before the first value.
    fn take_nulls(&mut self) {
        match self.plan {
            None => {}
            Some(Plan::Bytes | Plan::Dictionary | Plan::Shuffled(_)) => {
                self.numbers.resize(self.rows, -1);
            }
            Some(_) => {
                self.kinds.resize(self.rows, NULL);
                self.numbers.resize(self.rows, 0);
            }
        }
    }

    /// Takes values by `plan`; the plan to go on with.
    fn take_by<'f>(
        &mut self,
        plan: Plan,
        rows: usize,
        fields: impl Iterator<Item = Option<Field<'f>>> + Clone,
    ) -> Plan {
        match &plan {
            Plan::Bytes | Plan::Shuffled(_) => self.take_bytes(fields),
            Plan::Dictionary => return self.take_entries(fields),
            Plan::Integer(1) => self.take_coded(rows, fields, integer::<1>),
            Plan::Integer(2) => self.take_coded(rows, fields, integer::<2>),
            Plan::Integer(4) => self.take_coded(rows, fields, integer::<4>),
            Plan::Integer(_) => self.take_coded(rows, fields, integer::<8>),
            Plan::Numeric => self.take_coded(rows, fields, |field| numeric::parse(field.value())),
            Plan::Decimal => self.take_coded(rows, fields, decimal::parse),
            Plan::Timestamp(zone) => {
                let mut reader = moment::Reader::default();
                self.take_coded(rows, fields, |field| {
                    Some((0, reader.timestamp(field.value().strip_suffix(&zone[..])?)?))
                });
            }
            Plan::Date => {
                let mut reader = moment::Reader::default();
                self.take_coded(rows, fields, |field| Some((0, reader.date(field.value())?)));
            }
        }
        plan
    }

    fn take_coded<'f>(
        &mut self,
        rows: usize,
        fields: impl Iterator<Item = Option<Field<'f>>>,
        mut parse: impl FnMut(Field<'f>) -> Option<(u8, i64)>,
    ) {
        // A row without a number repeats the last one, which is cheap to compress.
        let mut last = self.numbers.last().copied().unwrap_or(0);
        let start = self.numbers.len();
        self.numbers.resize(start + rows, 0);
        self.kinds.resize(start + rows, 0);
        let cells = self.kinds[start..].iter_mut().zip(&mut self.numbers[start..]);
        for (field, (kind, number)) in fields.zip(cells) {
            let Some(field) = field else {
                (*kind, *number) = (NULL, last);
                continue;
            };
            *kind = match parse(field) {
                Some((kind, number)) => {
                    last = number;
                    kind
                }
                None => {
                    self.odd.push(field.length() as i64);
                    self.bytes.extend_from_slice(field.value());
                    ODD
                }
            };
            *number = last;
        }
    }

    fn take_bytes<'f>(&mut self, fields: impl Iterator<Item = Option<Field<'f>>>) {
        for field in fields {
            let length = field.map_or(-1, |field| {
                self.bytes.extend_from_slice(field.value());
                field.length() as i64
            });
            self.numbers.push(length);
        }
    }

    fn take_entries<'f>(&mut self, mut fields: impl Iterator<Item = Option<Field<'f>>>) -> Plan {
        while let Some(field) = fields.next() {
            let number = match field {
                None => -1,
                Some(value) => match self.dictionary.number(value.value()) {
                    Some(number) => number as i64,
                    None => {
                        self.spell_out();
                        self.take_bytes(std::iter::once(field).chain(fields));
                        return Plan::Bytes;
                    }
                },
            };
            self.numbers.push(number);
        }
        Plan::Dictionary
    }

    /// Replaces numbers of the dictionary by the values.
    fn spell_out(&mut self) {
        for number in &mut self.numbers {
            if let Ok(entry) = usize::try_from(*number) {
                let value = self.dictionary.get(entry);
                self.bytes.extend_from_slice(value);
                *number = value.len() as i64;
            }
        }
    }

    /// Adds the column to the payload.
    pub(super) fn write(&mut self, writer: &mut NumberWriter, out: &mut Assembly) {
        let plan = self.plan.take().unwrap_or_else(|| {
            self.numbers.resize(self.rows, -1);
            Plan::Bytes
        });
        out.directory.push(plan.number());
        match &plan {
            Plan::Shuffled(value) | Plan::Integer(value) => out.directory.push(*value),
            Plan::Timestamp(zone) => {
                out.directory.push(zone.len() as u8);
                out.directory.extend_from_slice(zone);
            }
            _ => {}
        }
        match &plan {
            Plan::Bytes => {
                writer.write(&self.numbers, out);
                out.sized_stream(&self.bytes);
            }
            Plan::Dictionary => {
                writer.write(&self.numbers, out);
                self.write_dictionary(out);
            }
            Plan::Shuffled(stride) => {
                writer.write(&self.numbers, out);
                self.write_planes(usize::from(*stride), out);
            }
            _ => self.write_coded(writer, out),
        }
    }

    fn write_coded(&self, writer: &mut NumberWriter, out: &mut Assembly) {
        out.stream(&self.kinds);
        writer.write(&self.numbers, out);
        put_unsigned(&mut out.directory, self.odd.len() as u64);
        if !self.odd.is_empty() {
            writer.write(&self.odd, out);
            out.sized_stream(&self.bytes);
        }
    }

    fn write_dictionary(&self, out: &mut Assembly) {
        put_unsigned(&mut out.directory, self.dictionary.len() as u64);
        for number in 0..self.dictionary.len() {
            let value = self.dictionary.get(number);
            put_unsigned(&mut out.directory, value.len() as u64);
            out.directory.extend_from_slice(value);
        }
    }

    /// The values in groups of `stride` bytes, whose first bytes make a plane, whose second bytes make
    /// a plane, and so on; what is left of each value is kept by itself.
    fn write_planes(&mut self, stride: usize, out: &mut Assembly) {
        let (mut groups, mut rest) = (Vec::with_capacity(self.bytes.len()), Vec::new());
        let mut bytes = &self.bytes[..];
        for &length in &self.numbers {
            let (value, behind) = bytes.split_at(usize::try_from(length).unwrap_or(0));
            let (whole, left) = value.split_at(value.len() - value.len() % stride);
            groups.extend_from_slice(whole);
            rest.extend_from_slice(left);
            bytes = behind;
        }
        put_unsigned(&mut out.directory, (groups.len() / stride) as u64);
        out.reserve(groups.len());
        for plane in 0..stride {
            // All values have been copied, so their buffer is free.
            self.bytes.clear();
            self.bytes.extend(groups.chunks_exact(stride).map(|group| group[plane]));
            out.stream(&self.bytes);
        }
        out.sized_stream(&rest);
    }
}

/// A big-endian integer of `WIDTH` bytes.
#[inline]
fn integer<const WIDTH: usize>(field: Field<'_>) -> Option<(u8, i64)> {
    let value: &[u8; WIDTH] = field.value().try_into().ok()?;
    let mut wide = [0; 8];
    wide[..WIDTH].copy_from_slice(value);
    Some((0, i64::from_be_bytes(wide) >> (64 - 8 * WIDTH)))
}
