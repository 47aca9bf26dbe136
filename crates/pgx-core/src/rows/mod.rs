//! Rows as COPY frames them: cut into chunks at row ends, summed without regard to order, and printed
//! as text where they are binary.
//!
//! Pure: bytes in, bytes out.

mod cut;
mod float;
pub mod render;
mod scan;
mod shortest;
mod sum;
mod text;

pub use cut::{CHUNK_BYTES, Cut, Cutter};
pub use float::{FloatKind, float_columns};
pub use render::{Malformed, Origin};
pub use scan::{header, trailer};
pub use sum::{RowSum, StreamSum};
pub use text::TextRows;

use crate::error::{Code, Error};

/// What a server sends for a COPY and is none.
impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Error {
        Error::new(Code::SourceFailed, format!("the server sent a {malformed}"))
    }
}
