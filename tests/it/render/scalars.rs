//! Types whose values are one thing.

use super::case::Case;
use super::oracle;

/// Every scalar type.
pub(super) const CASES: &[Case] = &[
    Case::new("text").random("words(40)").specials(&[
        "",
        " ",
        "\\N",
        "\\",
        "\\.",
        "a\tb\nc\rd",
        "NULL",
        "{}",
        "ä€😀",
    ]),
    Case::new("varchar").random("words(40)").specials(&["", " a "]),
    Case::new("bpchar").column("char(10)").random("words(10)").specials(&["", " a "]),
    Case::new("enum")
        .prepare(r#"CREATE TYPE mood AS ENUM ('sad', 'so so', 'a,b', '"', E'\\', '')"#)
        .column("mood")
        .random("(enum_range(NULL::mood))[i % 6 + 1]"),
    Case::new("citext").extension("citext").random("words(40)"),
    Case::new("int4").random("sized()::bit(32)::int").bits(4),
];

#[test]
fn scalars_are_printed_as_the_server_prints_them() {
    oracle::compare(CASES);
}
