-- The small tables pgx.first to pgx.last, each with indexes, a check and a key to the one before.
DO $$
BEGIN
    FOR i IN current_setting('pgx.first')::int .. current_setting('pgx.last')::int LOOP
        EXECUTE format(
            'CREATE TABLE t%s (id int PRIMARY KEY, a text NOT NULL DEFAULT ''x'', b timestamptz,
                               c numeric(10, 2) CHECK (c > 0), p int %s)',
            i, CASE WHEN i > 1 THEN 'REFERENCES t' || i - 1 END);
        EXECUTE format('CREATE INDEX ON t%s (b)', i);
        EXECUTE format('INSERT INTO t%s SELECT g, ''row '' || g, ''2026-01-01'', g
                          FROM generate_series(1, 5) g', i);
    END LOOP;
END $$;
