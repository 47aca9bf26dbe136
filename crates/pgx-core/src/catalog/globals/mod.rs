//! What a cluster's databases share: roles, memberships, settings of roles, privileges on parameters,
//! tablespaces. The same reading serves a dump, and a restore that compares its target with the
//! archive.

mod memberships;
mod parameters;
mod roles;
mod settings;
mod tablespaces;

use crate::connect::{Row, Session};
use crate::error::Result;
use crate::toc::{CatalogId, Comment, Entry, Kind, Ref, SecurityLabel};

pub use roles::passwords_are_readable;

/// OID of the superuser that initdb makes.
const BOOTSTRAP: u32 = 10;

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Roles, memberships, settings, privileges on parameters.
    pub roles: bool,
    /// The passwords of roles, too.
    pub passwords: bool,
    /// Tablespaces.
    pub tablespaces: bool,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Globals {
    /// The objects, in the order in which they are restored; not numbered.
    pub entries: Vec<Entry>,
    /// What the catalogs hold that cannot be carried over.
    pub warnings: Vec<String>,
}

/// Reads the globals of the cluster.
///
/// # Errors
/// As [`Session::query`]; [`Code::Denied`](crate::Code::Denied) for passwords without the right to
/// read them.
pub fn read(session: &mut Session, parts: Parts) -> Result<Globals> {
    let mut globals = Globals::default();
    if parts.roles {
        globals.entries.extend(roles::read(session, parts.passwords)?);
        memberships::read(session, &mut globals)?;
        globals.entries.extend(settings::read(session)?);
        globals.entries.extend(parameters::read(session)?);
    }
    if parts.tablespaces {
        globals.entries.extend(tablespaces::read(session)?);
    }
    Ok(globals)
}

fn entry(kind: Kind, id: CatalogId, name: String) -> Entry {
    Entry::new(kind, id, Ref { schema: None, name })
}

/// The columns `comment` and `labels` of an object of a shared catalog; `catalog` is its bare name.
fn remarks(catalog: &str) -> String {
    format!(
        "pg_catalog.shobj_description(o.oid, '{catalog}') AS comment, \
         (SELECT pg_catalog.array_agg(v.x ORDER BY l.provider, v.n) \
          FROM pg_catalog.pg_shseclabel l, \
          LATERAL (VALUES (1, l.provider), (2, l.label)) AS v(n, x) \
          WHERE l.classoid = 'pg_catalog.{catalog}'::pg_catalog.regclass AND l.objoid = o.oid) \
          AS labels"
    )
}

/// Takes over what [`remarks`] reads. Their addresses are empty: the object itself is meant.
fn take_remarks(entry: &mut Entry, row: &Row) -> Result<()> {
    let comment = row.opt_text("comment")?;
    entry.comments.extend(comment.map(|text| Comment { address: String::new(), text }));
    for label in row.list("labels")?.chunks_exact(2) {
        let (provider, text) = (label[0].clone(), label[1].clone());
        entry.labels.push(SecurityLabel { provider, address: String::new(), text });
    }
    Ok(())
}
