-- One table that is nearly everything; pgx.scale = 1 makes about 0.9 GB.
CREATE TABLE accounts (id int NOT NULL, branch int, balance int, filler char(84));
CREATE TABLE branches (id int PRIMARY KEY, balance int);
INSERT INTO branches SELECT i, 0 FROM generate_series(1, 60) i;
INSERT INTO accounts
    SELECT i, 1 + i / 100000, 0, ''
      FROM generate_series(1, (6000000 * current_setting('pgx.scale')::float8)::int) i;
ALTER TABLE accounts ADD PRIMARY KEY (id);
