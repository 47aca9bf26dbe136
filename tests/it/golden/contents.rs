//! What the golden archives hold: fixed inputs that reach every part of the format.

use std::fmt::Write;

use pgx_core::stripe::StreamCodec;
use pgx_core::toc::{
    AclChange, CatalogId, Column, Comment, DataSpec, Entry, EntryId, Kind, LargeObjects, Meta,
    Oids, Ref, RowFormat, SequenceValue,
};

use super::write::{Golden, Stream};

/// Every archive that is written from here.
pub(super) fn all() -> Vec<Golden> {
    let codecs = [
        ("codec-none", StreamCodec::None),
        ("codec-zstd", StreamCodec::Zstd(1)),
        ("codec-gzip", StreamCodec::Gzip(6)),
        ("codec-lz4", StreamCodec::Lz4),
    ];
    let mut all: Vec<Golden> = codecs.map(|(name, codec)| plans(name, codec)).into();
    all.extend([
        keys(),
        lengths(),
        large_objects(),
        definitions(),
        globals(),
        rows_only(),
        latin1(),
        large_contents(),
        empty(),
    ]);
    all
}

fn meta() -> Meta {
    let mut meta = Meta {
        pgx_version: "0.1.0".into(),
        server_version: 180_000,
        server_version_text: "18.0".into(),
        encoding: "UTF8".into(),
        started_unix: 1_800_000_000,
        has_schema: true,
        has_data: true,
        request: "a golden archive".into(),
        chunk_bytes: 4 << 20,
        ..Meta::default()
    };
    meta.database.name = "golden".into();
    meta.database.owner = "gärtner".into();
    meta
}

fn golden(name: &'static str, entries: Vec<Entry>, streams: Vec<Stream>) -> Golden {
    Golden { name, codec: StreamCodec::default(), meta: meta(), entries, streams }
}

/// An entry for rows with these columns: name, type, shape or nothing.
fn rows_of(name: &str, columns: &[(&str, &str, &str)]) -> Entry {
    let catalog = CatalogId { class: 1259, oid: 16_384 };
    let mut entry = Entry::new(Kind::TableData, catalog, Ref::new("public", name));
    let columns: Vec<Column> = columns
        .iter()
        .map(|&(name, type_name, shape)| Column {
            name: name.into(),
            type_name: type_name.into(),
            type_oid: 0,
            shape: shape.parse().ok(),
        })
        .collect();
    let binary = columns.iter().all(|column| column.shape.is_some());
    let format = if binary { RowFormat::Binary } else { RowFormat::Text };
    entry.on = Some(Ref::new("public", name));
    entry.data = Some(DataSpec { columns, format, ..DataSpec::default() });
    entry
}

fn stream(entry: u32, target: usize, ranges: &[(u32, Vec<u8>)]) -> Stream {
    Stream { entry, target, ranges: ranges.to_vec() }
}

/// A COPY BINARY tuple.
fn tuple(fields: &[Option<&[u8]>]) -> Vec<u8> {
    let mut row = u16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
    for field in fields {
        let length = field.map_or(-1, |field| i32::try_from(field.len()).unwrap());
        row.extend(length.to_be_bytes());
        row.extend(field.unwrap_or_default());
    }
    row
}

/// Noise that is the same everywhere.
fn noise(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 7
}

/// Every plan of stripes, in both forms of rows, by one codec.
fn plans(name: &'static str, codec: StreamCodec) -> Golden {
    let text: &[(&str, &str, &str)] = &[
        ("price", "numeric", ""),
        ("at", "timestamp with time zone", ""),
        ("day", "date", ""),
        ("state", "public.mood", ""),
        ("note", "text", "text"),
        ("path", "public.path[]", ""),
    ];
    let binary: &[(&str, &str, &str)] = &[
        ("flag", "boolean", "bool"),
        ("small", "smallint", "int2"),
        ("id", "integer", "int4"),
        ("at", "timestamp with time zone", "timestamptz"),
        ("price", "numeric(12,2)", "numeric"),
        ("place", "point[]", "array(point)"),
        ("state", "public.mood", "enum"),
        ("note", "text", "text"),
    ];
    let entries = vec![
        rows_of("lines", text),
        rows_of("tuples", binary),
        rows_of("noise", &[("bytes", "bytea", "bytea")]),
        rows_of("few", &[("word", "public.word", "")]),
    ];
    let noise: Vec<u8> = (0..40).flat_map(|i| noise(i).to_le_bytes()).collect();
    let few = b"once\nupon\na\ntime\n".to_vec();
    let streams = vec![
        stream(1, 12 << 10, &[(0, (0..200).map(line).collect::<String>().into_bytes())]),
        stream(2, 12 << 10, &[(0, (0..200).flat_map(values).collect())]),
        stream(3, 1 << 10, &[(0, tuple(&[Some(&noise)]))]),
        stream(4, 1 << 10, &[(0, few)]),
    ];
    Golden { codec, ..golden(name, entries, streams) }
}

/// A line of `lines`: numbers, moments, words, with NULLs and what fits no plan among them.
fn line(i: u64) -> String {
    let price = match i {
        7 => "NaN".to_owned(),
        9 => "\\N".to_owned(),
        _ => format!(
            "{}{}.{:02}",
            if i.is_multiple_of(5) { "-" } else { "" },
            noise(i) % 90_000,
            i % 100
        ),
    };
    let day = match i {
        11 => "infinity".to_owned(),
        12 => "0044-03-15 BC".to_owned(),
        13 => "\\N".to_owned(),
        _ => format!("19{:02}-{:02}-{:02}", 60 + i / 10, 1 + i % 12, 1 + noise(i) % 28),
    };
    let at = match i {
        14 => "-infinity".to_owned(),
        15 => "1999-06-01 02:00:00+02".to_owned(),
        _ => format!("2024-02-29 {:02}:{:02}:00{}+00", i / 60, i % 60, [".25", ""][i as usize % 2]),
    };
    let state = ["ok", "sad", "\\N"][(noise(i) % 3) as usize];
    let note =
        if i.is_multiple_of(3) { "\\N".into() } else { format!("note {i}\\twith \\\\ and ü{i}") };
    format!("{price}\t{at}\t{day}\t{state}\t{note}\t{{{},{}}}\n", noise(i) % 999, noise(i + 1) % 99)
}

/// A row of `tuples`.
fn values(i: u64) -> Vec<u8> {
    let flag = [u8::from(i.is_multiple_of(3))];
    let small = (i as i16 * 37 - 5000).to_be_bytes();
    let id = (1_000_000 + i as i32 * 3).to_be_bytes();
    let at = (757_382_400_000_000 + i as i64 * 1_500_000 + (noise(i) % 900) as i64).to_be_bytes();
    let place = point(i);
    let state: &[u8] = [&b"ok"[..], b"sad", b"indifferent"][(noise(i) % 3) as usize];
    let note = "x".repeat((noise(i) % 20) as usize) + &i.to_string();
    tuple(&[
        Some(&flag),
        Some(&small).filter(|_| i != 5).map(|bytes| &bytes[..]),
        Some(&id),
        Some(&at),
        Some(&numeric(i)).filter(|_| i != 6).map(|bytes| &bytes[..]),
        Some(&place),
        Some(state).filter(|_| !i.is_multiple_of(7)),
        Some(note.as_bytes()),
    ])
}

/// Amounts of two decimals, and some that are odd: NaN, and a thousand digits.
fn numeric(i: u64) -> Vec<u8> {
    let groups = |weight: i16, sign: u16, scale: u16, digits: &[u16]| {
        let count = u16::try_from(digits.len()).unwrap();
        let head = [count.to_be_bytes(), weight.to_be_bytes(), sign.to_be_bytes()];
        let digits = digits.iter().map(|digit| digit.to_be_bytes());
        head.into_iter().chain([scale.to_be_bytes()]).chain(digits).flatten().collect()
    };
    let cents = (noise(i) % 100) as u16;
    match i {
        7 => groups(0, 0xC000, 0, &[]),
        8 => groups(249, 0, 0, &[1234; 250]),
        9 => groups(0, 0, 2, &[]),
        _ if cents == 0 => groups(0, 0, 2, &[(i + 1) as u16]),
        _ => groups(
            0,
            if i.is_multiple_of(4) { 0x4000 } else { 0 },
            2,
            &[(i + 1) as u16, cents * 100],
        ),
    }
}

/// A point array of one or two points, as the server sends it.
fn point(i: u64) -> Vec<u8> {
    let count = 1 + (i % 2) as i32;
    let mut bytes: Vec<u8> =
        [1, 0, 600, count, 1].iter().flat_map(|number: &i32| number.to_be_bytes()).collect();
    for n in 0..count {
        bytes.extend(16_i32.to_be_bytes());
        let at = f64::from(i as u32) / 1024.0 + f64::from(n);
        bytes.extend((600_000.0 + at).to_be_bytes());
        bytes.extend((5_000_000.0 - at).to_be_bytes());
    }
    bytes
}

/// Ranges with gaps, chunks of many streams side by side, rows over many frames, no rows at all.
fn keys() -> Golden {
    let text = |name| rows_of(name, &[("a", "public.word", ""), ("b", "public.word", "")]);
    let entries = vec![
        text("split"),
        rows_of("wide", &[("a", "text", "text"), ("b", "integer", "int4")]),
        text("empty"),
        rows_of("void", &[("a", "integer", "int4")]),
        rows_of("no_columns", &[("a", "public.word", "")]),
    ];
    let lines = |from: u32, to: u32| {
        let lines = (from..to).fold(String::new(), |mut lines, i| {
            writeln!(lines, "{i}\t{}", "w".repeat(i as usize % 90)).unwrap();
            lines
        });
        lines.into_bytes()
    };
    let wide = |i: u32| {
        let text = format!("{i} ").repeat(if i.is_multiple_of(4) { 120 } else { 3 });
        tuple(&[Some(text.as_bytes()), Some(&i.to_be_bytes())])
    };
    let streams = vec![
        stream(
            1,
            100,
            &[(0, lines(0, 12)), (1, Vec::new()), (5, lines(12, 40)), (9, lines(40, 41))],
        ),
        stream(
            2,
            150,
            &[(3, (0..9).flat_map(wide).collect()), (4, (9..12).flat_map(wide).collect())],
        ),
        stream(3, 100, &[]),
        stream(4, 100, &[(0, Vec::new())]),
        stream(5, 100, &[(0, b"\n\n\n".to_vec())]),
    ];
    golden("keys", entries, streams)
}

/// Rows of the lengths at which hashes take another way.
fn lengths() -> Golden {
    let lengths = (0..=18).chain([31, 32, 33, 63, 64, 65, 66, 95, 96, 97, 127, 128, 129, 130, 159]);
    let lengths =
        lengths.chain([160, 161, 192, 239, 240, 241, 242, 255, 256, 512, 1023, 1024, 1025]);
    let lengths: Vec<usize> = lengths.chain([1088, 1089, 2049]).collect();
    let text = |length: usize| -> Vec<u8> {
        let letters = (0..length).map(|i| b'a' + (noise((length * 7919 + i) as u64) % 6) as u8);
        letters.chain([b'\n']).collect()
    };
    let binary = |length: usize| {
        let bytes: Vec<u8> =
            (0..length).map(|i| (noise((length * 104_729 + i) as u64) % 9) as u8 * 31).collect();
        tuple(&[Some(&bytes)])
    };
    let entries = vec![
        rows_of("lines", &[("a", "public.word", "")]),
        rows_of("tuples", &[("a", "bytea", "bytea")]),
    ];
    // Frames of these lengths, too: a range for each line.
    let frames: Vec<(u32, Vec<u8>)> =
        lengths.iter().map(|&length| (length as u32, text(length))).collect();
    let tuples = lengths.iter().flat_map(|&length| binary(length)).collect();
    let streams = vec![stream(1, 2000, &frames), stream(2, 2000, &[(0, tuples)])];
    golden("lengths", entries, streams)
}

/// Large objects of two owners, of which some have no bytes; pages of zeros are left out.
fn large_objects() -> Golden {
    let metadata = |owner: &str, oids: &[u32]| {
        let name = Ref { schema: None, name: oids[0].to_string() };
        let mut entry = Entry::new(Kind::LargeObjectMetadata, CatalogId::default(), name);
        entry.owner = Some(owner.into());
        let mut listed = Oids::default();
        oids.iter().for_each(|&oid| listed.push(oid));
        entry.large_objects = Some(LargeObjects { oids: listed, page_bytes: 0 });
        let address = format!("LARGE OBJECT {}", oids[0]);
        entry.comments = vec![Comment { address, text: "the first".into() }];
        entry
    };
    let columns =
        [("loid", "oid", "oid"), ("pageno", "integer", "int4"), ("data", "bytea", "bytea")];
    let mut bytes = rows_of("LARGE OBJECTS", &columns);
    bytes.kind = Kind::LargeObjects;
    bytes.on = None;
    bytes.name.schema = None;
    bytes.large_objects = Some(LargeObjects { oids: Oids::default(), page_bytes: 256 });
    let page = |oid: u32, page: i32, data: &[u8]| {
        tuple(&[Some(&oid.to_be_bytes()), Some(&page.to_be_bytes()), Some(data)])
    };
    let pages = [
        page(70_001, 0, &[7; 256]),
        page(70_001, 3, b"the end"),
        page(70_002, 9, &[0; 256]),
        page(u32::MAX, 0, b"x"),
    ];
    let entries = vec![
        metadata("owner", &[70_001, 70_002, 70_003, 80_000]),
        metadata("other", &[90_000, u32::MAX]),
        bytes,
    ];
    golden("large-objects", entries, vec![stream(3, 4096, &[(0, pages.concat())])])
}

/// An entry of every kind of a database, with everything an entry can have; no rows.
fn definitions() -> Golden {
    let kinds = Kind::ALL.iter().filter(|kind| !kind.is_global());
    let mut entries: Vec<Entry> = kinds.map(|&kind| described(kind)).collect();
    entries[1].version = Some("1.6".into());
    entries[3].name.schema = None;
    let sequence = entries.iter_mut().find(|entry| entry.kind == Kind::SequenceSet).unwrap();
    sequence.sequence = Some(SequenceValue { last_value: i64::MIN, is_called: true });
    let mut golden = golden("definitions", entries, Vec::new());
    golden.meta.has_data = false;
    let database = &mut golden.meta.database;
    database.comment = Some("with 'quotes' and \"more\"".into());
    database.connection_limit = -1;
    database.settings = vec!["SET \"work_mem\" TO '64MB'".into()];
    golden
}

/// Roles and tablespaces.
fn globals() -> Golden {
    let mut golden = golden("globals", super::globals::entries(), Vec::new());
    golden.meta = super::globals::meta(golden.meta);
    golden
}

fn described(kind: Kind) -> Entry {
    let mut entry =
        Entry::new(kind, CatalogId { class: 1259, oid: 70_000 }, Ref::new("s", "naïve"));
    entry.on = Some(Ref::new("s", "t"));
    entry.address = format!("{kind} \"s\".\"naïve\"");
    entry.owner = Some("owner".into());
    entry.tablespace = Some("fast".into());
    entry.access_method = Some("columnar".into());
    entry.create = vec![format!("CREATE {kind}"), "SELECT 1".into()];
    entry.drop = Some(format!("DROP {kind}"));
    entry.acl = vec![AclChange {
        revoke: true,
        privileges: vec!["SELECT".into(), "UPDATE".into()],
        column: Some("c".into()),
        on: "TABLE \"s\".\"t\"".into(),
        grantee: None,
        grantor: Some("owner".into()),
        grant_option: true,
    }];
    entry.comments = vec![Comment { address: "TABLE \"s\".\"t\"".into(), text: "a\nb €".into() }];
    entry.deps = vec![EntryId(1), EntryId(1000)];
    entry.needs_in_target = Some(Ref::new("s", "other"));
    entry.partitioned = true;
    entry
}

/// Rows without definitions: filtered, through a root, of an extension; and a sequence.
fn rows_only() -> Golden {
    let mut part = rows_of("part", &[("id", "bigint", "int8"), ("name", "text", "text")]);
    let data = part.data.as_mut().unwrap();
    data.filter = Some("id % 2 = 0 AND name <> 'ß'".into());
    data.via_root = Some(Ref::new("public", "root"));
    data.bytes_estimate = 1 << 40;
    let mut configuration = rows_of("srs", &[("srid", "integer", "int4")]);
    configuration.data.as_mut().unwrap().extension_config = true;
    let mut sequence = Entry::new(Kind::SequenceSet, CatalogId::default(), Ref::new("public", "s"));
    sequence.sequence = Some(SequenceValue { last_value: 42, is_called: false });
    let even = |i: i64| tuple(&[Some(&(2 * i).to_be_bytes()), Some(format!("n{i}").as_bytes())]);
    let srs = [4326_i32, 2154].map(|srid| tuple(&[Some(&srid.to_be_bytes())])).concat();
    let streams = vec![
        stream(1, 4096, &[(0, (0..100).flat_map(even).collect())]),
        stream(2, 4096, &[(0, srs)]),
    ];
    let mut golden = golden("rows-only", vec![part, configuration, sequence], streams);
    golden.meta.has_schema = false;
    golden
}

/// Names and rows in another encoding, from a server whose floats are longer.
fn latin1() -> Golden {
    let mut table = Entry::new(Kind::Table, CatalogId::default(), Ref::new("public", "caf\u{e9}"));
    table.create = vec!["CREATE TABLE \"public\".\"caf\u{e9}\" (\"gr\u{f6}\u{df}e\" text)".into()];
    let entries = vec![
        table,
        rows_of("caf\u{e9}", &[("gr\u{f6}\u{df}e", "text", "text")]),
        rows_of("na\u{ef}ve", &[("w", "public.word", "")]),
    ];
    let words = [&b"gro\xdf"[..], b"\xfcber", b"\xe9t\xe9 \x80\xff"];
    let tuples = words.map(|word| tuple(&[Some(word)])).concat();
    let lines = words.map(|word| [word, b"\n"].concat()).concat();
    let streams = vec![stream(2, 4096, &[(0, tuples)]), stream(3, 4096, &[(0, lines)])];
    let mut golden = golden("latin1", entries, streams);
    golden.meta.encoding = "LATIN1".into();
    (golden.meta.server_version, golden.meta.server_version_text) = (100_023, "10.23".into());
    golden
}

/// A table of contents of several frames, one entry of which is longer than two of them.
fn large_contents() -> Golden {
    let entry = |i: usize| {
        let name = Ref::new("s", &format!("f{i}"));
        let mut entry = Entry::new(Kind::Function, CatalogId::default(), name);
        let lines = if i == 20 { 70_000 } else { 900 };
        let body = (0..lines).fold(String::new(), |mut body, line| {
            writeln!(body, "  PERFORM {} * {i}; -- and so on", line % 50).unwrap();
            body
        });
        entry.create = vec![format!("CREATE FUNCTION \"s\".\"f{i}\"() AS '{body}'")];
        entry
    };
    let mut golden = golden("large-contents", (0..40).map(entry).collect(), Vec::new());
    golden.meta.has_data = false;
    golden
}

/// Nothing at all.
fn empty() -> Golden {
    golden("empty", Vec::new(), Vec::new())
}
