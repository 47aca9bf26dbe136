//! A new database: built under a staging name, which it loses at the very end.
//!
//! Until then nobody sees a half-built database, and a failure leaves nothing behind. When only the
//! last step fails, the finished database stays, and the error says what is left to do.

use std::thread;
use std::time::Duration;

use super::locale;
use super::maps;
use super::plan::Plan;
use super::preflight::{self, Scope};
use super::publish;
use super::report::RestoreReport;
use super::request::CreateDatabase;
use super::session::uninterrupted;
use super::source::Source;
use super::target::Target;
use super::work::Work;
use super::{fill, unchanged};
use crate::catalog::subscriptions::HERE;
use crate::connect::quote::{ident, literal};
use crate::connect::{Config, Session, open_maintenance};
use crate::error::{Code, Error, Result};
use crate::toc::{DatabaseSpec, Meta};

/// Bytes of a name (`NAMEDATALEN` less one).
const NAME_BYTES: usize = 63;
/// How often a statement that waits for others to leave is tried.
pub(super) const ATTEMPTS: u32 = 20;
/// Between two attempts.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// The names involved.
pub(super) struct Names {
    /// What the database is called in the end.
    pub(super) name: String,
    /// What it is called until then.
    pub(super) staging: String,
    pub(super) owner: Option<String>,
}

/// A database that is complete but for its name.
pub(super) struct Staged {
    /// How to reach the database that is connected to meanwhile.
    pub(super) config: Config,
    pub(super) names: Names,
    /// What it is to be like.
    pub(super) database: DatabaseSpec,
}

/// Makes the database, fills it, gives it its name.
///
/// # Errors
/// As [`super::restore`]; on every error but [`Code::NotPublished`] the staging database is
/// dropped.
pub(super) fn restore(
    mut work: Work<'_>,
    create: &CreateDatabase,
    plan: Plan,
    source: Source,
) -> Result<RestoreReport> {
    let staged = stage(&mut work, create, plan, source)?;
    work.stage("publishing");
    match publish::publish(&staged.config, &staged.names, &staged.database) {
        Ok(warnings) => work.warn(warnings),
        Err(error) if error.code() == Code::NotPublished => return Err(error),
        Err(error) => return Err(staged.discard(unchanged(error, "no database was made"))),
    }
    Ok(work.finish())
}

/// Makes the database and fills it.
///
/// # Errors
/// As [`super::restore`]; the staging database is dropped.
pub(super) fn stage(
    work: &mut Work<'_>,
    create: &CreateDatabase,
    plan: Plan,
    source: Source,
) -> Result<Staged> {
    work.stage("checking the server");
    let (mut session, staged) = checked(work, create, &plan, source.meta())
        .map_err(|error| unchanged(error, "no database was made"))?;
    work.stage("making the database");
    let Staged { names, database, .. } = &staged;
    let encoding = &source.meta().encoding;
    let mut sql = locale::create_database(&names.staging, database, encoding, session.major())?;
    if let Some(tablespace) = &database.tablespace {
        sql.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
    }
    let made = make(&mut session, &sql, names)
        .map_err(|error| locale::unknown_locale(error, database).object(names.database()));
    // Ctrl-C may come between the making and the answer.
    match made.and_then(|()| build(work, &staged.config, names, plan, source)) {
        Ok(()) => Ok(staged),
        Err(error) => Err(staged.discard(unchanged(error, "no database was made"))),
    }
}

/// Whether the database can be made, as far as can be known: names, and a session beside it.
///
/// # Errors
/// As [`super::restore`]; nothing was changed.
pub(super) fn checked(
    work: &mut Work<'_>,
    create: &CreateDatabase,
    plan: &Plan,
    meta: &Meta,
) -> Result<(Session, Staged)> {
    let mut meta = meta.clone();
    work.request.omitted.strip_database(&mut meta.database);
    maps::apply_to_database(&work.request.maps, &mut meta.database);
    let mut session = maintenance(&work.request.config, create)?;
    let names = Names::new(plan, &meta, create)?;
    check(work, &mut session, plan, &meta, &names)?;
    let config = session.config().clone();
    Ok((session, Staged { config, names, database: meta.database }))
}

impl Staged {
    /// Drops the database after `error`.
    pub(super) fn discard(&self, error: Error) -> Error {
        discard(&self.config, &self.names.staging, error)
    }
}

/// Makes the database; nobody but the role itself and superusers can ever connect to it.
fn make(session: &mut Session, create: &str, names: &Names) -> Result<()> {
    session.execute(&format!("{create} CONNECTION LIMIT 0"))?;
    let staging = ident(&names.staging);
    let entering = entering(session, "TO")
        .map(|clause| format!("GRANT CONNECT ON DATABASE {staging} {clause}; "));
    session.execute(&format!(
        "REVOKE CONNECT ON DATABASE {staging} FROM PUBLIC; {}\
         ALTER DATABASE {staging} CONNECTION LIMIT -1",
        entering.unwrap_or_default()
    ))
}

/// Whom the database is open to while it is made, where that is not its owner: the role that logs in,
/// whose right to act as the owner need not be one to use the owner's privileges.
pub(super) fn entering(session: &Session, word: &str) -> Option<String> {
    let config = session.config();
    config.role.as_ref().map(|_| format!("{word} {}", ident(&config.user)))
}

fn build(
    work: &mut Work<'_>,
    config: &Config,
    names: &Names,
    plan: Plan,
    source: Source,
) -> Result<()> {
    fill(work, &config.with_database(&names.staging), plan, source)?;
    config.interrupt.check()
}

/// Connects to a database that is surely there.
pub(super) fn maintenance(config: &Config, create: &CreateDatabase) -> Result<Session> {
    if let Some(name) = &create.maintenance_database {
        return Session::open(&config.with_database(name));
    }
    open_maintenance(config).map_err(|error| match error.code() {
        Code::NoDatabase => error.with_hint("name a database to connect to with --maintenance-db"),
        _ => error,
    })
}

impl Names {
    fn new(plan: &Plan, meta: &Meta, create: &CreateDatabase) -> Result<Names> {
        let name = plan.database().to_owned();
        if name.is_empty() || name.len() > NAME_BYTES {
            return Err(Error::new(
                Code::Usage,
                format!("the name of a database has 1 to {NAME_BYTES} bytes"),
            )
            .object(format!("database {}", ident(&name))));
        }
        let of_archive = Some(&meta.database.owner).filter(|owner| !owner.is_empty());
        let owner = create.owner.as_ref().or(of_archive).cloned();
        let unique = u32::from_le_bytes(
            uuid::Uuid::new_v4().as_bytes()[..4]
                .try_into()
                .map_err(|_| Error::internal("a random number is too short"))?,
        );
        Ok(Names { staging: staging_name(&name, unique), name, owner })
    }

    pub(super) fn database(&self) -> String {
        format!("database {}", ident(&self.name))
    }
}

/// `name__pgx_0123abcd`; a long name is cut, at a character's border, to make room.
fn staging_name(name: &str, unique: u32) -> String {
    let suffix = format!("__pgx_{unique:08x}");
    let mut end = name.len().min(NAME_BYTES - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

/// What can be known to fail, before the database is made.
fn check(
    work: &mut Work<'_>,
    session: &mut Session,
    plan: &Plan,
    meta: &Meta,
    names: &Names,
) -> Result<()> {
    let found = session.query(&format!(
        "SELECT FROM pg_catalog.pg_database WHERE datname = {}",
        literal(&names.name)
    ))?;
    if !found.is_empty() {
        return Err(Error::new(Code::ObjectExists, "the database exists already")
            .object(names.database())
            .hint("choose another name, drop it first, or leave out --create"));
    }
    let target = Target::read(session, plan)?;
    let scope = Scope::Server(names.owner.as_deref());
    let warnings = preflight::check(plan, meta, work.request, &target, scope)?;
    work.warn(warnings);
    Ok(())
}

/// Drops the staging database after a failure, over a connection that Ctrl-C does not reach.
fn discard(config: &Config, staging: &str, error: Error) -> Error {
    match drop_database(&uninterrupted(config), staging) {
        // What became of a COMMIT in a database that is gone is in no doubt.
        Ok(()) if error.code() == Code::InDoubt => error
            .with_code(Code::TargetLost)
            .with_what("the connection to the target broke")
            .note("no database was made"),
        Ok(()) => error,
        Err(second) => error.note(format!(
            "the staging database could not be dropped ({second}): DROP DATABASE {};",
            ident(staging)
        )),
    }
}

/// Drops the subscriptions of a database that is to be dropped, and leaves their slots alone: they
/// are the source's. What fails here, DROP DATABASE will tell.
fn drop_subscriptions(config: &Config) {
    let Ok(mut session) = Session::open(config) else { return };
    let rows =
        session.query(&format!("SELECT s.subname FROM pg_catalog.pg_subscription s WHERE {HERE}"));
    for row in rows.unwrap_or_default() {
        let Ok(name) = row.str("subname").map(ident) else { continue };
        let dropped = session.execute(&format!(
            "ALTER SUBSCRIPTION {name} DISABLE; ALTER SUBSCRIPTION {name} SET (slot_name = NONE); \
             DROP SUBSCRIPTION {name}"
        ));
        if dropped.is_err() {
            return;
        }
    }
}

fn drop_database(config: &Config, name: &str) -> Result<()> {
    let mut session = Session::open(config)?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        publish::send_away(&mut session, name)?;
        match session.execute(&format!("DROP DATABASE IF EXISTS {}", ident(name))) {
            Err(error) if error.sqlstate() == Some("55006") && attempt < ATTEMPTS => {
                // Somebody is still there, or a subscription is.
                drop_subscriptions(&config.with_database(name));
                thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::staging_name;

    #[test]
    fn a_staging_name_fits_and_is_cut_between_characters() {
        assert_eq!(staging_name("shop", 0xab), "shop__pgx_000000ab");
        let long = "ž".repeat(31);
        let name = staging_name(&long, 1);
        assert!(name.len() <= 63 && name.ends_with("__pgx_00000001"), "{name}");
        assert!(name.starts_with(&"ž".repeat(24)));
    }
}
