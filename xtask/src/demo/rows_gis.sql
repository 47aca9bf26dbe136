-- Where the parcels and the scenes of the sample lie.
SELECT setseed(0.2019);

UPDATE dias_catalogue
   SET footprint = ST_MakeEnvelope(4 + (id % 100) * 0.01, 50 + (id % 77) * 0.01,
                                   5 + (id % 100) * 0.01, 51 + (id % 77) * 0.01, 4326);

UPDATE parcel_set
   SET wkb_geometry = ST_Buffer(ST_SetSRID(ST_MakePoint(500000 + random() * 200000,
                                                        5600000 + random() * 200000), 32631),
                                20 + random() * 200, 8);
