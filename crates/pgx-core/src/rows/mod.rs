//! Rows as COPY frames them: cut into chunks at row ends, and summed without regard to order.
//!
//! Pure: bytes in, bytes out.

mod cut;
mod float;
pub mod render;
mod shortest;
mod sum;

pub use cut::{CHUNK_BYTES, Cut, Cutter};
pub use float::{FloatKind, float_columns};
pub use sum::RowSum;
