//! Which of several servers will do: `target_session_attrs`.

use super::session::Session;
use crate::error::Result;

/// What a session must be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SessionAttrs {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby, or any if there is none.
    PreferStandby,
}

impl SessionAttrs {
    /// What is looked for, one after the other: all hosts are asked for the first before any is asked for
    /// the second.
    pub(super) fn passes(self) -> &'static [SessionAttrs] {
        match self {
            SessionAttrs::Any => &[SessionAttrs::Any],
            SessionAttrs::ReadWrite => &[SessionAttrs::ReadWrite],
            SessionAttrs::ReadOnly => &[SessionAttrs::ReadOnly],
            SessionAttrs::Primary => &[SessionAttrs::Primary],
            SessionAttrs::Standby => &[SessionAttrs::Standby],
            SessionAttrs::PreferStandby => &[SessionAttrs::Standby, SessionAttrs::Any],
        }
    }

    /// Why a session will not do; none if it will.
    pub(super) fn misfit(self, session: &mut Session) -> Result<Option<&'static str>> {
        if self == SessionAttrs::Any {
            return Ok(None);
        }
        let row = session.query_one(
            "SELECT pg_catalog.pg_is_in_recovery() AS standby, \
             pg_catalog.current_setting('transaction_read_only') = 'on' AS read_only",
        )?;
        let (standby, read_only) = (row.bool("standby")?, row.bool("read_only")?);
        Ok(match self {
            SessionAttrs::ReadWrite if read_only || standby => Some("the session is read-only"),
            SessionAttrs::ReadOnly if !read_only && !standby => {
                Some("the session is not read-only")
            }
            SessionAttrs::Primary if standby => Some("the server is a standby"),
            SessionAttrs::Standby | SessionAttrs::PreferStandby if !standby => {
                Some("the server is not a standby")
            }
            _ => None,
        })
    }
}
