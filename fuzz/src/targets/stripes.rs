//! Stripes: any payload decodes to the promised length or to an error, any rows come back.

use std::cell::RefCell;

use pgx_core::stripe::{Decoder, Encoder, StreamCodec, StripeError};
use pgx_core::toc::RowFormat;

use super::rows::tuples;
use crate::input::{Input, counted};
use crate::outcome::Outcome;

const CODECS: [StreamCodec; 4] =
    [StreamCodec::Zstd(1), StreamCodec::None, StreamCodec::Gzip(6), StreamCodec::Lz4];
/// One more than a decoder accepts.
const RAW_MOST: usize = (8 << 20) + 1;

/// Three bytes of raw length, a byte that says how the rest is read, and the rest.
pub(super) fn decode(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let raw_len = input.number(3) % (RAW_MOST + 1);
    let payload = match input.byte() % 4 {
        0 => input.rest().to_vec(),
        // The lengths of the head are right, so that its directory is read whatever changed.
        form => striped(form % 2 + 1, &mut input),
    };
    let fresh = decode_with(&mut decoder(), &payload, raw_len);
    KEPT.with_borrow_mut(|(encoders, used)| {
        let raw = b"1\tabc\tx\n2\tdef\ty\n".repeat(20);
        let other = encoders[1].encode(RowFormat::Text, &raw);
        assert_eq!(used.decode(&other, raw.len()).as_deref(), Ok(&raw[..]));
        assert!(decode_with(used, &payload, raw_len) == fresh, "earlier payloads show");
    });
    let mut outcome = Outcome::default();
    if let Some((head, _)) = apart(&payload) {
        outcome = head.iter().take(3).fold(outcome, |o, &byte| o.counted(byte.into()));
    }
    match fresh {
        Ok(raw) => outcome.counted(raw.len()),
        Err(error) => outcome.said(error),
    }
}

/// A payload of stripes with a stored head.
fn striped(layout: u8, input: &mut Input<'_>) -> Vec<u8> {
    let head = input.counted();
    let mut payload = vec![layout];
    leb128(&mut payload, head.len());
    leb128(&mut payload, head.len() << 3);
    payload.extend_from_slice(head);
    payload.extend_from_slice(input.take(usize::MAX));
    payload
}

fn leb128(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn decode_with(
    decoder: &mut Decoder,
    payload: &[u8],
    raw_len: usize,
) -> Result<Vec<u8>, StripeError> {
    let raw = decoder.decode(payload, raw_len);
    assert!(raw.as_ref().map_or(true, |raw| raw.len() == raw_len), "another length came out");
    raw
}

fn decoder() -> Decoder {
    Decoder::new().expect("the codecs exist")
}

fn encoder(codec: StreamCodec) -> Encoder {
    Encoder::new(codec).expect("the codec exists")
}

pub(super) fn decode_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (format, raw) in chunks() {
        for codec in CODECS {
            let payload = encoder(codec).encode(format, &raw);
            let length = (raw.len() as u32).to_le_bytes();
            seeds.push([&length[..3], &[0], &payload].concat());
            seeds.extend(apart(&payload).map(|(head, tail)| {
                let layout = payload[0] + 1;
                [&length[..3], &[layout], &counted(head)[..], tail].concat()
            }));
        }
    }
    seeds
}

/// Head and tail of a payload whose head is stored.
fn apart(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 1;
    let mut number = || {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = payload.get(at)?;
            at += 1;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    let (length, tag) = (number()?, number()?);
    let stored = payload[0] > 0 && tag == length << 3;
    payload[at..].split_at_checked(length).filter(|_| stored)
}

/// Two bytes of choices, and rows: COPY text as it is, tuples in short (see [`tuples`]), or anything.
pub(super) fn encode(input: &[u8]) -> Outcome {
    let mut input = Input::new(input);
    let codec = input.choice(&CODECS);
    // Many short chunks find more than few long ones.
    let mut input = Input::new(input.take(16 << 10));
    let mode = input.byte();
    let (format, raw) = match mode % 4 {
        0 => (RowFormat::Text, input.rest().to_vec()),
        1 => (RowFormat::Binary, input.rest().to_vec()),
        2 => (RowFormat::Binary, tuples(input)),
        _ => (RowFormat::Text, tiled(input.rest())),
    };
    let payload = there_and_back(codec, format, &raw);
    if mode & 0x80 != 0 {
        let mut used = encoder(codec);
        used.encode(RowFormat::Text, b"1\t2024-02-29\tx\n2\t2024-03-01\ty\n");
        assert!(used.encode(format, &raw) == payload, "earlier chunks show");
    }
    // The plans of the columns are in the head, which is short and stored where nothing compresses.
    let plain = there_and_back(StreamCodec::None, format, &raw);
    let plans = apart(&plain).map_or(0, |(head, _)| head.len());
    Outcome::default().counted(payload[0].into()).counted(raw.len()).counted(plans)
}

thread_local! {
    /// Making them takes longer than using them; what they did before must not show.
    static KEPT: RefCell<(Vec<Encoder>, Decoder)> =
        RefCell::new((CODECS.map(encoder).into(), decoder()));
}

fn there_and_back(codec: StreamCodec, format: RowFormat, raw: &[u8]) -> Vec<u8> {
    KEPT.with_borrow_mut(|(encoders, decoder)| {
        let number = CODECS.iter().position(|&known| known == codec).unwrap_or(0);
        let payload = encoders[number].encode(format, raw);
        assert!(payload.len() <= raw.len() + 2, "the payload is longer than allowed");
        let back = decoder.decode(&payload, raw.len());
        assert!(back.as_deref() == Ok(raw), "other rows: {:?}", back.map(|raw| raw.len()));
        payload
    })
}

/// Lines over and over: columns with a plan need rows.
fn tiled(rows: &[u8]) -> Vec<u8> {
    rows.repeat((4096 / rows.len().max(1)).clamp(1, 400))
}

pub(super) fn encode_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, (format, raw)) in chunks().into_iter().enumerate() {
        let mode = u8::from(format == RowFormat::Binary);
        seeds.push([&[number as u8, mode], &raw[..]].concat());
    }
    let line = b"7\t-0.50\t2024-02-29\t2024-02-29 23:59:60.5+05:30\t\\N\tred\\t\t1e5\n";
    seeds.push([&[0, 3], &line[..]].concat());
    seeds.push([&[1, 2], &super::rows::short_tuples()[..]].concat());
    seeds
}

/// Rows with columns for every plan, and numbers of every width.
fn chunks() -> Vec<(RowFormat, Vec<u8>)> {
    let text = (0..24_u64).flat_map(|i| {
        let zone = if i == 9 { "" } else { "+05:30" };
        let odd = if i == 5 { "NaN".into() } else { format!("{}.{:02}", i * i, i) };
        let noise = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let color = ["red", "green", "\\N"][i as usize % 3];
        format!(
            "{i}\t{odd}\t2024-02-{:02}\t2024-02-29 23:{i:02}:00.5{zone}\t{color}\t{noise:x}\t\\N\n",
            1 + i
        )
        .into_bytes()
    });
    let binary = (0..24_u64).flat_map(|i| {
        let numeric = [0, 2, 0, 0, 0, 0, 0, 2, 0, 1 + i as u8, 0, 100];
        let doubles = [(i as f64).sqrt().to_be_bytes(), (1e9 + i as f64).to_be_bytes()].concat();
        let fields: [Option<&[u8]>; 7] = [
            Some(&(i * 1000).to_be_bytes()),
            Some(&(i as u32).to_be_bytes()),
            (i % 5 > 0).then_some(&[1]),
            Some(&numeric[2..]),
            Some(&doubles),
            Some([&b"S1"[..], b"sentinel-2"][i as usize % 2]),
            None,
        ];
        super::rows::tuple(&fields)
    });
    let wide = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) as i64;
    let wide_text = (0..24).flat_map(|i| format!("{}\t{}\n", wide(i) >> 8, i << 33).into_bytes());
    let wide_binary =
        (0..24).flat_map(|i| super::rows::tuple(&[Some(&wide(i).to_be_bytes()), Some(b"x")]));
    vec![
        (RowFormat::Text, text.collect()),
        (RowFormat::Binary, binary.collect()),
        (RowFormat::Text, wide_text.collect()),
        (RowFormat::Binary, wide_binary.collect()),
        (RowFormat::Text, b"no rows".to_vec()),
    ]
}
