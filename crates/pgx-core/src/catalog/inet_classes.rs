//! The operator class of GiST indexes over network addresses, which the server leaves out of its text
//! where it is the default. Version 19 has another default than older ones, so it is always said.

use super::among::from_version;
use crate::connect::Row;
use crate::error::Result;

/// SQL for `keys` and `classes` of the index `oid`, element by element: the text of each key, and the
/// class to be said (empty for none). Both are null for most indexes, and wherever `gist`, a cheap
/// condition that says which can have such a class at all, is not met.
pub(super) fn columns(version: u32, oid: &str, gist: &str) -> String {
    let keys = from_version(version, 11, "x.indnkeyatts", "x.indnatts");
    let of = |element: &str| {
        format!(
            "CASE WHEN {gist} THEN (SELECT pg_catalog.array_agg({element} ORDER BY u.at) \
              FROM pg_catalog.pg_index x, \
               pg_catalog.unnest(x.indclass) WITH ORDINALITY u(class, at), \
               pg_catalog.pg_opclass o, pg_catalog.pg_namespace n \
              WHERE x.indexrelid = {oid} AND u.at <= {keys} AND o.oid = u.class \
               AND n.oid = o.opcnamespace \
              HAVING pg_catalog.bool_or({SAID})) END"
        )
    };
    format!(
        "{} AS keys, {} AS classes",
        of(&format!("pg_catalog.pg_get_indexdef({oid}, u.at::pg_catalog.int4, false)")),
        of(&format!(
            "CASE WHEN {SAID} THEN pg_catalog.quote_ident(n.nspname) || '.' \
             || pg_catalog.quote_ident(o.opcname) ELSE '' END"
        )),
    )
}

/// A default class for `inet` or `cidr`, in GiST.
const SAID: &str = "(o.opcdefault AND o.opcintype IN (869, 650) AND o.opcmethod = 783)";

/// `definition` with the classes of [`columns`].
pub(super) fn said(definition: String, row: &Row) -> Result<String> {
    let (keys, classes) = (row.list("keys")?, row.list("classes")?);
    Ok(insert(&definition, &keys, &classes).unwrap_or(definition))
}

fn insert(definition: &str, keys: &[String], classes: &[String]) -> Option<String> {
    let mut text = definition.to_owned();
    let mut at = 0;
    for (i, (key, class)) in keys.iter().zip(classes).enumerate() {
        let start = if i == 0 { format!("USING gist ({key}") } else { format!(", {key}") };
        at += text[at..].find(&start)? + start.len();
        if !class.is_empty() {
            text.insert_str(at, &format!(" {class}"));
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::insert;

    #[test]
    fn a_class_stands_behind_its_key() {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let insert = |definition: &str, keys: &[&str], classes: &[&str]| {
            insert(definition, &owned(keys), &owned(classes)).unwrap_or_default()
        };
        assert_eq!(
            insert(
                "CREATE INDEX i ON s.t USING gist (a, b o.p, a) WITH (x)",
                &["a", "b", "a"],
                &["p.c", "", "p.c"]
            ),
            "CREATE INDEX i ON s.t USING gist (a p.c, b o.p, a p.c) WITH (x)"
        );
        assert_eq!(
            insert(
                "EXCLUDE USING gist (b WITH =, f(a, b) WITH &&)",
                &["b", "f(a, b)"],
                &["", "p.c"]
            ),
            "EXCLUDE USING gist (b WITH =, f(a, b) p.c WITH &&)"
        );
        assert_eq!(insert("CREATE INDEX i ON s.t USING btree (a)", &["a"], &["p.c"]), "");
    }
}
