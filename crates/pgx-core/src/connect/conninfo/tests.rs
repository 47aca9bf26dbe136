use std::path::PathBuf;

use super::*;
use crate::connect::Host;

fn no_env(_: &str) -> Option<String> {
    None
}

fn resolved(database: &str, env: &[(&str, &str)], overrides: &Overrides) -> Result<Config> {
    let lookup = |name: &str| {
        let pairs = env.iter().chain(&[("PGUSER", "os")]);
        pairs.clone().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned())
    };
    Config::resolve(Some(database), overrides, &lookup, Side::Source, &Interrupt::new())
}

/// `hosts|user|database|password`, as one line to compare.
#[track_caller]
fn check(database: &str, env: &[(&str, &str)], expected: &str) {
    let config = resolved(database, env, &Overrides::default());
    let config = config.unwrap_or_else(|error| panic!("{database}: {error:?}"));
    assert_eq!(line(&config), expected, "{database} {env:?}");
}

fn line(config: &Config) -> String {
    let hosts: Vec<String> = config.hosts.iter().map(Host::to_string).collect();
    let found = || config.terms.passfile.password(&config.hosts[0], &config.database, &config.user);
    let password = config.password.clone().or_else(found).unwrap_or_else(|| "-".to_owned());
    format!("{}|{}|{}|{password}", hosts.join(","), config.user, config.database)
}

const SOCKETS: &str = "/var/run/postgresql:5432,/tmp:5432";

#[test]
fn names_and_key_value_strings() {
    check("", &[], &format!("{SOCKETS}|os|os|-"));
    check("shop", &[], &format!("{SOCKETS}|os|shop|-"));
    check("host=db", &[], "db:5432|os|os|-");
    check("host = db port= 1 user =ann", &[], "db:1|ann|ann|-");
    check("host=/run/pg dbname='a b' password='it\\'s'", &[], "/run/pg:5432|os|a b|it's");
    check("password=a\\ b host=h", &[], "h:5432|os|os|a b");
    check("host=a,b,c port=1,,3", &[], "a:1,b:5432,c:3|os|os|-");
    check("host=a,b port=7", &[], "a:7,b:7|os|os|-");
    check("host=name hostaddr=127.0.0.1", &[], "name:5432 (127.0.0.1)|os|os|-");
    check("hostaddr=::1", &[], "[::1]:5432|os|os|-");
    check("dbname=x dbname=y", &[], &format!("{SOCKETS}|os|y|-"));
    check("dbname='host=x'", &[], &format!("{SOCKETS}|os|host=x|-"));
}

#[test]
fn uris() {
    check("postgresql://", &[], &format!("{SOCKETS}|os|os|-"));
    check("postgres://db", &[], "db:5432|os|os|-");
    check("postgresql://db:1/shop", &[], "db:1|os|shop|-");
    check("postgresql://ann:p%40ss@db/shop", &[], "db:5432|ann|shop|p@ss");
    check("postgresql://ann:a:b@db", &[], "db:5432|ann|ann|a:b");
    check("postgresql://ann@/shop?host=/run/pg&port=2", &[], "/run/pg:2|ann|shop|-");
    check("postgresql://%2Frun%2Fpg:3/shop", &[], "/run/pg:3|os|shop|-");
    check("postgresql://a:1,b,[::1]:3/x", &[], "a:1,b:5432,::1:3|os|x|-");
    check("postgresql://[::1]/x?application_name=y", &[], "::1:5432|os|x|-");
    check("postgresql:///x?user=u&password=p", &[], &format!("{SOCKETS}|u|x|p"));
    check("postgresql://db/a%20b?sslmode=prefer&", &[], "db:5432|os|a b|-");
    check("postgresql://db?dbname=q", &[], "db:5432|os|q|-");
}

#[test]
fn the_environment_fills_what_is_not_said() {
    let env = [("PGHOST", "e"), ("PGPORT", "9"), ("PGDATABASE", "ed"), ("PGPASSWORD", "pw")];
    check("", &env, "e:9|os|ed|pw");
    check("shop", &env, "e:9|os|shop|pw");
    check("host=h", &env, "h:9|os|ed|pw");
    check("host='' dbname=d", &env, "/var/run/postgresql:9,/tmp:9|os|d|pw");
    check("postgresql://u@/x", &env, "e:9|u|x|pw");
    let with_user = [("PGUSER", "eu"), ("PGHOSTADDR", "10.0.0.1")];
    check("host=h", &with_user, "h:5432 (10.0.0.1)|eu|eu|-");
}

#[test]
fn the_connection_string_goes_before_options() {
    let overrides = Overrides {
        host: Some("opt".into()),
        port: Some("3".into()),
        user: Some(String::new()),
        ..Overrides::default()
    };
    let config = resolved("host=h port=1 user=u dbname=d", &[("PGHOST", "e")], &overrides);
    assert_eq!(line(&config.unwrap()), "h:1|u|d|-");
}

#[test]
fn other_settings_are_obeyed() {
    let config = resolved(
        "connect_timeout=7 options='-c geqo=off' application_name=job",
        &[],
        &Overrides::default(),
    );
    let config = config.unwrap();
    assert_eq!(config.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(config.options.as_deref(), Some("-c geqo=off"));
    assert_eq!(config.application_name, "job");
    let env = [("PGCONNECT_TIMEOUT", "-1"), ("PGAPPNAME", "e"), ("PGOPTIONS", "-c x=y")];
    let config = resolved("", &env, &Overrides::default()).unwrap();
    assert_eq!((config.connect_timeout, config.application_name.as_str()), (None, "e"));
    assert_eq!(config.options.as_deref(), Some("-c x=y"));
}

#[test]
fn malformed_strings_are_refused_without_repeating_secrets() {
    let cases = [
        "host=h password=open sesame",
        "host=h password=open sesame=1",
        "password='sesame",
        "host=h hots=x",
        "postgre://u:sesame@h/x",
        "mysql://u:sesame@h/x?a=b",
        "host=h port=sesame0",
        "host=a,b port=1,2,3",
        "host=a,b hostaddr=127.0.0.1",
        "hostaddr=db",
        "connect_timeout=soon",
        "sslmode=maybe",
        "postgresql://u:sesame%zz@h",
        "postgresql://u:sesame%00@h",
        "postgresql://u:sesame@[::1",
        "postgresql://u:sesame@[]",
        "postgresql://u:sesame@[::1]x",
        "postgresql://u:sesame@h:port/x",
        "postgresql://u:sesame@h/x?password",
        "postgresql://u:sesame@h/x?password=sesame=x",
        "postgresql://u:sesame@h/x?nonsense=1",
    ];
    for text in cases {
        let error = resolved(text, &[], &Overrides::default()).unwrap_err();
        assert_eq!(error.code(), Code::Conninfo, "{text}: {error:?}");
        let secret = text.contains("sesame") && !text.contains("sesame0");
        assert!(!secret || !format!("{error:?}").contains("sesame"), "{error:?}");
    }
    let near = resolved("hots=x", &[], &Overrides::default()).unwrap_err();
    assert_eq!(near.hint_text(), Some("did you mean host?"));
}

#[test]
fn demands_that_would_not_be_met_are_refused() {
    let refused = [
        "gssencmode=require",
        "gssdelegation=1",
        "requirepeer=postgres",
        "sslcertmode=require",
        "sslkeylogfile=keys",
        "ssl_min_protocol_version=TLSv1 ssl_max_protocol_version=TLSv1.1",
        "min_protocol_version=3.2",
        "oauth_issuer=https://x",
        "host=@abstract",
    ];
    for text in refused {
        let error = resolved(text, &[], &Overrides::default()).unwrap_err();
        assert_eq!(error.code(), Code::ServerUnsupported, "{text}");
        assert!(error.hint_text().is_some(), "{text}");
    }
    let env = [("PGREQUIREPEER", "postgres")];
    let error = resolved("host=h", &env, &Overrides::default()).unwrap_err();
    assert_eq!(error.code(), Code::ServerUnsupported);
    for text in ["gssencmode=prefer", "client_encoding=LATIN1", "sslcompression=1"] {
        assert!(resolved(text, &[], &Overrides::default()).is_ok(), "{text}");
    }
}

#[test]
fn what_is_unknown_or_contradicts_itself_is_refused() {
    let refused = [
        "sslmode=maybe",
        "sslmode=Require",
        "sslrootcert=system sslmode=require",
        "sslnegotiation=direct",
        "sslnegotiation=direct sslmode=prefer",
        "sslnegotiation=later",
        "sslmode=verify-full hostaddr=127.0.0.1",
        "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
        "ssl_min_protocol_version=TLSv2",
        "sslsni=yes",
        "sslcertmode=never",
        "channel_binding=on",
        "target_session_attrs=master",
        "load_balance_hosts=round-robin",
        "require_auth=kerberos",
        "require_auth=md5,md5",
        "require_auth=md5,!password",
        "keepalives_idle=soon",
        "tcp_user_timeout=1.5",
    ];
    for text in refused {
        let error = resolved(text, &[], &Overrides::default()).unwrap_err();
        assert_eq!(error.code(), Code::Conninfo, "{text}");
        assert!(
            error.hint_text().is_some() || text.contains("idle") || text.contains("tcp"),
            "{text}"
        );
    }
    let env = [("PGSSLMODE", "prefer")];
    let error = resolved("sslrootcert=system", &env, &Overrides::default()).unwrap_err();
    assert_eq!(error.code(), Code::Conninfo);
}

#[test]
fn the_terms_are_those_that_are_said() {
    use crate::connect::auth::{Binding, Method};
    use crate::connect::target_session::SessionAttrs;
    use crate::connect::tls::{Mode, Roots};
    let terms =
        |text: &str| resolved(text, &[("HOME", "/h")], &Overrides::default()).unwrap().terms;
    let plain = terms("");
    assert_eq!(
        (plain.tls.mode, plain.tls.direct, plain.tls.nameless),
        (Mode::Prefer, false, false)
    );
    assert_eq!(plain.tls.roots, Roots::File("/h/.postgresql/root.crt".into()));
    assert_eq!(plain.tls.key, Some("/h/.postgresql/postgresql.key".into()));
    assert_eq!((plain.target, plain.auth.binding), (SessionAttrs::Any, Binding::Prefer));
    let system = terms("sslrootcert=system").tls;
    assert_eq!((system.mode, system.roots), (Mode::VerifyFull, Roots::System));
    assert_eq!(terms("postgresql://h/x?ssl=true").tls.mode, Mode::Require);
    let direct = terms("sslmode=require sslnegotiation=direct sslsni=0 sslcertmode=disable").tls;
    assert_eq!((direct.direct, direct.nameless, direct.certificate), (true, true, None));
    let versions = terms("ssl_max_protocol_version=tlsv1.2").tls;
    assert_eq!((versions.without_12, versions.without_13), (false, true));
    let auth = terms("require_auth=scram-sha-256,none channel_binding=require").auth;
    assert_eq!(auth.allowed, Some(vec![Method::Scram, Method::None]));
    assert_eq!(auth.binding, Binding::Require);
    let allowed = terms("require_auth=!password,!md5").auth.allowed.unwrap();
    assert!(allowed.contains(&Method::Scram) && !allowed.contains(&Method::Md5), "{allowed:?}");
    assert_eq!(terms("target_session_attrs=prefer-standby").target, SessionAttrs::PreferStandby);
    let tuning =
        terms("keepalives=0 keepalives_idle=0 keepalives_count=3 tcp_user_timeout=5").tuning;
    assert_eq!((tuning.keepalives, tuning.idle, tuning.interval), (false, None, Some(15)));
    assert_eq!((tuning.count, tuning.user_timeout), (Some(3), Some(5)));
    let old = resolved("", &[("PGREQUIRESSL", "1")], &Overrides::default()).unwrap();
    assert_eq!(old.terms.tls.mode, Mode::Require);
}

#[test]
fn services_fill_what_is_not_said() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let text = "# services\n[other]\nhost=no\n[prod]\n host=db\nport=7\n\n#port=8\nport=9\nuser=ann\n\
                [late]\nhost=late\n[bad]\nhost db\n[nest]\nservice=prod\n[odd]\nhosts=x\n";
    std::fs::write(at("services"), text).unwrap();
    std::fs::create_dir(at("etc")).unwrap();
    std::fs::write(at("etc/pg_service.conf"), "[wide]\nhost=wide\ndbname=shop\n").unwrap();
    let (file, etc) = (at("services"), at("etc"));
    let env =
        [("PGSERVICEFILE", &*file), ("PGSYSCONFDIR", &*etc), ("PGUSER", "eu"), ("PGPORT", "1")];
    check("service=prod", &env, "db:7|ann|ann|-");
    check("postgresql://bob@?service=prod&port=3", &env, "db:3|bob|bob|-");
    check("service=wide", &env, "wide:1|eu|shop|-");
    check(&format!("service=late servicefile={file}"), &env[2..], "late:1|eu|eu|-");
    let by_env = [("PGSERVICE", "prod"), ("PGSERVICEFILE", &*file)];
    check("dbname=x", &by_env, "db:7|ann|x|-");
    for (text, env) in [
        ("service=nosuch", &env[..]),
        ("service=bad", &env),
        ("service=nest", &env),
        ("service=odd", &env),
        ("service=prod", &[("PGSERVICEFILE", "/nonexistent/services")]),
        ("service=prod", &[("PGSYSCONFDIR", "/nonexistent")]),
    ] {
        let error = resolved(text, env, &Overrides::default()).unwrap_err();
        assert_eq!(error.code(), Code::Conninfo, "{text}: {error:?}");
    }
}

#[test]
fn passwords_come_from_the_file_of_the_host() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file: PathBuf = directory.path().join(".pgpass");
    std::fs::write(&file, "localhost:*:*:*:socket\na:*:*:*:one\nb:*:*:*:two\n/s:*:*:*:dir\n")
        .unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let (home, file) = (directory.path().to_str().unwrap(), file.to_str().unwrap());
    check("", &[("HOME", home)], &format!("{SOCKETS}|os|os|socket"));
    check("host=a", &[("PGPASSFILE", file)], "a:5432|os|os|one");
    check("host=/s", &[("PGPASSFILE", file)], "/s:5432|os|os|dir");
    check("host=a password=given", &[("HOME", home)], "a:5432|os|os|given");
    check("host=a hostaddr=10.0.0.1", &[("HOME", home)], "a:5432 (10.0.0.1)|os|os|one");
    check(&format!("host=b passfile={file}"), &[], "b:5432|os|os|two");
    let both = resolved("host=a,b", &[("HOME", home)], &Overrides::default()).unwrap();
    let passwords = both.hosts.iter().map(|host| both.terms.passfile.password(host, "os", "os"));
    let passwords: Vec<Option<String>> = passwords.collect();
    assert_eq!(passwords, [Some("one".to_owned()), Some("two".to_owned())]);
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).unwrap();
    let env = |name: &str| (name == "PGPASSFILE").then(|| file.to_owned());
    let got = resolve(
        Some("host=a user=u"),
        &Overrides::default(),
        &env,
        Side::Source,
        &Interrupt::new(),
    );
    let got = got.unwrap();
    assert_eq!((line(&got.config), got.warnings.len()), ("a:5432|u|u|-".to_owned(), 1));
}

#[test]
fn without_a_user_the_system_is_asked() {
    let got = resolve(None, &Overrides::default(), &no_env, Side::Target, &Interrupt::new());
    let config = got.unwrap().config;
    assert!(!config.user.is_empty());
    assert_eq!(config.user, config.database);
}
