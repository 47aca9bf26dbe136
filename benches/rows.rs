//! Rows between the server and a chunk: hashed, cut and hashed, and printed as text.
//!
//! Times are the least of several runs, in milliseconds of this thread's CPU clock.

mod made;

use std::hint::black_box;

use pgx_core::rows::{CHUNK_BYTES, Cut, Cutter, Malformed, Origin, RowSum, TextRows, header};
use pgx_core::toc::{Column, Leaf, RowFormat, Shape};

use made::{Rows, accounts, documents, least, orders, samples};

/// What comes from a socket at a time.
const PIECE: usize = 64 << 10;

fn main() {
    println!("{:<20} {:>12} {:>8} {:>8}", "rows, stage", "bytes", "ms", "MB/s");
    use Leaf::{Float4, Int4, Text, Timestamptz};
    let mut sample = vec![Int4, Int4, Text];
    sample.extend([Float4; 7]);
    of(&orders(), &[Int4, Text, Int4, Timestamptz, Text]);
    of(&samples(), &sample);
    of(&accounts(), &[Int4, Int4, Int4, Text]);
    of(&documents(), &[Int4, Text]);
}

fn of(rows: &Rows, columns: &[Leaf]) {
    for (format, bytes) in [(RowFormat::Text, &rows.text), (RowFormat::Binary, &rows.binary)] {
        let name = |stage: &str| format!("{} {} {stage}", rows.name, format.text());
        report(&name("hash"), bytes.len(), || hash(format, bytes));
        report(&name("cut+hash"), bytes.len(), || chunks(format, bytes));
    }
    let columns: Vec<Column> = columns.iter().map(|leaf| column(*leaf)).collect();
    report(&format!("{} render", rows.name), rows.binary.len(), || render(&columns, &rows.binary));
}

fn report(name: &str, bytes: usize, work: impl FnMut() -> Result<u64, Malformed>) {
    let (done, ms) = least(work);
    assert!(done.expect("the rows are well formed") > 0, "nothing was done");
    println!("{name:<20} {bytes:>12} {ms:>8.1} {:>8.0}", bytes as f64 / ms / 1e3);
}

fn hash(format: RowFormat, bytes: &[u8]) -> Result<u64, Malformed> {
    let mut sum = RowSum::new(format);
    bytes.chunks(PIECE).try_for_each(|piece| sum.update(piece))?;
    black_box(sum.value());
    Ok(sum.rows())
}

/// As a dump does it; with the header that a server sends.
fn chunks(format: RowFormat, bytes: &[u8]) -> Result<u64, Malformed> {
    let mut cutter = Cutter::new(CHUNK_BYTES, RowSum::new(format));
    let mut rows = 0;
    let mut emit = |cut: Cut, _: &RowSum| -> Result<(), Malformed> {
        rows += u64::from(cut.rows);
        black_box(cut.raw);
        Ok(())
    };
    cutter.push(header(format), &mut emit)?;
    bytes.chunks(PIECE).try_for_each(|piece| cutter.push(piece, &mut emit))?;
    Ok(rows + cutter.sum().rows())
}

fn column(leaf: Leaf) -> Column {
    let shape = Some(Shape::Leaf(leaf));
    Column { name: String::new(), type_name: String::new(), type_oid: 0, shape }
}

fn render(columns: &[Column], bytes: &[u8]) -> Result<u64, Malformed> {
    let mut rows = TextRows::new(columns, Origin::new(180_000, "UTF8")).expect("types are known");
    let (mut text, mut printed) = (Vec::new(), 0);
    for piece in bytes.chunks(PIECE) {
        text.clear();
        rows.push(piece, &mut text)?;
        printed += text.len() as u64;
    }
    Ok(printed)
}
