//! How a column is stored, and how that is chosen from its first values.

use super::RowFormat;
use super::codec::{Packer, StreamCodec};
use super::dictionary::Dictionary;
use super::error::Result;
use super::split::Field;
use super::{decimal, moment, numeric};

/// How the values of a column are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// One after the other.
    Bytes,
    /// By their numbers in a dictionary.
    Dictionary,
    /// In groups of this many bytes, all first bytes together, all second bytes together, and so on.
    Shuffled(u8),
    /// Big-endian integers of this many bytes.
    Integer(u8),
    /// The binary form of `numeric`.
    Numeric,
    /// Decimal text.
    Decimal,
    /// ISO timestamps that end in these bytes.
    Timestamp(Vec<u8>),
    /// ISO dates.
    Date,
}

impl Plan {
    pub(super) fn number(&self) -> u8 {
        match self {
            Plan::Bytes => 0,
            Plan::Dictionary => 1,
            Plan::Shuffled(_) => 2,
            Plan::Integer(_) => 3,
            Plan::Numeric => 4,
            Plan::Decimal => 5,
            Plan::Timestamp(_) => 6,
            Plan::Date => 7,
        }
    }
}

/// Longest zone of a timestamp, `+05:53:28`.
pub(super) const MOST_ZONE: usize = 9;
/// Most planes of shuffled values.
pub(super) const MOST_PLANES: u8 = 16;
/// Values a choice looks at.
const SAMPLE: usize = 256;
/// Bytes of the values that are compressed to choose a number of planes.
const TRIAL: usize = 8 << 10;

/// Chooses plans; keeps its buffers.
pub(super) struct Chooser {
    judge: Packer,
    dictionary: Dictionary,
    sample: Vec<u8>,
    planes: Vec<u8>,
}

impl Chooser {
    pub(super) fn new() -> Result<Chooser> {
        let judge = Packer::new(StreamCodec::Zstd(1))?;
        let (sample, planes) = (Vec::new(), Vec::new());
        Ok(Chooser { judge, dictionary: Dictionary::new(), sample, planes })
    }

    /// The plan for a column that begins with `fields`; `None` if all of them are NULL.
    pub(super) fn choose<'f>(
        &mut self,
        format: RowFormat,
        fields: impl Iterator<Item = Option<Field<'f>>> + Clone,
    ) -> Option<Plan> {
        let values = fields.flatten().take(SAMPLE);
        let first = values.clone().next()?;
        let repetitive = self.repeats(values.clone().map(Field::value));
        Some(match format {
            RowFormat::Text => text_plan(values, first.value(), repetitive),
            RowFormat::Binary => {
                self.binary_plan(values.map(Field::value), first.value(), repetitive)
            }
        })
    }

    /// Whether values come twice or more on average, and are few.
    fn repeats<'f>(&mut self, values: impl Iterator<Item = &'f [u8]>) -> bool {
        self.dictionary.clear();
        let mut count = 0;
        for value in values {
            count += 1;
            if self.dictionary.number(value).is_none() || self.dictionary.len() > SAMPLE / 3 {
                return false;
            }
        }
        self.dictionary.len() * 2 <= count
    }

    fn binary_plan<'f>(
        &mut self,
        values: impl Iterator<Item = &'f [u8]> + Clone,
        first: &[u8],
        repetitive: bool,
    ) -> Plan {
        let mut others = values.clone();
        let width = others.all(|value| value.len() == first.len()).then_some(first.len());
        match width {
            Some(1) => return Plan::Integer(1),
            Some(2 | 4) if self.dictionary.len() > 16 || !repetitive => {
                return Plan::Integer(first.len() as u8);
            }
            Some(8) if !repetitive => return Plan::Integer(8),
            _ if repetitive => return Plan::Dictionary,
            _ => {}
        }
        if mostly(values.clone(), |value| numeric::parse(value).is_some()) {
            return Plan::Numeric;
        }
        self.planes_plan(values, width)
    }

    /// How many bytes `values` take one behind the other, compressed.
    pub(super) fn packed<'f>(&mut self, values: impl Iterator<Item = &'f [u8]>) -> usize {
        self.sample.clear();
        values.for_each(|value| self.sample.extend_from_slice(value));
        self.judge.pack(&self.sample).1.len()
    }

    /// Plain or shuffled bytes, whichever a sample of values compresses better with.
    fn planes_plan<'f>(
        &mut self,
        values: impl Iterator<Item = &'f [u8]> + Clone,
        width: Option<usize>,
    ) -> Plan {
        let mut left = TRIAL;
        let values = values.take_while(|value| {
            let taken = left > 0;
            left = left.saturating_sub(value.len());
            taken
        });
        let values: Vec<&[u8]> = values.map(|value| &value[..value.len().min(TRIAL)]).collect();
        self.sample.clear();
        values.iter().for_each(|value| self.sample.extend_from_slice(value));
        if self.sample.len() < 64 || looks_like_text(&self.sample) {
            return Plan::Bytes;
        }
        let own = width.and_then(|width| u8::try_from(width).ok());
        let own = own.filter(|width| (3..=MOST_PLANES).contains(width));
        let mut best = (Plan::Bytes, self.judge.pack(&self.sample).1.len() * 31 / 32);
        for stride in [8, 4, 12, 16].into_iter().chain(own) {
            shuffle(&values, stride, &mut self.planes);
            let length = self.judge.pack(&self.planes).1.len();
            if length < best.1 {
                best = (Plan::Shuffled(stride), length);
            }
        }
        best.0
    }
}

fn text_plan<'f>(
    fields: impl Iterator<Item = Field<'f>> + Clone,
    first: &[u8],
    repetitive: bool,
) -> Plan {
    if mostly(fields.clone(), |field| decimal::parse(field).is_some()) {
        return Plan::Decimal;
    }
    let values = fields.map(Field::value);
    let mut reader = moment::Reader::default();
    if mostly(values.clone(), |value| reader.date(value).is_some()) {
        return Plan::Date;
    }
    let zone = &first[moment::zone_start(first)..];
    let is_timestamp =
        |value: &[u8]| value.strip_suffix(zone).and_then(|value| reader.timestamp(value)).is_some();
    if zone.len() <= MOST_ZONE && mostly(values, is_timestamp) {
        return Plan::Timestamp(zone.to_vec());
    }
    if repetitive { Plan::Dictionary } else { Plan::Bytes }
}

/// Whether `holds` for seven values of eight.
fn mostly<T>(values: impl Iterator<Item = T>, mut holds: impl FnMut(T) -> bool) -> bool {
    let (mut count, mut failed) = (0, 0);
    for value in values {
        count += 1;
        failed += usize::from(!holds(value));
        if failed > SAMPLE / 8 {
            return false;
        }
    }
    failed * 8 <= count
}

/// Whether fewer than one byte of sixteen is a control character.
fn looks_like_text(bytes: &[u8]) -> bool {
    bytes.iter().filter(|&&byte| byte < b' ' && !b"\t\n\r".contains(&byte)).count() * 16
        < bytes.len()
}

/// The whole groups of `stride` bytes of each value, plane behind plane, and what is left of them.
fn shuffle(values: &[&[u8]], stride: u8, out: &mut Vec<u8>) {
    let stride = usize::from(stride);
    out.clear();
    for plane in 0..stride {
        for value in values {
            out.extend(value.chunks_exact(stride).map(|group| group[plane]));
        }
    }
    for value in values {
        out.extend_from_slice(value.chunks_exact(stride).remainder());
    }
}
