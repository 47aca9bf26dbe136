//! Which objects and rows a dump takes.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, which is its task")]

mod patterns;
mod switch_sets;
mod tables_from;
