//! The rows of a stream of large objects, as far as they must be known before the server has them:
//! which large object, which page, how many bytes.

use crate::toc::RowFormat;

/// A page of a large object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) oid: u32,
    pub(super) number: i32,
    pub(super) bytes: usize,
}

/// Takes the next row off the front of `rows`; none when they end or are no such rows, which `rows` being
/// empty tells apart.
pub(super) fn next(rows: &mut &[u8], format: RowFormat) -> Option<Page> {
    let (page, rest) = match format {
        RowFormat::Text => text(rows)?,
        RowFormat::Binary => binary(rows)?,
    };
    *rows = rest;
    Some(page)
}

/// `16401`, tab, `0`, tab, `\\x00ff`, line feed.
fn text(rows: &[u8]) -> Option<(Page, &[u8])> {
    let end = rows.iter().position(|&byte| byte == b'\n')?;
    let (line, rest) = (&rows[..end], &rows[end + 1..]);
    let mut fields = line.split(|&byte| byte == b'\t');
    let (oid, number, data) = (fields.next()?, fields.next()?, fields.next()?);
    let digits = data.strip_prefix(b"\\\\x")?;
    let whole = fields.next().is_none() && digits.len() % 2 == 0;
    let oid = std::str::from_utf8(oid).ok()?.parse().ok()?;
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    whole.then_some((Page { oid, number, bytes: digits.len() / 2 }, rest))
}

/// The number of fields, and each behind its length.
fn binary(rows: &[u8]) -> Option<(Page, &[u8])> {
    let rest = rows.strip_prefix(&3i16.to_be_bytes())?;
    let (oid, rest) = field(rest)?;
    let (number, rest) = field(rest)?;
    let (data, rest) = field(rest)?;
    let oid = u32::from_be_bytes(oid.try_into().ok()?);
    let number = i32::from_be_bytes(number.try_into().ok()?);
    Some((Page { oid, number, bytes: data.len() }, rest))
}

fn field(rows: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rows.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(i32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(mut rows: &[u8], format: RowFormat) -> (Vec<Page>, usize) {
        let mut pages = Vec::new();
        while let Some(page) = next(&mut rows, format) {
            pages.push(page);
        }
        (pages, rows.len())
    }

    const TWO: [Page; 2] = [
        Page { oid: 4_000_000_000, number: 0, bytes: 2 },
        Page { oid: 7, number: 2_000_000_000, bytes: 0 },
    ];

    #[test]
    fn text_rows_tell_their_page() {
        let rows = b"4000000000\t0\t\\\\x00fF\n7\t2000000000\t\\\\x\n";
        assert_eq!(pages(rows, RowFormat::Text), (TWO.to_vec(), 0));
        for wrong in [
            &b"7\t0\t\\N\n"[..],
            b"7\t0\t\\\\x0\n",
            b"7\t0\n",
            b"x\t0\t\\\\x\n",
            b"7\t0\t\\\\x\t\n",
            b"7",
        ] {
            assert_eq!(pages(wrong, RowFormat::Text), (Vec::new(), wrong.len()), "{wrong:?}");
        }
    }

    #[test]
    fn binary_rows_tell_their_page() {
        let row = |oid: u32, number: i32, data: &[u8]| {
            let mut row = vec![0, 3, 0, 0, 0, 4];
            row.extend(oid.to_be_bytes());
            row.extend([0, 0, 0, 4]);
            row.extend(number.to_be_bytes());
            row.extend((data.len() as i32).to_be_bytes());
            row.extend(data);
            row
        };
        let rows = [row(4_000_000_000, 0, &[0, 255]), row(7, 2_000_000_000, &[])].concat();
        assert_eq!(pages(&rows, RowFormat::Binary), (TWO.to_vec(), 0));
        let mut null = row(7, 0, &[]);
        null[14 + 4..].copy_from_slice(&(-1i32).to_be_bytes());
        for wrong in [&null[..], &null[..17], &rows[1..3]] {
            assert_eq!(pages(wrong, RowFormat::Binary).0, Vec::new(), "{wrong:?}");
        }
    }
}
