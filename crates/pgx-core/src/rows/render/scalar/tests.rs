use proptest::prelude::*;

use super::*;

fn print(leaf: Leaf, bytes: &[u8]) -> Result<String, Malformed> {
    print_from(Origin::new(180_000, "UTF8"), leaf, bytes)
}

fn print_from(origin: Origin, leaf: Leaf, bytes: &[u8]) -> Result<String, Malformed> {
    let mut out = Vec::new();
    write(leaf, bytes, origin, &mut out)?;
    Ok(out.escape_ascii().to_string())
}

/// Types of one width, and that width in bytes.
const WIDTHS: &[(Leaf, usize)] = &[
    (Leaf::Bool, 1),
    (Leaf::Char, 1),
    (Leaf::Int2, 2),
    (Leaf::Int4, 4),
    (Leaf::Oid, 4),
    (Leaf::Xid, 4),
    (Leaf::Cid, 4),
    (Leaf::Float4, 4),
    (Leaf::Date, 4),
    (Leaf::Tid, 6),
    (Leaf::Macaddr, 6),
    (Leaf::Int8, 8),
    (Leaf::Xid8, 8),
    (Leaf::Oid8, 8),
    (Leaf::Float8, 8),
    (Leaf::Money, 8),
    (Leaf::Time, 8),
    (Leaf::Timestamp, 8),
    (Leaf::Timestamptz, 8),
    (Leaf::Macaddr8, 8),
    (Leaf::PgLsn, 8),
    (Leaf::Timetz, 12),
    (Leaf::Interval, 16),
    (Leaf::Uuid, 16),
];

#[test]
fn values_of_another_width_are_refused() {
    for &(leaf, width) in WIDTHS {
        assert!(print(leaf, &vec![0; width]).is_ok(), "{leaf:?}");
        for other in (0..40).filter(|&other| other != width) {
            assert!(print(leaf, &vec![0; other]).is_err(), "{leaf:?} of {other} bytes");
        }
    }
}

#[test]
fn values_no_server_has_are_refused() {
    for (leaf, bytes) in [
        (Leaf::Bool, &[2][..]),
        (Leaf::Date, &2_145_031_949_i32.to_be_bytes()),
        (Leaf::Date, &(-2_451_546_i32).to_be_bytes()),
        (Leaf::Time, &86_400_000_001_i64.to_be_bytes()),
        (Leaf::Time, &(-1_i64).to_be_bytes()),
        (Leaf::Timestamp, &9_223_371_331_200_000_000_i64.to_be_bytes()),
        (Leaf::Timestamptz, &(-211_813_488_000_000_001_i64).to_be_bytes()),
        (Leaf::Timetz, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe1, 0]),
        (Leaf::Inet, &[2, 33, 0, 4, 1, 2, 3, 4]),
        (Leaf::Inet, &[2, 32, 0, 4, 1, 2, 3]),
        (Leaf::Inet, &[2, 32, 0, 16, 1, 2, 3, 4]),
        (Leaf::Cidr, &[4, 32, 1, 4, 1, 2, 3, 4]),
        (Leaf::Cidr, &[3, 129, 1, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (Leaf::Jsonb, b"\x02{}"),
        (Leaf::Jsonpath, b""),
    ] {
        assert!(print(leaf, bytes).is_err(), "{leaf:?} {bytes:?}");
    }
}

#[test]
fn counts_that_are_not_those_of_the_bytes_are_refused() {
    for (leaf, bytes) in [
        (Leaf::Bit, &[0, 0, 0, 9, 0xff][..]),
        (Leaf::Bit, &[0, 0, 0, 8, 0xff, 0xff]),
        (Leaf::Varbit, &[0xff, 0xff, 0xff, 0xff]),
        (Leaf::Varbit, &[0x7f, 0xff, 0xff, 0xff, 0]),
        (Leaf::PgSnapshot, &[0; 12]),
        (Leaf::PgSnapshot, &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (Leaf::TxidSnapshot, &[0xff; 20]),
        (Leaf::Numeric, &[0, 0, 0, 0, 0, 0, 0]),
        (Leaf::Numeric, &[0, 1, 0, 0, 0, 0, 0, 0]),
        (Leaf::Numeric, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        (Leaf::Numeric, &[0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10]),
        (Leaf::Numeric, &[0, 0, 0, 0, 0x20, 0, 0, 0]),
        (Leaf::Numeric, &[0, 0, 0, 0, 0, 0, 0x40, 0]),
    ] {
        assert!(print(leaf, bytes).is_err(), "{leaf:?} {bytes:?}");
    }
}

#[test]
fn what_a_version_prints_differently_follows_the_version() {
    let infinite =
        [[0x7f].as_slice(), &[0xff; 7], &[0x7f], &[0xff; 3], &[0x7f], &[0xff; 3]].concat();
    for (version, leaf, bytes, text) in [
        (140_023, Leaf::Char, &[0xe4][..], r"\xe4"),
        (150_000, Leaf::Char, &[0xe4], r"\\344"),
        (180_004, Leaf::PgLsn, &[0, 0, 0, 1, 0, 0, 0, 10], "1/A"),
        (190_000, Leaf::PgLsn, &[0, 0, 0, 1, 0, 0, 0, 10], "1/0000000A"),
        (170_000, Leaf::Interval, &infinite, "infinity"),
        (
            160_000,
            Leaf::Interval,
            &infinite,
            "178956970 years 7 mons 2147483647 days 2562047788:00:54.775807",
        ),
    ] {
        let origin = Origin::new(version, "UTF8");
        assert_eq!(print_from(origin, leaf, bytes), Ok(text.to_owned()), "{version} {leaf:?}");
    }
}

#[test]
fn the_encoding_leaves_a_declaration_of_xml_only_where_it_was_put() {
    let named = r#"<?xml version="1.0" encoding="LATIN1"?><a/>"#;
    let escaped = named.replace('"', "\\\"");
    for (encoding, text) in [("LATIN1", "<a/>"), ("UTF8", &escaped), ("SQL_ASCII", &escaped)] {
        let printed = print_from(Origin::new(180_000, encoding), Leaf::Xml, named.as_bytes());
        assert_eq!(printed.as_deref(), Ok(text), "{encoding}");
    }
}

/// Digits before the point and after it that the greatest `numeric` has, and a sign and a point.
const NUMERIC_TEXT_MAX: usize = 4 * 32_768 + 16_383 + 2;

/// Numbers of snapshots have 20 digits and a comma, and take 8 bytes; bits take eight times their bytes.
const GROWTH_MAX: usize = 8;

proptest! {
    #[test]
    fn any_bytes_are_printed_or_refused_in_bounded_space(
        bytes in proptest::collection::vec(any::<u8>(), 0..64),
        version in prop_oneof![Just(100_000_u32), Just(190_000)],
        encoding in prop_oneof![Just("UTF8"), Just("LATIN1")],
    ) {
        for &leaf in Leaf::ALL {
            for width in [bytes.len(), 1, 2, 4, 6, 8, 12, 16, 20] {
                let bytes = &bytes[..width.min(bytes.len())];
                let mut out = Vec::new();
                let _ = write(leaf, bytes, Origin::new(version, encoding), &mut out);
                prop_assert!(out.len() <= NUMERIC_TEXT_MAX + GROWTH_MAX * bytes.len() + 64);
            }
        }
    }

    #[test]
    fn any_numeric_is_printed_with_the_digits_its_header_asks_for(
        weight in any::<i16>(),
        scale in 0_u16..=0x3fff,
        digits in proptest::collection::vec(0_u16..=9999, 0..8),
    ) {
        let mut bytes = (digits.len() as u16).to_be_bytes().to_vec();
        bytes.extend(weight.to_be_bytes());
        bytes.extend(0_u16.to_be_bytes());
        bytes.extend(scale.to_be_bytes());
        bytes.extend(digits.iter().flat_map(|digit| digit.to_be_bytes()));
        let text = print(Leaf::Numeric, &bytes).unwrap();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        prop_assert_eq!(fraction.len(), usize::from(scale));
        prop_assert!(whole == "0" || !whole.starts_with('0'), "{}", whole);
        prop_assert!(whole.len() <= usize::from(weight.max(0).unsigned_abs()) * 4 + 4);
    }
}
