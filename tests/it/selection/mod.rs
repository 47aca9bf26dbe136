//! Which objects and rows a dump takes.

mod patterns;
mod switch_sets;
mod tables_from;
