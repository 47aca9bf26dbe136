//! From the model to SQL statements: one file per object kind.
//!
//! Each kind gives an [`Entry`](crate::toc::Entry) without number and dependencies: `order/` adds both.
//! Nothing here asks a server; names are quoted by `connect::quote`, definitions come as the server
//! deparsed them under an empty search path.

pub mod acl;
pub mod comment;

use crate::catalog::Catalog;
use crate::order::Repairs;

/// What every kind may need besides the object itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// Everything that was read.
    pub catalog: &'c Catalog,
    /// What was done to break dependency loops.
    pub repairs: &'c Repairs,
}
