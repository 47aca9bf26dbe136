//! The test vectors of `docs/stripes.md`.

use super::*;

const PAGE: &str = include_str!("../../../../docs/stripes.md");

/// The bytes of the page's hex block under `heading`; lines that begin with `#` are comments.
fn block(heading: &str) -> Vec<u8> {
    let section = PAGE.split_once(heading).expect("the page has the heading").1;
    let block = section.split("```").nth(1).expect("a block follows");
    let lines = block.strip_prefix("hex").unwrap().lines().filter(|line| !line.starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// Row `i` of the text vector, 1 to 16.
fn text_row(i: usize) -> String {
    let amount = if i == 5 { "\\N".to_owned() } else { format!("{}.50", 100 * i % 700) };
    let remark = if i == 3 { "1e5".to_owned() } else { (i * i).to_string() };
    let state = ["new", "sent"][i % 2];
    format!(
        "{i}\t{amount}\t{remark}\t2026-01-31 12:00:0{}.5+00\t2026-02-{i:02}\t{state}\tx{i}\n",
        i % 8
    )
}

/// Row `i` of the binary vector, 1 to 16: bigint, numeric, boolean, two doubles, text.
fn binary_row(i: u8) -> Vec<u8> {
    let mut row = vec![0, 5];
    let mut field = |bytes: &[u8]| {
        row.extend((bytes.len() as u32).to_be_bytes());
        row.extend(bytes);
    };
    field(&(-1000 * i64::from(i)).to_be_bytes());
    // 1.2500 and so on, two fraction digits shown.
    field(&[0, 2, 0, 0, 0, 0, 0, 2, 0, i, 9, 0xc4]);
    field(&[i % 3 / 2]);
    field(&[f64::from(i).sqrt().to_be_bytes(), (1e9 + f64::from(i).sqrt()).to_be_bytes()].concat());
    row.extend([0xff; 4]);
    row
}

#[track_caller]
fn check(heading: &str, format: RowFormat, raw: &[u8]) {
    let payload = Encoder::new(StreamCodec::None).unwrap().encode(format, raw);
    let hex: Vec<String> = payload.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(payload, block(heading), "made: {}", hex.join(" "));
    assert_eq!(Decoder::new().unwrap().decode(&payload, raw.len()).as_deref(), Ok(raw));
}

#[test]
fn the_text_vector_holds() {
    let raw: String = (1..=16).map(text_row).collect();
    check("### COPY text", RowFormat::Text, raw.as_bytes());
}

#[test]
fn the_binary_vector_holds() {
    let raw: Vec<u8> = (1..=16).flat_map(binary_row).collect();
    check("### COPY BINARY", RowFormat::Binary, &raw);
}
