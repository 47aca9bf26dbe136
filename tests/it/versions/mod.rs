//! Version 19, the borders between versions, and servers newer than any that is known.

mod borders;
mod objects;
mod repack;
mod unknown;
