//! `interval`, in the style `postgres`.

use super::decimal::{pair, push};
use super::moment::push_clock;
use super::{Malformed, Origin, exactly};

/// The first version in which intervals can be infinite.
const INFINITE_SINCE: u32 = 170_000;

/// Appends an `interval`: `1 year -2 mons +3 days -04:05:06.7`.
pub(super) fn interval(bytes: &[u8], origin: Origin, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let value = i128::from_be_bytes(exactly(bytes, "interval")?);
    let (time, days, months) = ((value >> 64) as i64, (value >> 32) as i32, value as i32);
    let infinite = match (time, days, months) {
        _ if origin.server_version < INFINITE_SINCE => None,
        (i64::MIN, i32::MIN, i32::MIN) => Some(&b"-infinity"[..]),
        (i64::MAX, i32::MAX, i32::MAX) => Some(&b"infinity"[..]),
        _ => None,
    };
    if let Some(text) = infinite {
        out.extend_from_slice(text);
        return Ok(());
    }
    let mut parts = Parts { out, empty: true, after_negative: false };
    parts.push(months / 12, "year");
    parts.push(months % 12, "mon");
    parts.push(days, "day");
    parts.push_time(time);
    Ok(())
}

/// An interval that is being written.
struct Parts<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
    /// The part before is negative, so that a positive one says that it is not.
    after_negative: bool,
}

impl Parts<'_> {
    fn push(&mut self, value: i32, unit: &str) {
        if value == 0 {
            return;
        }
        self.begin(value < 0, false);
        push(value, self.out);
        self.out.push(b' ');
        self.out.extend_from_slice(unit.as_bytes());
        if value != 1 {
            self.out.push(b's');
        }
    }

    /// Appends what precedes a part; its minus sign only where asked, for numbers bring theirs.
    fn begin(&mut self, negative: bool, with_minus: bool) {
        if !self.empty {
            self.out.push(b' ');
        }
        match negative {
            true if with_minus => self.out.push(b'-'),
            false if self.after_negative => self.out.push(b'+'),
            _ => {}
        }
        self.empty = false;
        self.after_negative = negative;
    }

    fn push_time(&mut self, time: i64) {
        if time == 0 && !self.empty {
            return;
        }
        self.begin(time < 0, true);
        let time = time.unsigned_abs();
        let (seconds, fraction) = (time / 1_000_000, (time % 1_000_000) as u32);
        let hours = seconds / 3600;
        if hours < 10 {
            self.out.push(b'0');
        }
        push(hours, self.out);
        let [m0, m1] = pair((seconds / 60 % 60) as u32);
        push_clock([b':', m0, m1, b':'], (seconds % 60) as u32, fraction, self.out);
    }
}
