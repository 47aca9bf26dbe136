-- The rows of the parcels sample: as many signatures as pgx.rows says, a parcel for each twenty. The
-- seed makes every run give the same rows.
SELECT setseed(0.2018);

INSERT INTO dias_catalogue (obstime, reference, sensor, card, status)
SELECT '2018-01-01'::timestamp + i * interval '10 hours',
       format('S%sA_MSIL2A_2018_N0206_R%s_T31UFU_%s', 1 + i % 2, lpad((i % 143)::text, 3, '0'), md5(i::text)),
       CASE i % 4 WHEN 0 THEN '1A' WHEN 1 THEN '2A' WHEN 2 THEN '1B' ELSE '2B' END,
       CASE WHEN i % 2 = 0 THEN 'bs' ELSE 's2' END,
       CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'extracted' END::processing
  FROM generate_series(1, 1000) AS i;

INSERT INTO parcel_set (crop_code, crop_name, area, attrs)
SELECT (i % 97)::text,
       (ARRAY['Winterweizen', 'Zuckerrüben', 'Kartoffeln', 'Mais', 'Grasland blijvend'])[1 + i % 5],
       1 + random() * 10000,
       CASE WHEN i % 11 > 0
            THEN jsonb_build_object('farm', i % 5000, 'note', md5(i::text), 'eligible', i % 3 = 0) END
  FROM generate_series(1, current_setting('pgx.rows')::bigint / 20) AS i;

INSERT INTO roi2018_card_signatures
SELECT 1 + i % (current_setting('pgx.rows')::bigint / 20), 1 + (i * 7919) % 1000,
       (ARRAY['B4', 'B8', 'BC', 'BL'])[1 + i % 4], (random() * 400)::integer,
       random() * 3000, random() * 500, random() * 1000, 2000 + random() * 3000,
       random() * 1000, random() * 1500, random() * 2500
  FROM generate_series(1, current_setting('pgx.rows')::bigint / 2) AS i;

INSERT INTO roi2019_card_signatures
SELECT 1 + i % (current_setting('pgx.rows')::bigint / 20), 1 + (i * 104729) % 1000,
       (ARRAY['B4', 'B8', 'VV', 'VH'])[1 + i % 4], (random() * 400)::integer,
       CASE WHEN i % 40 > 0 THEN random() * 3000 END, random() * 500, random() * 1000,
       2000 + random() * 3000, random() * 1000, random() * 1500, random() * 2500
  FROM generate_series(1, current_setting('pgx.rows')::bigint / 2) AS i;

INSERT INTO extraction_log (line)
SELECT 'extracted scene ' || i FROM generate_series(1, 1000) AS i;
