//! An archive against itself, and against a database.
