//! Tablespaces that end with the test.

use super::{Server, unique};

/// A tablespace of one test, in a place of its own inside the server's directory.
pub(crate) struct Tablespace {
    server: Server,
    name: String,
}

impl Tablespace {
    /// Its name, which needs no quotes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A new one, on a server from 15 on.
    pub(crate) fn new(server: Server) -> Tablespace {
        let name = unique("space");
        let mut session = server.session();
        session.execute("SET allow_in_place_tablespaces = on").unwrap();
        session.execute(&format!("CREATE TABLESPACE {name} LOCATION ''")).unwrap();
        Tablespace { server, name }
    }

    /// Removes it, when nothing is in it any more.
    pub(crate) fn remove(&self) {
        let sql = format!("DROP TABLESPACE IF EXISTS {}", self.name);
        self.server.session().execute(&sql).unwrap();
    }
}

impl Drop for Tablespace {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.remove();
        }
    }
}
