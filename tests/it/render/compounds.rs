//! Types whose values hold other values, and types of extensions.

use super::case::Case;
use super::oracle;

/// What the cases make random values with, besides the functions of `oracle`.
const MAKERS: &str = include_str!("compounds.sql");

/// A case whose random values need [`MAKERS`].
const fn made(shape: &'static str) -> Case {
    Case::new(shape).prepare(MAKERS)
}

/// Every compound type.
pub(super) const CASES: &[Case] = &[
    Case::new("int2vector")
        .random("numbers(-32768, 32767)::int2vector")
        .prepare(MAKERS)
        .specials(&["", "1", "-32768 0 32767"]),
    made("oidvector").random("numbers(0, 4294967295)::oidvector").specials(&["", "4294967295 0"]),
    made("tsvector").random("document(whole(0, 6))").specials(&[
        "",
        "a",
        "a:1",
        "a:1A,2B,3C,4D,16383",
        r"'''' '\\' ' ' '\\''':3A '→'",
        "'a b':2 c",
    ]),
    made("tsquery").random("tree(whole(0, 5))").specials(&[
        "",
        "a",
        "'''\\\\ ':*ABCD",
        "a:*",
        "a:DB",
        "!a",
        "!!a",
        "!(a & b)",
        "!(a <-> !b)",
        "a & b & c",
        "a & (b & c)",
        "a | b & c",
        "(a | b) & c",
        "(a & b) <-> c",
        "(a | b) <2> (c | d)",
        "a <-> b <-> c",
        "a <-> (b <-> c)",
        "(a <-> b) <3> (c <0> d)",
        "a <16384> !b",
    ]),
    // As deep as they are long.
    made("tsquery").random(
        "CASE i % 2 WHEN 0 THEN chain(i % 70)
            ELSE (repeat(pick('a & ', 'a | ', 'a <-> '), i % 200) || 'b')::tsquery END",
    ),
    made("array(text)")
        .column("text[]")
        .random(
            "CASE i % 3 WHEN 0 THEN texts(whole(0, 6)) ELSE moved(block(
            texts(24), (ARRAY[1, 2, 3, 4, 6])[i % 5 + 1], (ARRAY[1, 2])[i % 2 + 1]))::text[] END",
        )
        .specials(&[
            "{}",
            "{NULL}",
            r#"{"NULL",NULL,null,"null","nUlL",NULLs," NULL"}"#,
            r#"{"","a b","a,b","{","}","\"","\\",";","'",(}"#,
            "{{a,b},{c,NULL}}",
            "[0:1]={a,b}",
            "[1:2]={a,b}",
            "[-2147483648:-2147483647]={a,b}",
            "[1:1][-2:-1][3:3]={{{a},{b}}}",
            "{{{{{{a},{b}}}}}}",
        ]),
    made("array(varchar)").column("varchar(9)[]").random("texts(3)::varchar(9)[]"),
    made("array(bpchar)").column("char(3)[]").random("texts(3)::char(3)[]"),
    Case::new("array(name)").column("name[]").random("ARRAY[words(9), NULL]::name[]"),
    Case::new("array(enum)")
        .prepare(r#"CREATE TYPE bits AS ENUM ('a b', 'null', '"', E'\\', 'c', '')"#)
        .column("bits[]")
        .random("ARRAY[NULL, (enum_range(NULL::bits))[i % 6 + 1]]"),
    made("array(int4)").column("int4[]").random("moved(block(many(12, -9, 9), 3, 2))::int4[]"),
    made("array(int8)").column("int8[]").random("ARRAY[sized(), NULL, sized()]"),
    made("array(bool)").column("bool[]").random("ARRAY[random() < 0.5, NULL]"),
    made("array(bytea)").column("bytea[]").random("ARRAY[decode(hex(i % 5), 'hex'), NULL]"),
    made("array(numeric)").column("numeric[]").random("ARRAY[sized() / 100.0, NULL, 'NaN']"),
    made("array(float8)").column("float8[]").random("doubles(whole(0, 9))").floats(),
    made("array(float4)").column("float4[]").random("singles(whole(0, 9))").floats(),
    made("array(date)").column("date[]").random("ARRAY[moment()::date, 'infinity', NULL]"),
    made("array(timestamp)").column("timestamp[]").random("ARRAY[moment(), 'infinity', NULL]"),
    made("array(uuid)").column("uuid[]").random("ARRAY[hex(16)::uuid, NULL]"),
    made("array(jsonb)").column("jsonb[]").random("ARRAY[to_jsonb(texts(2)), NULL]"),
    made("array(inet)").column("inet[]").random("ARRAY['10.0.0.1/8'::inet + i, NULL]"),
    made("array(interval)").column("interval[]").random("ARRAY[moment() - moment(), NULL]"),
    made("array(box)")
        .column("box[]")
        .random("moved(block(ARRAY[corners(), NULL, corners(), corners()], 2, 1))::box[]")
        .specials(&["{}", "{(1,2),(3,4);NULL;(-1,0),(Infinity,NaN)}"])
        .floats(),
    made("array(point)").column("point[]").random("ARRAY[spot(), NULL, spot()]").floats(),
    made("array(tsvector)").column("tsvector[]").random("ARRAY[document(i % 3), NULL]"),
    made("array(range(text))")
        .prepare("CREATE TYPE pieces AS RANGE (subtype = text, collation = \"C\")")
        .column("pieces[]")
        .random("ARRAY[pieces('', words(9) || chr(1114109)), NULL, 'empty']"),
    made("array(range(int4))")
        .column("int4range[]")
        .random("ARRAY[int4range(i, i + whole(0, 2)::int), NULL, int4range(NULL, i, '[]')]"),
    Case::new("range(text)")
        .prepare("CREATE TYPE span AS RANGE (subtype = text, collation = \"C\")")
        .column("span")
        .random("span(nullif(words(9), 'a'), chr(1114109) || words(9), pick('[]', '()', '[)'))")
        .specials(&["empty", "(,)", r#"["",""]"#, r#"[" ","""\\"]"#, "[a,b c)", "(,\")\"]"]),
    made("range(array(text))")
        .prepare("CREATE TYPE lists AS RANGE (subtype = text[], collation = \"C\")")
        .column("lists")
        .random("lists(ARRAY['', words(5)], ARRAY[chr(1114109), words(5)], pick('[]', '()'))"),
    Case::new("range(range(int4))")
        .prepare("CREATE TYPE ranges AS RANGE (subtype = int4range)")
        .column("ranges")
        .random("ranges(int4range(NULL, i), int4range(i, i + 2), pick('[]', '()'))"),
    made("range(int4)")
        .column("int4range")
        .random("int4range(i::int, i::int + whole(0, 3)::int, pick('[]', '()', '(]', '[)'))")
        .specials(&["empty", "(,)", "[-2147483648,2147483647)", "(,5)", "[5,)"]),
    made("range(int8)").column("int8range").random("int8range(-sized(), NULL)"),
    made("range(numeric)")
        .column("numrange")
        .random("numrange(-abs(sized() / 100.0), abs(sized() / 1.0), pick('[]', '()', '(]', '[)'))")
        .specials(&["(1,NaN]", "[NaN,NaN]"]),
    made("range(date)")
        .column("daterange")
        .random("daterange(moment()::date, NULL, pick('[]', '()'))")
        .specials(&["[-infinity,infinity]", "[2020-01-01,infinity)", "empty"]),
    made("range(timestamp)")
        .column("tsrange")
        .random("tsrange(moment(), 'infinity', pick('[]', '()'))"),
    made("range(timestamptz)")
        .column("tstzrange")
        .random("tstzrange(NULL, moment(), pick('[]', '()'))"),
    made("range(float8)")
        .prepare("CREATE TYPE floats AS RANGE (subtype = float8)")
        .column("floats")
        .random("floats(-abs(double()), abs(double()), pick('[]', '()'))")
        .floats(),
    Case::new("multirange(int4)")
        .since(14)
        .column("int4multirange")
        .random("int4multirange(int4range(i, i + 2), int4range(NULL, whole(-9, 9)::int, '[]'))")
        .specials(&["{}", "{[1,2),[5,8),[9,)}", "{(,)}"]),
    made("multirange(timestamp)")
        .since(14)
        .column("tsmultirange")
        .random("tsmultirange(tsrange(moment(), NULL), tsrange(NULL, '-infinity'))"),
    Case::new("multirange(text)")
        .since(14)
        .prepare("CREATE TYPE part AS RANGE (subtype = text, collation = \"C\")")
        .column("part_multirange")
        .random(
            "part_multirange(part(words(2), chr(1114109) || words(9), '[]'), part(NULL, words(2)))",
        ),
    Case::new("array(multirange(int4))")
        .since(14)
        .column("int4multirange[]")
        .random("ARRAY[int4multirange(int4range(i, i + 2)), NULL, '{}']"),
    made("point")
        .random("spot()")
        .specials(&["(0,-0)", "(NaN,Infinity)", "(-Infinity,1e300)", "(0.1,1e15)"])
        .floats(),
    made("lseg").random("lseg(spot(), spot())").specials(&["[(1,2),(3,4)]"]).floats(),
    made("path")
        .random("(pick('[', '(') || spots(whole(1, 5)) || ')')::path")
        .prepare(MAKERS)
        .specials(&["((1,2))", "[(1,2)]", "[(1,2),(3,4)]", "((1,2),(3,NaN))"])
        .floats(),
    made("box").random("corners()").specials(&["(1,2),(3,4)", "(0,-0),(Infinity,NaN)"]).floats(),
    made("polygon").random("('(' || spots(whole(1, 5)) || ')')::polygon").floats(),
    made("line")
        .random("format('{%s,%s,%s}', 1 + abs(double()), double(), double())::line")
        .specials(&["{1,0,-0}", "{1,2,NaN}"])
        .floats(),
    made("circle")
        .random("circle(spot(), abs(double()))")
        .specials(&["<(1,2),3>", "<(0,-0),Infinity>"])
        .floats(),
    Case::new("point").bits(16).specials(&["(1,2)"]).floats(),
    made("hstore").extension("hstore").random("hstore(keys(i % 5), texts(i % 5))").specials(&[
        "",
        r#"""=>NULL"#,
        r#"a=>"", "NULL"=>"NULL", "\"\\"=>"\"\\""#,
    ]),
    made("array(hstore)")
        .extension("hstore")
        .column("hstore[]")
        .random("ARRAY[hstore(words(3), words(3)), NULL, '']"),
    made("ltree").extension("ltree").since(13).random("labels(i % 5, '', '.')::ltree").specials(&[
        "",
        "a",
        "Top.Science.Ärger_1",
    ]),
    made("array(ltree)")
        .extension("ltree")
        .since(13)
        .column("ltree[]")
        .random("ARRAY[labels(i % 5, '', '.')::ltree, NULL, 'NULL']"),
    made("lquery")
        .extension("ltree")
        .since(13)
        .random("labels(whole(1, 5), pick('', '*{2}.', '!'), '.')::lquery")
        .specials(&[
            "*",
            "*{0}",
            "*{1,}.a",
            "*{,3}.!b",
            "*{2,5}",
            "a@*%|b*",
            "!a@|b%*|c",
            "a{2}.b{,}.c{1,}.d|e{0,1}",
        ]),
    made("ltxtquery")
        .extension("ltree")
        .since(13)
        .random("labels(whole(1, 5), pick('', '!', '! '), pick(' & ', '|', '&!'))::ltxtquery")
        .specials(&["a", "a@*%", "!(a | b) & (c|d&e)", "a & (b & !c)", "(a & b) | !!c"]),
    made("cube")
        .extension("cube")
        .since(14)
        .random(
            "CASE i % 3 WHEN 0 THEN cube(doubles(whole(1, 6)))
            ELSE cube(doubles(i % 7), doubles(i % 7)) END",
        )
        .specials(&[
            "()",
            "(1)",
            "(1),(2)",
            "(1,2),(1,2)",
            "(0,1),(-0,1)",
            "(NaN)",
            "(NaN),(NaN)",
            "(inf,-inf)",
            "(1e300,-1e-300),(0.1,0)",
        ]),
    made("array(cube)")
        .extension("cube")
        .since(14)
        .column("cube[]")
        .random("ARRAY[cube(doubles(2)), NULL, cube(doubles(3), doubles(3))]"),
    made("geometry").extension("postgis").random(SHAPES).specials(FIGURES),
    made("geography").extension("postgis").random(PLACES).specials(&[
        "POINT EMPTY",
        "POINT ZM(1 2 3 4)",
        "SRID=4267;POINT(1 2)",
        "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))",
    ]),
    made("array(geometry)")
        .extension("postgis")
        .column("geometry[]")
        .random("ARRAY[ST_Point(i, 2), NULL]"),
    made("array(geography)")
        .extension("postgis")
        .column("geography[]")
        .random("ARRAY[ST_Point(i % 90, 2)::geography, NULL]"),
    made("vector")
        .extension("vector")
        .random("singles(whole(1, 9))::vector")
        .specials(&["[0,-0,1e-45,3.4028235e38,0.1,1e6,123456.7]"]),
    made("halfvec")
        .extension("vector")
        .random("halves((i - 1) * 106)::halfvec")
        .specials(&["[0,-0,6e-8,65504,0.1]"]),
    made("sparsevec").extension("vector").random("sparse(i::int)::sparsevec").specials(&[
        "{}/1",
        "{1:1.5,3:2}/5",
        "{1000000000:-1e-7}/1000000000",
    ]),
    made("array(vector)")
        .extension("vector")
        .column("vector[]")
        .random("ARRAY[singles(3)::vector, NULL]"),
];

const SHAPES: &str = "CASE WHEN i = 1 THEN ST_MakePoint('NaN', 'Infinity')
    WHEN i % 4 = 0 THEN ST_SetSRID(ST_MakePoint(double(), double()), 4326)
    WHEN i % 4 = 1 THEN ST_MakePoint(double(), double(), double(), double())
    WHEN i % 4 = 2 THEN ST_Buffer(ST_Point(i, random()), 1)
    ELSE ST_SetSRID(ST_Collect(ST_Point(i, 0), ST_MakeLine(ST_Point(0, random()), ST_Point(1, 1))),
        3857) END";

const PLACES: &str = "CASE i % 2 WHEN 0 THEN ST_Point(random() * 180, random() * 90)::geography
    ELSE ST_Buffer(ST_Point(i % 90, 10), random())::geography END";

const FIGURES: &[&str] = &[
    "POINT EMPTY",
    "SRID=4326;POINT(1 2)",
    "POINT M(1 2 3)",
    "POINT ZM(1 2 3 4)",
    "GEOMETRYCOLLECTION EMPTY",
    "GEOMETRYCOLLECTION(POINT(0 0),GEOMETRYCOLLECTION(LINESTRING(0 0,1 1)))",
    "SRID=4326;MULTIPOLYGON Z(((0 0 1,1 0 1,1 1 1,0 0 1)))",
    "CURVEPOLYGON(CIRCULARSTRING(0 0,4 0,4 4,0 4,0 0))",
    "TIN(((0 0 0,0 0 1,0 1 0,0 0 0)))",
];

#[test]
fn compounds_are_printed_as_the_server_prints_them() {
    oracle::compare(CASES);
}

#[test]
fn compounds_of_another_encoding_are_printed_as_the_server_prints_them() {
    oracle::compare_latin1(&[
        Case::new("array(text)").column("text[]").specials(&[
            "{ä,ÿ,ää}",
            "{\u{85},\u{a0},\u{ad}}",
            r#"{"\"ä\\",NÜLL}"#,
        ]),
        Case::new("range(text)")
            .prepare("CREATE TYPE span AS RANGE (subtype = text)")
            .column("span")
            .specials(&["[ä,ÿ]", "[\u{85},\u{a0})", r#"["\"ä\\",)"#]),
        Case::new("tsvector").specials(&[r"'ä''\\ÿ':1A \u{a0}", "'\u{a0} \u{85}'"]),
        Case::new("tsquery").specials(&[r"'ä''\\ÿ':*A & !ü", "'\u{a0} \u{85}' <-> ä"]),
        Case::new("hstore").extension("hstore").specials(&[r#""ä\"\\ÿ"=>"\u{a0}", ü=>NULL"#]),
    ]);
}
