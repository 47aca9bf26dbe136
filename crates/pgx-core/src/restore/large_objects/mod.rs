//! Large objects: made by their owners, filled page by page, granted on last.
//!
//! Making one as its owner takes no lock, so one transaction makes any number on any server. Whoever
//! may write to `pg_largeobject` copies the pages into it; everybody else copies them into a temporary
//! table, a chunk at a time, and has the server write them from there.
//!
//! No SQL text of the archive is run: a restore of rows alone makes large objects too, as pg_restore's
//! does.

mod pages;
mod read;

pub(super) use pages::Pages;

use super::batch::Batch;
use super::plan::{Action, Plan};
use super::session::{Commits, commit_and_go_on};
use super::work::Work;
use crate::connect::Session;
use crate::connect::quote::ident;
use crate::ddl::large_objects::{self, OIDS_PER_ENTRY};
use crate::ddl::{acl, comment, label};
use crate::error::{Code, Error, Result};
use crate::toc::{AclChange, Entry, Kind, Oids};

/// Large objects of one GRANT: from 18 on it locks each of them until the transaction ends.
const OIDS_PER_GRANT: u32 = 1_000;

/// Checks what entries of large objects say, since statements are made of it.
///
/// # Errors
/// [`Code::ArchiveDamaged`].
pub(super) fn check(entries: &[Entry]) -> Result<()> {
    let is_sound = |entry: &Entry| match (entry.kind, &entry.large_objects) {
        (Kind::LargeObjectMetadata, Some(objects)) => {
            objects.oids.is_in_order()
                && (1..=u64::from(OIDS_PER_ENTRY)).contains(&objects.oids.count())
                && entry.comments.iter().all(|comment| is_of(&comment.address, &objects.oids))
                && entry.labels.iter().all(|label| is_of(&label.address, &objects.oids))
                && entry.acl.iter().all(is_of_large_objects)
        }
        (Kind::LargeObjects, Some(objects)) => entry.data.is_some() && objects.has_pages(),
        (Kind::LargeObjectMetadata | Kind::LargeObjects, None) => false,
        _ => true,
    };
    match entries.iter().find(|entry| !is_sound(entry)) {
        None => Ok(()),
        Some(entry) => Err(Error::new(
            Code::ArchiveDamaged,
            "the archive says what cannot be of large objects",
        )
        .object(entry.label())
        .hint("the archive was not written by pgx as it is; do not trust it")),
    }
}

/// Whether a comment or label is on one of the large objects.
fn is_of(address: &str, oids: &Oids) -> bool {
    let oid = address.rsplit(' ').next().and_then(|word| word.parse().ok());
    oid.is_some_and(|oid| oids.contains(oid) && large_objects::address(oid) == address)
}

fn is_of_large_objects(change: &AclChange) -> bool {
    let known = |word: &String| matches!(word.as_str(), "ALL" | "SELECT" | "UPDATE");
    change.privileges.iter().all(known) && change.column.is_none() && change.on.is_empty()
}

/// Makes the large objects of the plan and comments on them; what returns fills them. None when there
/// are none.
///
/// # Errors
/// What the server refused, with the entry.
pub(super) fn make(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
) -> Result<Option<Pages>> {
    if plan.of(Action::MakeLargeObjects).next().is_none() {
        return Ok(None);
    }
    work.stage("making large objects");
    let mut warnings = Vec::new();
    let mut batch = Batch::new(session, plan, &mut warnings).committing(Commits::of(work.request));
    for (step, entry) in plan.of(Action::MakeLargeObjects).filter(|(step, _)| !plan.is_done(step)) {
        work.observer.detail(format!("making {}", entry.label()));
        for statement in making(entry) {
            batch.push(step.entry, statement)?;
        }
        batch.done(step)?;
        batch.between_entries()?;
        work.report.entries += 1;
        work.report.large_objects += entry.large_objects();
    }
    batch.flush()?;
    work.warn(warnings);
    let pages = plan.of(Action::LoadLargeObjects).next();
    pages.map(|(_, entry)| Pages::new(session, plan, entry, work.request)).transpose()
}

fn making(entry: &Entry) -> Vec<String> {
    let Some(objects) = &entry.large_objects else { return Vec::new() };
    let mut statements = vec![create_sql(&objects.oids)];
    statements.extend(entry.comments.iter().map(comment::statement));
    statements.extend(entry.labels.iter().map(label::statement));
    as_role(entry.owner.as_deref(), statements)
}

fn create_sql(oids: &Oids) -> String {
    let runs = oids.runs().iter();
    let runs: Vec<String> = runs.map(|run| format!("({}, {})", run.first, run.count)).collect();
    format!(
        "SELECT pg_catalog.count(pg_catalog.lo_create(s.oid::pg_catalog.oid)) \
         FROM (VALUES {}) r(first, count), LATERAL pg_catalog.generate_series(\
          r.first::pg_catalog.int8, r.first::pg_catalog.int8 + r.count - 1) s(oid)",
        runs.join(", ")
    )
}

/// Changes the privileges of the large objects, which are complete.
///
/// # Errors
/// What the server refused, with the entry.
pub(super) fn grant(work: &mut Work<'_>, session: &mut Session, plan: &Plan) -> Result<()> {
    let commits = Commits::of(work.request);
    let mut warnings = Vec::new();
    let major = session.major();
    let mut batch = Batch::new(session, plan, &mut warnings);
    for (step, entry) in plan.of(Action::GrantLargeObjects) {
        work.observer.detail(format!("granting on {}", entry.label()));
        let oids = entry.large_objects.as_ref().map(|objects| objects.oids.parts(OIDS_PER_GRANT));
        for part in oids.unwrap_or_default() {
            for statement in granting(entry, &part, major) {
                batch.push(step.entry, statement)?;
            }
            if commits == Commits::AsItGoes {
                batch.flush()?;
                commit_and_go_on(batch.session)?;
            }
        }
        batch.done(step)?;
    }
    batch.flush()?;
    work.warn(warnings);
    Ok(())
}

/// The owner grants: a role that may become the owner need not have its privileges.
fn granting(entry: &Entry, oids: &Oids, major: u32) -> Vec<String> {
    let list: Vec<String> = oids.iter().map(|oid| oid.to_string()).collect();
    let on = format!("LARGE OBJECT {}", list.join(", "));
    let mut statements = Vec::new();
    for change in &entry.acl {
        let owner = entry.owner.as_deref().filter(|_| change.grantor.is_none());
        let change = acl::statements(&AclChange { on: on.clone(), ..change.clone() }, major);
        statements.extend(as_role(owner, change));
    }
    statements
}

/// The statements, carried out by a role if there is one.
fn as_role(role: Option<&str>, statements: Vec<String>) -> Vec<String> {
    let Some(role) = role else { return statements };
    let mut all = vec![format!("SET LOCAL ROLE {}", ident(role))];
    all.extend(statements);
    all.push("RESET ROLE".to_owned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toc::{CatalogId, Comment, LargeObjects, Ref};

    fn entry() -> Entry {
        let name = Ref { schema: None, name: "5..7".into() };
        let mut entry = Entry::new(Kind::LargeObjectMetadata, CatalogId::default(), name);
        let mut oids = Oids::default();
        [5, 6, 7, 4_000_000_000].into_iter().for_each(|oid| oids.push(oid));
        entry.large_objects = Some(LargeObjects { oids, page_bytes: 0 });
        entry.owner = Some("o\"1".into());
        entry.comments = vec![Comment { address: "LARGE OBJECT 6".into(), text: "it's".into() }];
        entry.acl = vec![AclChange {
            revoke: false,
            privileges: vec!["SELECT".into()],
            column: None,
            on: String::new(),
            grantee: Some("b".into()),
            grantor: None,
            grant_option: false,
        }];
        entry
    }

    #[test]
    fn one_statement_of_the_owner_makes_them() {
        let statements = making(&entry());
        assert_eq!(statements[0], "SET LOCAL ROLE \"o\"\"1\"");
        assert!(statements[1].contains("VALUES (5, 3), (4000000000, 1)"), "{}", statements[1]);
        assert_eq!(statements[2..], ["COMMENT ON LARGE OBJECT 6 IS 'it''s'", "RESET ROLE"]);
        let nobodys = Entry { owner: None, ..entry() };
        assert_eq!(making(&nobodys).len(), 2);
        let oids = entry().large_objects.unwrap().oids;
        let grant = "GRANT SELECT ON LARGE OBJECT 5, 6, 7, 4000000000 TO \"b\"";
        assert_eq!(granting(&entry(), &oids, 18)[1], grant);
        assert_eq!(granting(&nobodys, &oids, 18), [grant]);
    }

    #[test]
    fn an_entry_that_says_anything_else_is_refused() {
        check(&[entry()]).unwrap();
        let changes: [fn(&mut Entry); 5] = [
            |entry| entry.large_objects = None,
            |entry| entry.large_objects = Some(LargeObjects::default()),
            |entry| entry.comments[0].address = "LARGE OBJECT 8".into(),
            |entry| entry.comments[0].address = "TABLE t IS ''; DROP TABLE t; -- 6".into(),
            |entry| entry.acl[0].privileges = vec!["SELECT ON t TO x; --".into()],
        ];
        for change in changes {
            let mut entry = entry();
            change(&mut entry);
            assert_eq!(check(&[entry]).unwrap_err().code(), Code::ArchiveDamaged);
        }
    }
}
