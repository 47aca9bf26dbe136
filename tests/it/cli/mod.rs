//! What the command line promises, apart from the outcome of dumps and restores.

mod archives;
mod connection;
mod conninfo_table;
mod dump_options;
mod impostor;
mod inspect;
mod manifest_init;
mod usage;
