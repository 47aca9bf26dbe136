//! Subscriptions.

use super::{Context, comment};
use crate::catalog::model::{Connection, Subscription};
use crate::connect::quote::{dollar, ident, idents, literal};
use crate::toc::{Entry, Kind};

/// The entry of a subscription. It is made without a connection, and so without a slot, and disabled:
/// a restore must neither reach out nor take changes away from the one it is a copy of.
pub fn entry(subscription: &Subscription, ctx: &Context<'_>) -> Entry {
    let object = &subscription.object;
    let mut entry = Entry::new(Kind::Subscription, object.id, object.name_ref());
    entry.address = format!("SUBSCRIPTION {}", entry.name.sql());
    let options = subscription.options.iter().map(|option| format!(", {option}"));
    let connection = match &subscription.connection {
        Connection::Text(text) => format!("CONNECTION {}", literal(text)),
        Connection::Server(server) => format!("SERVER {}", ident(server)),
    };
    entry.create.push(format!(
        "CREATE {} {connection} PUBLICATION {} WITH (connect = false{})",
        entry.address,
        idents(subscription.publications.iter().map(String::as_str)),
        options.collect::<String>(),
    ));
    let newer = subscription.newer.iter();
    entry.create.extend(newer.map(|&(since, clause)| alter(&entry.address, since, clause)));
    entry.drop = Some(format!("DROP {}", entry.address));
    entry.owner = Some(object.owner.clone());
    entry.needs.superuser = subscription.superusers;
    entry.comments.extend(comment::of_object(object.id, &entry.address, ctx));
    entry
}

/// The statement that sets what only servers from `since` on know.
fn alter(address: &str, since: u32, clause: &str) -> String {
    let alter = literal(&format!("ALTER {address} SET ({clause})"));
    let version = "pg_catalog.current_setting('server_version_num')::pg_catalog.int4";
    let body = format!(
        "BEGIN IF {version} OPERATOR(pg_catalog.>=) {} THEN EXECUTE {alter}; END IF; END",
        since * 10_000
    );
    format!("DO LANGUAGE plpgsql {}", dollar(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::model::Object;
    use crate::order::Repairs;

    fn subscription() -> Subscription {
        Subscription {
            object: Object { name: "s\"1".into(), owner: "o".into(), ..Object::default() },
            connection: Connection::Text("password=it's".into()),
            publications: vec!["a".into(), "B".into()],
            options: vec!["slot_name = NONE".into()],
            superusers: false,
            newer: vec![(16, "run_as_owner = true")],
        }
    }

    #[test]
    fn nothing_is_reached_when_it_is_made() {
        let ctx = Context { catalog: &Catalog::default(), repairs: &Repairs::default() };
        let entry = entry(&subscription(), &ctx);
        assert_eq!(
            entry.create[0],
            r#"CREATE SUBSCRIPTION "s""1" CONNECTION 'password=it''s' PUBLICATION "a", "B" WITH (connect = false, slot_name = NONE)"#
        );
        assert!(entry.create[1].contains(">=) 160000"), "{}", entry.create[1]);
        assert!(
            entry.create[1].contains(r#"'ALTER SUBSCRIPTION "s""1" SET (run_as_owner = true)'"#)
        );
    }

    #[test]
    fn no_password_is_shown_by_accident() {
        assert!(!format!("{:?}", subscription()).contains("password"));
    }
}
