//! Columns that drifted: what they were, what they hold, what they have become.

/// What becomes of the rows, in whatever form they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The target takes them.
    Taken,
    /// The target refuses the row of this number, for the column or a constraint.
    Refused(u64),
}

use Fate::{Refused, Taken};

/// A column on both sides. Definitions are made before it, separated from the type by `=>`.
pub(super) struct Case {
    pub(super) from: &'static str,
    /// Literals, separated by `|`; `NULL` is none.
    pub(super) values: &'static str,
    pub(super) to: &'static str,
    pub(super) fate: Fate,
}

const fn case(from: &'static str, values: &'static str, to: &'static str, fate: Fate) -> Case {
    Case { from, values, to, fate }
}

const MOOD: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok') => mood";

/// What servers of every version know.
pub(super) const CASES: &[Case] = &[
    case("int8", "9007199254740993|-1|NULL", "float8", Taken),
    case("int4", "2147483647|-5", "int8", Taken),
    case("int8", "2147483647|-5|NULL", "int4", Taken),
    case("int8", "1|4294967297", "int4", Refused(2)),
    case("int4", "7|70000", "int2", Refused(2)),
    case("int4", "0|1|NULL", "bool", Taken),
    case("int4", "0|1|2", "bool", Refused(3)),
    case("bool", "t", "int4", Refused(1)),
    case("oid", "4294967295", "int8", Taken),
    case("float4", "0.5|-2|NaN|-0", "float8", Taken),
    case("float8", "0.1|1e30", "float4", Taken),
    case("float8", "0.5|1e300", "float4", Refused(2)),
    case("float8", "2|1.5", "int4", Refused(2)),
    case("float8", "0.5|NaN", "numeric", Taken),
    case("numeric", "0.10|NaN|-12345678901234567890.5", "float8", Taken),
    case("numeric", "1.005|NaN|-2|NULL", "numeric(6,2)", Taken),
    case("numeric(9,3)", "1.005|12345.6", "numeric(4,2)", Refused(2)),
    case("numeric(6,2)", "1.50", "numeric", Taken),
    case("numeric", "7|1.0", "int4", Refused(2)),
    case("money", "1234.50", "text", Taken),
    case("timestamp", "2020-02-29 12:00|infinity|0044-03-15 00:00:00.5 BC", "timestamptz", Taken),
    case("timestamptz", "2020-02-29 12:00+05|-infinity", "timestamp", Taken),
    case("timestamp", "2020-02-29 12:00:00.6", "timestamp(0)", Taken),
    case("timestamp", "2020-02-29 12:00:00.6", "date", Taken),
    case("date", "2020-02-29|infinity|4713-01-01 BC", "timestamp", Taken),
    case("date", "2020-02-29|5000000-01-01", "timestamp", Refused(2)),
    case("date", "2020-02-29", "timestamptz", Taken),
    case("time", "12:34:56.7|24:00", "timetz", Taken),
    case("interval", "1 year -2 mons 3 days 04:05:06.789", "text", Taken),
    case("interval", "1 day 00:00:01.6", "interval(0)", Taken),
    case("text", "abc|ab|NULL", "varchar(3)", Taken),
    case("text", "abc|abcd", "varchar(3)", Refused(2)),
    case("varchar(9)", "abc|abcd", "varchar(3)", Refused(2)),
    case("varchar(9)", "ab  |tab\t|\\N|", "text", Taken),
    case("char(5)", "ab|abcde", "text", Taken),
    case("text", "ab|", "char(3)", Taken),
    case("text", "ünïcödé|", "name", Taken),
    case("\"char\"", "x|\\", "text", Taken),
    case("text", "one|two", "int4", Refused(1)),
    case("bytea", "\\x00ff5c", "text", Taken),
    case("text", "\\x00ff|plain", "bytea", Taken),
    case("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|NULL", "text", Taken),
    case("text", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "uuid", Taken),
    case("text", "no uuid", "uuid", Refused(1)),
    case("inet", "10.0.0.0/8|::1|10.1.2.3", "cidr", Taken),
    case("inet", "10.0.0.0/8|10.0.0.1/8", "cidr", Refused(2)),
    case("cidr", "10.0.0.0/8|2001:db8::/32", "inet", Taken),
    case("macaddr", "08:00:2b:01:02:03", "macaddr8", Taken),
    case("bit(3)", "101|000|NULL", "varbit", Taken),
    case("bit(3)", "101", "bit(4)", Refused(1)),
    case("varbit", "101|1011", "bit(3)", Refused(2)),
    case("varbit(9)", "101|1011", "varbit(3)", Refused(2)),
    case("jsonb", "{\"a\": [1, null]}|\"x\"|NULL", "json", Taken),
    case("json", "{\"b\": 1,  \"a\": 1e2}|[]", "jsonb", Taken),
    case("json", "{}|\"\\u0000\"", "jsonb", Refused(2)),
    case("jsonb", "{\"a\": \"tab\\t\"}", "text", Taken),
    case("xml", "<a>b</a>", "text", Taken),
    case("text", "<a>b</a>", "xml", Taken),
    case("point", "(1.5,-2)", "text", Taken),
    case("tsvector", "'a':1A 'b'", "text", Taken),
    case("text", "'b' 'a':3", "tsvector", Taken),
    case("int2vector", "1 2|", "text", Taken),
    case("int4range", "[1,5)|empty|(,)", "int8range", Taken),
    case("int4range", "[1,5]", "numrange", Taken),
    case("daterange", "[2000-01-01,infinity)", "tsrange", Taken),
    case("int4[]", "{1,NULL}|{}|[0:1]={2,3}|{{1},{2}}", "int8[]", Taken),
    case("int8[]", "{1}|{4294967297}", "int4[]", Refused(2)),
    case("text[]", "{ab,\"c,d\",NULL}", "varchar(3)[]", Taken),
    case("text[]", "{ab}|{abcd}", "varchar(3)[]", Refused(2)),
    case("varchar(9)[]", "{ab}|{abcd}", "varchar(3)[]", Refused(2)),
    case("timestamp[]", "{\"2000-01-01 12:00\",NULL}", "timestamptz[]", Taken),
    case("jsonb[]", "{\"{\\\"a\\\": 1}\"}", "json[]", Taken),
    case("int4[]", "{1,2}", "text", Taken),
    case("int4", "1", "int4[]", Refused(1)),
    // Types with names of their own.
    case(MOOD, "sad|NULL", "text", Taken),
    case("text", "ok|NULL|sad", MOOD, Taken),
    case("text", "ok|glad", MOOD, Refused(2)),
    case(MOOD, "sad|ok", "CREATE TYPE mood AS ENUM ('new', 'ok', 'sad') => mood", Taken),
    case(MOOD, "sad|ok", "CREATE TYPE mood AS ENUM ('sad', 'fine') => mood", Refused(2)),
    case(MOOD, "sad|ok", "CREATE TYPE temper AS ENUM ('ok', 'sad') => temper", Taken),
    case("int4", "1|5", "CREATE DOMAIN d AS int CHECK (VALUE > 0) => d", Taken),
    case("int4", "1|0", "CREATE DOMAIN d AS int CHECK (VALUE > 0) => d", Refused(2)),
    case("int4", "1|NULL", "CREATE DOMAIN d AS int NOT NULL => d", Refused(2)),
    case("CREATE DOMAIN d AS int => d", "1|NULL", "int4", Taken),
    case(
        "CREATE DOMAIN d AS int => d",
        "1|0",
        "CREATE DOMAIN d AS int CHECK (VALUE > 0) => d",
        Refused(2),
    ),
    case("CREATE DOMAIN d AS int => d", "1|77", "CREATE DOMAIN d AS text => d", Taken),
    case("CREATE DOMAIN d AS int8 => d", "1|77", "CREATE DOMAIN d AS float8 => d", Taken),
    case(
        "CREATE DOMAIN d AS timestamp => d",
        "2020-02-29 12:00",
        "CREATE DOMAIN d AS timestamptz => d",
        Taken,
    ),
    case(
        "CREATE DOMAIN d AS varchar(9) => d",
        "abc|abcd",
        "CREATE DOMAIN d AS varchar(3) => d",
        Refused(2),
    ),
    case(
        "CREATE DOMAIN a AS int; CREATE DOMAIN d AS a => d",
        "1|7",
        "CREATE DOMAIN d AS int CHECK (VALUE < 7) => d",
        Refused(2),
    ),
    case(
        "CREATE DOMAIN d AS int[] => d",
        "{1}|{1,2}",
        "CREATE DOMAIN d AS int[] CHECK (cardinality(VALUE) < 2) => d",
        Refused(2),
    ),
    case("text", "(1,x)|(,)", "CREATE TYPE pair AS (a int, b text) => pair", Taken),
    case(
        "CREATE TYPE pair AS (a int, b text) => pair",
        "(1,x)",
        "CREATE TYPE pair AS (a int8, b text) => pair",
        Taken,
    ),
    case(
        "CREATE TYPE pair AS (a int, b text) => pair",
        "(1,x)",
        "CREATE TYPE pair AS (a int) => pair",
        Refused(1),
    ),
    case(
        "CREATE DOMAIN pair AS int => pair",
        "1",
        "CREATE TYPE pair AS (a int, b int) => pair",
        Refused(1),
    ),
    case("CREATE TYPE span AS RANGE (subtype = int4) => span", "[1,5)|empty", "int4range", Taken),
    case("int4range", "[1,5)", "CREATE TYPE span AS RANGE (subtype = int4) => span", Taken),
    case("CREATE TYPE span AS RANGE (subtype = float8) => span", "[0.5,5)", "numrange", Taken),
    // Columns that are filled otherwise.
    case("int4", "3|4", "int4 GENERATED ALWAYS AS IDENTITY", Taken),
    case(
        "int4 GENERATED BY DEFAULT AS IDENTITY",
        "3|4",
        "int8 GENERATED ALWAYS AS IDENTITY",
        Taken,
    ),
    // Types of extensions; in the target theirs are in the schema `ext`.
    case("text", "Ab|", "ext.citext", Taken),
    case("citext", "Ab|NULL", "text", Taken),
    case("citext", "Ab|NULL", "ext.citext", Taken),
    case("hstore", "a=>1, b=>NULL|", "ext.hstore", Taken),
    case("hstore", "a=>1, b=>NULL", "text", Taken),
    case("hstore", "a=>1", "json", Refused(1)),
    case("ltree", "a.b|NULL", "ext.ltree", Taken),
    case("ltree", "a.b", "text", Taken),
    case("cube", "(1,2),(3,4)|(0.5)", "ext.cube", Taken),
    case("cube", "(1,2),(3,4)", "text", Taken),
];

/// Since 12, when floats became what they are printed as.
pub(super) const FROM_12: &[Case] = &[
    case("jsonpath", "$.a[*]", "text", Taken),
    case("float4", "0.1|1e30|3.4028235e38", "float8", Taken),
    case("float8", "0.1|1e300", "numeric", Taken),
];

/// Since 14.
pub(super) const FROM_14: &[Case] = &[
    case("int4multirange", "{[1,5)}|{}", "int8multirange", Taken),
    case("int8multirange", "{[1,5)}|{[4294967297,)}", "int4multirange", Refused(2)),
    case("numeric", "Infinity", "float8", Taken),
    case("pg_snapshot", "10:20:10,14", "txid_snapshot", Taken),
];

/// Where PostGIS is.
pub(super) const POSTGIS: &[Case] = &[
    case("geometry", "POINT(1 2)|NULL|POLYGON((0 0,1 0,1 1,0 0))", "text", Taken),
    case("text", "POINT(1 2)", "geometry(Point)", Taken),
    case("geometry", "POINT(1 2)|LINESTRING(0 0,1 1)", "geometry(Point)", Refused(2)),
    case("geometry", "SRID=4326;POINT(1 2)", "geography", Taken),
    case("geography", "POINT(1 2)", "geometry", Taken),
];
