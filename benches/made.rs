//! Rows made on the spot, and a clock: what the benchmarks of stages have in common.

// Each benchmark is a program of its own, and none uses all of this.
#![allow(dead_code)]

use std::hint::black_box;

use pgx_core::rows::CHUNK_BYTES;
use rustix::time::{ClockId, clock_gettime};

/// Runs of each measurement; the fastest counts.
const RUNS: usize = 5;

/// The result of `work`, and the least CPU time of several runs in milliseconds.
pub(crate) fn least<T>(mut work: impl FnMut() -> T) -> (T, f64) {
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
pub(crate) fn cut(rows: &[u8], row_length: fn(&[u8]) -> usize) -> Vec<&[u8]> {
    let (mut chunks, mut start, mut at) = (Vec::new(), 0, 0);
    while at < rows.len() {
        let length = row_length(&rows[at..]);
        if at + length - start > CHUNK_BYTES {
            chunks.push(&rows[start..at]);
            start = at;
        }
        at += length;
    }
    chunks.push(&rows[start..]);
    chunks
}

pub(crate) fn text_row(rows: &[u8]) -> usize {
    rows.iter().position(|&byte| byte == b'\n').expect("rows end in a line feed") + 1
}

pub(crate) fn binary_row(rows: &[u8]) -> usize {
    let count = i16::from_be_bytes([rows[0], rows[1]]);
    (0..count).fold(2, |at, _| {
        let length = i32::from_be_bytes(rows[at..at + 4].try_into().expect("four bytes"));
        at + 4 + usize::try_from(length).unwrap_or(0)
    })
}

/// Rows in both forms while they are made.
pub(crate) struct Rows {
    /// What they are like.
    pub(crate) name: &'static str,
    /// COPY text.
    pub(crate) text: Vec<u8>,
    /// COPY BINARY without header and end mark.
    pub(crate) binary: Vec<u8>,
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
pub(crate) fn made() -> [Rows; 7] {
    [orders(), samples(), accounts(), documents(), noise(), wide(), empty()]
}

/// Key, category, amount, time, comment.
pub(crate) fn orders() -> Rows {
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
pub(crate) fn samples() -> Rows {
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
pub(crate) fn accounts() -> Rows {
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
pub(crate) fn documents() -> Rows {
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
