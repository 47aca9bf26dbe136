//! Settings that decide what bytes a row has and whether a long transaction survives.

/// `; SET LOCAL …` for a transaction of pgx, whatever the role, the database or a pooler has set:
/// no timeouts, rows in the same order and text everywhere, no row silently filtered. The statements
/// take no snapshot.
pub fn pinned_settings(major: u32) -> String {
    let mut sql = String::new();
    let mut set = |setting: &str| {
        sql.push_str("; SET LOCAL ");
        sql.push_str(setting);
    };
    for setting in [
        "search_path = ''",
        "statement_timeout = 0",
        "lock_timeout = 0",
        "idle_in_transaction_session_timeout = 0",
        "synchronize_seqscans = off",
        "max_parallel_workers_per_gather = 0",
        "row_security = off",
        "standard_conforming_strings = on",
        "DateStyle = 'ISO, YMD'",
        "IntervalStyle = 'postgres'",
        "TimeZone = 'UTC'",
        "extra_float_digits = 3",
        "bytea_output = 'hex'",
        "lc_monetary = 'C'",
        "xmlbinary = 'base64'",
        "xmloption = 'content'",
        "client_min_messages = 'warning'",
    ] {
        set(setting);
    }
    // Compiling an expression takes longer than one range of a heap.
    if major >= 11 {
        set("jit = off");
    }
    // The planner's choice of a TID range scan needs it (14); the timeouts came with 14 and 17.
    if major >= 14 {
        set("enable_tidscan = on");
        set("idle_session_timeout = 0");
    }
    if major >= 17 {
        set("transaction_timeout = 0");
    }
    sql
}
