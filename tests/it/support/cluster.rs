//! A cluster of one test, for what the databases of a cluster share: other tests make and drop roles
//! on the common servers at any moment.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Server, skip};

/// A running cluster; stopped and removed with this value.
pub(crate) struct Cluster {
    server: Server,
    bin: PathBuf,
    dir: TempDir,
    owner: Option<Owner>,
    /// It listens on 127.0.0.1, too.
    tcp: bool,
}

/// Whom its files belong to, and whom it runs as, when we are root: PostgreSQL refuses root.
#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Cluster {
    /// A new cluster of the version of `beside`, made by that server's own programs; none where they
    /// are on another machine or another user's.
    pub(crate) fn new(beside: &Server) -> Option<Cluster> {
        Cluster::make(beside, None, &[])
    }

    /// One that listens on 127.0.0.1, too, and whose data directory has these files from the start.
    pub(crate) fn over_tcp(beside: &Server, files: &[(&str, &str)]) -> Option<Cluster> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Cluster::make(beside, Some(free), files)
    }

    fn make(beside: &Server, port: Option<u16>, files: &[(&str, &str)]) -> Option<Cluster> {
        let (bin, data) = places(beside);
        if !bin.join("initdb").exists() || !bin.join("pg_ctl").exists() {
            skip(&format!("no initdb and pg_ctl for PostgreSQL {} here", beside.name));
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let root = fs::metadata(dir.path()).unwrap().uid() == 0;
        let owner = root.then(|| {
            let data = fs::metadata(&data).expect("root sees the data directory");
            Owner { user: data.uid(), group: data.gid() }
        });
        let entry = format!(
            "{}=postgresql://postgres@/postgres?host={}&port={}",
            beside.major,
            dir.path().display(),
            port.unwrap_or(5432)
        );
        let tcp = port.is_some();
        let cluster = Cluster { server: Server::parse(&entry), bin, dir, owner, tcp };
        cluster.own(cluster.dir.path());
        cluster.initialise();
        for (name, text) in files {
            cluster.write(name, text);
        }
        cluster.start();
        Some(cluster)
    }

    /// Where it is.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Runs statements one after the other as the superuser, each in a transaction of its own.
    pub(crate) fn sql(&self, statements: &[&str]) {
        let mut session = self.server.session();
        for sql in statements {
            session.execute(sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        }
    }

    /// Stops the server at once, in the midst of whatever it does, and starts it again.
    pub(crate) fn crash(&self) {
        run(self.program("pg_ctl").args(["-w", "-m", "immediate", "stop"]));
        self.start();
    }

    /// A new directory that the server may write to.
    pub(crate) fn directory(&self, name: &str) -> String {
        let path = self.dir.path().join(name);
        fs::create_dir(&path).unwrap();
        self.own(&path);
        path.to_str().expect("paths of tests are UTF-8").to_owned()
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("data/log")).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join("data").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.own(&path);
    }

    fn own(&self, path: &Path) {
        if let Some(Owner { user, group }) = self.owner {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }

    fn initialise(&self) {
        let mut initdb = self.program("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]);
        run(&mut initdb);
    }

    fn start(&self) {
        let socket = self.dir.path().display();
        let (port, listen) = (self.server.port(), if self.tcp { "127.0.0.1" } else { "" });
        let options = format!(
            "-k {socket} -p {port} -c listen_addresses='{listen}' -c fsync=off -c shared_buffers=16MB \
             -c max_connections=20"
        );
        let mut start = self.program("pg_ctl");
        start.arg("-l").arg(self.dir.path().join("data/log")).args(["-w", "-o", &options, "start"]);
        run(&mut start);
    }

    /// A program of the server about this cluster, in a plain environment.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").env("HOME", self.dir.path()).current_dir(self.dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.arg("-D").arg(self.dir.path().join("data"));
        if let Some(Owner { user, group }) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self.program("pg_ctl").args(["-w", "-m", "immediate", "stop"]).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("cannot stop the cluster in {}", self.dir.path().display());
        }
    }
}

/// Where a running server's programs and data are.
fn places(server: &Server) -> (PathBuf, PathBuf) {
    let sql = "SELECT current_setting('data_directory') AS data, setting AS bin \
               FROM pg_catalog.pg_config WHERE name = 'BINDIR'";
    let row = server.session().query_one(sql).unwrap();
    (row.str("bin").unwrap().into(), row.str("data").unwrap().into())
}

fn run(command: &mut Command) {
    let status = command.status().expect("the server's programs run");
    assert!(status.success(), "{command:?}: {status}");
}
