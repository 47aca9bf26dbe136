//! What came of an input, as far as it tells one way through the code from another.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A way through the code, told by what can be seen from outside: error messages without their numbers,
/// small counts. An input with a new outcome is worth changing further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outcome(u64);

impl Outcome {
    /// This outcome, and a message besides, of which words with digits do not matter.
    #[must_use]
    pub fn said(self, message: impl Debug) -> Outcome {
        let text = format!("{message:?}");
        let mut hasher = self.hasher();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let plain = words.filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
        plain.for_each(|word| word.hash(&mut hasher));
        Outcome(hasher.finish())
    }

    /// This outcome, and a count besides, of which the order of magnitude matters.
    #[must_use]
    pub fn counted(self, count: usize) -> Outcome {
        let mut hasher = self.hasher();
        (usize::BITS - count.leading_zeros()).hash(&mut hasher);
        Outcome(hasher.finish())
    }

    fn hasher(self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher
    }
}
