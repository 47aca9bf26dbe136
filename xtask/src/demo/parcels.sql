-- The parcels sample without PostGIS: one season's scenes, the parcels they show, and what the
-- satellites measured in each. parcels_gis.sql adds geometry before rows.sql fills the tables.
CREATE TYPE processing AS ENUM ('ingested', 'inprogress', 'extracted', 'failed');

CREATE TABLE dias_catalogue (
    id        serial PRIMARY KEY,
    obstime   timestamp without time zone NOT NULL,
    reference varchar(120) NOT NULL UNIQUE,
    sensor    char(2) NOT NULL CHECK (sensor IN ('1A', '1B', '2A', '2B')),
    card      char(3) NOT NULL,
    status    processing NOT NULL DEFAULT 'ingested'
);
CREATE INDEX dias_catalogue_obstime_idx ON dias_catalogue (obstime);
COMMENT ON TABLE dias_catalogue IS 'the scenes that cover the region';
COMMENT ON COLUMN dias_catalogue.reference IS 'the scene''s name in the provider''s catalogue';

CREATE TABLE parcel_set (
    ogc_fid   serial PRIMARY KEY,
    crop_code text NOT NULL,
    crop_name text NOT NULL,
    area      double precision CHECK (area > 0),
    attrs     jsonb
);
COMMENT ON TABLE parcel_set IS 'one row for each declared parcel';

CREATE TABLE roi2018_card_signatures (
    pid   integer NOT NULL REFERENCES parcel_set (ogc_fid),
    obsid integer NOT NULL REFERENCES dias_catalogue (id),
    band  char(2) NOT NULL,
    count real,
    mean  real,
    std   real,
    min   real,
    max   real,
    p25   real,
    p50   real,
    p75   real
);
CREATE INDEX roi2018_card_signatures_pid_idx ON roi2018_card_signatures (pid);
CREATE INDEX roi2018_card_signatures_obsid_idx ON roi2018_card_signatures (obsid, band);

CREATE TABLE roi2019_card_signatures (
    pid   integer NOT NULL REFERENCES parcel_set (ogc_fid),
    obsid integer NOT NULL REFERENCES dias_catalogue (id),
    band  char(2) NOT NULL,
    count real,
    mean  real,
    std   real,
    min   real,
    max   real,
    p25   real,
    p50   real,
    p75   real
);
CREATE INDEX roi2019_card_signatures_pid_idx ON roi2019_card_signatures (pid);
CREATE INDEX roi2019_card_signatures_obsid_idx ON roi2019_card_signatures (obsid, band);

-- What a dump by manifest leaves behind.
CREATE TABLE extraction_log (
    id   bigserial PRIMARY KEY,
    at   timestamp with time zone NOT NULL DEFAULT now(),
    line text NOT NULL
);
