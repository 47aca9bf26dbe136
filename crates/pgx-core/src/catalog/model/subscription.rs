//! Subscriptions.

use super::object::Object;

/// A subscription. Its connection string may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Identity and owner.
    pub object: Object,
    /// Where it subscribes.
    pub connection: Connection,
    /// The publications it has subscribed to, in order.
    pub publications: Vec<String>,
    /// The clauses of WITH, except `connect`.
    pub options: Vec<String>,
    /// Clauses that only newer servers know, with the first major version that does: what they say by
    /// themselves is not what the source did.
    pub newer: Vec<(u32, &'static str)>,
    /// It goes without a password, which only a superuser may allow.
    pub superusers: bool,
}

/// How a subscription finds its publisher.
#[derive(Clone, PartialEq, Eq)]
pub enum Connection {
    /// CONNECTION, which may hold a password.
    Text(String),
    /// SERVER: by the options of a foreign server and its owner's user mapping (19 and newer).
    Server(String),
}

impl Default for Connection {
    fn default() -> Connection {
        Connection::Text(String::new())
    }
}

impl std::fmt::Debug for Subscription {
    /// Without the connection string.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Subscription { object, publications, options, newer, .. } = self;
        write!(f, "Subscription({object:?}, {publications:?}, {options:?}, {newer:?})")
    }
}
