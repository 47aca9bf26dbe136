-- The geometry of the parcels sample.
CREATE EXTENSION postgis;

ALTER TABLE dias_catalogue ADD COLUMN footprint geometry(Polygon, 4326);
ALTER TABLE parcel_set ADD COLUMN wkb_geometry geometry(Polygon, 32631);
CREATE INDEX dias_catalogue_footprint_idx ON dias_catalogue USING gist (footprint);
CREATE INDEX parcel_set_wkb_geometry_idx ON parcel_set USING gist (wkb_geometry);
