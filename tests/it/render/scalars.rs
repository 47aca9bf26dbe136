//! Types whose values are one thing.

use super::case::Case;
use super::oracle;

/// Every scalar type.
pub(super) const CASES: &[Case] = &[
    Case::new("bool").random("random() < 0.5"),
    Case::new("int2").bits(2).specials(&["0", "-1", "32767", "-32768"]),
    Case::new("int4").random("sized()::bit(32)::int").bits(4).specials(&["0", "-2147483648"]),
    Case::new("int8").random("sized()").bits(8).specials(&["0", "-9223372036854775808"]),
    Case::new("oid").bits(4).specials(&["0", "4294967295"]),
    Case::new("xid").bits(4).specials(&["0", "4294967295"]),
    Case::new("cid").bits(4).specials(&["0", "4294967295"]),
    Case::new("xid8").since(13).bits(8).specials(&["0", "18446744073709551615"]),
    Case::new("oid8").since(19).bits(8).specials(&[
        "0",
        "9223372036854775808",
        "18446744073709551615",
    ]),
    Case::new("tid").bits(6).specials(&["(0,0)", "(4294967295,65535)"]),
    Case::new("float4")
        .floats()
        .random("(random() - 0.5) * 10.0::float8 ^ whole(-37, 38)")
        .bits(4)
        .specials(&[
            "NaN",
            "Infinity",
            "-Infinity",
            "0",
            "-0",
            "1e-45",
            "1.17549421e-38",
            "1.17549435e-38",
            "3.4028235e+38",
            "1e-4",
            "9.9999e-5",
            "999999",
            "1e6",
            "0.1",
            "16777216",
            "16777217",
            "33554432",
            "67108864",
            "4194303.75",
            "4194304.5",
            "2097152.25",
            "8388608",
            "1.5e15",
            "1048576.06",
            "28286.5625",
            "1.5474251e+26",
            "9007199254740992",
            "1e20",
            "1e10",
        ]),
    Case::new("float8").floats().random("double()").bits(8).specials(&[
        "NaN",
        "Infinity",
        "-Infinity",
        "0",
        "-0",
        "5e-324",
        "2.2250738585072009e-308",
        "2.2250738585072014e-308",
        "1.7976931348623157e+308",
        "1e-4",
        "9.9999e-5",
        "1e15",
        "999999999999999.9",
        "999999999999999",
        "123456789012345678",
        "0.1",
        "0.3",
        "9007199254740992",
        "9007199254740994",
        "18014398509481984",
        "36028797018963968",
        "2251799813685248.5",
        "4503599627370496.5",
        "4503599627370497.5",
        "1125899906842624.125",
        "59557277848944064",
        "-47430180013179776",
        "6.18970019642690137e+26",
        "1e22",
        "1e23",
        "2.98023223876953125e-08",
        "1152921504606846976",
        "1.9430376160308388e+16",
        "1e40",
        "3e39",
    ]),
    Case::new("numeric")
        .random(
            "(sized() * 10::numeric ^ whole(-30, 30)::int)::numeric \
             * CASE WHEN random() < 0.2 THEN 0 ELSE 1 END \
             + round(random()::numeric, whole(0, 20)::int)",
        )
        .specials(&[
            "NaN",
            "0",
            "0.0",
            "0.00000",
            "-0.5",
            "1",
            "10000",
            "9999",
            "100000000",
            "1e-16383",
            "-1e131071",
            "1e-4",
            "1e-5",
            "0.00010000",
            "12345.678900",
            "99999999.99999999",
            "1e20",
            "-123456789012345678901234567890.123456789012345678901234567890",
            "0.000000001234",
        ])
        .newer(&[(14, &["Infinity", "-Infinity"])]),
    Case::new("numeric")
        .column("numeric(40,7)")
        .random("sized() * 10::numeric ^ whole(-25, 10)::int")
        .specials(&["NaN", "0", "-0.0000001"]),
    Case::new("numeric").column("numeric(5,-3)").since(15).random("whole(-99999499, 99999499)"),
    Case::new("money").random("(sized() / 100.0)::numeric::money").bits(8).specials(&[
        "0",
        "-0.01",
        "0.99",
        "999.99",
        "1000",
        "-1000",
        "999999.99",
        "1000000",
        "92233720368547758.07",
        "-92233720368547758.08",
    ]),
    Case::new("date")
        .random("'2000-01-01'::date + (whole(-2451545, 2145031948) >> whole(0, 20)::int)::int")
        .specials(&[
            "infinity",
            "-infinity",
            "4713-01-01 BC",
            "4714-11-24 BC",
            "5874897-12-31",
            "0001-01-01",
            "0001-12-31 BC",
            "0001-02-28 BC",
            "0005-02-29 BC",
            "9999-12-31",
            "10000-01-01",
            "2000-02-29",
            "1900-02-28",
            "1900-03-01",
            "1999-12-31",
            "2000-01-01",
        ]),
    Case::new("time")
        .random(
            "make_time(whole(0, 23)::int, whole(0, 59)::int, \
               round((random() * 59)::numeric, whole(0, 6)::int))",
        )
        .specials(&[
            "00:00",
            "24:00",
            "23:59:59.999999",
            "00:00:00.000001",
            "12:30:00.1",
            "01:02:03.120",
        ]),
    Case::new("time").column("time(2)").random("make_time(1, 2, random() * 59)"),
    Case::new("timetz")
        .random(
            "(make_time(whole(0, 23)::int, whole(0, 59)::int, whole(0, 599) / 10.0) \
               || pick('+', '-') \
               || concat_ws(':', whole(0, 15), whole(0, 59), whole(0, 59)))::timetz",
        )
        .specials(&[
            "00:00+00",
            "24:00-15:59:59",
            "01:02:03.000004+05:30",
            "01:02+15:59",
            "12:00-00:00:01",
            "12:00+00:30",
            "12:00-08",
        ]),
    Case::new("timestamp").random(MOMENT).specials(MOMENTS),
    Case::new("timestamptz").random(MOMENT).specials(MOMENTS),
    Case::new("interval")
        .random(
            "make_interval(months => (sized() % 2147483648 >> whole(0, 31)::int)::int, \
               days => (sized() % 2147483648 >> whole(0, 31)::int)::int) * whole(0, 1) \
             + make_interval(hours => (whole(-99999, 99999) >> whole(0, 17)::int)::int) \
               * whole(0, 1) \
             + make_interval(secs => round((random() * 10000 - 5000)::numeric, \
               whole(0, 6)::int)) * whole(0, 1)",
        )
        .specials(&[
            "0",
            "1 year",
            "-1 year",
            "2 years -1 month",
            "-1 mon",
            "1 mon",
            "1 day",
            "-1 day",
            "1 day -00:00:01",
            "-1 day 00:00:01",
            "-1 mon 1 day",
            "1 mon -1 day 1 hour",
            "-1 year 1 mon",
            "-1 year 00:00:01",
            "1 year -00:00:01",
            "-00:00:00.000001",
            "24:00",
            "100:00:00",
            "-2147483647:59:59.999999",
            "2147483647 days",
            "178956970 years",
            "-178956970 years -8 mons",
            "-2147483648 days",
            "11 mons",
            "12 mons",
            "-13 mons",
        ])
        .newer(&[(17, &["infinity", "-infinity"])]),
    Case::new("interval").since(15).bits(16),
    Case::new("inet")
        .random(
            "(CASE WHEN random() < 0.3 THEN host('0.0.0.0'::inet + whole(0, 4294967295)) \
               ELSE concat_ws(':', word(), word(), word(), word(), word(), word(), word(), word()) \
               END || pick('', '', '/0', '/8', '/31', '/32'))::inet",
        )
        .prepare(
            "CREATE OR REPLACE FUNCTION word() RETURNS text LANGUAGE sql VOLATILE AS \
             $$SELECT CASE WHEN random() < 0.6 THEN '0' \
             ELSE to_hex(whole(0, 65535) >> whole(0, 16)::int) END$$",
        )
        .specials(&[
            "0.0.0.0",
            "255.255.255.255/32",
            "10.1.2.3/8",
            "10.0.0.0/0",
            "::",
            "::/0",
            "::1",
            "::1/128",
            "::1/127",
            "::5",
            "::ffff",
            "::1:0",
            "::1.2.3.4",
            "::ffff:1.2.3.4",
            "::ffff:1.2.3.4/96",
            "::ffff:0:1.2.3.4",
            "::fffe:1.2.3.4",
            "1::",
            "1::/16",
            "1:0:0:2::",
            "1:0:0:2:0:0:0:3",
            "1:0:2:3:4:5:6:7",
            "0:1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:0",
            "0:0:1:2:3:4:0:0",
            "abcd:ef01::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "0:0:0:0:0:1:0:0",
            "::ffff:0:0",
        ]),
    Case::new("cidr")
        .random(
            "network(set_masklen(CASE WHEN i % 2 = 0 THEN '0.0.0.0'::inet + whole(0, 4294967295) \
               ELSE concat_ws(':', hex(2), hex(2), hex(2), hex(2), hex(2), hex(2), hex(2), \
                 hex(2))::inet END, whole(0, CASE WHEN i % 2 = 0 THEN 32 ELSE 128 END)::int))",
        )
        .specials(&[
            "10",
            "10.1",
            "10.1.2",
            "192.168.0.0/16",
            "0.0.0.0/0",
            "1.2.3.4",
            "1.2.3.4/32",
            "::/0",
            "::1",
            "2001:db8::/32",
            "::ffff:1.2.3.0/120",
            "fe80::/10",
        ]),
    Case::new("macaddr").bits(6).specials(&["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"]),
    Case::new("macaddr8").bits(8).specials(&["00:00:00:00:00:00:00:00", "08002b:010203"]),
    Case::new("bytea").random("decode(hex(whole(0, 60)), 'hex')").bits(32).specials(&[
        "",
        "\\x00",
        "\\xffFE",
        "\\\\\\000",
    ]),
    Case::new("bit").column("bit(13)").random("whole(0, 8191)::int::bit(13)"),
    Case::new("bit").column("bit(64)").random("sized()::bit(64)"),
    Case::new("varbit")
        .random("substring(sized()::bit(64)::varbit FROM 1 FOR whole(0, 64)::int)")
        .specials(&["", "0", "1", "10101010", "111111111"]),
    Case::new("uuid").bits(16).specials(&["00000000-0000-0000-0000-000000000000"]),
    Case::new("pg_lsn").bits(8).specials(&["0/0", "FFFFFFFF/FFFFFFFF", "1/A", "0/0ABCDEF0"]),
    Case::new("txid_snapshot")
        .prepare(MAKE_SNAPSHOT)
        .random(SNAPSHOT)
        .specials(&["1:1:", "10:20:10,14,15"]),
    Case::new("pg_snapshot")
        .since(13)
        .prepare(MAKE_SNAPSHOT)
        .random(PG_SNAPSHOT)
        .specials(&["1:1:", "10:20:10,14,15"]),
    Case::new("char")
        .column("\"char\"")
        .random("whole(1, 127)::int::\"char\"")
        .specials(&["", "a", "\\", "ä", " "])
        .newer(&[(15, &["\\200", "\\377", "\\000"])]),
    Case::new("text").random("words(40)").specials(TEXTS),
    Case::new("varchar").random("words(40)").specials(TEXTS),
    Case::new("bpchar").column("char(10)").random("words(10)").specials(&["", " a ", "ä€😀"]),
    Case::new("bpchar").random("words(10)").specials(&["", " a ", "ä€😀"]),
    Case::new("name").random("words(15)").specials(TEXTS),
    Case::new("refcursor").random("words(10)::refcursor").specials(TEXTS),
    Case::new("citext").extension("citext").random("words(40)").specials(TEXTS),
    Case::new("enum")
        .prepare(r#"CREATE TYPE mood AS ENUM ('sad', 'so so', 'a,b', '"', E'\\', E'a\tb\n', 'ä')"#)
        .column("mood")
        .random("(enum_range(NULL::mood))[i % 7 + 1]"),
    Case::new("json")
        .random("pick(to_json(words(20))::text, json_build_object(words(5), sized())::text)::json")
        .specials(&["{ \"a\":\n [1, 2.50 ,null] }", "\"\\u00e4\\n\"", "1e400", " null "]),
    Case::new("jsonb")
        .random(
            "pick(to_json(words(20))::text, \
               json_build_object(words(5), sized(), 'a', double())::text)::jsonb",
        )
        .specials(&[
            "{ \"a\":\n [1, 2.50 ,null] }",
            "\"\\u00e4\\n\"",
            "1e400",
            " null ",
            "{}",
            "[]",
        ]),
    Case::new("jsonpath").since(12).specials(&[
        "$",
        "$.a",
        "strict $.\"a b\"[*] ? (@ > 1.50)",
        "lax $[0 to last]",
        "$.a ? (@ like_regex \"^a\\\\n\" flag \"i\")",
        "$.**{2 to 5}.type()",
        "$var + 1",
    ]),
    Case::new("xml")
        .random(
            "xmlelement(name a, \
               regexp_replace(words(20), '[\\u0001-\\u001f\\u007f]', '', 'g'))",
        )
        .specials(XML),
];

const MOMENT: &str = "'2000-01-01'::timestamp \
     + (whole(-58837000, 2562000000) >> whole(0, 20)::int) * '1 hour'::interval \
     + (random() * 10 ^ whole(0, 6)) * '1 second'::interval";

const MOMENTS: &[&str] = &[
    "infinity",
    "-infinity",
    "4713-01-01 00:00:00 BC",
    "4714-11-24 00:00:00 BC",
    "294276-12-31 23:59:59.999999",
    "0001-01-01 00:00:00",
    "0001-12-31 23:59:59.999999 BC",
    "2000-01-01 00:00:00",
    "1999-12-31 23:59:59.999999",
    "1999-12-31 23:59:59.5",
    "2000-02-29 12:34:56.789",
    "9999-12-31 00:00:00",
    "10000-01-01 00:00:00",
    "1970-01-01 00:00:01",
    "0044-03-15 12:00:00.000001 BC",
];

const TEXTS: &[&str] = &[
    "",
    " ",
    "\\N",
    "\\",
    "\\.",
    "a\tb\nc\rd",
    "NULL",
    "{}",
    "\u{8}\u{b}\u{c}\u{1}\u{7f}",
    "ä€😀",
];

const SNAPSHOT: &str = "random_snapshot(i)::txid_snapshot";

const PG_SNAPSHOT: &str = "random_snapshot(i)::pg_snapshot";

const MAKE_SNAPSHOT: &str = "CREATE OR REPLACE FUNCTION random_snapshot(most int) RETURNS text \
    LANGUAGE sql VOLATILE AS \
    $$SELECT concat(whole(1, 10), ':', whole(1000, 9223372036854775000 >> whole(0, 50)::int), ':', \
        string_agg(x::text, ',' ORDER BY x)) \
      FROM (SELECT DISTINCT whole(11, 999) AS x FROM generate_series(1, most % 20)) AS y$$";

const XML: &[&str] = &[
    "",
    "<a/>",
    "plain",
    "\n<a/>",
    "\n\n<a/>",
    "<?xml version=\"1.0\"?><a/>",
    "<?xml version='1.0'?>\n<a/>",
    "<?xml version='1.0'?>\n\n<a/>",
    "<?xml version='1.0'?>  <a/>",
    "<?xml version=\"1.0\" standalone=\"yes\"?><a/>",
    "<?xml version=\"1.0\" standalone='no' ?>\n<a/>",
    "<?xml version=\"1.1\"?><a/>",
    "<?xml version=\"1.1\" standalone=\"yes\"?>\n<a/>",
    "<?xml-x y?><a/>",
    "<?xml version='1\"0'?><a/>",
    "<?xml version='1.0\" encoding=\"LATIN1'?><a/>",
    "<!-- ä --><a b=\"c\"/>",
];

#[test]
fn scalars_are_printed_as_the_server_prints_them() {
    oracle::compare(CASES);
}

#[test]
fn text_in_another_encoding_is_printed_as_the_server_prints_it() {
    oracle::compare_latin1(&[
        Case::new("xml").specials(XML),
        Case::new("text").specials(&["ä", "\u{a0}ÿ"]),
        Case::new("jsonb").specials(&["\"ä\""]),
        Case::new("char").column("\"char\"").specials(&["ä", "a"]),
    ]);
}
