//! What pgx tells of archives and databases without changing anything.

mod ddl;
mod diagram;
mod diff;
