//! Kinds of statements that a dump or a restore is told to leave out.

use super::entry::Entry;
use super::kind::Kind;

/// What is left out; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Comments.
    pub comments: bool,
    /// Publications and their members.
    pub publications: bool,
    /// Security labels.
    pub security_labels: bool,
    /// Subscriptions.
    pub subscriptions: bool,
}

impl Omitted {
    /// Whether entries of this kind are left out.
    pub fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Publication | Kind::PublicationTable | Kind::PublicationSchema => {
                self.publications
            }
            Kind::Subscription => self.subscriptions,
            _ => false,
        }
    }

    /// Takes comments and labels out of an entry.
    pub fn strip(&self, entry: &mut Entry) {
        if self.comments {
            entry.comments.clear();
        }
        if self.security_labels {
            entry.labels.clear();
        }
    }
}
