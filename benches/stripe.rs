//! Stripes against zstd level 1 on the same rows as COPY text: bytes and CPU time of both ways.
//!
//! `PGX_STRIPE_DATA=folder cargo bench -p pgx-core --bench stripe` measures every `NAME.text` (COPY
//! text) and `NAME.bin` (COPY BINARY without header and trailer) of the folder; without the variable,
//! rows made on the spot. `PGX_STRIPE_SOURCE=URI` measures the largest tables of a database.
//! `PGX_STRIPE_CODECS=1` measures every codec. Times are the least of several
//! runs, in milliseconds of this thread's CPU clock.

mod made;

use std::fs;
use std::hint::black_box;
use std::path::Path;

use pgx_core::connect::quote::qualified;
use pgx_core::connect::{Config, Interrupt, Overrides, Session, Side, pinned_settings};
use pgx_core::error::Result;
use pgx_core::stripe::{Decoder, Encoder, StreamCodec};
use pgx_core::toc::RowFormat;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

use made::{binary_row, cut, least, made, text_row};

fn main() {
    println!("{:<22} {:>10} {:>8} {:>8} {:>6}", "rows, as", "bytes", "pack", "unpack", "size");
    match (std::env::var_os("PGX_STRIPE_DATA"), std::env::var("PGX_STRIPE_SOURCE")) {
        (Some(folder), _) => measure_folder(Path::new(&folder)),
        (None, Ok(source)) => measure_source(&source).expect("the database can be read"),
        (None, Err(_)) => {
            for rows in made() {
                measure(rows.name, &rows.text, Some(&rows.binary));
            }
        }
    }
}

/// Tables of a database that are measured, and bytes of COPY text of each at most.
const TABLES: usize = 8;
const TABLE_BYTES: usize = 128 << 20;

fn measure_source(source: &str) -> Result<()> {
    let (overrides, env) = (Overrides::default(), |name: &str| std::env::var(name).ok());
    let interrupt = Interrupt::new();
    let config = Config::resolve(Some(source), &overrides, &env, Side::Source, &interrupt)?;
    let mut session = Session::open(&config)?;
    let pins = pinned_settings(session.major());
    session.execute(&format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{pins}"))?;
    let tables = session.query(&format!(
        "SELECT n.nspname, c.relname, pg_catalog.pg_table_size(c.oid) AS bytes, \
         GREATEST(c.reltuples, 1) AS tuples \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
         ORDER BY 3 DESC LIMIT {TABLES}"
    ))?;
    for table in &tables {
        let name = qualified(table.str("nspname")?, table.str("relname")?);
        let bytes = table.str("bytes")?.parse::<f64>().unwrap_or(1.0);
        let tuples = table.str("tuples")?.parse::<f64>().unwrap_or(1.0);
        let rows = tuples * (TABLE_BYTES as f64 / bytes.max(1.0)).min(1.0);
        let rows = format!("(SELECT * FROM ONLY {name} LIMIT {})", rows.ceil());
        let text = copied(&mut session, &format!("COPY {rows} TO STDOUT"))?;
        let binary = copied(&mut session, &format!("COPY {rows} TO STDOUT (FORMAT binary)")).ok();
        // Without the header and the end mark.
        let binary = binary.as_deref().map(|data| &data[19..data.len() - 2]);
        if !text.is_empty() {
            measure(table.str("relname")?, &text, binary);
        }
    }
    Ok(())
}

fn copied(session: &mut Session, sql: &str) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    session.copy_out(sql, |piece| {
        rows.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(rows)
}

fn measure_folder(folder: &Path) {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("the folder can be read")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".text")?.to_owned()))
        .collect();
    names.sort();
    for name in names {
        let text = fs::read(folder.join(format!("{name}.text"))).expect("the rows can be read");
        let binary = fs::read(folder.join(format!("{name}.bin"))).ok();
        measure(&name, &text, binary.as_deref());
    }
}

struct Figures {
    bytes: usize,
    pack: f64,
    unpack: f64,
}

fn measure(name: &str, text: &[u8], binary: Option<&[u8]>) {
    let chunks = cut(text, text_row);
    let base = whole(&chunks);
    report(name, "text zstd:1", &base, &base);
    let codecs = match std::env::var("PGX_STRIPE_CODECS").is_ok() {
        true => &[
            StreamCodec::Zstd(1),
            StreamCodec::Zstd(-5),
            StreamCodec::Zstd(3),
            StreamCodec::Zstd(9),
            StreamCodec::Gzip(1),
            StreamCodec::Gzip(6),
            StreamCodec::Lz4,
            StreamCodec::None,
        ][..],
        false => &[StreamCodec::Zstd(1)][..],
    };
    for &codec in codecs {
        let stripes = striped(RowFormat::Text, codec, &chunks);
        report(name, &format!("text {codec:?}"), &stripes, &base);
        if let Some(binary) = binary {
            let stripes = striped(RowFormat::Binary, codec, &cut(binary, binary_row));
            report(name, &format!("binary {codec:?}"), &stripes, &base);
        }
    }
}

fn report(name: &str, what: &str, figures: &Figures, base: &Figures) {
    let Figures { bytes, pack, unpack } = figures;
    println!(
        "{:<22} {:>10} {:>8.1} {:>8.1} {:>6.3}   pack {:.2}  unpack {:.2}",
        format!("{name} {what}"),
        bytes,
        pack,
        unpack,
        *bytes as f64 / base.bytes as f64,
        pack / base.pack,
        unpack / base.pack,
    );
}

/// Every chunk as one zstd frame. Buffers are used again, as the stripes' are.
fn whole(chunks: &[&[u8]]) -> Figures {
    let mut compressor = Compressor::new(1).expect("level 1 exists");
    let mut decompressor = Decompressor::new().expect("zstd decompresses");
    let mut buffer = vec![0; compress_bound(chunks.iter().map(|raw| raw.len()).max().unwrap_or(0))];
    let (packed, pack) = least(|| -> Vec<Vec<u8>> {
        let mut pack = |raw: &&[u8]| {
            let length = compressor.compress_to_buffer(raw, &mut buffer[..]);
            buffer[..length.expect("the buffer suffices")].to_vec()
        };
        chunks.iter().map(&mut pack).collect()
    });
    let (_, unpack) = least(|| {
        for packed in &packed {
            let length = decompressor.decompress_to_buffer(&packed[..], &mut buffer[..]);
            black_box(length.expect("the frame is whole"));
        }
    });
    Figures { bytes: packed.iter().map(Vec::len).sum(), pack, unpack }
}

fn striped(format: RowFormat, codec: StreamCodec, chunks: &[&[u8]]) -> Figures {
    let mut encoder = Encoder::new(codec).expect("the codec exists");
    let mut decoder = Decoder::new().expect("the codecs exist");
    let (packed, pack) = least(|| -> Vec<Vec<u8>> {
        chunks.iter().map(|raw| encoder.encode(format, raw)).collect()
    });
    let mut back = Vec::new();
    let (_, unpack) = least(|| {
        for (packed, raw) in packed.iter().zip(chunks) {
            decoder.decode_into(packed, raw.len(), &mut back).expect("the payload is whole");
            black_box(&back);
        }
    });
    for (packed, raw) in packed.iter().zip(chunks) {
        assert_eq!(decoder.decode(packed, raw.len()).as_deref(), Ok(*raw), "rows changed");
    }
    Figures { bytes: packed.iter().map(Vec::len).sum(), pack, unpack }
}
