//! The integers of a payload's head: LEB128, signed ones in zigzag order.

use super::error::{Result, StripeError, damaged};

pub(super) fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_unsigned(out, zigzag(value));
}

pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Reads a head from its beginning.
pub(super) struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Cursor<'b> {
        Cursor { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(StripeError::Damaged("the head is cut off"))?;
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn unsigned(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if (part << shift) >> shift != part {
                break;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        damaged("an integer is too long")
    }

    pub(super) fn signed(&mut self) -> Result<i64> {
        let value = self.unsigned()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// An unsigned integer of at most `limit`.
    pub(super) fn length(&mut self, limit: usize) -> Result<usize> {
        match usize::try_from(self.unsigned()?) {
            Ok(length) if length <= limit => Ok(length),
            _ => damaged("a length is out of bounds"),
        }
    }

    pub(super) fn slice(&mut self, length: usize) -> Result<&'b [u8]> {
        let rest = &self.bytes[self.at..];
        let slice = rest.get(..length).ok_or(StripeError::Damaged("the head is cut off"))?;
        self.at += length;
        Ok(slice)
    }
}
