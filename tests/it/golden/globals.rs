//! What the golden archive of globals holds, and how it is listed.

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use pgx_core::toc::global::{Membership, Password, Role, Setting, Tablespace};
use pgx_core::toc::{AclChange, CatalogId, Comment, Content, Entry, Global, Kind, Meta, Ref};
use serde_json::{Map, Value, json};

/// An entry of every kind of a cluster; what is optional is there once, and once it is not.
pub(super) fn entries() -> Vec<Entry> {
    let bootstrap =
        Role { superuser: true, bootstrap: true, connection_limit: -1, ..Role::default() };
    let role = Role {
        inherit: true,
        create_role: true,
        create_database: true,
        login: true,
        replication: true,
        bypass_rls: true,
        connection_limit: 7,
        password: Some(Password("md5 of 'naïve'".into())),
        valid_until: Some("2031-02-02 21:05:06+00".into()),
        ..Role::default()
    };
    let membership = Membership {
        member: "naïve".into(),
        admin: true,
        inherit: Some(true),
        set: Some(false),
        grantor: Some("chief".into()),
    };
    let setting = |role: Option<&str>, value: &str| {
        Global::Setting(Setting { role: role.map(str::to_owned), value: value.into() })
    };
    let options = vec!["random_page_cost=1.5".into()];
    let tablespace = Tablespace { location: "/srv/ß".into(), options };
    let plain = Membership { member: "chief".into(), ..Membership::default() };
    let mut entries = vec![
        entry(Kind::Role, "chief", Some(Global::Role(bootstrap))),
        entry(Kind::Role, "naïve", Some(Global::Role(role))),
        entry(Kind::RoleMembership, "staff", Some(Global::Membership(plain))),
        entry(Kind::RoleMembership, "staff", Some(Global::Membership(membership))),
        entry(Kind::RoleSetting, "work_mem", Some(setting(None, "64MB"))),
        entry(Kind::RoleSetting, "search_path", Some(setting(Some("naïve"), "\"$user\", public"))),
        entry(Kind::ParameterAcl, "wal_level", None),
        entry(Kind::Tablespace, "in place", Some(Global::Tablespace(Tablespace::default()))),
        entry(Kind::Tablespace, "fast", Some(Global::Tablespace(tablespace))),
    ];
    entries[8].owner = Some("naïve".into());
    for at in [6, 8] {
        entries[at].acl.push(AclChange {
            revoke: false,
            privileges: vec!["ALL".into()],
            column: None,
            on: String::new(),
            grantee: Some("naïve".into()),
            grantor: None,
            grant_option: true,
        });
    }
    entries[1].comments.push(Comment { address: String::new(), text: "a\nb €".into() });
    entries
}

fn entry(kind: Kind, name: &str, global: Option<Global>) -> Entry {
    let name = Ref { schema: None, name: name.into() };
    Entry { global, ..Entry::new(kind, CatalogId::default(), name) }
}

/// The META of such an archive.
pub(super) fn meta(mut meta: Meta) -> Meta {
    meta.content = Content::Globals;
    meta.has_data = false;
    meta.database = Meta::default().database;
    meta
}

/// The object as the archive has it, its map's keys as texts.
pub(super) fn listed(global: &Global) -> Value {
    let bytes = minicbor::to_vec(global).unwrap();
    value(&mut Decoder::new(&bytes)).unwrap()
}

fn value(decoder: &mut Decoder<'_>) -> Result<Value, Error> {
    Ok(match decoder.datatype()? {
        Type::Array => {
            let length = decoder.array()?.unwrap();
            Value::Array((0..length).map(|_| value(decoder)).collect::<Result<_, _>>()?)
        }
        Type::Map => {
            let mut map = Map::new();
            for _ in 0..decoder.map()?.unwrap() {
                map.insert(decoder.u32()?.to_string(), value(decoder)?);
            }
            Value::Object(map)
        }
        Type::Bool => json!(decoder.bool()?),
        Type::String => json!(decoder.str()?),
        _ => json!(decoder.i64()?),
    })
}
