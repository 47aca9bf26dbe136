-- Random parts of compound values.

-- Whole numbers with spaces between.
CREATE OR REPLACE FUNCTION numbers(low int8, high int8) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(whole(low, high)::text, ' '), '')
      FROM generate_series(1, whole(0, 9))$$;

-- NULL, or a text that is easily taken for something else.
CREATE OR REPLACE FUNCTION element() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT CASE whole(0, 9) WHEN 0 THEN NULL WHEN 1 THEN ''
        WHEN 2 THEN pick('NULL', 'null', 'nUlL', 'NULLs', ' NULL', ' ', 'empty', '[1,2]')
        ELSE words(8) END$$;

CREATE OR REPLACE FUNCTION texts(items int8) RETURNS text[] LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(array_agg(element()), '{}') FROM generate_series(1, items)$$;

CREATE OR REPLACE FUNCTION keys(items int8) RETURNS text[] LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(array_agg(coalesce(element(), '')), '{}') FROM generate_series(1, items)$$;

CREATE OR REPLACE FUNCTION many(items int8, low int8, high int8) RETURNS int4[]
    LANGUAGE sql VOLATILE AS
    $$SELECT array_agg(nullif(whole(low, high), 0)::int4) FROM generate_series(1, items)$$;

CREATE OR REPLACE FUNCTION doubles(items int8) RETURNS float8[] LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(array_agg(double()), '{}') FROM generate_series(1, items)$$;

CREATE OR REPLACE FUNCTION singles(items int8) RETURNS float4[] LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(array_agg(((random() - 0.5) * 10.0::float8 ^ whole(-25, 30))::float4), '{}')
      FROM generate_series(1, items)$$;

-- The same items in that many rows, which are in that many planes.
CREATE OR REPLACE FUNCTION block(flat anyarray, rows int, planes int) RETURNS anyarray
    LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
        width int := cardinality(flat) / (rows * planes);
        plane flat%TYPE;
        grid flat%TYPE;
    BEGIN
        FOR p IN 0 .. planes - 1 LOOP
            plane := NULL;
            FOR r IN p * rows .. (p + 1) * rows - 1 LOOP
                plane := plane || ARRAY[flat[r * width + 1 : (r + 1) * width]];
            END LOOP;
            grid := grid || CASE planes WHEN 1 THEN plane ELSE ARRAY[plane] END;
        END LOOP;
        RETURN grid;
    END$$;

-- The text of an array with other lower bounds, half of the time.
CREATE OR REPLACE FUNCTION moved(flat anyarray) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT CASE WHEN random() < 0.5 THEN '' ELSE
        (SELECT string_agg(format('[%s:%s]', low, low + array_length(flat, d) - 1), '' ORDER BY d)
            || '='
         FROM (SELECT d, whole(-3, 3) AS low FROM generate_series(1, array_ndims(flat)) d) bounds)
        END || flat::text$$;

CREATE OR REPLACE FUNCTION moment() RETURNS timestamp LANGUAGE sql VOLATILE AS
    $$SELECT '2000-01-01'::timestamp + whole(-100000000000, 100000000000) * '1 us'::interval
        * 10 ^ whole(0, 5)$$;

CREATE OR REPLACE FUNCTION spot() RETURNS point LANGUAGE sql VOLATILE AS
    'SELECT point(double(), double())';

CREATE OR REPLACE FUNCTION corners() RETURNS box LANGUAGE sql VOLATILE AS
    'SELECT box(spot(), spot())';

CREATE OR REPLACE FUNCTION spots(items int8) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT string_agg(spot()::text, ',') FROM generate_series(1, items)$$;

-- A lexeme as tsvector and tsquery read it.
CREATE OR REPLACE FUNCTION lexeme() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT '''' || replace(replace(words(6) || chr(whole(97, 122)::int), '\', '\\'), '''', '''''')
        || ''''$$;

CREATE OR REPLACE FUNCTION places() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(':' || string_agg(whole(1, 16383) || pick('', 'A', 'B', 'C', 'D'), ','), '')
      FROM generate_series(1, whole(0, 4))$$;

CREATE OR REPLACE FUNCTION document(items int8) RETURNS tsvector LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(lexeme() || places(), ' '), '')::tsvector
      FROM generate_series(1, items)$$;

CREATE OR REPLACE FUNCTION tree(depth int8) RETURNS tsquery LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        IF depth = 0 OR random() < 0.2 THEN
            RETURN lexeme() || pick('', ':*', ':A', ':BC*', ':D', ':*ABCD');
        END IF;
        CASE whole(0, 3)
            WHEN 0 THEN RETURN !! tree(depth - 1);
            WHEN 1 THEN RETURN tree(depth - 1) && tree(depth - 1);
            WHEN 2 THEN RETURN tree(depth - 1) || tree(depth - 1);
            ELSE RETURN tsquery_phrase(
                tree(depth - 1), tree(depth - 1), pick('0', '1', '2', '16384')::int);
        END CASE;
    END$$;

-- A tree with one lexeme on each level.
CREATE OR REPLACE FUNCTION chain(depth int8) RETURNS tsquery LANGUAGE plpgsql VOLATILE AS $$
    DECLARE chained tsquery := 'a';
    BEGIN
        FOR level IN 1 .. depth LOOP
            chained := CASE whole(0, 4)
                WHEN 0 THEN !! chained
                WHEN 1 THEN 'b'::tsquery && chained
                WHEN 2 THEN chained || 'c'::tsquery
                WHEN 3 THEN tsquery_phrase('d', chained)
                ELSE tsquery_phrase(chained, 'e', 2) END;
        END LOOP;
        RETURN chained;
    END$$;

-- Labels as the types of ltree read them.
CREATE OR REPLACE FUNCTION labels(items int8, first text, joiner text) RETURNS text
    LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(first || string_agg(pick('a', 'B_1', 'ärger', '日本', hex(4)), joiner), '')
      FROM generate_series(1, items)$$;

-- 106 of the finite floats of 16 bits, from the given one on.
CREATE OR REPLACE FUNCTION halves(low int8) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT '[' || string_agg((CASE WHEN bits < 31744 THEN 1 ELSE -1 END * CASE e
            WHEN 0 THEN f * 2.0::float8 ^ -24 ELSE (1024 + f) * 2.0::float8 ^ (e - 25) END)::text,
            ',' ORDER BY bits) || ']'
      FROM (SELECT bits, bits % 31744 / 1024 AS e, bits % 1024 AS f
            FROM generate_series(low, least(low + 105, 63487)) bits) half$$;

CREATE OR REPLACE FUNCTION sparse(most int) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT '{' || string_agg(n || ':' || (random() - 0.5)::float4, ',' ORDER BY n) || '}/' || most
      FROM generate_series(1, most) n WHERE n = 1 OR random() < 0.05$$;
