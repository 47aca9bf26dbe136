//! Text search: `pg_ts_parser`, `pg_ts_template`, `pg_ts_dict`, `pg_ts_config`.

use std::collections::HashMap;

use super::model::{Mapping, TextSearch, TextSearchKind, class};
use super::object::{self, Source};
use crate::connect::{Row, Session};
use crate::error::Result;

/// Reads what stands in users' schemas: parsers, templates, dictionaries and configurations, each in
/// the order of their OIDs.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<TextSearch>> {
    let mut mappings = mappings(session)?;
    let mut all = Vec::new();
    for source in &SOURCES {
        for row in session.query(&source.sql())? {
            let mut read = source.read(&row)?;
            if source.kind == TextSearchKind::Configuration {
                read.mappings = mappings.remove(&read.object.id.oid).unwrap_or_default();
            }
            all.push(read);
        }
    }
    Ok(all)
}

struct TextSource {
    kind: TextSearchKind,
    class: u32,
    catalog: &'static str,
    prefix: &'static str,
    owned: bool,
    /// Clauses, and the columns with the functions they name.
    functions: &'static [(&'static str, &'static str)],
    /// A clause that names an object in another catalog: that catalog, and the prefix of its columns.
    made_of: Option<(&'static str, &'static str, &'static str)>,
    /// The column with more clauses, as SQL.
    options: &'static str,
}

const BLANK: TextSource = TextSource {
    kind: TextSearchKind::Parser,
    class: 0,
    catalog: "",
    prefix: "",
    owned: false,
    functions: &[],
    made_of: None,
    options: "NULL",
};

const SOURCES: [TextSource; 4] = [
    TextSource {
        kind: TextSearchKind::Parser,
        class: class::TS_PARSER,
        catalog: "pg_ts_parser",
        prefix: "prs",
        functions: &[
            ("START", "prsstart"),
            ("GETTOKEN", "prstoken"),
            ("END", "prsend"),
            ("HEADLINE", "prsheadline"),
            ("LEXTYPES", "prslextype"),
        ],
        ..BLANK
    },
    TextSource {
        kind: TextSearchKind::Template,
        class: class::TS_TEMPLATE,
        catalog: "pg_ts_template",
        prefix: "tmpl",
        functions: &[("INIT", "tmplinit"), ("LEXIZE", "tmpllexize")],
        ..BLANK
    },
    TextSource {
        kind: TextSearchKind::Dictionary,
        class: class::TS_DICT,
        catalog: "pg_ts_dict",
        prefix: "dict",
        owned: true,
        made_of: Some(("TEMPLATE", "pg_ts_template", "tmpl")),
        // The server keeps them as the text of the clauses.
        options: "x.dictinitoption",
        ..BLANK
    },
    TextSource {
        kind: TextSearchKind::Configuration,
        class: class::TS_CONFIG,
        catalog: "pg_ts_config",
        prefix: "cfg",
        owned: true,
        made_of: Some(("PARSER", "pg_ts_parser", "prs")),
        ..BLANK
    },
];

impl TextSource {
    fn sql(&self) -> String {
        let TextSource { catalog, prefix, .. } = *self;
        let columns = match self.owned {
            true => Source { catalog, alias: "x", prefix, acl: None }.columns(),
            false => object::ownerless(catalog, "x", prefix),
        };
        let functions: Vec<String> = self
            .functions
            .iter()
            .map(|(_, column)| object::function(&format!("x.{column}"), column))
            .collect();
        format!(
            "SELECT {columns}, n.nspname AS schema, {} AS options, {} AS made_of{}{} \
             FROM pg_catalog.{catalog} x \
             JOIN pg_catalog.pg_namespace n ON n.oid = x.{prefix}namespace \
             WHERE {} ORDER BY x.oid",
            self.options,
            self.made_of.map_or("NULL".to_owned(), |made_of| self.made_of_sql(made_of)),
            if functions.is_empty() { "" } else { ", " },
            functions.join(", "),
            object::in_user_schema("n"),
        )
    }

    fn made_of_sql(&self, (clause, catalog, prefix): (&str, &str, &str)) -> String {
        let column = format!("{}{}", self.prefix, clause.to_lowercase());
        let (schema, name) = ("mn.nspname", format!("m.{prefix}name"));
        format!(
            "(SELECT {} FROM pg_catalog.{catalog} m \
              JOIN pg_catalog.pg_namespace mn ON mn.oid = m.{prefix}namespace \
              WHERE m.oid = x.{column})",
            object::quoted(schema, &name),
        )
    }

    fn read(&self, row: &Row) -> Result<TextSearch> {
        let mut clauses = Vec::new();
        for (clause, column) in self.functions {
            clauses.extend(row.opt(column)?.map(|function| format!("{clause} = {function}")));
        }
        if let Some((clause, ..)) = self.made_of {
            clauses.push(format!("{clause} = {}", row.str("made_of")?));
        }
        clauses.extend(row.opt_text("options")?);
        Ok(TextSearch {
            kind: self.kind,
            object: object::read(row, self.class, Some(row.text("schema")?))?,
            clauses,
            mappings: Vec::new(),
        })
    }
}

/// The mappings, by configuration. Only the parser knows the names of its tokens.
fn mappings(session: &mut Session) -> Result<HashMap<u32, Vec<Mapping>>> {
    let sql = format!(
        "SELECT m.mapcfg, t.alias, \
          pg_catalog.string_agg({}, ', ' ORDER BY m.mapseqno) AS dictionaries \
         FROM pg_catalog.pg_ts_config c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace \
         JOIN pg_catalog.pg_ts_config_map m ON m.mapcfg = c.oid \
         JOIN pg_catalog.pg_ts_dict d ON d.oid = m.mapdict \
         JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace, \
         LATERAL pg_catalog.ts_token_type(c.cfgparser) t \
         WHERE t.tokid = m.maptokentype AND {} \
         GROUP BY m.mapcfg, m.maptokentype, t.alias ORDER BY m.mapcfg, m.maptokentype",
        object::quoted("dn.nspname", "d.dictname"),
        object::in_user_schema("n"),
    );
    let mut mappings: HashMap<u32, Vec<Mapping>> = HashMap::new();
    for row in session.query(&sql)? {
        mappings
            .entry(row.oid("mapcfg")?)
            .or_default()
            .push(Mapping { token: row.text("alias")?, dictionaries: row.text("dictionaries")? });
    }
    Ok(mappings)
}
