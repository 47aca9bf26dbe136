//! Rows to stripes to rows is the identity, and nothing foreign does harm.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const CODECS: [StreamCodec; 5] = [
    StreamCodec::None,
    StreamCodec::Plain,
    StreamCodec::Zstd(1),
    StreamCodec::Gzip(6),
    StreamCodec::Lz4,
];

#[track_caller]
fn there_and_back(format: RowFormat, raw: &[u8], codec: StreamCodec) -> Vec<u8> {
    let payload = Encoder::new(codec).unwrap().encode(format, raw);
    assert!(payload.len() <= raw.len() + 2, "{} bytes became {}", raw.len(), payload.len());
    let back = Decoder::new().unwrap().decode(&payload, raw.len());
    assert!(back.as_deref() == Ok(raw), "{:?}", back.map(|back| back.len()));
    payload
}

/// Rows of COPY text.
fn lines(count: usize, row: impl Fn(usize) -> String) -> Vec<u8> {
    (0..count).flat_map(|i| (row(i) + "\n").into_bytes()).collect()
}

/// A tuple of COPY BINARY.
fn tuple(fields: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut raw = (fields.len() as i16).to_be_bytes().to_vec();
    for field in fields {
        match field {
            None => raw.extend((-1_i32).to_be_bytes()),
            Some(value) => {
                raw.extend((value.len() as i32).to_be_bytes());
                raw.extend(value);
            }
        }
    }
    raw
}

/// Rows with a column for every plan of COPY text.
fn text_rows(count: usize) -> Vec<u8> {
    let noise = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
    lines(count, |i| {
        let missing = if i % 7 == 3 { "\\N".to_owned() } else { format!("{}", noise(i) % 9999) };
        let odd =
            if i % 91 == 40 { "NaN".to_owned() } else { format!("-{}.{:03}", i % 50, i % 999) };
        format!(
            "{i}\t{missing}\t{odd}\t2024-02-{:02}\t2026-01-31 23:{:02}:59.{}1+05:30\t{}\t{:x}\\t\t\t\\N",
            1 + i % 29,
            i % 60,
            i % 99,
            ["red", "green", ""][i % 3],
            noise(i),
        )
    })
}

/// Rows with a column for every plan of COPY BINARY.
fn binary_rows(count: usize) -> Vec<u8> {
    let numeric = |i: usize| {
        let parts = [2, 0, 0, 2, 1 + i as u16 % 9000, 100 + 100 * (i as u16 % 7)];
        parts.into_iter().flat_map(u16::to_be_bytes).collect::<Vec<u8>>()
    };
    let doubles = |i: usize| -> Vec<u8> {
        (0..i % 5 + 1).flat_map(|j| (5e5 + (i * j) as f64 * 1.37).to_le_bytes()).collect()
    };
    let row = |i: usize| {
        tuple(&[
            Some((i as i64 * 1000).to_be_bytes().to_vec()),
            Some((i as i32 % 77 - 40).to_be_bytes().to_vec()),
            (!i.is_multiple_of(5)).then(|| vec![(i % 2) as u8]),
            Some(numeric(i)),
            Some(doubles(i)),
            Some([b"S1".as_slice(), b"sentinel-2"][i % 2].to_vec()),
            Some(format!("{}", i * i).into_bytes()),
            None,
        ])
    };
    (0..count).flat_map(row).collect()
}

fn rows(format: RowFormat, count: usize) -> Vec<u8> {
    match format {
        RowFormat::Text => text_rows(count),
        RowFormat::Binary => binary_rows(count),
    }
}

/// The layout of rows that are worth being taken apart.
fn layout_of(format: RowFormat, codec: StreamCodec) -> u8 {
    match (codec, format) {
        (StreamCodec::Plain, _) => layout::PLAIN,
        (_, RowFormat::Text) => layout::TEXT,
        (_, RowFormat::Binary) => layout::BINARY,
    }
}

#[test]
fn rows_come_back_from_every_plan_and_codec() {
    for format in [RowFormat::Text, RowFormat::Binary] {
        for count in [1, 2, 3, 100, 5000] {
            let raw = rows(format, count);
            for codec in CODECS {
                let payload = there_and_back(format, &raw, codec);
                if count == 5000 {
                    assert_eq!(payload[0], layout_of(format, codec));
                }
            }
        }
    }
}

#[test]
fn values_that_fit_no_plan_come_back() {
    let odd = "-0 00 1. .5 - . +1 1e5 -0.0 00.1 1.2.3 9223372036854775807 9223372036854775808 \
        -9223372036854775808 0.123456789012345678 0.1234567890123456789 99999999999999 100000000000000 \
        12345678.12345678 1234567890123.45 0.00 -12345678901234 2023-02-29 0000-01-01 9999-12-31 \
        10000-01-01 infinity \\N \\\\N N \u{e4} 2026-01-01BC";
    let odd: Vec<&str> = odd.split(' ').collect();
    let times =
        ["23:59:60", "24:00:00", "00:00:00.000000", "00:00:00.5", "00:00:00.50", "00:00:00."];
    for share in [9, 20, 400] {
        let raw = lines(4000, |i| {
            let rare = i % share == 5;
            let number = if rare { odd[i / share % odd.len()].to_owned() } else { i.to_string() };
            let date = if rare { odd[i / share % odd.len()] } else { "1999-12-31" };
            let time = if rare { times[i / share % times.len()] } else { "01:02:03.25" };
            format!("{number}\t{date}\t1999-12-31 {time}\t1999-12-31 {time}+00")
        });
        there_and_back(RowFormat::Text, &raw, StreamCodec::Zstd(1));
    }
}

/// The number that a decimal text is, whatever follows it.
fn parse(text: &[u8]) -> Option<(u8, i64)> {
    let alone = decimal::parse(split::Field::new(text, text.len()));
    let followed = [text, b"\t12.345678901234567890"].concat();
    assert_eq!(alone, decimal::parse(split::Field::new(&followed, text.len())));
    alone
}

#[test]
fn every_short_decimal_comes_back() {
    for scale in 0..=6 {
        for number in
            (-2_000_i64..12_000).step_by(7).chain((0..14).map(|power| 10_i64.pow(power) - 1))
        {
            let mut buffer = [0; 40];
            let text = decimal::render(scale, number, &mut buffer).unwrap();
            assert_eq!(parse(text), Some((scale, number)), "{}", text.escape_ascii());
            let mut short = [0; decimal::SHORT];
            let length = decimal::render_short(scale, number, &mut short);
            assert!(length.is_none_or(|length| short[..length] == *text));
            assert!(length.is_some());
        }
    }
}

#[test]
fn every_day_comes_back() {
    let mut reader = moment::Reader::default();
    let mut calendar = moment::Calendar::default();
    for days in -719_162..=2_932_896 {
        let text = calendar.date(days).unwrap();
        assert_eq!(reader.date(&text), Some(days), "{}", text.escape_ascii());
    }
    assert_eq!(calendar.date(-719_163).or(calendar.date(2_932_897)), None);
    assert_eq!(reader.date(b"2024-02-29"), Some(19_782));
    assert_eq!(reader.date(b"2023-02-29").or(reader.date(b"0000-12-31")), None);
}

#[test]
fn values_may_begin_late_and_dictionaries_may_overflow() {
    let late =
        lines(9000, |i| if i < 8000 { "\\N".into() } else { format!("{i}\t").replace('\t', "") });
    let overflow = lines(9000, |i| format!("\\N\tv{}", if i < 6000 { i % 5 } else { i }));
    for raw in [late, overflow] {
        there_and_back(RowFormat::Text, &raw, StreamCodec::Zstd(1));
    }
}

#[test]
fn bytes_that_are_no_rows_are_kept_in_one_stream() {
    let cut = [&text_rows(900)[..], b"1\t2"].concat();
    let uneven = [&text_rows(900)[..], b"1\t2\n"].concat();
    let many = lines(40, |_| "7\t".repeat(3000));
    for raw in [&b""[..], b"\n", b"\t", b"x", &cut, &uneven, &many] {
        let payload = there_and_back(RowFormat::Text, raw, StreamCodec::Zstd(1));
        assert_eq!(payload[0], layout::PLAIN);
    }
    let tuples = binary_rows(900);
    let negative = [&tuples[..], &tuple(&[None])[..5], &[0xfe]].concat();
    for raw in [&tuples[..tuples.len() - 1], &negative, &[0, 0, 0, 0], &[0xff; 99]] {
        assert_eq!(there_and_back(RowFormat::Binary, raw, StreamCodec::Zstd(1))[0], layout::PLAIN);
    }
}

#[test]
fn long_values_without_a_form_are_kept_whole() {
    let word = |i: usize| format!("{:x} ", (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let long = |i: usize| word(i).repeat(100 + i % 50);
    let text = lines(900, |i| format!("{}\t{}", long(i), long(i)));
    let field = |i: usize| Some(long(i).into_bytes());
    let binary: Vec<u8> = (0..900).flat_map(|i| tuple(&[field(i), field(i), None])).collect();
    let doubles = |i: usize| (0..500).flat_map(|j| (5e5 + (i * j) as f64).to_le_bytes()).collect();
    let shapes: Vec<u8> = (0..300).flat_map(|i| tuple(&[Some(doubles(i))])).collect();
    for codec in CODECS {
        assert_eq!(there_and_back(RowFormat::Text, &text, codec)[0], layout::PLAIN);
        assert_eq!(there_and_back(RowFormat::Binary, &binary, codec)[0], layout::PLAIN);
        let payload = there_and_back(RowFormat::Binary, &shapes, codec);
        assert_eq!(payload[0], layout_of(RowFormat::Binary, codec));
    }
}

/// Rows at the bounds: no bytes, all columns a table may have, one field of noise.
#[test]
fn rows_of_extreme_shapes_come_back() {
    let noise: Vec<u8> = (0..1_u64 << 20)
        .flat_map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7).to_le_bytes())
        .collect();
    let empty = tuple(&[Some(Vec::new())]).repeat(50_000);
    let columns = lines(30, |i| vec![i.to_string(); 1600].join("\t"));
    let one = tuple(&[Some(noise[..(8 << 20) - 6].to_vec())]);
    for codec in CODECS {
        there_and_back(RowFormat::Text, &b"\n".repeat(50_000), codec);
        there_and_back(RowFormat::Text, &columns, codec);
        there_and_back(RowFormat::Binary, &empty, codec);
        there_and_back(RowFormat::Binary, &one, codec);
    }
}

/// Nothing but the same row, longer and longer: all of it is one piece on the way back.
#[test]
fn rows_that_are_all_the_same_come_back() {
    for length in [0, 1, 25, 33, 34, 35, 39, 40, 41, 300] {
        let value = "x".repeat(length);
        let text = lines(700, |_| format!("7\t{value}\t\\N\t2026-01-31\t-0.5"));
        there_and_back(RowFormat::Text, &text, StreamCodec::Zstd(1));
        let fields = [Some(value.into_bytes()), None, Some(vec![0, 0, 1, 2]), Some(Vec::new())];
        for first in 0..4 {
            let fields = [&fields[first..], &fields[..first]].concat();
            let raw = tuple(&fields).repeat(700);
            there_and_back(RowFormat::Binary, &raw, StreamCodec::Zstd(1));
        }
    }
}

#[test]
fn a_payload_depends_on_its_rows_alone() {
    let (first, second) = (text_rows(3000), lines(2000, |i| format!("{}\tx", i % 3)));
    let mut encoder = Encoder::new(StreamCodec::Zstd(1)).unwrap();
    let fresh = encoder.encode(RowFormat::Text, &first);
    let mut decoder = Decoder::new().unwrap();
    for raw in [&second, &first, &first] {
        let again = encoder.encode(RowFormat::Text, raw);
        assert_eq!(decoder.decode(&again, raw.len()).as_deref(), Ok(&raw[..]));
        assert_eq!(again == fresh, *raw == first);
    }
}

/// Every payload of small chunks, cut off anywhere and with every byte changed: an error, or as many
/// bytes as expected.
#[test]
fn damaged_payloads_do_no_harm() {
    let mut decoder = Decoder::new().unwrap();
    for format in [RowFormat::Text, RowFormat::Binary] {
        for codec in CODECS {
            let raw = rows(format, 700);
            let payload = there_and_back(format, &raw, codec);
            for end in (0..payload.len()).step_by(1 + payload.len() / 900) {
                assert!(decoder.decode(&payload[..end], raw.len()).is_err(), "cut at {end}");
            }
            for at in (0..payload.len()).filter(|at| at % 29 == 0 || *at < 300) {
                for change in [1, 0x80, 0xff] {
                    let mut damaged = payload.clone();
                    damaged[at] ^= change;
                    if let Ok(back) = decoder.decode(&damaged, raw.len()) {
                        assert_eq!(back.len(), raw.len());
                    }
                }
            }
            assert!(decoder.decode(&payload, raw.len() - 1).is_err());
            assert!(decoder.decode(&payload, raw.len() + 1).is_err());
        }
    }
}

#[test]
fn numbers_of_later_versions_are_told_from_damage() {
    let mut decoder = Decoder::new().unwrap();
    let unknown = |payload: &[u8]| match Decoder::new().unwrap().decode(payload, 9) {
        Err(StripeError::Unknown { number, .. }) => Some(number),
        _ => None,
    };
    assert_eq!(unknown(&[9, 0]), Some(9));
    assert_eq!(unknown(&[0, 7, 1]), Some(7));
    // A head of three stored bytes: a row, a column, and a plan.
    assert_eq!(unknown(&[1, 3, 3 << 3, 1, 1, 8]), Some(8));
    assert!(matches!(decoder.decode(&[1, 3, 3 << 3, 1, 1, 4], 9), Err(StripeError::Damaged(_))));
}

/// Heads that ask for much: refused before anything is taken for them.
#[test]
fn hostile_lengths_are_refused() {
    let mut decoder = Decoder::new().unwrap();
    let mut head = Vec::new();
    for (rows, columns) in [(u64::MAX, 1), (1, u64::MAX), (1 << 22, 2048), (8 << 20, 2), (0, 1)] {
        head.clear();
        wire::put_unsigned(&mut head, rows);
        wire::put_unsigned(&mut head, columns);
        let mut payload = vec![layout::TEXT];
        wire::put_unsigned(&mut payload, head.len() as u64);
        wire::put_unsigned(&mut payload, (head.len() as u64) << 3);
        payload.extend(&head);
        assert!(decoder.decode(&payload, 8 << 20).is_err());
    }
    assert!(decoder.decode(&[0, 0], (8 << 20) + 1).is_err());
}

/// Text fields: numbers, times, words, escapes, arbitrary bytes.
fn text_field() -> impl Strategy<Value = Vec<u8>> {
    let bytes = any::<Vec<u8>>().prop_map(|mut bytes| {
        bytes.retain(|byte| !b"\t\n".contains(byte));
        bytes
    });
    prop_oneof![
        4 => any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        4 => (any::<i32>(), 0..6_usize)
            .prop_map(|(n, scale)| format!("{:.scale$}", f64::from(n) / 1000.0).into_bytes()),
        2 => "[0-9]{4}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?)?"
            .prop_map(String::into_bytes),
        2 => "[-+.0-9]{0,22}".prop_map(String::into_bytes),
        2 => "\\\\[Ntn\\\\]".prop_map(String::into_bytes),
        1 => bytes,
    ]
}

/// A column: mostly from one small choice, as columns are.
fn column(field: impl Strategy<Value = Vec<u8>> + Clone) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop_oneof![vec(field.clone(), 1..4), vec(field, 200..300)]
}

fn codec() -> impl Strategy<Value = StreamCodec> {
    prop::sample::select(CODECS.to_vec())
}

fn text_chunk() -> impl Strategy<Value = Vec<u8>> {
    (vec(column(text_field().boxed()), 1..5), 1..400_usize).prop_map(|(columns, count)| {
        let row = |i: usize| columns.iter().map(|c| &c[i * 7 % c.len()][..]).collect::<Vec<_>>();
        (0..count).flat_map(|i| [&row(i).join(&b'\t')[..], b"\n"].concat()).collect()
    })
}

fn binary_chunk() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        any::<i64>().prop_map(|n| n.to_be_bytes().to_vec()),
        any::<i16>().prop_map(|n| n.to_be_bytes().to_vec()),
        vec(0..3_u8, 8..18),
        vec(any::<u8>(), 40),
        any::<Vec<u8>>(),
    ];
    (vec(column(field.boxed()), 1..5), 1..400_usize, 1..9_usize).prop_map(
        |(columns, count, null)| {
            let field =
                |c: &Vec<Vec<u8>>, i: usize| (i % null != 1).then(|| c[i * 7 % c.len()].clone());
            let row = |i: usize| tuple(&columns.iter().map(|c| field(c, i)).collect::<Vec<_>>());
            (0..count).flat_map(row).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn text_rows_come_back(raw in text_chunk(), codec in codec()) {
        there_and_back(RowFormat::Text, &raw, codec);
    }

    #[test]
    fn binary_rows_come_back(raw in binary_chunk(), codec in codec()) {
        there_and_back(RowFormat::Binary, &raw, codec);
    }

    #[test]
    fn anything_comes_back(raw in any::<Vec<u8>>(), codec in codec(), text: bool) {
        let format = if text { RowFormat::Text } else { RowFormat::Binary };
        there_and_back(format, &raw, codec);
    }

    #[test]
    fn decimals_are_read_only_if_they_are_written_so(text in "-?[0-9]{0,12}\\.?[0-9]{0,12}") {
        if let Some((scale, number)) = parse(text.as_bytes()) {
            let mut buffer = [0; 40];
            prop_assert_eq!(decimal::render(scale, number, &mut buffer), Some(text.as_bytes()));
            let mut short = [0; decimal::SHORT];
            if let Some(length) = decimal::render_short(scale, number, &mut short) {
                prop_assert_eq!(&short[..length], text.as_bytes());
            }
        }
    }

    #[test]
    fn canonical_decimals_are_read(number: i64, scale in 0..18_u8) {
        let mut buffer = [0; 40];
        prop_assume!(number != i64::MIN);
        let text = decimal::render(scale, number, &mut buffer).unwrap();
        prop_assert_eq!(parse(text), Some((scale, number)));
    }

    #[test]
    fn garbage_and_damage_do_no_harm(
        raw in text_chunk(), codec in codec(), at: prop::sample::Index, change in 1..=255_u8,
        garbage in vec(any::<u8>(), 0..64), layout in 0..3_u8,
    ) {
        let mut decoder = Decoder::new().unwrap();
        let mut payload = Encoder::new(codec).unwrap().encode(RowFormat::Text, &raw);
        let at = at.index(payload.len());
        payload[at] ^= change;
        if let Ok(back) = decoder.decode(&payload, raw.len()) {
            prop_assert_eq!(back.len(), raw.len());
        }
        prop_assert!(decoder.decode(&payload[..at], raw.len()).is_err());
        let garbage = [&[layout][..], &garbage].concat();
        if let Ok(back) = decoder.decode(&garbage, 100) {
            prop_assert_eq!(back.len(), 100);
        }
    }
}
