//! Giving a finished database its name, its owner and its properties.

use std::thread;

use super::session::{self, roll_back, uninterrupted};
use super::staging::{self, ATTEMPTS, Names, PAUSE};
use crate::connect::quote::{ident, literal};
use crate::connect::{Config, Session};
use crate::ddl::acl;
use crate::error::{Code, Error, Result};
use crate::toc::{AclChange, DatabaseSpec};

/// SQLSTATE of a database that others are connected to.
pub(super) const IN_USE: &str = "55006";

/// Publishes in one transaction. Returns warnings: settings the target does not accept.
///
/// # Errors
/// [`Code::NotPublished`], with the statement that is left to do; an interrupt.
pub(super) fn publish(
    config: &Config,
    names: &Names,
    source: &DatabaseSpec,
) -> Result<Vec<String>> {
    let outcome = Session::open(config).and_then(|mut session| {
        let outcome = empty_and_rename(&mut session, names, source);
        roll_back(&mut session);
        outcome
    });
    outcome.or_else(|error| {
        let interrupted = matches!(error.code(), Code::Interrupted | Code::Terminated);
        let kept = Session::open(&uninterrupted(config)).and_then(|mut session| {
            let staging = is_there(&mut session, &names.staging)?;
            match staging {
                false if is_there(&mut session, &names.name)? => Ok(None),
                false => Err(gone(names)),
                true if interrupted => Ok(Some(Vec::new())),
                true => keep(&mut session, names, source).map(Some),
            }
        });
        match kept {
            // The answer to COMMIT was lost, and the commit was not.
            Ok(None) => Ok(Vec::new()),
            Ok(Some(_)) if interrupted => Err(error),
            Ok(Some(lacking)) => {
                Err(lacking.into_iter().fold(not_published(error, names), Error::note))
            }
            Err(gone) if gone.code() == Code::TargetFailed => Err(gone),
            Err(_) => Err(not_published(error, names)
                .note(format!("it refuses connections: {};", reopen(names)))),
        }
    })
}

pub(super) fn is_there(session: &mut Session, name: &str) -> Result<bool> {
    let sql = format!("SELECT FROM pg_catalog.pg_database WHERE datname = {}", literal(name));
    session.query(&sql).map(|found| !found.is_empty())
}

pub(super) fn gone(names: &Names) -> Error {
    Error::new(Code::TargetFailed, "somebody dropped the database while it was being made")
        .object(names.database())
        .hint("run the restore again")
}

/// Gives a database that keeps its staging name everything else, so that renaming it is all that is
/// left to do. Returns what it lacks beside the name.
pub(super) fn keep(
    session: &mut Session,
    names: &Names,
    source: &DatabaseSpec,
) -> Result<Vec<String>> {
    match in_one_transaction(session, names, source, &names.staging) {
        Ok(_) => Ok(Vec::new()),
        Err(error) => {
            roll_back(session);
            session.execute(&reopen(names))?;
            Ok(vec![format!("it lacks its owner, settings and privileges too: {error}")])
        }
    }
}

fn reopen(names: &Names) -> String {
    format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", ident(&names.staging))
}

fn not_published(error: Error, names: &Names) -> Error {
    let rename =
        format!("ALTER DATABASE {} RENAME TO {}", ident(&names.staging), ident(&names.name));
    let mut kept = Error::new(
        Code::NotPublished,
        format!("the restored database is complete but is still called {}", ident(&names.staging)),
    )
    .object(names.database())
    .note(error.to_string())
    .hint(format!("when the cause is gone, run: {rename}"));
    if let Some(server) = error.server_error() {
        kept = kept.server(server.clone());
    }
    kept
}

fn empty_and_rename(
    session: &mut Session,
    names: &Names,
    source: &DatabaseSpec,
) -> Result<Vec<String>> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        close(session, names)?;
        match in_one_transaction(session, names, source, &names.name) {
            Err(error) if error.sqlstate() == Some(IN_USE) && attempt < ATTEMPTS => {
                session.execute("ROLLBACK")?;
                thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// `called` is the name the database has in the end: its own, or still the staging name.
fn in_one_transaction(
    session: &mut Session,
    names: &Names,
    source: &DatabaseSpec,
    called: &str,
) -> Result<Vec<String>> {
    begin(session)?;
    let warnings = open_as(session, names, source, called)?;
    session.execute("COMMIT")?;
    Ok(warnings)
}

pub(super) fn begin(session: &mut Session) -> Result<()> {
    session.execute("BEGIN READ WRITE; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
}

/// Gives a staging database the name `called`, opens it, and makes it what `source` says.
pub(super) fn open_as(
    session: &mut Session,
    names: &Names,
    source: &DatabaseSpec,
    called: &str,
) -> Result<Vec<String>> {
    let name = ident(called);
    if called != names.staging {
        let staging = ident(&names.staging);
        session.execute(&format!("ALTER DATABASE {staging} RENAME TO {name}"))?;
    }
    session.execute(&format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS true; GRANT CONNECT ON DATABASE {name} TO PUBLIC"
    ))?;
    if let Some(clause) = staging::entering(session, "FROM") {
        session.execute(&format!("REVOKE CONNECT ON DATABASE {name} {clause}"))?;
    }
    plain(&name, source).iter().try_for_each(|sql| session.execute(sql))?;
    let warnings = settings(session, &name, source)?;
    let owner = owner(&name, names.owner.as_deref());
    let privileges = privileges(session, &name, source);
    owner.iter().chain(&privileges).try_for_each(|sql| session.execute(sql))?;
    Ok(warnings)
}

/// Makes a database that was there (its name quoted) what `source` says, as far as this role may: what
/// it may not becomes a warning.
pub(super) fn adapt(
    session: &mut Session,
    name: &str,
    source: &DatabaseSpec,
) -> Result<Vec<String>> {
    let mut warnings = settings(session, name, source)?;
    let of_source = Some(source.owner.as_str()).filter(|owner| !owner.is_empty());
    let statements = plain(name, source).into_iter().chain(owner(name, of_source));
    for statement in statements.chain(privileges(session, name, source)) {
        warnings.extend(attempt(session, &statement)?);
    }
    Ok(warnings)
}

/// What differs from a new database, and is nobody's.
fn plain(name: &str, source: &DatabaseSpec) -> Vec<String> {
    let limit = source.connection_limit;
    let limit = (limit >= 0).then(|| format!("ALTER DATABASE {name} CONNECTION LIMIT {limit}"));
    let comment = source.comment.as_ref();
    let comment = comment.map(|text| format!("COMMENT ON DATABASE {name} IS {}", literal(text)));
    let template = source.is_template.then(|| format!("ALTER DATABASE {name} IS_TEMPLATE true"));
    limit.into_iter().chain(comment).chain(template).collect()
}

fn owner(name: &str, owner: Option<&str>) -> Option<String> {
    owner.map(|owner| format!("ALTER DATABASE {name} OWNER TO {}", ident(owner)))
}

fn privileges(session: &Session, name: &str, source: &DatabaseSpec) -> Vec<String> {
    let on = |change: &AclChange| AclChange { on: format!("DATABASE {name}"), ..change.clone() };
    let set_role = session.config().set_role();
    let changes = source.acl.iter().map(on);
    let major = session.major();
    changes
        .flat_map(|change| acl::statements(&change, major).into_iter().chain(set_role.clone()))
        .collect()
}

/// Refuses new sessions in a staging database, and ends those that are there.
pub(super) fn close(session: &mut Session, names: &Names) -> Result<()> {
    let close = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", ident(&names.staging));
    session.execute(&close)?;
    send_away(session, &names.staging)
}

/// Settings that this server, or this role, does not accept are left out: the rows are not worth
/// less for that.
fn settings(session: &mut Session, name: &str, source: &DatabaseSpec) -> Result<Vec<String>> {
    let of_database = source.settings.iter().map(|set| format!("ALTER DATABASE {name} {set}"));
    let of_roles = source.role_settings.iter().map(|of_role| {
        let role = ident(&of_role.role);
        format!("ALTER ROLE {role} IN DATABASE {name} {}", of_role.setting)
    });
    let mut warnings = Vec::new();
    for statement in of_database.chain(of_roles) {
        warnings.extend(attempt(session, &statement)?);
    }
    Ok(warnings)
}

/// Runs a statement that may be refused: then it is undone, and told.
fn attempt(session: &mut Session, statement: &str) -> Result<Option<String>> {
    let refused = session::attempt(session, statement, |error| error.server_error().is_some())?;
    Ok(refused.map(|error| format!("a setting is left out: {statement}: {error}")))
}

/// Ends other sessions in a database; one that belongs to a mightier role stays.
pub(super) fn send_away(session: &mut Session, database: &str) -> Result<()> {
    let outcome = session.execute(&format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
         WHERE datname = {} AND pid <> pg_catalog.pg_backend_pid() \
         AND usesysid IS NOT NULL AND pg_catalog.pg_has_role(usesysid, 'USAGE')",
        literal(database)
    ));
    match outcome {
        Err(error) if error.code() == Code::Denied => Ok(()),
        outcome => outcome,
    }
}
