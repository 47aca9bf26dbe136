//! Reaching a server: where it is, how to get in, and the one kind of session pgx speaks over.
//!
//! [`Config`] says where and as whom; [`Session`] is an authenticated connection. tokio-postgres does
//! the handshake (start-up, authentication); then the stream is taken back (`handoff`) and framed here
//! (`wire`), because COPY needs what tokio-postgres does not give: pieces of messages without a copy,
//! the command tag's row count, errors that come after the last row, and text in any encoding.

mod closed;
mod config;
pub mod conninfo;
mod copy_in;
mod dial;
mod encoding;
mod handoff;
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
