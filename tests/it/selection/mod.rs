//! Which objects and rows a dump takes.

mod parts;
mod patterns;
mod switch_sets;
mod tables_from;
