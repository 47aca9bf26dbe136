//! The three forms of `--tables-from`.
