-- Two schemas that refer to each other in every way that the server follows.
CREATE SCHEMA one;
CREATE SCHEMA two;
COMMENT ON SCHEMA one IS 'the first';
GRANT USAGE ON SCHEMA two TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA one GRANT SELECT ON TABLES TO PUBLIC;
CREATE TABLE public.plain (id integer);
CREATE DOMAIN one.number AS integer CHECK (VALUE > 0);
CREATE TYPE two.mood AS ENUM ('one', 'fine');
CREATE TYPE one.pair AS (x one.number, m two.mood);
CREATE SEQUENCE one.numbers;
SELECT setval('one.numbers', 42);
CREATE FUNCTION one.double(i one.number) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
CREATE TABLE one.t (
    id one.number PRIMARY KEY DEFAULT nextval('one.numbers'),
    name text,
    m two.mood DEFAULT 'fine',
    twice integer CHECK (twice = one.double(id)));
CREATE INDEX t_name ON one.t (lower(name), one.double(id));
INSERT INTO one.t (id, name, twice) VALUES (1, 'a', 2), (2, 'b', 4);
CREATE TABLE two.child (id integer REFERENCES one.t, self integer);
ALTER TABLE two.child ADD UNIQUE (id), ADD FOREIGN KEY (self) REFERENCES two.child (id);
INSERT INTO two.child VALUES (1, 1), (2, 1);
CREATE TABLE one.parted (id integer, m two.mood) PARTITION BY LIST (m);
CREATE TABLE two.parted_one PARTITION OF one.parted FOR VALUES IN ('fine');
INSERT INTO one.parted VALUES (1, 'fine');
CREATE TABLE two.heir (more text) INHERITS (one.t);
CREATE VIEW two.v AS SELECT t.id, one.double(t.id) AS d, 'one.t'::regclass AS c FROM one.t;
CREATE MATERIALIZED VIEW one.filled AS SELECT count(*) AS n FROM two.v;
CREATE RULE quiet AS ON DELETE TO two.v DO INSTEAD DELETE FROM one.t WHERE id = old.id;
CREATE FUNCTION one.fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER filled BEFORE INSERT ON one.t FOR EACH ROW EXECUTE PROCEDURE one.fill();
CREATE POLICY own ON one.t USING (id IN (SELECT id FROM two.child));
CREATE STATISTICS two.st ON id, name FROM one.t;
CREATE TEXT SEARCH DICTIONARY one.words (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION two.plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION two.plain ALTER MAPPING FOR asciiword WITH one.words;
CREATE INDEX t_words ON one.t USING gin (to_tsvector('two.plain', name));
CREATE COLLATION one.plain FROM "C";
CREATE OPERATOR one.=== (LEFTARG = integer, RIGHTARG = integer, PROCEDURE = int4eq);
CREATE VIEW one.by_operator AS SELECT id FROM two.child WHERE id OPERATOR(one.===) 1;
CREATE AGGREGATE two.total(integer) (SFUNC = int4pl, STYPE = integer);
CREATE CAST (one.pair AS text) WITH INOUT;
CREATE PUBLICATION of_t FOR TABLE one.t;
CREATE FUNCTION one.told() RETURNS event_trigger LANGUAGE plpgsql AS
    'BEGIN RAISE ''%'', tg_tag; END';
CREATE EVENT TRIGGER told ON ddl_command_start WHEN TAG IN ('ALTER SCHEMA', 'ALTER FUNCTION')
    EXECUTE PROCEDURE one.told();
