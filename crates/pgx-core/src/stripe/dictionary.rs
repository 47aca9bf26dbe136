//! Values that come again and again, numbered in the order of their first appearance.

/// Most entries; with them a number fits a byte, with one to spare for NULL.
pub(super) const MOST_ENTRIES: usize = 255;
/// Most bytes of all entries: longer ones are better left to the codec.
pub(super) const MOST_BYTES: usize = 1 << 15;
const SLOTS: usize = 1024;
const FREE: u8 = u8::MAX;

/// Distinct values of a column.
pub(super) struct Dictionary {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    slots: Vec<u8>,
}

impl Dictionary {
    pub(super) fn new() -> Dictionary {
        Dictionary { bytes: Vec::new(), ends: Vec::new(), slots: vec![FREE; SLOTS] }
    }

    pub(super) fn clear(&mut self) {
        if self.ends.is_empty() {
            return;
        }
        self.bytes.clear();
        self.ends.clear();
        self.slots.fill(FREE);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of an entry.
    #[inline]
    pub(super) fn get(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    /// The number of `value`; `None` if it is new and does not fit any more.
    #[inline]
    pub(super) fn number(&mut self, value: &[u8]) -> Option<usize> {
        let mut slot = slot(value);
        // There are more slots than entries, so the search ends.
        while self.slots[slot] != FREE {
            let number = usize::from(self.slots[slot]);
            let entry = self.get(number);
            // Comparing memory that is not there can take as long as a fault.
            if entry.len() == value.len() && (value.is_empty() || entry == value) {
                return Some(number);
            }
            slot = (slot + 1) % SLOTS;
        }
        self.add(slot, value)
    }

    fn add(&mut self, slot: usize, value: &[u8]) -> Option<usize> {
        let number = self.ends.len();
        if number == MOST_ENTRIES || self.bytes.len() + value.len() > MOST_BYTES {
            return None;
        }
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        self.slots[slot] = number as u8;
        Some(number)
    }
}

/// Hashes the length and both ends of a value: enough to keep a few hundred values apart.
#[inline]
fn slot(value: &[u8]) -> usize {
    let (first, last) = match (value.first_chunk::<8>(), value.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (value.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0),
    };
    let mixed =
        (first ^ last.rotate_left(29) ^ value.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize
}
