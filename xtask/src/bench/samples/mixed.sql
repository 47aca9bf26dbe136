-- Tables of several kinds with keys between them; pgx.scale = 1 makes about 1 GB.
CREATE TABLE scenes (
    id serial PRIMARY KEY,
    taken timestamp NOT NULL,
    reference varchar(120) NOT NULL,
    sensor char(2) NOT NULL,
    footprint polygon
);
CREATE TABLE parcels (
    id serial PRIMARY KEY,
    outline polygon NOT NULL,
    crop text,
    area double precision,
    attributes jsonb
);
CREATE TABLE signatures (
    parcel int NOT NULL, scene int NOT NULL, band char(2) NOT NULL,
    count real, mean real, std real, min real, max real, p25 real, p50 real, p75 real
);
CREATE TABLE events (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    amount numeric(12, 2),
    tags text[]
);
SELECT setseed(0.5);
INSERT INTO scenes (taken, reference, sensor, footprint)
    SELECT '2018-01-01'::timestamp + i * interval '7 minutes',
           'S2A_MSIL2A_2018_R' || i || '_' || md5(i::text),
           CASE WHEN i % 3 = 0 THEN 'S1' ELSE '2A' END,
           polygon(box(point(i % 100, i % 77), point(i % 100 + 1, i % 77 + 1)))
      FROM generate_series(1, greatest(20, 20000 * current_setting('pgx.scale')::float8)::int) i;
INSERT INTO parcels (outline, crop, area, attributes)
    SELECT polygon(32, circle(point(random() * 200000, random() * 200000), 20 + random() * 200)),
           (ARRAY['wheat', 'potato', 'maize', 'grass', 'beet'])[1 + i % 5],
           random() * 10000,
           jsonb_build_object('farm', i % 5000, 'note', md5(i::text), 'eligible', i % 3 = 0)
      FROM generate_series(1, greatest(200, 200000 * current_setting('pgx.scale')::float8)::int) i;
INSERT INTO signatures
    SELECT 1 + floor(random() * p.count)::int, 1 + floor(random() * s.count)::int,
           (ARRAY['B4', 'B8', 'BC', 'BL'])[1 + i % 4],
           (random() * 400)::int, random() * 3000, random() * 500, random() * 1000,
           2000 + random() * 3000, random() * 1000, random() * 1500, random() * 2500
      FROM (SELECT count(*) FROM parcels) p, (SELECT count(*) FROM scenes) s,
           generate_series(1, (6000000 * current_setting('pgx.scale')::float8)::int) i;
INSERT INTO events (at, kind, payload, amount, tags)
    SELECT '2026-01-01'::timestamptz - i * interval '1 second',
           (ARRAY['login', 'purchase', 'view', 'logout'])[1 + i % 4],
           jsonb_build_object('user', i % 100000, 'ip', format('10.%s.%s', i % 256, i / 256 % 256),
                              'ref', md5(i::text), 'items', jsonb_build_array(i % 7, i % 11, i % 13)),
           random() * 1000, ARRAY['t' || i % 9, 'c' || i % 31]
      FROM generate_series(1, (1500000 * current_setting('pgx.scale')::float8)::int) i;
CREATE INDEX ON scenes (taken);
CREATE INDEX ON parcels USING gist (outline);
CREATE INDEX ON signatures (parcel);
CREATE INDEX ON signatures (scene, band);
CREATE INDEX ON events USING gin (tags);
CREATE INDEX ON events (kind, at);
ALTER TABLE signatures
    ADD FOREIGN KEY (parcel) REFERENCES parcels (id),
    ADD FOREIGN KEY (scene) REFERENCES scenes (id);
