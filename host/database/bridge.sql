-- What SQL of SQLite has and PostgreSQL has not, or has otherwise. The host installs it into each database that it works on;
-- sql_dialect.c calls it by name. Times are texts in UTC, as SQLite writes them.
CREATE SCHEMA IF NOT EXISTS lunokhod;

-- That a host of this number is not taken for dead. Whoever does so deletes the row, and so waits for transactions that have
-- come to here. In those that come later it is gone, whatever they have seen before.
CREATE OR REPLACE FUNCTION lunokhod.prove(host bigint) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM lunokhod_fences WHERE number = host FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the other hosts took this one for dead' USING ERRCODE = 'LU001'; END IF;
END $$;

-- A test may set the clock.
CREATE OR REPLACE FUNCTION lunokhod.clock() RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('lunokhod.now', true), '')::timestamptz, statement_timestamp()) AT TIME ZONE 'UTC' $$;

CREATE OR REPLACE FUNCTION lunokhod.moment(at text, modifiers text[]) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
DECLARE
  result timestamp;
  modifier text;
BEGIN
  IF at IS NULL THEN RETURN NULL; END IF;
  IF at = 'now' THEN
    result := lunokhod.clock();
  ELSIF at ~ '^[+-]?[0-9]+(\.[0-9]*)?$' THEN
    IF coalesce(modifiers[1], '') = 'unixepoch' OR coalesce(modifiers[1], '') = 'auto' THEN
      result := to_timestamp(at::double precision) AT TIME ZONE 'UTC';
    ELSE
      result := to_timestamp((at::double precision - 2440587.5) * 86400) AT TIME ZONE 'UTC';
    END IF;
  ELSIF at ~ '^[0-9]{2}:[0-9]{2}' THEN
    result := ('2000-01-01 ' || at)::timestamptz AT TIME ZONE 'UTC';
  ELSIF at ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' THEN
    result := at::timestamptz AT TIME ZONE 'UTC';
  ELSE
    RETURN NULL;
  END IF;
  FOREACH modifier IN ARRAY modifiers LOOP
    IF modifier IS NULL THEN RETURN NULL;
    ELSIF modifier IN ('unixepoch', 'auto', 'utc', 'localtime', 'subsec', 'subsecond') THEN NULL;
    ELSIF modifier LIKE 'start of %' THEN result := date_trunc(substr(modifier, 10), result);
    ELSIF modifier LIKE 'weekday %' THEN
      result := result + ((substr(modifier, 9)::int - extract(dow FROM result)::int + 7) % 7) * interval '1 day';
    ELSIF modifier ~ '^[+-]?[0-9.]+ *(second|minute|hour|day|month|year)s?$' THEN result := result + modifier::interval;
    ELSE RETURN NULL;
    END IF;
  END LOOP;
  RETURN result;
EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR invalid_parameter_value THEN
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION lunokhod.datetime(at text DEFAULT 'now', VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT to_char(lunokhod.moment(at, modifiers), 'YYYY-MM-DD HH24:MI:SS') $$;
CREATE OR REPLACE FUNCTION lunokhod.datetime(at double precision, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT lunokhod.datetime(at::text, VARIADIC modifiers) $$;
CREATE OR REPLACE FUNCTION lunokhod.date(at text DEFAULT 'now', VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT to_char(lunokhod.moment(at, modifiers), 'YYYY-MM-DD') $$;
CREATE OR REPLACE FUNCTION lunokhod.date(at double precision, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT lunokhod.date(at::text, VARIADIC modifiers) $$;
CREATE OR REPLACE FUNCTION lunokhod.time(at text DEFAULT 'now', VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT to_char(lunokhod.moment(at, modifiers), 'HH24:MI:SS') $$;
CREATE OR REPLACE FUNCTION lunokhod.time(at double precision, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT lunokhod.time(at::text, VARIADIC modifiers) $$;
CREATE OR REPLACE FUNCTION lunokhod.unixepoch(at text DEFAULT 'now', VARIADIC modifiers text[] DEFAULT '{}') RETURNS bigint
  LANGUAGE sql STABLE AS $$ SELECT floor(extract(epoch FROM lunokhod.moment(at, modifiers)))::bigint $$;
CREATE OR REPLACE FUNCTION lunokhod.julianday(at text DEFAULT 'now', VARIADIC modifiers text[] DEFAULT '{}') RETURNS double precision
  LANGUAGE sql STABLE AS $$ SELECT (extract(epoch FROM lunokhod.moment(at, modifiers)) / 86400 + 2440587.5)::double precision $$;

CREATE OR REPLACE FUNCTION lunokhod.strftime(format text, at text DEFAULT 'now', VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  moment timestamp := lunokhod.moment(at, modifiers);
  result text := '';
  part text;
BEGIN
  IF moment IS NULL OR format IS NULL THEN RETURN NULL; END IF;
  FOR part IN SELECT (regexp_matches(format, '%.|[^%]+|%$', 'g'))[1] LOOP
    result := result || CASE part
      WHEN '%Y' THEN to_char(moment, 'YYYY') WHEN '%m' THEN to_char(moment, 'MM') WHEN '%d' THEN to_char(moment, 'DD')
      WHEN '%H' THEN to_char(moment, 'HH24') WHEN '%M' THEN to_char(moment, 'MI') WHEN '%S' THEN to_char(moment, 'SS')
      WHEN '%f' THEN to_char(moment, 'SS.MS') WHEN '%j' THEN to_char(moment, 'DDD')
      WHEN '%w' THEN extract(dow FROM moment)::text WHEN '%u' THEN extract(isodow FROM moment)::text
      WHEN '%s' THEN floor(extract(epoch FROM moment))::bigint::text
      WHEN '%F' THEN to_char(moment, 'YYYY-MM-DD') WHEN '%T' THEN to_char(moment, 'HH24:MI:SS')
      WHEN '%R' THEN to_char(moment, 'HH24:MI') WHEN '%%' THEN '%' ELSE part END;
  END LOOP;
  RETURN result;
END $$;
CREATE OR REPLACE FUNCTION lunokhod.strftime(format text, at double precision, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
  LANGUAGE sql STABLE AS $$ SELECT lunokhod.strftime(format, at::text, VARIADIC modifiers) $$;

-- ---- texts and numbers ----
CREATE OR REPLACE FUNCTION lunokhod.instr(text, text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT strpos($1, $2)::bigint $$;
CREATE OR REPLACE FUNCTION lunokhod.random() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT ('x' || substr(md5(gen_random_uuid()::text), 1, 16))::bit(64)::bigint $$;
CREATE OR REPLACE FUNCTION lunokhod.randomblob(n bigint) RETURNS bytea LANGUAGE sql VOLATILE AS $$
  SELECT substring(decode(string_agg(replace(gen_random_uuid()::text, '-', ''), ''), 'hex') FROM 1 FOR greatest(n, 1)::int)
    FROM generate_series(1, greatest(n, 1) / 16 + 1) $$;
CREATE OR REPLACE FUNCTION lunokhod.hex(bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT upper(encode($1, 'hex')) $$;
CREATE OR REPLACE FUNCTION lunokhod.hex(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT upper(encode(convert_to($1, 'UTF8'), 'hex')) $$;
CREATE OR REPLACE FUNCTION lunokhod.quote(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT quote_nullable($1) $$;
CREATE OR REPLACE FUNCTION lunokhod.typeof(anyelement) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN $1 IS NULL THEN 'null' WHEN pg_typeof($1) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype,
    'bool'::regtype) THEN 'integer' WHEN pg_typeof($1) IN ('float4'::regtype, 'float8'::regtype, 'numeric'::regtype) THEN 'real'
    WHEN pg_typeof($1) = 'bytea'::regtype THEN 'blob' ELSE 'text' END $$;
CREATE OR REPLACE FUNCTION lunokhod.char(VARIADIC bigint[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(chr(c::int), '' ORDER BY n) FROM unnest($1) WITH ORDINALITY AS t(c, n) $$;
CREATE OR REPLACE FUNCTION lunokhod.unicode(text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ascii($1)::bigint $$;
CREATE OR REPLACE FUNCTION lunokhod.iif(boolean, anycompatible, anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 THEN $2 ELSE $3 END $$;
CREATE OR REPLACE FUNCTION lunokhod.round(double precision, bigint DEFAULT 0) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.round($1::numeric, $2::int)::double precision $$;
CREATE OR REPLACE FUNCTION lunokhod.abs(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT pg_catalog.abs($1) $$;
CREATE OR REPLACE FUNCTION lunokhod.abs(integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.abs($1::bigint) $$;
CREATE OR REPLACE FUNCTION lunokhod.abs(double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT pg_catalog.abs($1) $$;

CREATE OR REPLACE FUNCTION lunokhod.glob_pattern(pattern text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT '^' || replace(replace(replace(regexp_replace(pattern, '([.\\+(){}|^$])', '\\\1', 'g'), '[\^', '[^'), '*', '.*'), '?', '.')
    || '$' $$;
CREATE OR REPLACE FUNCTION lunokhod.glob(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT $1 ~ lunokhod.glob_pattern($2) $$;

-- ---- aggregates ----
CREATE OR REPLACE FUNCTION lunokhod.add(bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2 END $$;
CREATE OR REPLACE FUNCTION lunokhod.add(bigint, integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2 END $$;
CREATE OR REPLACE FUNCTION lunokhod.add(bigint, boolean) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2::int END $$;
CREATE OR REPLACE FUNCTION lunokhod.add(double precision, double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 ELSE coalesce($1, 0) + $2 END $$;
CREATE OR REPLACE AGGREGATE lunokhod.sum(bigint) (SFUNC = lunokhod.add, STYPE = bigint);
CREATE OR REPLACE AGGREGATE lunokhod.sum(integer) (SFUNC = lunokhod.add, STYPE = bigint);
CREATE OR REPLACE AGGREGATE lunokhod.sum(boolean) (SFUNC = lunokhod.add, STYPE = bigint);
CREATE OR REPLACE AGGREGATE lunokhod.sum(double precision) (SFUNC = lunokhod.add, STYPE = double precision);
CREATE OR REPLACE AGGREGATE lunokhod.total(double precision) (SFUNC = lunokhod.add, STYPE = double precision, INITCOND = '0');
CREATE OR REPLACE FUNCTION lunokhod.join(text, text, text DEFAULT ',') RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || coalesce($3, '') || $2 END $$;
CREATE OR REPLACE FUNCTION lunokhod.join_numbers(text, bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT lunokhod.join($1, $2::text, ',') $$;
CREATE OR REPLACE FUNCTION lunokhod.join_texts(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT lunokhod.join($1, $2, ',') $$;
CREATE OR REPLACE FUNCTION lunokhod.join_numbers(text, bigint, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT lunokhod.join($1, $2::text, $3) $$;
CREATE OR REPLACE AGGREGATE lunokhod.group_concat(text) (SFUNC = lunokhod.join_texts, STYPE = text);
CREATE OR REPLACE AGGREGATE lunokhod.group_concat(text, text) (SFUNC = lunokhod.join, STYPE = text);
CREATE OR REPLACE AGGREGATE lunokhod.group_concat(bigint) (SFUNC = lunokhod.join_numbers, STYPE = text);
CREATE OR REPLACE AGGREGATE lunokhod.group_concat(bigint, text) (SFUNC = lunokhod.join_numbers, STYPE = text);

-- ---- JSON, as text ----
CREATE OR REPLACE FUNCTION lunokhod.json_steps(path text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT coalesce(array_agg(coalesce(m[1], m[2], m[3]) ORDER BY n), '{}')
    FROM regexp_matches(CASE WHEN path LIKE '$%' THEN path ELSE '$."' || path || '"' END, '\."([^"]*)"|\.([^.["]+)|\[([0-9]+)\]', 'g')
    WITH ORDINALITY AS t(m, n) $$;
CREATE OR REPLACE FUNCTION lunokhod.json(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ($1::jsonb)::text $$;
CREATE OR REPLACE FUNCTION lunokhod.json_valid(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN PERFORM $1::jsonb; RETURN 1; EXCEPTION WHEN invalid_text_representation THEN RETURN 0; END $$;
CREATE OR REPLACE FUNCTION lunokhod.json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE jsonb_typeof(v) WHEN 'boolean' THEN CASE v::text WHEN 'true' THEN '1' ELSE '0' END ELSE v #>> '{}' END
    FROM (SELECT $1::jsonb #> lunokhod.json_steps($2) AS v) AS t $$;
CREATE OR REPLACE FUNCTION lunokhod.json_part(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT ($1::jsonb #> lunokhod.json_steps($2))::text $$;
CREATE OR REPLACE FUNCTION lunokhod.json_type(text, text DEFAULT '$') RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE jsonb_typeof(v) WHEN 'string' THEN 'text' WHEN 'boolean' THEN v::text WHEN 'number' THEN
    CASE WHEN v::text ~ '[.eE]' THEN 'real' ELSE 'integer' END ELSE jsonb_typeof(v) END
    FROM (SELECT $1::jsonb #> lunokhod.json_steps($2) AS v) AS t $$;
CREATE OR REPLACE FUNCTION lunokhod.json_array_length(text, text DEFAULT '$') RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE jsonb_typeof(v) WHEN 'array' THEN jsonb_array_length(v)::bigint ELSE 0 END
    FROM (SELECT $1::jsonb #> lunokhod.json_steps($2) AS v) AS t $$;
CREATE OR REPLACE FUNCTION lunokhod.json_set(text, text, anyelement) RETURNS text LANGUAGE sql STABLE STRICT AS $$
  SELECT jsonb_set($1::jsonb, lunokhod.json_steps($2), to_jsonb($3))::text $$;
CREATE OR REPLACE FUNCTION lunokhod.json_insert(text, text, anyelement) RETURNS text LANGUAGE sql STABLE STRICT AS $$
  SELECT CASE WHEN $1::jsonb #> lunokhod.json_steps($2) IS NULL
    THEN jsonb_set($1::jsonb, lunokhod.json_steps($2), to_jsonb($3))::text ELSE $1 END $$;
CREATE OR REPLACE FUNCTION lunokhod.json_replace(text, text, anyelement) RETURNS text LANGUAGE sql STABLE STRICT AS $$
  SELECT jsonb_set($1::jsonb, lunokhod.json_steps($2), to_jsonb($3), false)::text $$;
CREATE OR REPLACE FUNCTION lunokhod.json_remove(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT ($1::jsonb #- lunokhod.json_steps($2))::text $$;
CREATE OR REPLACE FUNCTION lunokhod.json_each(text) RETURNS TABLE(key text, value text) LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT key, value FROM jsonb_each_text(CASE jsonb_typeof($1::jsonb) WHEN 'object' THEN $1::jsonb ELSE '{}' END)
  UNION ALL
  SELECT (n - 1)::text, value FROM jsonb_array_elements_text(CASE jsonb_typeof($1::jsonb) WHEN 'array' THEN $1::jsonb ELSE '[]' END)
    WITH ORDINALITY AS t(value, n) $$;

-- ---- operators, the catalog ----
DO $$
BEGIN
  IF to_regoperator('lunokhod.->>(text,text)') IS NULL THEN
    CREATE OPERATOR lunokhod.->> (LEFTARG = text, RIGHTARG = text, FUNCTION = lunokhod.json_extract);
    CREATE OPERATOR lunokhod.-> (LEFTARG = text, RIGHTARG = text, FUNCTION = lunokhod.json_part);
    CREATE OPERATOR lunokhod.~*~ (LEFTARG = text, RIGHTARG = text, FUNCTION = lunokhod.glob);
  END IF;
  IF to_regcollation('lunokhod.nocase') IS NULL THEN
    CREATE COLLATION lunokhod.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE COLLATION lunokhod."unicode" (provider = icu, locale = 'und');
  END IF;
EXCEPTION WHEN feature_not_supported OR undefined_object THEN NULL;
END $$;

DROP VIEW IF EXISTS lunokhod.sqlite_master;
CREATE VIEW lunokhod.sqlite_master AS
  SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'v' THEN 'view' ELSE 'table' END AS type, c.relname::text AS name,
    coalesce(t.relname, c.relname)::text AS tbl_name,
    'CREATE ' || c.relname || '(' || (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
      FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) || ')' AS sql
    FROM pg_catalog.pg_class AS c
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
    LEFT JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
    WHERE c.relkind IN ('r', 'i', 'v', 'p') AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema());
