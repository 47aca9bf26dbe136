//! What an object is called in a fingerprint: by names only, never by OIDs.

/// `oid` (SQL) of an object in `catalog` as `pg_identify_object` calls it; NULL for 0.
pub(super) fn object(catalog: &str, oid: &str, sub: &str) -> String {
    let name = format!(
        "(pg_catalog.pg_identify_object(\
         'pg_catalog.{catalog}'::pg_catalog.regclass, {oid}, {sub})).identity"
    );
    let name = if catalog == "pg_transform" { transform(&name) } else { name };
    format!("CASE WHEN ({oid})::pg_catalog.oid <> 0 THEN {name} END")
}

/// The name (SQL) of a transform as newer servers have it.
pub(super) fn transform(name: &str) -> String {
    format!("pg_catalog.replace({name}, ' on language ', ' language ')")
}

/// The constraint in the row `c` of `pg_constraint`.
///
/// Where a foreign key points to a partitioned table, the server adds one constraint per partition
/// there, and makes up its name from those taken at the time: they are named by the key they serve.
pub(super) fn constraint(c: &str, major: u32) -> String {
    let plain = format!(
        "CASE {c}.contype WHEN 'n' THEN '{NOT_NULL}' ELSE '' END || {}",
        object("pg_constraint", &format!("{c}.oid"), "0")
    );
    if major < 11 {
        return plain;
    }
    let top = format!(
        "(WITH RECURSIVE up(oid, parent) AS (\
         SELECT k.oid, k.conparentid FROM pg_catalog.pg_constraint k WHERE k.oid = {c}.conparentid \
         UNION ALL SELECT k.oid, k.conparentid FROM pg_catalog.pg_constraint k \
         JOIN up ON k.oid = up.parent WHERE k.conrelid = {c}.conrelid) \
         SELECT {} FROM up ORDER BY up.oid LIMIT 1)",
        object("pg_constraint", "up.oid", "0")
    );
    let to = object("pg_class", &format!("{c}.confrelid"), "0");
    format!("CASE WHEN {} THEN {top} || ' to ' || {to} ELSE {plain} END", made_up(c, major))
}

/// Begins the name of every NOT NULL constraint: servers before 18 have none on tables.
pub(super) const NOT_NULL: &str = "not null ";

/// Begins the name of a trigger that enforces a constraint.
pub(super) const ENFORCING: &str = "trigger of ";

/// Whether the server made up the name of the constraint in the row `c`.
pub(super) fn made_up(c: &str, major: u32) -> String {
    if major < 11 {
        return String::from("false");
    }
    format!(
        "({c}.contype = 'f' AND EXISTS (SELECT FROM pg_catalog.pg_constraint p \
         WHERE p.oid = {c}.conparentid AND p.conrelid = {c}.conrelid))"
    )
}

/// The constraint whose OID is `oid` (SQL).
pub(super) fn constraint_of(oid: &str, major: u32) -> String {
    let name = constraint("c", major);
    format!("(SELECT {name} FROM pg_catalog.pg_constraint c WHERE c.oid = {oid})")
}

/// The trigger in the row `t` of `pg_trigger`; one that enforces a constraint has an OID in its
/// name, so it is named by the constraint.
pub(super) fn trigger(t: &str, major: u32) -> String {
    let plain = object("pg_trigger", &format!("{t}.oid"), "0");
    let constraint = constraint_of(&format!("{t}.tgconstraint"), major);
    let table = object("pg_class", &format!("{t}.tgrelid"), "0");
    let function = object("pg_proc", &format!("{t}.tgfoid"), "0");
    format!(
        "CASE WHEN {} THEN '{ENFORCING}' || {constraint} || ' at ' || {table} || ' calling ' \
         || {function} ELSE {plain} END",
        enforces(t)
    )
}

/// Whether the trigger in the row `t` has a name with an OID in it.
pub(super) fn enforces(t: &str) -> String {
    format!("({t}.tgisinternal AND {t}.tgconstraint <> 0 AND {t}.tgname ~ '_[0-9]+$')")
}

/// The trigger whose OID is `oid` (SQL).
pub(super) fn trigger_of(oid: &str, major: u32) -> String {
    let name = trigger("t", major);
    format!("(SELECT {name} FROM pg_catalog.pg_trigger t WHERE t.oid = {oid})")
}
