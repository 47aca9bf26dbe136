//! Which types have a binary form that pgx knows.
//!
//! A form is known when it holds no OID of this database and pgx can print it as the server would. So
//! domains are known by what they are made of, enums and ranges of known types are known; composite
//! types, arrays of types that are not built in, and types pgx never heard of are not.

use std::collections::HashMap;

use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{Leaf, Shape};

/// The types of a server, as far as their binary form goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shapes(HashMap<u32, Facts>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Facts {
    Domain(u32),
    Enum,
    Array(u32),
    Range(u32),
    Multirange(u32),
    /// A base type of an extension, by the extension's name and its own.
    Extension(String, String),
}

/// OIDs below are the same on every server that has the type.
const FIRST_UNPINNED: u32 = 10_000;

/// Domains over domains, arrays of ranges of domains …: further down nothing is known.
const DEPTH_MAX: usize = 16;

/// The types of extensions that pgx knows.
const EXTENSION_TYPES: &[(&str, Leaf)] = &[
    ("hstore", Leaf::Hstore),
    ("ltree", Leaf::Ltree),
    ("ltree", Leaf::Lquery),
    ("ltree", Leaf::Ltxtquery),
    ("citext", Leaf::Citext),
    ("cube", Leaf::Cube),
    ("postgis", Leaf::Geometry),
    ("postgis", Leaf::Geography),
    ("vector", Leaf::Vector),
    ("vector", Leaf::Halfvec),
    ("vector", Leaf::Sparsevec),
];

impl Shapes {
    /// Reads the types that are not known by their OID alone.
    ///
    /// # Errors
    /// What the server refuses.
    pub fn read(session: &mut Session) -> Result<Shapes> {
        let multirange = if session.major() >= 14 { "r.rngmultitypid = t.oid" } else { "false" };
        let rows = session.query(&format!(
            "SELECT t.oid, t.typname, t.typtype, t.typbasetype, t.typelem, \
             t.typelem <> 0 AND t.typcategory = 'A' AND t.typlen = -1 AS is_array, \
             r.rngsubtype, e.extname \
             FROM pg_catalog.pg_type t \
             LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid OR {multirange} \
             LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass \
               AND d.objid = t.oid AND d.objsubid = 0 AND d.deptype = 'e' \
               AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass \
             LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid \
             WHERE t.typtype NOT IN ('c', 'p') AND t.typsend <> 0 AND t.typreceive <> 0"
        ))?;
        let facts = rows.iter().filter_map(|row| facts(row).transpose());
        facts.collect::<Result<_>>().map(Shapes)
    }

    /// The binary form of a type; none when it is not known.
    pub fn of(&self, type_oid: u32) -> Option<Shape> {
        self.resolve(type_oid, DEPTH_MAX)
    }

    fn resolve(&self, type_oid: u32, depth: usize) -> Option<Shape> {
        let depth = depth.checked_sub(1)?;
        let builtin = Leaf::ALL.iter().find(|leaf| leaf.oid() == Some(type_oid));
        if let Some(&leaf) = builtin {
            return self.0.contains_key(&type_oid).then_some(Shape::Leaf(leaf));
        }
        match self.0.get(&type_oid)? {
            Facts::Domain(base) => self.resolve(*base, depth),
            Facts::Enum => Some(Shape::Leaf(Leaf::Enum)),
            // The binary form of an array names its element's type by OID.
            Facts::Array(element) if *element < FIRST_UNPINNED => {
                Some(Shape::Array(Box::new(self.resolve(*element, depth)?)))
            }
            Facts::Array(_) => None,
            Facts::Range(of) => Some(Shape::Range(Box::new(self.resolve(*of, depth)?))),
            Facts::Multirange(of) => Some(Shape::Multirange(Box::new(self.resolve(*of, depth)?))),
            Facts::Extension(extension, name) => EXTENSION_TYPES
                .iter()
                .find(|(of, leaf)| of == extension && leaf.text() == name)
                .map(|(_, leaf)| Shape::Leaf(*leaf)),
        }
    }
}

fn facts(row: &Row) -> Result<Option<(u32, Facts)>> {
    let oid = row.oid("oid")?;
    let subtype = row.opt_int::<u32>("rngsubtype")?;
    let facts = match (row.char("typtype")?, subtype) {
        ('d', _) => Facts::Domain(row.oid("typbasetype")?),
        ('e', _) => Facts::Enum,
        ('r', Some(of)) => Facts::Range(of),
        ('m', Some(of)) => Facts::Multirange(of),
        ('b', _) if row.bool("is_array")? => Facts::Array(row.oid("typelem")?),
        ('b', _) => {
            let extension = row.opt_text("extname")?.unwrap_or_default();
            Facts::Extension(extension, row.text("typname")?)
        }
        _ => return Ok(None),
    };
    Ok(Some((oid, facts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes() -> Shapes {
        let base = |name: &str| Facts::Extension(String::new(), name.to_owned());
        let extension = |of: &str, name: &str| Facts::Extension(of.to_owned(), name.to_owned());
        Shapes(HashMap::from([
            (23, base("int4")),
            (1007, Facts::Array(23)),
            (3904, Facts::Range(23)),
            (3905, Facts::Array(3904)),
            (20_000, Facts::Domain(1007)),
            (20_001, Facts::Array(20_000)),
            (20_002, Facts::Enum),
            (20_003, Facts::Range(20_002)),
            (20_004, extension("hstore", "hstore")),
            (20_005, extension("mine", "hstore")),
            (20_006, Facts::Domain(20_006)),
        ]))
    }

    #[test]
    fn forms_are_known_unless_they_hold_an_oid_or_are_foreign() {
        let text = |oid| shapes().of(oid).map(|shape| shape.to_string());
        assert_eq!(text(23).as_deref(), Some("int4"));
        assert_eq!(text(3905).as_deref(), Some("array(range(int4))"));
        assert_eq!(text(20_000).as_deref(), Some("array(int4)"));
        assert_eq!(text(20_003).as_deref(), Some("range(enum)"));
        assert_eq!(text(20_004).as_deref(), Some("hstore"));
        for unknown in [25, 20_001, 20_005, 20_006, 99_999] {
            assert_eq!(text(unknown), None, "{unknown}");
        }
    }
}
