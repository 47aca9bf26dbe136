//! An input as a target takes it apart: choices first, then the bytes they are about.

/// Reads an input from its beginning. An input that is too short goes on with zeros, so that every
/// input means something.
pub struct Input<'b> {
    rest: &'b [u8],
}

impl<'b> Input<'b> {
    /// The whole of `bytes`.
    pub fn new(bytes: &'b [u8]) -> Input<'b> {
        Input { rest: bytes }
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// A number of `bytes` bytes, the lowest first.
    pub fn number(&mut self, bytes: usize) -> usize {
        let taken = self.take(bytes);
        taken.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    /// One of `choices`.
    pub fn choice<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// At most `length` bytes.
    pub fn take(&mut self, length: usize) -> &'b [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// At most as many bytes as the next two say.
    pub fn counted(&mut self) -> &'b [u8] {
        let length = self.number(2);
        self.take(length)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub fn rest(self) -> &'b [u8] {
        self.rest
    }
}

/// `bytes` as [`Input::counted`] reads them.
pub(crate) fn counted(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a part of a seed is short");
    [&length.to_le_bytes(), bytes].concat()
}
