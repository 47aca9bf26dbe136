//! What a catalog column is turned into, so that it reads the same in every database.

use super::identity;
use crate::catalog::known::Rule;
use crate::connect::quote::ident;

impl Rule {
    /// The SQL that turns `column` of `x` into text; `None` for an excluded column.
    pub(super) fn sql(self, column: &str, major: u32) -> Option<String> {
        let x = format!("x.{}", ident(column));
        Some(match self {
            Rule::Excluded(_) => return None,
            Rule::Value => format!("({x})::pg_catalog.text"),
            Rule::Expr(sql) => format!("({sql})::pg_catalog.text"),
            Rule::Sorted => each(&x, "pg_catalog.text", "e.v", "e.v COLLATE pg_catalog.\"C\""),
            Rule::Role => role(&x),
            Rule::Roles => each(&x, "pg_catalog.oid", &role("e.v"), &role("e.v")),
            Rule::Type => type_name(&x),
            Rule::Types => each(&x, "pg_catalog.oid", &type_name("e.v"), "e.n"),
            Rule::Name(catalog) => identity::object(catalog, &x, "0"),
            Rule::Names(catalog) => {
                each(&x, "pg_catalog.oid", &identity::object(catalog, "e.v", "0"), "e.n")
            }
            Rule::AttNums(relation) => {
                let name = column_name(&format!("x.{}", ident(relation)));
                each(&x, "pg_catalog.int2", &name, "e.n")
            }
            Rule::Acl(kind, owner) => {
                let initial = format!("pg_catalog.acldefault({kind}, x.{})", ident(owner));
                acl_unless(&x, &initial)
            }
            Rule::Constraint => identity::constraint_of(&x, major),
            Rule::Trigger => identity::trigger_of(&x, major),
        })
    }
}

/// The list, sorted, unless it grants the same as `initial`, of which NULL is the short form.
pub(super) fn acl_unless(acl: &str, initial: &str) -> String {
    let sorted = |list: &str| {
        let items = each(list, "pg_catalog.aclitem", "e.v", "e.v::pg_catalog.text");
        format!("COALESCE({items}, '{{}}')")
    };
    format!(
        "NULLIF({}, {})",
        sorted(&format!("COALESCE({acl}, {initial})")),
        sorted(&format!("COALESCE({initial}, '{{}}')"))
    )
}

/// An array of `element` (in which an element is `e.v`, its position `e.n`) for each of `array`.
fn each(array: &str, of: &str, element: &str, order: &str) -> String {
    format!(
        "(SELECT pg_catalog.array_agg(({element})::pg_catalog.text ORDER BY {order}) \
         FROM pg_catalog.unnest(({array})::{of}[]) WITH ORDINALITY AS e(v, n))::pg_catalog.text"
    )
}

fn role(oid: &str) -> String {
    format!(
        "CASE {oid} WHEN 0 THEN 'public' \
         ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid({oid})) END"
    )
}

fn type_name(oid: &str) -> String {
    format!("NULLIF(pg_catalog.format_type({oid}, NULL), '-')")
}

fn column_name(relation: &str) -> String {
    format!(
        "CASE e.v WHEN 0 THEN '(expression)' ELSE \
         (SELECT pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_attribute a \
         WHERE a.attrelid = {relation} AND a.attnum = e.v) END"
    )
}
