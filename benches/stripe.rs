//! Stripes against zstd level 1 on the same rows as COPY text: bytes and CPU time of both ways.
//!
//! `PGX_STRIPE_DATA=folder cargo bench -p pgx-core --bench stripe` measures every `NAME.text` (COPY
//! text) and `NAME.bin` (COPY BINARY without header and trailer) of the folder; without the variable,
//! rows made on the spot. `PGX_STRIPE_SOURCE=URI` measures the largest tables of a database.
//! `PGX_STRIPE_CODECS=1` measures every codec. Times are the least of several
//! runs, in milliseconds of this thread's CPU clock.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use pgx_core::connect::quote::qualified;
use pgx_core::connect::{Config, Interrupt, Overrides, Session, Side, pinned_settings};
use pgx_core::error::Result;
use pgx_core::stripe::{Decoder, Encoder, StreamCodec};
use pgx_core::toc::RowFormat;
use rustix::time::{ClockId, clock_gettime};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

const CHUNK: usize = 4 << 20;
const RUNS: usize = 5;

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

/// The result of `work`, and the least CPU time of several runs in milliseconds.
fn least<T>(mut work: impl FnMut() -> T) -> (T, f64) {
    let mut time = f64::INFINITY;
    let mut result = None;
    for _ in 0..RUNS {
        let before = cpu_time();
        result = Some(black_box(work()));
        time = time.min(cpu_time() - before);
    }
    (result.expect("there is a run"), time * 1e3)
}

fn cpu_time() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// Chunks of whole rows.
fn cut(rows: &[u8], row_length: fn(&[u8]) -> usize) -> Vec<&[u8]> {
    let (mut chunks, mut start, mut at) = (Vec::new(), 0, 0);
    while at < rows.len() {
        let length = row_length(&rows[at..]);
        if at + length - start > CHUNK {
            chunks.push(&rows[start..at]);
            start = at;
        }
        at += length;
    }
    chunks.push(&rows[start..]);
    chunks
}

fn text_row(rows: &[u8]) -> usize {
    rows.iter().position(|&byte| byte == b'\n').expect("rows end in a line feed") + 1
}

fn binary_row(rows: &[u8]) -> usize {
    let count = i16::from_be_bytes([rows[0], rows[1]]);
    (0..count).fold(2, |at, _| {
        let length = i32::from_be_bytes(rows[at..at + 4].try_into().expect("four bytes"));
        at + 4 + usize::try_from(length).unwrap_or(0)
    })
}

/// Rows in both forms while they are made.
struct Rows {
    name: &'static str,
    text: Vec<u8>,
    binary: Vec<u8>,
    /// The next random number comes from it.
    state: u64,
}

impl Rows {
    fn new(name: &'static str) -> Rows {
        Rows { name, text: Vec::new(), binary: Vec::new(), state: 0x9e37_79b9_7f4a_7c15 }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % below
    }

    fn row(&mut self, columns: u16) {
        self.binary.extend(columns.to_be_bytes());
    }

    fn field(&mut self, text: &str, binary: &[u8]) {
        self.text.extend(text.as_bytes());
        self.text.push(b'\t');
        self.binary.extend((binary.len() as u32).to_be_bytes());
        self.binary.extend(binary);
    }

    fn int(&mut self, value: u64) {
        self.field(&value.to_string(), &(value as u32).to_be_bytes());
    }

    fn real(&mut self, value: f32) {
        self.field(&value.to_string(), &value.to_be_bytes());
    }

    fn end(&mut self) {
        *self.text.last_mut().expect("a row has fields") = b'\n';
    }
}

/// What is measured without files: usual rows, then extremes.
fn made() -> [Rows; 7] {
    [orders(), samples(), accounts(), documents(), noise(), wide(), empty()]
}

/// Key, category, amount, time, comment.
fn orders() -> Rows {
    let mut rows = Rows::new("orders");
    for id in 0..300_000 {
        let kind = ["new", "sent", "back"][rows.random(3) as usize];
        let (second, comment) = (1_767_225_600 + id * 7, format!("c {:x}", rows.random(1 << 31)));
        let time = format!(
            "2026-01-{:02} {:02}:{:02}:{:02}+00",
            1 + id * 7 / 86_400,
            id * 7 / 3600 % 24,
            id * 7 / 60 % 60,
            id * 7 % 60
        );
        // Microseconds since 2000.
        let micros = (second - 946_684_800) * 1_000_000;
        rows.row(5);
        rows.int(id);
        rows.field(kind, kind.as_bytes());
        let amount = rows.random(100_000);
        rows.int(amount);
        rows.field(&time, &micros.to_be_bytes());
        rows.field(&comment, comment.as_bytes());
        rows.end();
    }
    rows
}

/// Two keys, a code, seven floats of noise.
fn samples() -> Rows {
    let mut rows = Rows::new("samples");
    for _ in 0..300_000 {
        rows.row(10);
        let (place, day) = (rows.random(200_000), rows.random(20_000));
        let code = ["B4", "B8", "BC", "BL"][rows.random(4) as usize];
        rows.int(place);
        rows.int(day);
        rows.field(code, code.as_bytes());
        for scale in [3000.0, 500.0, 1000.0, 5000.0, 1000.0, 1500.0, 2500.0] {
            let value = rows.random(1 << 24) as f32 / 16_777_216.0;
            rows.real(value * scale);
        }
        rows.end();
    }
    rows
}

/// A key, and what is the same in all rows.
fn accounts() -> Rows {
    let mut rows = Rows::new("accounts");
    let filler = " ".repeat(84);
    for id in 1..=400_000 {
        rows.row(4);
        rows.int(id);
        rows.int(1);
        rows.int(0);
        rows.field(&filler, filler.as_bytes());
        rows.end();
    }
    rows
}

/// A key and long text.
fn documents() -> Rows {
    let mut rows = Rows::new("documents");
    for id in 0..6000 {
        let word = format!("{:08x} {:08x} ", rows.random(1 << 32), rows.random(1 << 32));
        let body = word.repeat(100 + id as usize % 500);
        rows.row(2);
        rows.int(id);
        rows.field(&body, body.as_bytes());
        rows.end();
    }
    rows
}

/// Values of a mebibyte of random bytes.
fn noise() -> Rows {
    let mut rows = Rows::new("noise");
    for id in 0..32 {
        let bytes: Vec<u8> = (0..1 << 20).map(|_| rows.random(256) as u8).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        rows.row(2);
        rows.int(id);
        rows.field(&format!("\\\\x{hex}"), &bytes);
        rows.end();
    }
    rows
}

/// As many columns as a table may have.
fn wide() -> Rows {
    let mut rows = Rows::new("1600 columns");
    for id in 0..2000 {
        rows.row(1600);
        for column in 0..1600 {
            let value = rows.random(10);
            rows.int(id * (column % 7) + value);
        }
        rows.end();
    }
    rows
}

/// One column of empty strings.
fn empty() -> Rows {
    let mut rows = Rows::new("empty");
    for _ in 0..2_000_000 {
        rows.row(1);
        rows.field("", b"");
        rows.end();
    }
    rows
}
