//! All a test wants unchanged, or the same in two databases.

use crate::support::{TestDb, pg_dump};

/// What is not of the system.
const OURS: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// A database as text: objects by name, rows, sequences, and pg_dump's word where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    objects: Vec<Vec<Option<String>>>,
    sequences: Vec<(String, String)>,
    rows: Vec<(String, String)>,
    dumped: Option<String>,
}

impl State {
    /// Reads it.
    pub(super) fn of(database: &TestDb) -> State {
        State {
            objects: objects(database),
            sequences: sequences(database),
            rows: rows(database),
            dumped: pg_dump(database, &[]).map(|text| without_key(&text)),
        }
    }

    /// The rows alone: `(schema.table, count and hash)`.
    pub(super) fn rows_of(database: &TestDb) -> Vec<(String, String)> {
        rows(database)
    }
}

/// pg_dump writes a random word into its output, against forged lines.
fn without_key(text: &str) -> String {
    let random = |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    text.lines().filter(|line| !random(line)).collect::<Vec<_>>().join("\n")
}

fn objects(database: &TestDb) -> Vec<Vec<Option<String>>> {
    let mut session = database.session();
    session.execute("SET search_path = ''").unwrap();
    let queries = [
        format!(
            "SELECT c.oid::regclass::text, c.relkind, c.relowner::regrole::text, \
             coalesce(c.relacl, acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::\"char\", \
             c.relowner))::text, \
             (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), \
              a.attnotnull, a.attidentity, \
              col_description(a.attrelid, a.attnum)), ', ' ORDER BY a.attnum) \
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} \
             AND c.relkind <> 't' ORDER BY 1"
        ),
        format!(
            "SELECT k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid), \
             k.condeferrable::text, k.condeferred::text, k.convalidated::text \
             FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {OURS} \
             ORDER BY 1, 2"
        ),
        format!(
            "SELECT t.tgrelid::regclass::text, pg_get_triggerdef(t.oid), t.tgenabled \
             FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE {OURS} AND NOT t.tgisinternal ORDER BY 1, 2"
        ),
        format!(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i \
             JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE {OURS} ORDER BY 1"
        ),
    ];
    let mut objects = Vec::new();
    for sql in queries {
        let rows = session.query(&sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        objects.extend(rows.iter().map(|row| row.values().to_vec()));
    }
    objects
}

/// `(schema.name, value/is_called)` of every sequence.
fn sequences(database: &TestDb) -> Vec<(String, String)> {
    each(database, "S", "SELECT last_value || '/' || is_called FROM")
}

/// `(schema.name, hash)` of every table's and materialized view's own rows.
fn rows(database: &TestDb) -> Vec<(String, String)> {
    let hash = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' \
                ORDER BY t::text COLLATE \"C\")), '') FROM ONLY";
    each(database, "r m", hash)
}

fn each(database: &TestDb, kinds: &str, sql: &str) -> Vec<(String, String)> {
    let names = format!(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE {OURS} AND c.relkind::text = ANY (string_to_array('{kinds}', ' ')) ORDER BY 1"
    );
    let mut session = database.session();
    let names = session.query(&names).unwrap();
    let one = |name: &str| {
        let row = session.query_one(&format!("{sql} {name} t")).unwrap();
        (name.to_owned(), row.values()[0].clone().unwrap_or_default())
    };
    let names: Vec<String> = names.iter().map(|row| row.text("name").unwrap()).collect();
    names.iter().map(String::as_str).map(one).collect()
}
