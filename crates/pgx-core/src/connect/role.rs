//! The role a session acts as, when it is not the one that logs in.

use super::quote::ident;
use super::session::Session;
use crate::error::{Code, Error, Result};

/// Takes on the role of the configuration, if it names one.
///
/// # Errors
/// [`Code::Denied`]: the role that logged in may not; [`Code::Conninfo`]: there is no such role.
pub(super) fn take_on(session: &mut Session) -> Result<()> {
    let Some(sql) = session.config().set_role() else { return Ok(()) };
    session.execute(&sql).map_err(|error| refused(error, session))
}

fn refused(error: Error, session: &Session) -> Error {
    let config = session.config();
    let role = ident(config.role.as_deref().unwrap_or_default());
    let user = ident(&config.user);
    let error = error.object(format!("role {role}"));
    match error.sqlstate() {
        Some("22023") => error
            .with_code(Code::Conninfo)
            .with_what("the server has no role of the name that --role gives")
            .with_hint("create the role, or name another with --role"),
        Some("42501") => error
            .with_code(Code::Denied)
            .with_what(format!("{user} may not act as the role that --role names"))
            .with_hint(format!("GRANT {role} TO {user}, or leave --role out")),
        _ => error,
    }
}
