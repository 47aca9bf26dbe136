//! Event triggers: `pg_event_trigger`.

use super::model::{EventTrigger, class};
use super::object::{self, Source};
use crate::connect::quote::qualified;
use crate::connect::{Row, Session};
use crate::error::Result;

const SOURCE: Source<'_> =
    Source { catalog: "pg_event_trigger", alias: "t", prefix: "evt", acl: None };

/// Reads the event triggers, in OID order.
///
/// # Errors
/// As [`Session::query`].
pub fn read(session: &mut Session) -> Result<Vec<EventTrigger>> {
    let sql = format!(
        "SELECT {}, t.evtevent, t.evttags, t.evtenabled, p.proname, pn.nspname AS proschema \
         FROM pg_catalog.pg_event_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid \
         JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace ORDER BY t.oid",
        SOURCE.columns(),
    );
    session.query(&sql)?.iter().map(event_trigger).collect()
}

fn event_trigger(row: &Row) -> Result<EventTrigger> {
    Ok(EventTrigger {
        object: object::read(row, class::EVENT_TRIGGER, None)?,
        event: row.text("evtevent")?,
        tags: row.list("evttags")?,
        function: qualified(row.str("proschema")?, row.str("proname")?),
        enabled: row.char("evtenabled")?,
    })
}
