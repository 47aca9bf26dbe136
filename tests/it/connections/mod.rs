//! Connections by libpq's rules: TLS, authentication, several servers, services, passwords. What a
//! connection string says is tested in `cli/connection.rs`.

mod authority;
mod certificates;
mod hostile;
mod prompt;
mod several;
mod site;
mod table;
mod tls_server;
mod witnessed;
