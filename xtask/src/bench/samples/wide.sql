-- Long values, large objects, and one narrow table of many rows; pgx.scale = 1 makes about 0.8 GB.
CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    body text,
    attachment bytea,
    meta jsonb
);
CREATE TABLE measurements (
    sensor int NOT NULL, at timestamptz NOT NULL, value double precision, quality smallint, note text
);
INSERT INTO documents (title, body, attachment, meta)
    SELECT 'document ' || i, repeat(md5(i::text) || ' ', 20 + i % 200),
           decode(repeat(md5((i * 7)::text), 30 + i % 300), 'hex'),
           jsonb_build_object('k', i % 50, 'h', md5(i::text))
      FROM generate_series(1, (60000 * current_setting('pgx.scale')::float8)::int) i;
INSERT INTO measurements
    SELECT i % 500, '2026-01-01'::timestamptz + i / 500 * interval '1 minute',
           sin(i / 1000.0) * 20 + i % 500, (i % 4)::smallint,
           CASE WHEN i % 1000 = 0 THEN 'calibrated' END
      FROM generate_series(1, (8000000 * current_setting('pgx.scale')::float8)::int) i;
CREATE INDEX ON documents USING gin (meta);
CREATE INDEX ON measurements (sensor, at);
SELECT count(lo_from_bytea(0, decode(md5(i::text), 'hex')))
  FROM generate_series(1, (20000 * current_setting('pgx.scale')::float8)::int) i;
