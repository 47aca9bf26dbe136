//! An entry as the statements that restore it.

use super::plan::Action;
use super::request::RestoreRequest;
use crate::connect::quote::ident;
use crate::ddl::{acl, comment, label};
use crate::toc::{Entry, Kind};

/// The statements of a step, on a server of a major version: making, owner, comments; or privileges.
pub(super) fn of_step(
    entry: &Entry,
    action: Action,
    request: &RestoreRequest,
    major: u32,
) -> Vec<String> {
    match action {
        Action::Define | Action::DefineAfter | Action::DefineLast => {
            let mut statements = entry.create.clone();
            statements.extend(owner(entry, request));
            statements.extend(entry.comments.iter().map(comment::statement));
            statements.extend(entry.labels.iter().map(label::statement));
            statements
        }
        Action::Complete { comments } => {
            let mut statements: Vec<String> = owner(entry, request).into_iter().collect();
            if comments {
                statements.extend(entry.comments.iter().map(comment::statement));
                statements.extend(entry.labels.iter().map(label::statement));
            }
            statements
        }
        // Default privileges are changes of privileges themselves.
        Action::Grant if entry.kind == Kind::DefaultAcl => entry.create.clone(),
        Action::Grant => {
            entry.acl.iter().flat_map(|change| acl::statements(change, major)).collect()
        }
        Action::MakeLargeObjects
        | Action::Load
        | Action::LoadLargeObjects
        | Action::SetSequence
        | Action::GrantLargeObjects => Vec::new(),
    }
}

fn owner(entry: &Entry, request: &RestoreRequest) -> Option<String> {
    if request.no_owner || entry.address.is_empty() {
        return None;
    }
    let owner = entry.owner.as_deref()?;
    Some(format!("ALTER {} OWNER TO {}", entry.address, ident(owner)))
}
