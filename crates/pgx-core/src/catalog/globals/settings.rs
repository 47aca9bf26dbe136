//! Settings of roles in all databases: `pg_db_role_setting` without a database.

use super::entry;
use crate::catalog::model::class;
use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::global::Setting;
use crate::toc::{CatalogId, Entry, Global, Kind};

/// ALTER ROLE ALL SET first, which has no role.
const SETTINGS: &str = "\
SELECT s.setrole, r.rolname, s.setconfig FROM pg_catalog.pg_db_role_setting s \
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole \
WHERE s.setdatabase = 0 AND (s.setrole = 0 OR r.oid IS NOT NULL) \
ORDER BY s.setrole <> 0, r.rolname";

/// Reads the settings, one entry for each.
pub(super) fn read(session: &mut Session) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for row in &session.query(SETTINGS)? {
        entries.extend(of_role(row)?);
    }
    Ok(entries)
}

fn of_role(row: &Row) -> Result<Vec<Entry>> {
    let role = row.opt_text("rolname")?;
    let id = CatalogId { class: class::DB_ROLE_SETTING, oid: 0 };
    let setting = |item: String| {
        let (name, value) = item.split_once('=')?;
        let mut made = entry(Kind::RoleSetting, id, name.to_owned());
        made.global =
            Some(Global::Setting(Setting { role: role.clone(), value: value.to_owned() }));
        Some(made)
    };
    Ok(row.list("setconfig")?.into_iter().filter_map(setting).collect())
}
