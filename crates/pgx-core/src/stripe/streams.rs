//! The streams of a payload while it is read: found first, then decompressed into one buffer.

use super::cells::SIZE;
use super::codec::{Unpacker, form};
use super::error::{Result, StripeError, damaged};
use super::wire::Cursor;

/// A stream that a reader refers to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plane {
    /// The byte that all are.
    Constant(u8),
    /// The number of the stream.
    Stream(usize),
}

/// Where a stream lies in the buffer, and how it gets there.
struct Place {
    form: u8,
    stored: usize,
    start: usize,
    length: usize,
}

/// All streams of a payload. Buffers are kept from payload to payload.
#[derive(Default)]
pub(super) struct Streams {
    places: Vec<Place>,
    arena: Vec<u8>,
    held: usize,
    /// Bytes that may be taken for streams.
    limit: usize,
}

impl Streams {
    /// Forgets the last payload; streams of the next may take `limit` bytes.
    pub(super) fn begin(&mut self, limit: usize) {
        self.places.clear();
        (self.held, self.limit) = (0, limit);
    }

    /// Reads the tag of a stream of `length` bytes.
    pub(super) fn plane(&mut self, head: &mut Cursor<'_>, length: usize) -> Result<Plane> {
        let tag = head.unsigned()?;
        let (form, value) = ((tag & 7) as u8, tag >> 3);
        if form == form::CONSTANT {
            let byte = u8::try_from(value);
            return byte.map(Plane::Constant).or(damaged("a constant is not a byte"));
        }
        if length > self.limit - self.held {
            return too_long();
        }
        let stored = usize::try_from(value).or(damaged("a stream is too long"))?;
        self.places.push(Place { form, stored, start: self.held, length });
        self.held += length;
        Ok(Plane::Stream(self.places.len() - 1))
    }

    /// Leaves so many bytes less for streams.
    pub(super) fn reserve(&mut self, length: usize) -> Result<()> {
        match (self.limit - self.held).checked_sub(length) {
            Some(left) => self.limit = self.held + left,
            None => return too_long(),
        }
        Ok(())
    }

    /// Decompresses everything: `inline` is the rest of the head, `tail` what follows the head.
    pub(super) fn load(
        &mut self,
        inline: &[u8],
        tail: &[u8],
        unpacker: &mut Unpacker,
    ) -> Result<()> {
        if self.arena.len() < self.held + SIZE {
            self.arena.resize(self.held + SIZE, 0);
        }
        let (mut inline, mut tail) = (inline, tail);
        for place in &self.places {
            let raw = &mut self.arena[place.start..place.start + place.length];
            if place.form == form::INLINE {
                raw.copy_from_slice(take(&mut inline, place.length)?);
            } else {
                unpacker.unpack(place.form, take(&mut tail, place.stored)?, raw)?;
            }
        }
        if inline.is_empty() && tail.is_empty() { Ok(()) } else { damaged("bytes are left over") }
    }

    /// All streams, and where this one begins; nothing for a constant. [`SIZE`] bytes follow the last.
    #[inline]
    pub(super) fn behind(&self, plane: Plane) -> (&[u8], usize) {
        match plane {
            Plane::Stream(number) => (&self.arena, self.places[number].start),
            Plane::Constant(_) => (&[], 0),
        }
    }

    /// `length` bytes of a stream from `at`, or the byte that all of them are.
    #[inline]
    pub(super) fn part(
        &self,
        plane: Plane,
        at: usize,
        length: usize,
    ) -> std::result::Result<&[u8], u8> {
        match plane {
            Plane::Constant(byte) => Err(byte),
            Plane::Stream(number) => {
                let start = self.places[number].start + at;
                Ok(&self.arena[start..start + length])
            }
        }
    }
}

fn too_long<T>() -> Result<T> {
    damaged("the streams are longer than the rows allow")
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8]> {
    let (slice, rest) =
        bytes.split_at_checked(length).ok_or(StripeError::Damaged("the payload is cut off"))?;
    *bytes = rest;
    Ok(slice)
}
