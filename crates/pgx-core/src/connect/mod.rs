//! Reaching a server: where it is, how to get in, and the one kind of session pgx speaks over.
//!
//! [`Config`] says where, as whom and on which terms; [`Session`] is an authenticated connection. A
//! session begins with a socket (`dial`), which may be encrypted (`tls`); on it messages are framed
//! (`wire`), the first of which are those of the login (`startup`, `auth`). `open` tries one host after
//! the other. All of it is blocking.

mod auth;
mod cancel;
mod closed;
mod config;
pub mod conninfo;
mod copy_in;
mod dial;
mod encoding;
mod enter;
mod interrupt;
mod maintenance;
mod open;
mod passfile;
mod pins;
mod proxy;
pub mod quote;
mod role;
mod row;
mod server_error;
mod session;
mod startup;
mod target_session;
mod terms;
mod tls;
mod transport;
mod wire;

pub use closed::is_closed;
pub use config::{Config, Host, Side};
pub use conninfo::Overrides;
pub use copy_in::CopyIn;
pub use encoding::Encoding;
pub use interrupt::{Canceller, Interrupt};
pub use maintenance::open_maintenance;
pub use pins::pinned_settings;
pub use row::Row;
pub use session::{Copied, Session};
pub use terms::{AskPassword, Terms};
