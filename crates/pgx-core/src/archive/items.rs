//! Sequences of CBOR items (entries, index records) laid into frames, and taken out again.
//!
//! A frame holds whole items, up to its limit; only an item longer than the limit goes on in the
//! next frame.

use std::marker::PhantomData;

use minicbor::{Decode, Encode};

use super::codec::Codec;
use super::control;
use super::defect::Defect;
use super::frame::{EncodedFrame, FrameHeader, FrameIdentity, FrameKind};
use super::limits;
use super::stream::ChunkKey;
use crate::error::Result;

/// Packs items into frames.
pub(super) struct Packer {
    kind: FrameKind,
    codec: Codec,
    buffer: Vec<u8>,
    items: u32,
    sequence: u32,
    done: Vec<EncodedFrame>,
}

impl Packer {
    pub(super) fn new(kind: FrameKind, codec: Codec) -> Packer {
        Packer { kind, codec, buffer: Vec::new(), items: 0, sequence: 0, done: Vec::new() }
    }

    /// Adds an item; false if it is longer than a reader accepts.
    pub(super) fn push<T: Encode<()>>(&mut self, item: &T) -> Result<bool> {
        let bytes = control::to_cbor(item);
        if bytes.len() > limits::ITEM {
            return Ok(false);
        }
        let limit = limits::CONTROL_RAW as usize;
        if self.buffer.len() + bytes.len() > limit {
            self.flush(false)?;
        }
        let mut rest = bytes.as_slice();
        while rest.len() > limit {
            let (piece, after) = rest.split_at(limit);
            self.buffer.extend_from_slice(piece);
            self.flush(true)?;
            rest = after;
        }
        self.buffer.extend_from_slice(rest);
        self.items += 1;
        Ok(true)
    }

    /// The frames of all items so far.
    pub(super) fn take(&mut self) -> Result<Vec<EncodedFrame>> {
        self.flush(false)?;
        Ok(std::mem::take(&mut self.done))
    }

    fn flush(&mut self, continued: bool) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let key = ChunkKey { sequence: self.sequence, ..ChunkKey::default() };
        let identity = FrameIdentity::control(self.kind, key, self.items, continued);
        self.done.push(EncodedFrame::new(identity, &self.buffer, self.codec)?);
        self.buffer.clear();
        self.items = 0;
        self.sequence += 1;
        Ok(())
    }
}

/// Takes items out of frames.
pub(super) struct Unpacker<T> {
    pending: Vec<u8>,
    sequence: u32,
    item: PhantomData<T>,
}

impl<T: for<'b> Decode<'b, ()>> Unpacker<T> {
    pub(super) fn new() -> Unpacker<T> {
        Unpacker { pending: Vec::new(), sequence: 0, item: PhantomData }
    }

    /// The items that end in the frame.
    pub(super) fn feed(&mut self, header: &FrameHeader, raw: &[u8]) -> Result<Vec<T>, Defect> {
        let place = ChunkKey { sequence: self.sequence, ..ChunkKey::default() };
        if header.key != place {
            return Err(Defect::damaged("a frame of its kind is missing or out of order"));
        }
        self.sequence = self.sequence.saturating_add(1);
        if self.pending.len() + raw.len() > limits::ITEM + limits::CONTROL_RAW as usize {
            return Err(Defect::damaged("an item is longer than allowed"));
        }
        self.pending.extend_from_slice(raw);
        let items = if header.continued { Vec::new() } else { self.decode()? };
        if items.len() != header.items as usize {
            return Err(Defect::damaged("the number of items differs from the frame header's"));
        }
        Ok(items)
    }

    /// Checks that no item is left unfinished.
    pub(super) fn finish(&self) -> Result<(), Defect> {
        if self.pending.is_empty() {
            return Ok(());
        }
        Err(Defect::damaged("the last item is not complete"))
    }

    fn decode(&mut self) -> Result<Vec<T>, Defect> {
        let bytes = std::mem::take(&mut self.pending);
        let mut decoder = minicbor::Decoder::new(&bytes);
        let mut items = Vec::new();
        while decoder.position() < bytes.len() {
            items.push(decoder.decode().map_err(|error| control::undecodable(&error))?);
        }
        Ok(items)
    }
}
