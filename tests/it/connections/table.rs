//! What is said about encryption and authentication, and who is let in.

/// What comes of a connection string.
pub(super) struct Case {
    pub(super) said: &'static str,
    /// The value of `PGPASSWORD`.
    pub(super) password: &'static str,
    pub(super) comes: Comes,
    /// The oldest server that it comes of.
    pub(super) server: u32,
    /// The oldest psql that understands it; none where psql differs.
    pub(super) psql: Option<u32>,
}

pub(super) enum Comes {
    /// A login, as in the server's log: `ann TLS`.
    In(&'static str),
    /// An error's code, and what is in its text.
    Refused(&'static str, &'static str),
}

use Comes::{In, Refused};

const fn case(said: &'static str, comes: Comes) -> Case {
    Case { said, password: "sesame", comes, server: 10, psql: Some(10) }
}

impl Case {
    const fn with(self, password: &'static str) -> Case {
        Case { password, ..self }
    }

    const fn server(self, server: u32) -> Case {
        Case { server, ..self }
    }

    const fn psql(self, version: u32) -> Case {
        Case { psql: Some(version), ..self }
    }

    const fn unlike_psql(self) -> Case {
        Case { psql: None, ..self }
    }
}

/// Of one of the files, as which case differs.
const ANN: &str = "user=ann sslmode=require sslcert={dir}/ann.crt sslkey={dir}/ann.key";

pub(super) const CASES: &[Case] = &[
    // What is preferred where the server does not care.
    case("user=free", In("free TLS")),
    case("user=free sslmode=disable", In("free")),
    case("user=free sslmode=allow", In("free")),
    case("user=free sslmode=prefer", In("free TLS")),
    case("user=free sslmode=require", In("free TLS")),
    case("user=free sslmode=verify-ca sslrootcert={dir}/ca", In("free TLS")),
    case("user=free sslmode=verify-full sslrootcert={dir}/ca", In("free TLS")),
    case("user=free sslmode=require ssl_max_protocol_version=TLSv1.2", In("free TLS")).psql(13),
    case("user=free sslmode=require sslsni=0", In("free TLS")).psql(14),
    case("user=free sslmode=require sslnegotiation=direct", In("free TLS")).server(17).psql(17),
    // What the server demands.
    case("user=scram", In("scram TLS")),
    case("user=scram sslmode=allow", In("scram TLS")),
    case("user=scram sslmode=disable", Refused("E0402", "no pg_hba.conf entry")),
    case("user=clear", In("clear")),
    case("user=clear sslmode=allow", In("clear")),
    case("user=clear sslmode=require", Refused("E0402", "no pg_hba.conf entry")),
    case("user=nosuch", Refused("E0402", "no pg_hba.conf entry")),
    // Passwords.
    case("user=md", In("md TLS")),
    case("user=plain", In("plain TLS")),
    case("user=scram", Refused("E0402", "[28P01]")).with("wrong"),
    case("user=md", Refused("E0402", "[28P01]")).with("wrong"),
    case("user=scram", Refused("E0402", "none was given")).with(""),
    case("user=late", Refused("E0402", "whether it has expired")),
    // What the user demands of the proof.
    case("user=scram require_auth=scram-sha-256", In("scram TLS")).psql(16),
    case("user=scram require_auth=!password,!md5", In("scram TLS")).psql(16),
    case("user=md require_auth=scram-sha-256", Refused("E0406", "asks for: md5")).psql(16),
    case("user=plain require_auth=!password", Refused("E0406", "the password in clear")).psql(16),
    case("user=free require_auth=scram-sha-256", Refused("E0406", "asks for: nothing")).psql(16),
    case("user=free require_auth=none", In("free TLS")).psql(16),
    case("user=scram channel_binding=require", In("scram TLS")).server(11).psql(13),
    case("user=scram channel_binding=disable", In("scram TLS")).psql(13),
    case("user=free channel_binding=require", Refused("E0406", "let pgx in without it")).psql(13),
    case("user=md channel_binding=require", Refused("E0406", "asks for md5")).psql(13),
    case(
        "user=clear sslmode=disable channel_binding=require",
        Refused("E0406", "the connection is not encrypted"),
    )
    .psql(13),
    // Certificates of the client.
    case(ANN, In("ann TLS")),
    case("user=ann sslmode=require", Refused("E0402", "client certificate")),
    case(
        "user=ann sslmode=require sslcert={dir}/absent sslkey={dir}/ann.key",
        Refused("E0402", "there is no file"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/bob.crt sslkey={dir}/bob.key",
        Refused("E0402", "[28000]"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/stranger.crt sslkey={dir}/stranger.key",
        Refused("E0406", "does not trust the authority of the client's certificate"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/ann.crt sslkey={dir}/bob.key",
        Refused("E0406", "do not fit"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/ann.crt sslkey={dir}/open.key",
        Refused("E0406", "group or others have access to it"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/ann.crt sslkey={dir}/absent",
        Refused("E0406", "no private key beside it"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/ann.crt sslkey={dir}/text",
        Refused("E0406", "private key is malformed"),
    ),
    case(
        "user=ann sslmode=require sslcert={dir}/text sslkey={dir}/ann.key",
        Refused("E0406", "holds no certificate"),
    ),
    case("user=free sslcert={dir}/ann.crt sslkey={dir}/open.key", Refused("E0406", "chmod 600"))
        .unlike_psql(),
];
