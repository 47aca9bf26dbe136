//! Binary rows of one encoding in a database of another: their text is converted as text's is.

use super::rows_of;
use crate::support::{self, Archive, Server, TestDb};

fn database(server: &Server, encoding: &str) -> TestDb {
    TestDb::with(server, &format!("ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"))
}

/// Text of every kind that binary rows may hold.
const TABLES: &str = "
    CREATE EXTENSION citext; CREATE EXTENSION hstore;
    CREATE TYPE span AS RANGE (subtype = text);
    CREATE DOMAIN word AS varchar(40);
    CREATE TABLE binary_text (t text, v varchar(20), c CHARS, n name, w word);
    CREATE TABLE binary_made (a text[], r span, j json, b jsonb, s tsvector, q tsquery);
    CREATE TABLE binary_foreign (c citext, h hstore, x xml, y xml);";

fn fill(database: &TestDb, text: &str, chars: &str) {
    database.sql(&TABLES.replace("CHARS", chars));
    database.sql(&format!(
        "DO $do$DECLARE t text := {text}; BEGIN
         EXECUTE format('CREATE TYPE mood AS ENUM (%L, ''b'')', t);
         CREATE TABLE binary_enum (m mood);
         EXECUTE format('INSERT INTO binary_enum VALUES (%L), (''b''), (NULL)', t);
         INSERT INTO binary_text VALUES (t, t, t, t, t), (t || E'\\t\\\\', NULL, '', '', '');
         INSERT INTO binary_made VALUES (ARRAY[t, NULL], span(t, NULL), to_json(t), to_jsonb(t),
             ('''' || t || ''':3')::tsvector, ('''' || t || '''')::tsquery);
         INSERT INTO binary_foreign VALUES (t, hstore(t, t), ('<a>' || t || '</a>')::xml,
             ('<?xml version=\"1.0\" standalone=\"yes\"?><a/>')::xml), (NULL, NULL, t::xml, NULL);
         END$do$"
    ));
}

/// What the server keeps of XML, which it prints otherwise.
fn xml(database: &TestDb) -> String {
    database.value("SELECT string_agg(x::text || coalesce(y::text, ''), '|') FROM binary_foreign")
}

fn converts(encoding: &str, text: &str, utf8: &str) {
    for server in [10, 18].into_iter().filter_map(support::server) {
        // Without an encoding a byte is a character.
        let chars = if encoding == "SQL_ASCII" { "text" } else { "char(12)" };
        let source = database(&server, encoding);
        fill(&source, text, chars);
        let expected = database(&server, "UTF8");
        fill(&expected, utf8, chars);
        let archive = Archive::of(&source);
        assert!(super::listed(&archive).values().all(|table| table["format"] == "binary"));
        let target = database(&server, "UTF8");
        archive.restore(&target, &[]).ok();
        assert_eq!(rows_of(&target), rows_of(&expected), "{}", server.name);
        assert_eq!(xml(&target), xml(&expected), "{}", server.name);
        archive.rows_equal(&target);
        let same = database(&server, encoding);
        archive.restore(&same, &[]).ok();
        let hex = |database: &TestDb| {
            database.value(
                "SELECT string_agg(encode(textsend(x::text), 'hex'), ' ') FROM binary_foreign",
            )
        };
        assert_eq!(hex(&same), hex(&source), "{}", server.name);
    }
}

#[test]
fn latin1_becomes_utf8() {
    converts("LATIN1", "E'na\\xefve\\xa3'", "'naïve£'");
}

#[test]
fn euc_jp_becomes_utf8() {
    converts("EUC_JP", "E'\\xa4\\xa2\\x8e\\xb1'", "'あｱ'");
}

#[test]
fn sql_ascii_that_is_utf8_becomes_utf8() {
    converts("SQL_ASCII", "E'na\\xc3\\xafve'", "'naïve'");
}

/// Rows 1 and 3 are fine in any encoding.
#[test]
fn bytes_that_are_no_utf8_are_refused_in_either_format() {
    for server in [10, 18].into_iter().filter_map(support::server) {
        let source = database(&server, "SQL_ASCII");
        source.sql("CREATE TABLE t (a varchar(9))");
        source.sql("INSERT INTO t VALUES ('fine'), (E'\\xff\\xfe'), ('fine')");
        for format in ["binary", "text"] {
            let archive = Archive::with(&source, &["--copy-format", format]);
            let refused = |target: &TestDb, options: &[&str]| {
                let said = archive.restore(target, options).fails(8);
                let all = said.contains("[22021]") && said.contains("table public.t");
                assert!(all && said.contains("row 2"), "{} {format}: {said}", server.name);
            };
            let target = database(&server, "UTF8");
            refused(&target, &[]);
            assert_eq!(target.value("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
            // A column of another type, for which binary rows are printed.
            target.sql("CREATE TABLE t (a text)");
            refused(&target, &["-a"]);
            assert_eq!(target.value("SELECT count(*) FROM t"), "0");
        }
    }
}
