//! Giving a finished database its name, its owner and its properties.

use std::thread;

use super::session::{roll_back, uninterrupted};
use super::staging::{self, ATTEMPTS, Names, PAUSE};
use crate::connect::quote::{ident, literal};
use crate::connect::{Config, Session};
use crate::ddl::acl;
use crate::error::{Code, Error, Result};
use crate::toc::{AclChange, DatabaseSpec};

/// SQLSTATE of a database that others are connected to.
const IN_USE: &str = "55006";

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

fn is_there(session: &mut Session, name: &str) -> Result<bool> {
    let sql = format!("SELECT FROM pg_catalog.pg_database WHERE datname = {}", literal(name));
    session.query(&sql).map(|found| !found.is_empty())
}

fn gone(names: &Names) -> Error {
    Error::new(Code::TargetFailed, "somebody dropped the database while it was being made")
        .object(names.database())
        .hint("run the restore again")
}

/// Gives a database that keeps its staging name everything else, so that renaming it is all that is
/// left to do. Returns what it lacks beside the name.
fn keep(session: &mut Session, names: &Names, source: &DatabaseSpec) -> Result<Vec<String>> {
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
        let close = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", ident(&names.staging));
        session.execute(&close)?;
        send_away(session, &names.staging)?;
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
    session
        .execute("BEGIN READ WRITE; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")?;
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
    if source.connection_limit >= 0 {
        session.execute(&format!(
            "ALTER DATABASE {name} CONNECTION LIMIT {}",
            source.connection_limit
        ))?;
    }
    if let Some(comment) = &source.comment {
        session.execute(&format!("COMMENT ON DATABASE {name} IS {}", literal(comment)))?;
    }
    if source.is_template {
        session.execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true"))?;
    }
    let warnings = settings(session, &name, source)?;
    if let Some(owner) = &names.owner {
        session.execute(&format!("ALTER DATABASE {name} OWNER TO {}", ident(owner)))?;
    }
    for change in &source.acl {
        let change = AclChange { on: format!("DATABASE {name}"), ..change.clone() };
        for sql in acl::statement(&change).into_iter().chain(session.config().set_role()) {
            session.execute(&sql)?;
        }
    }
    session.execute("COMMIT")?;
    Ok(warnings)
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
        session.execute("SAVEPOINT setting")?;
        match session.execute(&statement) {
            Ok(()) => session.execute("RELEASE SAVEPOINT setting")?,
            Err(error) if error.server_error().is_some() => {
                session.execute("ROLLBACK TO SAVEPOINT setting")?;
                warnings.push(format!("a setting is left out: {statement}: {error}"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(warnings)
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
