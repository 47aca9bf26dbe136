//! Operator families and classes: `pg_opfamily`, `pg_opclass`, and their members.

use std::collections::HashMap;

use super::model::{Members, OperatorClass, OperatorFamily, class};
use super::object::{self, Source};
use crate::connect::quote::qualified;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::CatalogId;

const FAMILY: Source<'_> = Source { catalog: "pg_opfamily", alias: "f", prefix: "opf", acl: None };

const CLASS: Source<'_> = Source { catalog: "pg_opclass", alias: "c", prefix: "opc", acl: None };

/// Reads the operator families and classes in users' schemas, each in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<(Vec<OperatorFamily>, Vec<OperatorClass>)> {
    let mut members = members(session)?;
    let families = families(session, &mut members)?;
    Ok((families, classes(session, &mut members)?))
}

/// Members by the family or class they belong to.
type ByOwner = HashMap<CatalogId, Members>;

fn families(session: &mut Session, members: &mut ByOwner) -> Result<Vec<OperatorFamily>> {
    let sql = format!(
        "SELECT {}, n.nspname AS schema, am.amname FROM pg_catalog.pg_opfamily f \
         JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace \
         JOIN pg_catalog.pg_am am ON am.oid = f.opfmethod WHERE {} ORDER BY f.oid",
        FAMILY.columns(),
        object::in_user_schema("n"),
    );
    let mut family = |row: &Row| {
        let object = object::read(row, class::OPFAMILY, Some(row.text("schema")?))?;
        let members = members.remove(&object.id).unwrap_or_default();
        Ok(OperatorFamily { object, method: row.text("amname")?, members })
    };
    session.query(&sql)?.iter().map(&mut family).collect()
}

fn classes(session: &mut Session, members: &mut ByOwner) -> Result<Vec<OperatorClass>> {
    let sql = format!(
        "SELECT {}, n.nspname AS schema, am.amname, c.opcdefault, \
          pg_catalog.format_type(c.opcintype, NULL) AS type, f.opfname, fn.nspname AS opfschema, \
          CASE WHEN c.opckeytype <> 0 THEN pg_catalog.format_type(c.opckeytype, NULL) END AS storage \
         FROM pg_catalog.pg_opclass c JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace \
         JOIN pg_catalog.pg_am am ON am.oid = c.opcmethod \
         JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily \
         JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace WHERE {} ORDER BY c.oid",
        CLASS.columns(),
        object::in_user_schema("n"),
    );
    let mut class = |row: &Row| {
        let object = object::read(row, class::OPCLASS, Some(row.text("schema")?))?;
        let members = members.remove(&object.id).unwrap_or_default();
        Ok(OperatorClass {
            object,
            method: row.text("amname")?,
            type_name: row.text("type")?,
            default: row.bool("opcdefault")?,
            family: qualified(row.str("opfschema")?, row.str("opfname")?),
            storage: row.opt_text("storage")?,
            members,
        })
    };
    session.query(&sql)?.iter().map(&mut class).collect()
}

/// A member goes with its class where dropping the class drops it; else it is the family's. An operator
/// that orders depends on yet another family, which does not own it.
const MEMBERS: &str = "\
SELECT m.* FROM (SELECT d.refclassid, d.refobjid, d.classid, o.oid, \
 'OPERATOR ' || o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator::pg_catalog.text \
  || COALESCE(' FOR ORDER BY ' || pg_catalog.quote_ident(sn.nspname) || '.' \
   || pg_catalog.quote_ident(s.opfname), '') AS item, 1 AS part, o.amopstrategy AS number \
FROM pg_catalog.pg_amop o JOIN pg_catalog.pg_depend d ON d.objid = o.oid \
 AND d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.deptype IN ('a', 'i') \
 AND (d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass \
  OR d.refclassid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND d.refobjid = o.amopfamily) \
LEFT JOIN pg_catalog.pg_opfamily s ON s.oid = o.amopsortfamily \
LEFT JOIN pg_catalog.pg_namespace sn ON sn.oid = s.opfnamespace WHERE o.oid >= 16384 \
UNION ALL SELECT d.refclassid, d.refobjid, d.classid, p.oid, 'FUNCTION ' || p.amprocnum || ' (' \
  || pg_catalog.format_type(p.amproclefttype, NULL) || ', ' \
  || pg_catalog.format_type(p.amprocrighttype, NULL) || ') ' \
  || p.amproc::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text, 2, p.amprocnum \
FROM pg_catalog.pg_amproc p JOIN pg_catalog.pg_depend d ON d.objid = p.oid \
 AND d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.deptype IN ('a', 'i') \
 AND (d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass \
  OR d.refclassid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND d.refobjid = p.amprocfamily) \
WHERE p.oid >= 16384) m ORDER BY m.part, m.number, m.item COLLATE pg_catalog.\"C\"";

fn members(session: &mut Session) -> Result<ByOwner> {
    let mut members = ByOwner::new();
    for row in session.query(MEMBERS)? {
        let owner = CatalogId { class: row.oid("refclassid")?, oid: row.oid("refobjid")? };
        let of_owner = members.entry(owner).or_default();
        of_owner.ids.push(CatalogId { class: row.oid("classid")?, oid: row.oid("oid")? });
        of_owner.items.push(row.text("item")?);
    }
    Ok(members)
}
