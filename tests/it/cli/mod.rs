//! What the command line promises, apart from the outcome of dumps and restores.

mod connection;
mod conninfo_table;
mod impostor;
