//! Ways to say where to connect, and whom a server then sees.
//!
//! `{dir}` is the directory of the server's socket, `{%dir}` the same in a URI, `{port}` its port, `{dead}` a
//! port where nobody listens, `{me}` the user of the operating system, `{pass}` a password file.

/// A way to connect, and what the server sees.
pub(super) struct Way {
    pub(super) name: &'static str,
    /// Variables with their values.
    pub(super) env: &'static [(&'static str, &'static str)],
    pub(super) args: &'static [&'static str],
    /// `socket ann shop`, and what else was said: `password=…`, `options=…`, `name=…`.
    pub(super) seen: &'static str,
}

const fn way(
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
    args: &'static [&'static str],
    seen: &'static str,
) -> Way {
    Way { name, env, args, seen }
}

/// Every variable that names the place.
macro_rules! place {
    ($($more:tt)*) => { &[("PGHOST", "{dir}"), ("PGPORT", "{port}"), $($more)*] };
}

/// The password file, in each way it is found, readable by its owner alone.
pub(super) const PASSFILE: &str = "\
# 127.0.0.1:*:*:ann:a comment
127.0.0.1:{dead}:shop:ann:another port
127.0.0.1:{port}:shop:ann:tcp secret
db.invalid:{port}:*:ann:named secret
{dir}:{port}:s\\:h\\\\op:ann:with \\: and \\\\
{dir}:*:shop:ann:socket secret
*:*:*:ann:too late
*:*:*:carol:
";

/// The service file at home; that of the machine calls the service `weekly`.
pub(super) const SERVICES: &str = "\
# services
[other]
host=nowhere.invalid
[nightly]
host={dir}
  port={port}

#user=bob
user=ann
user=carol
dbname=shop
password=of the service
[late]
host=late.invalid
";

pub(super) const WAYS: &[Way] = &[
    way(
        "options",
        &[],
        &["-h", "{dir}", "-p", "{port}", "-U", "ann", "-d", "shop"],
        "socket ann shop",
    ),
    way(
        "long options",
        &[],
        &["--host={dir}", "--port={port}", "--username=ann", "--dbname=shop", "--no-password"],
        "socket ann shop",
    ),
    way("a name without -d", &[], &["-h{dir}", "-p{port}", "-Uann", "shop"], "socket ann shop"),
    way(
        "a host is an address",
        &[],
        &["-h", "127.0.0.1", "-p", "{port}", "-U", "ann", "shop"],
        "tcp ann shop",
    ),
    way("a URI", &[], &["-d", "postgresql://ann@127.0.0.1:{port}/shop"], "tcp ann shop"),
    way(
        "a URI without -d",
        &[],
        &["postgres://ann:pw@127.0.0.1:{port}/shop"],
        "tcp ann shop password=pw",
    ),
    way(
        "%XX in every part of a URI",
        &[],
        &["postgresql://a%6En%40x:p%40s%3As%2Fw%25@{%dir}:{port}/my%20sh%2Fop"],
        "socket ann@x my sh/op password=p@s:s/w%",
    ),
    way(
        "a URI of parameters alone",
        &[],
        &["postgresql://?host={dir}&port={port}&user=ann&dbname=shop&password=p%26w"],
        "socket ann shop password=p&w",
    ),
    way(
        "a URI with the rest in the environment",
        place!(("PGUSER", "ann")),
        &["postgres:///shop"],
        "socket ann shop",
    ),
    way("a URI that names a user alone", place!(), &["postgres://ann@"], "socket ann ann"),
    way(
        "a list of hosts in a URI",
        &[],
        &["postgres://ann@127.0.0.1:{dead},127.0.0.1:{port}/shop"],
        "tcp ann shop",
    ),
    way(
        "settings",
        &[],
        &["-d", "host={dir} port={port} user=ann dbname=shop password=pw"],
        "socket ann shop password=pw",
    ),
    way(
        "settings with blanks and quotes, without -d",
        &[],
        &["host = '{dir}'  port= {port}\tuser ='ann' dbname='my shop' password='it\\'s a \\\\'"],
        "socket ann my shop password=it's a \\",
    ),
    way(
        "the last of two settings",
        &[],
        &["host={dir} port={port} user=bob user=ann dbname=shop"],
        "socket ann shop",
    ),
    way(
        "an empty setting",
        place!(("PGUSER", "ann"), ("PGDATABASE", "shop")),
        &["dbname='' user=''"],
        "socket {me} {me}",
    ),
    way(
        "the environment alone",
        place!(("PGUSER", "ann"), ("PGDATABASE", "shop"), ("PGPASSWORD", "pw")),
        &[],
        "socket ann shop password=pw",
    ),
    way(
        "PGHOSTADDR goes before PGHOST",
        &[
            ("PGHOST", "db.invalid"),
            ("PGHOSTADDR", "127.0.0.1"),
            ("PGPORT", "{port}"),
            ("PGUSER", "ann"),
        ],
        &["shop"],
        "tcp ann shop",
    ),
    way(
        "a list of ports in the environment",
        &[("PGHOST", "127.0.0.1,{dir}"), ("PGPORT", "{dead},{port}")],
        &["-U", "ann", "shop"],
        "socket ann shop",
    ),
    way(
        "one port for all hosts",
        &[("PGPORT", "{port}")],
        &["-h", "/nonexistent,{dir}", "-U", "ann", "shop"],
        "socket ann shop",
    ),
    way(
        "options go before the environment",
        &[
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", "{dead}"),
            ("PGUSER", "bob"),
            ("PGDATABASE", "bakery"),
        ],
        &["-h", "{dir}", "-p", "{port}", "-U", "ann", "-d", "shop"],
        "socket ann shop",
    ),
    way(
        "a string goes before the options beside it",
        &[],
        &[
            "-h",
            "127.0.0.1",
            "-p",
            "{dead}",
            "-U",
            "bob",
            "-d",
            "host={dir} port={port} user=ann dbname=shop",
        ],
        "socket ann shop",
    ),
    way(
        "a URI goes before options, options before the environment",
        &[("PGPORT", "{dead}"), ("PGUSER", "bob")],
        &["-p", "{port}", "-U", "bob", "-d", "postgres://ann@{%dir}/shop"],
        "socket ann shop",
    ),
    way(
        "a string goes before the environment",
        place!(("PGUSER", "bob"), ("PGDATABASE", "bakery"), ("PGPASSWORD", "no")),
        &["user=ann password=pw dbname=shop"],
        "socket ann shop password=pw",
    ),
    way("the database named like the user", place!(), &["-U", "ann"], "socket ann ann"),
    way("the database named like PGUSER", place!(("PGUSER", "ann")), &[], "socket ann ann"),
    way("the user of the system", place!(), &["-d", "shop"], "socket {me} shop"),
    way("nothing but the place", place!(), &[], "socket {me} {me}"),
    way(
        "empty variables say nothing",
        place!(("PGUSER", ""), ("PGDATABASE", "")),
        &[],
        "socket {me} {me}",
    ),
    way(
        "PGOPTIONS",
        place!(("PGOPTIONS", "-c geqo=off")),
        &["-U", "ann"],
        "socket ann ann options=-c geqo=off",
    ),
    way(
        "options of the string",
        place!(("PGOPTIONS", "-c geqo=on")),
        &["user=ann options='-c geqo=off'"],
        "socket ann ann options=-c geqo=off",
    ),
    way(
        "PGAPPNAME",
        place!(("PGAPPNAME", "nightly")),
        &["-U", "ann"],
        "socket ann ann name=nightly",
    ),
    way(
        "application_name",
        place!(),
        &["postgres://ann@?application_name=nightly"],
        "socket ann ann name=nightly",
    ),
    way("PGCONNECT_TIMEOUT", place!(("PGCONNECT_TIMEOUT", "10")), &["-U", "ann"], "socket ann ann"),
    way(
        "PGSSLMODE",
        &[("PGSSLMODE", "disable")],
        &["-h127.0.0.1", "-p{port}", "-Uann", "shop"],
        "tcp ann shop",
    ),
    way(
        "PGPASSFILE by address and port",
        &[("PGPASSFILE", "{pass}")],
        &["postgres://ann@127.0.0.1:{port}/shop"],
        "tcp ann shop password=tcp secret",
    ),
    way(
        "PGPASSFILE by directory",
        place!(("PGPASSFILE", "{pass}")),
        &["-Uann", "shop"],
        "socket ann shop password=socket secret",
    ),
    way(
        "PGPASSFILE by a name with an address",
        &[("PGPASSFILE", "{pass}")],
        &["host=db.invalid hostaddr=127.0.0.1 port={port} user=ann dbname=shop"],
        "tcp ann shop password=named secret",
    ),
    way(
        "escapes in a password file",
        place!(("PGPASSFILE", "{pass}"), ("PGDATABASE", "s:h\\op")),
        &["-Uann"],
        "socket ann s:h\\op password=with : and \\",
    ),
    way(
        "wildcards in a password file",
        place!(("PGPASSFILE", "{pass}")),
        &["-Uann", "x"],
        "socket ann x password=too late",
    ),
    way(
        "a password file without this user",
        place!(("PGPASSFILE", "{pass}")),
        &["-Ubob", "shop"],
        "socket bob shop",
    ),
    way(
        "an empty password in a password file",
        place!(("PGPASSFILE", "{pass}")),
        &["-Ucarol", "shop"],
        "socket carol shop",
    ),
    way(
        "passfile",
        place!(),
        &["user=ann dbname=shop passfile='{pass}'"],
        "socket ann shop password=socket secret",
    ),
    way(
        "~/.pgpass",
        place!(("HOME", "{dir}/home")),
        &["-Uann", "shop"],
        "socket ann shop password=socket secret",
    ),
    way(
        "a password file others can read",
        place!(("PGPASSFILE", "{pass}.open")),
        &["-Uann", "shop"],
        "socket ann shop",
    ),
    way(
        "a password for each host",
        &[("PGPASSFILE", "{pass}")],
        &["host=127.0.0.1,{dir} port={dead},{port} user=ann dbname=shop"],
        "socket ann shop password=socket secret",
    ),
    way(
        "PGSERVICE",
        &[("PGSERVICE", "nightly"), ("HOME", "{dir}/home")],
        &[],
        "socket ann shop password=of the service",
    ),
    way(
        "PGSERVICEFILE",
        &[("PGSERVICEFILE", "{dir}/home/.pg_service.conf")],
        &["service=nightly"],
        "socket ann shop password=of the service",
    ),
    way(
        "PGSYSCONFDIR, where the user's own file lacks the service",
        &[("PGSYSCONFDIR", "{dir}/etc"), ("HOME", "{dir}/home")],
        &["postgres:///?service=weekly"],
        "socket ann shop password=of the service",
    ),
    way(
        "strings and options go before the service, the service before the environment",
        &[("HOME", "{dir}/home"), ("PGUSER", "dora"), ("PGPORT", "{dead}"), ("PGPASSWORD", "no")],
        &["-U", "bob", "service=nightly dbname=bakery"],
        "socket bob bakery password=of the service",
    ),
    way(
        "PGREQUIREAUTH",
        place!(("PGREQUIREAUTH", "password")),
        &["user=ann password=pw"],
        "socket ann ann password=pw",
    ),
    way(
        "PGTARGETSESSIONATTRS and PGLOADBALANCEHOSTS",
        place!(("PGTARGETSESSIONATTRS", "primary"), ("PGLOADBALANCEHOSTS", "random")),
        &["user=ann"],
        "socket ann ann",
    ),
    way(
        "PGSSLNEGOTIATION",
        place!(("PGSSLNEGOTIATION", "postgres")),
        &["user=ann"],
        "socket ann ann",
    ),
    way(
        "PGPASSWORD goes before PGPASSFILE",
        place!(("PGPASSFILE", "{pass}"), ("PGPASSWORD", "pw")),
        &["-Uann", "shop"],
        "socket ann shop password=pw",
    ),
    way(
        "the password of a URI goes before PGPASSWORD",
        place!(("PGPASSWORD", "no")),
        &["postgres://ann:pw@/shop"],
        "socket ann shop password=pw",
    ),
];

/// Settings that are refused before anybody is asked.
pub(super) const REFUSED: &[&[&str]] = &[
    &["hots={dir} port={port}"],
    &["host={dir} port={port} user='ann"],
    &["host={dir} port={port} user"],
    &["host={dir} port=0"],
    &["host={dir} port=65536"],
    &["host={dir} port=here"],
    &["-h", "{dir}", "-p", "{port},{port}"],
    &["-h", "{dir},{dir},{dir}", "-p", "{port},{port}"],
    &["host={dir} hostaddr=127.0.0.1,127.0.0.1 port={port}"],
    &["host={dir} port={port} sslmode=perhaps"],
    &["host={dir} port={port} connect_timeout=soon"],
    &["host={dir} port={port} channel_binding=on"],
    &["host={dir} port={port} target_session_attrs=master"],
    &["host={dir} port={port} require_auth=kerberos"],
    &["host={dir} port={port} service=nosuch"],
    &["host={dir} port={port} sslmode=prefer ssl_min_protocol_version=TLSv9"],
    &["postgres://ann@{%dir}:{port}/shop?nosuch=1"],
    &["postgres://ann@{%dir}:{port}/shop?user"],
    &["postgres://ann@{%dir}:{port}/sh%zzop"],
    &["postgres://ann@{%dir}:{port}/sh%00op"],
    &["postgres://ann@[127.0.0.1:{port}/shop"],
];
