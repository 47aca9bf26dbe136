//! One column as COPY sends it, taken apart into values.

use pgx_core::connect::Session;

/// A value's bytes; none when it is null.
pub(super) type Value = Option<Vec<u8>>;

/// The only column of a query or table, by `COPY … TO STDOUT (FORMAT binary)`.
pub(super) fn binary(session: &mut Session, from: &str) -> Vec<Value> {
    let all = copy(session, &format!("COPY {from} TO STDOUT (FORMAT binary)"));
    let mut rest = all.strip_prefix(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0").expect("COPY's header");
    let mut values = Vec::new();
    while let Some(row) = rest.strip_prefix(b"\0\x01") {
        let (length, row) = row.split_first_chunk::<4>().expect("a length");
        let length = usize::try_from(i32::from_be_bytes(*length)).ok();
        let (value, row) = row.split_at(length.unwrap_or(0));
        values.push(length.map(|_| value.to_vec()));
        rest = row;
    }
    assert_eq!(rest, b"\xff\xff", "COPY's trailer");
    values
}

/// The only column of a query or table, by `COPY … TO STDOUT`.
pub(super) fn text(session: &mut Session, from: &str) -> Vec<Value> {
    let all = copy(session, &format!("COPY {from} TO STDOUT"));
    let mut lines: Vec<&[u8]> = all.split(|&byte| byte == b'\n').collect();
    assert_eq!(lines.pop(), Some(&b""[..]), "the last row ends with a newline");
    lines.into_iter().map(|line| (line != b"\\N").then(|| unescaped(line))).collect()
}

/// Values as rows that `COPY … FROM STDIN` takes.
pub(super) fn lines(values: &[Value]) -> Vec<u8> {
    let mut lines = Vec::new();
    for value in values {
        match value {
            Some(value) => value.iter().for_each(|&byte| escape(byte, &mut lines)),
            None => lines.extend_from_slice(b"\\N"),
        }
        lines.push(b'\n');
    }
    lines
}

/// Values as `COPY … FROM STDIN (FORMAT binary)` takes them.
pub(super) fn tuples<'v>(values: impl Iterator<Item = &'v [u8]>) -> Vec<u8> {
    let mut all = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for value in values {
        all.extend_from_slice(b"\0\x01");
        all.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
        all.extend_from_slice(value);
    }
    all.extend_from_slice(b"\xff\xff");
    all
}

/// Values, null ones among them, as `COPY … FROM STDIN (FORMAT binary)` takes them.
pub(super) fn tuples_of(values: &[Value]) -> Vec<u8> {
    let mut all = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for value in values {
        all.extend_from_slice(b"\0\x01");
        let length = value.as_ref().map_or(-1, |value| i32::try_from(value.len()).unwrap());
        all.extend_from_slice(&length.to_be_bytes());
        all.extend_from_slice(value.as_deref().unwrap_or_default());
    }
    all.extend_from_slice(b"\xff\xff");
    all
}

/// Sends rows that may be refused.
pub(super) fn try_send(session: &mut Session, sql: &str, rows: &[u8]) -> pgx_core::Result<()> {
    let mut copy = session.copy_in(sql)?;
    copy.send(rows).and_then(|()| copy.finish()).map(drop)
}

/// Sends rows made by [`lines`] or [`tuples`].
pub(super) fn send(session: &mut Session, sql: &str, rows: &[u8]) {
    let mut copy = session.copy_in(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    copy.send(rows).and_then(|()| copy.finish()).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

fn copy(session: &mut Session, sql: &str) -> Vec<u8> {
    let mut all = Vec::new();
    let copied = session.copy_out(sql, |piece| {
        all.extend_from_slice(piece);
        Ok(())
    });
    copied.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    all
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => out.push(byte),
    }
}

fn unescaped(line: &[u8]) -> Vec<u8> {
    let mut bytes = line.iter().copied();
    let mut value = Vec::with_capacity(line.len());
    while let Some(byte) = bytes.next() {
        value.push(match byte {
            b'\\' => match bytes.next().expect("something is escaped") {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                other => other,
            },
            other => other,
        });
    }
    value
}
