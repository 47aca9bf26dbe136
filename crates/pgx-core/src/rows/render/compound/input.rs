//! What is left of a value's bytes.

use super::Malformed;

/// Reads a value from its beginning to its end.
#[derive(Clone, Copy)]
pub(super) struct Input<'v> {
    left: &'v [u8],
    /// What the value is, for the error.
    what: &'static str,
}

impl<'v> Input<'v> {
    /// All of a value.
    pub(super) fn new(bytes: &'v [u8], what: &'static str) -> Input<'v> {
        Input { left: bytes, what }
    }

    /// The error of a value that contradicts itself.
    pub(super) fn malformed(&self) -> Malformed {
        Malformed(self.what)
    }

    /// How many bytes have not been read.
    pub(super) fn len(&self) -> usize {
        self.left.len()
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'v [u8], Malformed> {
        let (taken, left) = self.left.split_at_checked(count).ok_or(self.malformed())?;
        self.left = left;
        Ok(taken)
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'v [u8] {
        self.left
    }

    /// Bytes up to a zero, which is read too.
    pub(super) fn until_zero(&mut self) -> Result<&'v [u8], Malformed> {
        let zero = self.left.iter().position(|&byte| byte == 0).ok_or(self.malformed())?;
        let text = self.take(zero)?;
        self.take(1)?;
        Ok(text)
    }

    /// Bytes behind a length; none where the length is -1.
    pub(super) fn field(&mut self) -> Result<Option<&'v [u8]>, Malformed> {
        match self.i32()? {
            -1 => Ok(None),
            length => {
                let length = usize::try_from(length).map_err(|_| self.malformed())?;
                self.take(length).map(Some)
            }
        }
    }

    /// A count of things of at least `size` bytes each, for which there is room.
    pub(super) fn count(&mut self, size: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.i32()?).map_err(|_| self.malformed())?;
        match count.checked_mul(size) {
            Some(bytes) if bytes <= self.left.len() => Ok(count),
            _ => Err(self.malformed()),
        }
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.fixed()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.fixed()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.fixed()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_be_bytes(self.fixed()?))
    }

    pub(super) fn f32(&mut self) -> Result<f32, Malformed> {
        Ok(f32::from_be_bytes(self.fixed()?))
    }

    pub(super) fn f64(&mut self) -> Result<f64, Malformed> {
        Ok(f64::from_be_bytes(self.fixed()?))
    }

    /// That nothing is left.
    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.left.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, left) = self.left.split_first_chunk().ok_or(self.malformed())?;
        self.left = left;
        Ok(*taken)
    }
}
