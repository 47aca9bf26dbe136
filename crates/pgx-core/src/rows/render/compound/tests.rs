//! What servers sent and printed, and bytes that no server sends.

use proptest::prelude::*;

use super::super::{Malformed, Origin, value};
use crate::toc::{Leaf, Shape};

const SERVER_VERSION: u32 = 180_004;

/// Shape, hexadecimal digits of what the server sends, and what it prints.
const SENT: &[(&str, &str, &str)] = &[
    (
        "int2vector",
        "000000010000000000000015000000030000000000000002000100000002fffe000000020003",
        "1 -2 3",
    ),
    (
        "oidvector",
        "00000001000000000000001a0000000200000000000000040000000100000004ffffffff",
        "1 4294967295",
    ),
    (
        "array(text)",
        "000000020000000100000019000000020000000200000002ffffffff00000003612062ffffffff00\
         0000044e554c4c00000000",
        r#"[2:3][-1:0]={{"a b",NULL},{"NULL",""}}"#,
    ),
    ("array(text)", "000000000000000000000019", "{}"),
    (
        "array(box)",
        "00000001000000010000025b00000002000000010000002040080000000000004010000000000000\
         3ff00000000000004000000000000000ffffffff",
        "{(3,4),(1,2);NULL}",
    ),
    ("range(text)", "020000000461205c62000000026322", r#"["a \\b","c""")"#),
    ("range(text)", "0c00000000", r#"(,""]"#),
    ("range(text)", "01", "empty"),
    (
        "multirange(text)",
        "000000020000000b020000000161000000016200000006120000000163",
        "{[a,b),[c,)}",
    ),
    ("point", "3fb999999999999afff0000000000000", "(0.1,-Infinity)"),
    ("lseg", "3ff0000000000000400000000000000040080000000000004010000000000000", "[(1,2),(3,4)]"),
    (
        "path",
        "00000000023ff0000000000000400000000000000040080000000000004010000000000000",
        "[(1,2),(3,4)]",
    ),
    (
        "path",
        "01000000023ff0000000000000400000000000000040080000000000004010000000000000",
        "((1,2),(3,4))",
    ),
    ("box", "400800000000000040100000000000003ff00000000000004000000000000000", "(3,4),(1,2)"),
    (
        "polygon",
        "000000023ff0000000000000400000000000000040080000000000004010000000000000",
        "((1,2),(3,4))",
    ),
    ("line", "3ff000000000000040000000000000004008000000000000", "{1,2,3}"),
    ("circle", "3ff000000000000040000000000000004008000000000000", "<(1,2),3>"),
    ("tsvector", "000000026200000069742773000004c001800240030004", "'b' 'it''s':1A,2B,3C,4"),
    (
        "tsquery",
        "0000000a020301000066000204000102040002010000650001000064000201020201070062276300\
         0108016100",
        "!( 'a':*A & 'b''c':BCD ) <-> ( 'd' <2> 'e' ) | 'f'",
    ),
    ("hstore", "00000002000000000000000478225c5c0000000161ffffffff", r#"""=>"x\"\\\\", "a"=>NULL"#),
    ("ltree", "01546f702e62", "Top.b"),
    ("lquery", "012a7b327d2e2161402a", "*{2}.!a@*"),
    ("ltxtquery", "016120262021282062207c20632029", "a & !( b | c )"),
    ("cube", "800000023ff00000000000004000000000000000", "(1, 2)"),
    (
        "cube",
        "000000023ff0000000000000400000000000000040080000000000004010000000000000",
        "(1, 2),(3, 4)",
    ),
    (
        "geometry",
        "0101000020e6100000000000000000f03f0000000000000040",
        "0101000020E6100000000000000000F03F0000000000000040",
    ),
    (
        "geography",
        "0101000020e6100000000000000000f87f000000000000f87f",
        "0101000020E6100000000000000000F87F000000000000F87F",
    ),
    ("vector", "000300003f8000004020000080000000", "[1,2.5,-0]"),
    ("halfvec", "00030000bc007bff0001", "[-1,65504,5.9604645e-08]"),
    ("sparsevec", "00000005000000020000000000000000000000023fc0000040000000", "{1:1.5,3:2}/5"),
];

/// Leaves whose binary form is any text, or any bytes.
const FREE: &[&str] = &["ltree", "lquery", "ltxtquery", "geometry", "geography"];

#[test]
fn values_of_servers_are_printed_as_they_print_them() {
    for (shape, sent, printed) in SENT {
        let text = print(shape, &bytes(sent)).map(|text| String::from_utf8(text).unwrap());
        assert_eq!(text.as_deref(), Ok(*printed), "{shape} {sent}");
    }
}

#[test]
fn a_value_cut_short_or_with_more_behind_it_is_malformed() {
    for (shape, sent, _) in SENT.iter().filter(|(shape, ..)| !FREE.contains(shape)) {
        let mut sent = bytes(sent);
        for end in 0..sent.len() {
            assert!(print(shape, &sent[..end]).is_err(), "{shape} cut at {end}");
        }
        sent.push(0);
        assert!(print(shape, &sent).is_err(), "{shape} and a byte");
    }
}

#[test]
fn counts_without_the_bytes_for_them_are_malformed() {
    let hostile = [
        ("array(text)", "00000006 00000000 00000019"),
        ("array(text)", "00000001 00000000 00000019 7fffffff 00000001"),
        ("array(text)", "00000002 00000000 00000019 7fffffff 00000001 7fffffff 00000001"),
        ("array(text)", "00000001 00000000 00000019 00000002 7fffffff ffffffff ffffffff"),
        ("array(text)", "00000007 00000000 00000019"),
        ("array(text)", "ffffffff 00000000 00000019"),
        ("array(text)", "00000001 00000000 00000019 00000001 00000001 fffffffe"),
        ("range(text)", "02 ffffffff 00000000"),
        ("multirange(text)", "7fffffff"),
        ("path", "01 7fffffff"),
        ("polygon", "ffffffff"),
        ("tsvector", "7fffffff"),
        ("tsquery", "7fffffff"),
        ("hstore", "00000001 ffffffff ffffffff"),
        ("cube", "7fffffff"),
        ("vector", "ffff0000"),
        ("sparsevec", "00000005 7fffffff 00000000"),
    ];
    for (shape, sent) in hostile {
        assert!(print(shape, &bytes(sent)).is_err(), "{shape} {sent}");
    }
}

#[test]
fn nodes_that_are_not_one_tree_are_malformed() {
    for sent in ["0202", "0201", "0202 01000000", "01000000 01000000", "0205 01000000", "03"] {
        let nodes = bytes(sent);
        for count in 1..=2 {
            let sent = [&[0, 0, 0, count], &nodes[..]].concat();
            let is_one = count == 1 && nodes.first() == Some(&1) && nodes.len() == 4;
            assert_eq!(print("tsquery", &sent).is_ok(), is_one, "{sent:?}");
        }
    }
}

#[test]
fn a_query_may_be_as_deep_as_it_is_long() {
    const DEPTH: u32 = 200_000;
    let lexeme = [1, 0, 0, b'a', 0];
    // Negations, and operators whose right or left operand is the next one.
    let chains = [
        ([&[2, 1].repeat(DEPTH as usize)[..], &lexeme].concat(), DEPTH + 1),
        (
            [&[2, 2].repeat(DEPTH as usize)[..], &lexeme.repeat(DEPTH as usize + 1)].concat(),
            2 * DEPTH + 1,
        ),
        (
            [&[&[2, 3][..], &lexeme].concat().repeat(DEPTH as usize)[..], &lexeme].concat(),
            2 * DEPTH + 1,
        ),
    ];
    for (nodes, count) in chains {
        let text = print("tsquery", &[&count.to_be_bytes(), &nodes[..]].concat()).unwrap();
        assert!(text.len() > DEPTH as usize);
    }
}

/// Every shape of this folder.
fn shapes() -> Vec<Shape> {
    let wrapped = |wrap: fn(Box<Shape>) -> Shape, of: Shape| wrap(Box::new(of));
    let mut shapes: Vec<Shape> = Leaf::ALL.iter().copied().map(Shape::Leaf).collect();
    for of in [Leaf::Text, Leaf::Box, Leaf::Tsquery, Leaf::Hstore].map(Shape::Leaf) {
        shapes.push(wrapped(Shape::Array, of.clone()));
        shapes.push(wrapped(Shape::Range, of.clone()));
        shapes.push(wrapped(Shape::Multirange, of.clone()));
        shapes.push(wrapped(Shape::Array, wrapped(Shape::Range, of.clone())));
        shapes.push(wrapped(Shape::Array, wrapped(Shape::Multirange, of.clone())));
        shapes.push(wrapped(Shape::Range, wrapped(Shape::Array, of)));
    }
    shapes
}

fn print(shape: &str, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::new();
    value(&shape.parse().unwrap(), bytes, Origin::new(SERVER_VERSION, "UTF8"), &mut out)
        .map(|()| out)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Bytes most of which are small, as counts and lengths are.
fn lean() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => Just(0_u8), 3 => 0_u8..9, 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn no_bytes_make_any_shape_panic(noise in any::<Vec<u8>>(), lean in lean()) {
        for shape in shapes() {
            for bytes in [&noise, &lean] {
                let mut out = b"before".to_vec();
                let _ = value(&shape, bytes, Origin::new(SERVER_VERSION, "UTF8"), &mut out);
                prop_assert!(out.starts_with(b"before"), "{shape}");
            }
        }
    }

    #[test]
    fn damaged_values_do_not_panic(which in 0..SENT.len(), at: prop::sample::Index, byte: u8) {
        let (shape, sent, _) = SENT[which];
        let mut sent = bytes(sent);
        let at = at.index(sent.len());
        sent[at] = byte;
        let _ = print(shape, &sent);
    }
}
