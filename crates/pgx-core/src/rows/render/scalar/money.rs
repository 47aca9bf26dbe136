//! `money`, in the locale `C`.

use super::decimal::{pair, push};
use super::{Malformed, exactly};

/// Appends `-$1,234.56`.
pub(super) fn money(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let cents = i64::from_be_bytes(exactly(bytes, "money")?);
    out.extend_from_slice(if cents < 0 { b"-$" } else { b"$" });
    let cents = cents.unsigned_abs();
    push_grouped(cents / 100, out);
    out.push(b'.');
    out.extend_from_slice(&pair((cents % 100) as u32));
    Ok(())
}

/// Appends a number with a comma before each third digit from the end.
fn push_grouped(value: u64, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value).as_bytes();
    if digits.len() <= 3 {
        return push(value, out);
    }
    let (first, groups) = digits.as_rchunks::<3>();
    let mut groups = groups.iter();
    match (first, groups.as_slice()) {
        ([], [head, ..]) => {
            out.extend_from_slice(head);
            groups.next();
        }
        _ => out.extend_from_slice(first),
    }
    for group in groups {
        out.push(b',');
        out.extend_from_slice(group);
    }
}
