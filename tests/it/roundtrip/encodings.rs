//! Databases that are not UTF8: names, comments and rows are bytes.

use crate::support::{self, Archive, Server, TestDb, assert_same, fingerprint_of};

/// A database of an encoding, with `text` (an SQL expression that gives text of that encoding) in names,
/// comments, labels, bodies and rows.
fn filled(server: &Server, encoding: &str, text: &str) -> TestDb {
    let options = format!("ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'");
    let database = TestDb::with(server, &options);
    database.sql(&format!(
        "CREATE FUNCTION pg_temp.run(template text, text) RETURNS void LANGUAGE plpgsql AS \
         $$BEGIN EXECUTE pg_catalog.replace(template, '@', $2); END$$;
         DO $do$DECLARE t text := {text}; BEGIN
         PERFORM pg_temp.run('CREATE SCHEMA \"s@\"', t);
         PERFORM pg_temp.run('CREATE TYPE \"s@\".\"e@\" AS ENUM (''@'', ''b'')', t);
         PERFORM pg_temp.run('CREATE TABLE \"s@\".\"t@\" (\"c@\" text DEFAULT ''@'' CONSTRAINT \"k@\" \
             CHECK (\"c@\" <> ''x@''), id serial PRIMARY KEY, e \"s@\".\"e@\")', t);
         PERFORM pg_temp.run('COMMENT ON TABLE \"s@\".\"t@\" IS ''@''''@''', t);
         PERFORM pg_temp.run('CREATE INDEX \"i@\" ON \"s@\".\"t@\" (\"c@\") WHERE \"c@\" > ''@''', t);
         PERFORM pg_temp.run('CREATE FUNCTION \"s@\".\"f@\"(\"a@\" text) RETURNS text LANGUAGE sql \
             AS ''SELECT $1 || ''''@''''''', t);
         PERFORM pg_temp.run('CREATE VIEW \"s@\".\"v@\" AS SELECT \"c@\" || ''@'' AS \"d@\" \
             FROM \"s@\".\"t@\"', t);
         PERFORM pg_temp.run('INSERT INTO \"s@\".\"t@\" SELECT ''@'' || n, n, ''@'' \
             FROM pg_catalog.generate_series(1, 1000) n', t);
         END$do$"
    ));
    database
}

fn comes_back(encoding: &str, text: &str, hex: &str) {
    support::each_version(|server| {
        let original = filled(server, encoding, text);
        let archive = Archive::of(&original);
        let copy = archive.into_new(server);
        assert_same(&original, &copy);
        archive.rows_equal(&copy);
        let sql = "SELECT current_setting('server_encoding') || ' ' || \
            encode(textsend(nspname::text), 'hex') FROM pg_namespace WHERE nspname LIKE 's%'";
        assert_eq!(copy.value(sql), format!("{encoding} 73{hex}"));
        assert!(fingerprint_of(&copy).lines().len() > 50);
    });
}

#[test]
fn a_latin1_database_comes_back() {
    comes_back("LATIN1", "E'na\\xefve \\xa3'", "6e61ef766520a3");
}

#[test]
fn bytes_that_are_no_text_come_back_from_sql_ascii() {
    comes_back("SQL_ASCII", "E'\\xff\\xfe\\xe9z\\x80'", "fffee97a80");
}

#[test]
fn an_euc_jp_database_comes_back() {
    // Hiragana a, a character of three bytes, and half-width katakana.
    comes_back("EUC_JP", "E'\\xa4\\xa2\\x8f\\xb0\\xa1\\x8e\\xb1'", "a4a28fb0a18eb1");
}
