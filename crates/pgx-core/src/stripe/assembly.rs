//! The parts of a payload while it is made: head, inline bytes, tail.

use super::codec::{Packer, StreamCodec, form};
use super::error::Result;
use super::wire::put_unsigned;

/// Streams up to this length go into the head, which is compressed as a whole: alone they would cost
/// more than they gain.
pub(super) const MOST_INLINE: usize = 512;

/// Collects the directory and the streams of one payload.
pub(super) struct Assembly {
    /// The directory.
    pub(super) directory: Vec<u8>,
    inline: Vec<u8>,
    tail: Vec<u8>,
    packer: Packer,
    /// Bytes of all streams that are not constant, and of what is made of them.
    held: usize,
}

impl Assembly {
    pub(super) fn new(codec: StreamCodec) -> Result<Assembly> {
        let packer = Packer::new(codec)?;
        let (directory, inline, tail) = Default::default();
        Ok(Assembly { directory, inline, tail, packer, held: 0 })
    }

    pub(super) fn clear(&mut self) {
        self.directory.clear();
        self.inline.clear();
        self.tail.clear();
        self.held = 0;
    }

    /// Adds a stream whose length the reader knows.
    pub(super) fn stream(&mut self, bytes: &[u8]) {
        let (Some((&first, others)), Some((_, but_last))) =
            (bytes.split_first(), bytes.split_last())
        else {
            return put_unsigned(&mut self.directory, u64::from(form::INLINE));
        };
        // All are equal if each is as the one before: one comparison of memory.
        if others == but_last {
            let tag = u64::from(first) << 3 | u64::from(form::CONSTANT);
            return put_unsigned(&mut self.directory, tag);
        }
        self.held += bytes.len();
        if bytes.len() <= MOST_INLINE {
            put_unsigned(&mut self.directory, u64::from(form::INLINE));
            return self.inline.extend_from_slice(bytes);
        }
        let (form, packed) = self.packer.pack(bytes);
        put_unsigned(&mut self.directory, (packed.len() as u64) << 3 | u64::from(form));
        self.tail.extend_from_slice(packed);
    }

    /// Says that a reader needs so many bytes more than the streams'.
    pub(super) fn reserve(&mut self, length: usize) {
        self.held += length;
    }

    /// Adds a stream with its length.
    pub(super) fn sized_stream(&mut self, bytes: &[u8]) {
        put_unsigned(&mut self.directory, bytes.len() as u64);
        self.stream(bytes);
    }

    /// Bytes that a reader needs for the head and for the streams.
    pub(super) fn held(&self) -> usize {
        self.directory.len() + self.inline.len() + self.held
    }

    /// The payload of what was added.
    pub(super) fn payload(&mut self, layout: u8) -> Vec<u8> {
        self.directory.append(&mut self.inline);
        let (form, head) = self.packer.pack(&self.directory);
        let mut payload = Vec::with_capacity(head.len() + self.tail.len() + 16);
        payload.push(layout);
        put_unsigned(&mut payload, self.directory.len() as u64);
        put_unsigned(&mut payload, (head.len() as u64) << 3 | u64::from(form));
        payload.extend_from_slice(head);
        payload.extend_from_slice(&self.tail);
        payload
    }

    /// The payload that holds `raw` as one stream.
    pub(super) fn plain(&mut self, raw: &[u8]) -> Vec<u8> {
        let (form, packed) = self.packer.pack(raw);
        let mut payload = Vec::with_capacity(packed.len() + 2);
        payload.extend_from_slice(&[super::layout::PLAIN, form]);
        payload.extend_from_slice(packed);
        payload
    }
}
