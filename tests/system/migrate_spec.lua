-- `lunokhod migrate`: a bot's data from a file into PostgreSQL and back, whole or not at all.
local on_postgres = require "tests.support.on_postgres"
local process = require "tests.support.process"
local world = require "tests.support.world"

local ALL = [[
CREATE TABLE users(chatid INTEGER PRIMARY KEY, name TEXT, click INTEGER NOT NULL DEFAULT 0,
  level INTEGER CHECK (level IN (0, 1)), score REAL, picture BLOB);
INSERT INTO users VALUES(1, 'Robert''); DROP TABLE users;--', 3, 1, 0.1, x'00ff27');
INSERT INTO users VALUES(-1001234567890, char(9) || 'a' || char(10) || '\N \\' || char(13), 9223372036854775807, 0, 1e300, x'');
INSERT INTO users VALUES(7, NULL, -9223372036854775808, NULL, NULL, NULL);
CREATE TABLE "order"(id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER REFERENCES later(id) ON DELETE CASCADE,
  "we""ird" TEXT UNIQUE);
CREATE TABLE later(id INTEGER, up INTEGER REFERENCES later(id), PRIMARY KEY(id));
INSERT INTO later VALUES(5, 6), (6, NULL);
INSERT INTO "order" VALUES(10, 5, 'x'), (11, 6, 'y');
DELETE FROM "order" WHERE id = 11;
CREATE TABLE camelCase(chatId INTEGER, userName TEXT, PRIMARY KEY(chatId, userName)) WITHOUT ROWID;
INSERT INTO camelCase VALUES(2, 'b'), (1, 'ё'), (1, 'Z'), (1, 'a');
CREATE TABLE log(n INTEGER, at TEXT DEFAULT CURRENT_TIMESTAMP);
INSERT INTO log VALUES(3, 'c'), (1, 'a'), (3, 'c');
CREATE TABLE none(a INTEGER, b TEXT COLLATE NOCASE);
CREATE TABLE lunokhod_broadcast_chats(broadcast INTEGER NOT NULL, chat NOT NULL, state INTEGER NOT NULL DEFAULT 0,
  holder TEXT, PRIMARY KEY(broadcast, chat)) WITHOUT ROWID;
INSERT INTO lunokhod_broadcast_chats(broadcast, chat) VALUES(1, 2), (1, 10), (1, '@channel'), (1, -5), (2, 5.5);
CREATE TABLE lunokhod_other(a); INSERT INTO lunokhod_other VALUES('12'), (12), ('1e'), (0.1);
CREATE INDEX by_name ON users(lower(name), click DESC) WHERE click > 0;
CREATE UNIQUE INDEX "odd name" ON log(n) WHERE n < 0;
CREATE VIEW best AS SELECT name, click FROM users WHERE click > 1;
]]

describe("lunokhod migrate", function()
  -- psql would make tables in the schema that has its user's name, which is that of the host's functions, too.
  local here = on_postgres.alone(function(server) server:ask "ALTER ROLE lunokhod SET search_path = public" end)
  local server, directory
  before_each(function() server, directory = here.server, process.new_directory() end)
  after_each(function() os.execute("rm -rf " .. process.quote(directory)) end)

  local function query(path, sql)
    local child = process.start { "sqlite3", path, sql }
    assert.equal(0, child:wait(), child:stderr())
    return (child:stdout():gsub("\n$", ""))
  end

  local function make(sql, name)
    local path = directory .. "/" .. (name or "bot.sqlite")
    process.write_file(directory .. "/sql", sql)
    query(path, ".read " .. directory .. "/sql")
    return path
  end

  local function migrate(...)
    local code, out, errors = world.run({ "migrate", ... }, { LUNOKHOD_DATABASE = server:url() })
    assert.equal("", out)
    return code, errors
  end

  local function fill(path)
    local code, errors = migrate(path, "-")
    assert.equal(0, code, errors)
  end

  -- Is refused with these words, and the database is as empty as before.
  local function refuses(sql, words)
    local code, errors = migrate(make(sql), "-")
    os.remove(directory .. "/bot.sqlite")
    assert.equal(1, code, errors)
    assert.truthy(errors:find(words, 1, true), errors)
    assert.equal("0", server:ask "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
  end

  it("brings every value into PostgreSQL, under any name", function()
    local code, errors = migrate(make(ALL), "-")
    assert.equal(0, code, errors)
    assert.equal("migrated: 8 tables, 22 rows, each compared\n", errors)
    assert.equal("-1001234567890|9223372036854775807|0|1e+300|\\x\n1|3|1|0.1|\\x00ff27\n7|-9223372036854775808|||",
      server:ask "SELECT chatid, click, level, score, picture FROM users ORDER BY chatid")
    assert.equal("Robert'); DROP TABLE users;--", server:ask "SELECT name FROM users WHERE chatid = 1")
    assert.equal("\\x09610a5c4e205c5c0d",
      server:ask "SELECT convert_to(name, 'UTF8') FROM users WHERE chatid < 0")
    assert.equal('10|5|x', server:ask [[SELECT id, person, "we""ird" FROM "order"]])
    assert.equal("1|Z\n1|a\n1|ё\n2|b", server:ask [[SELECT * FROM camelcase ORDER BY chatid, username COLLATE "C"]])
    assert.equal("-5 10 2 5.5 @channel",
      server:ask [[SELECT string_agg(chat, ' ' ORDER BY chat COLLATE "C") FROM lunokhod_broadcast_chats]])
    assert.equal("2", server:ask "SELECT count(*) FROM best")
  end)

  it("brings keys, constraints, indices and the next ids", function()
    fill(make(ALL))
    assert.equal("12", server:ask [[INSERT INTO "order"(person) VALUES(5) RETURNING id]])
    assert.equal("7", server:ask "INSERT INTO later(up) VALUES(NULL) RETURNING id")
    assert.equal("8", server:ask "INSERT INTO users(name) VALUES('Eve') RETURNING chatid")
    for _, wrong in ipairs {
      "INSERT INTO users(level) VALUES(2)", [[INSERT INTO "order"("we""ird") VALUES('x')]], "INSERT INTO later(up) VALUES(99)",
      "INSERT INTO users(click) VALUES(NULL)", "INSERT INTO log(n) VALUES(-1), (-1)", "INSERT INTO camelcase VALUES(1, 'a')",
    } do
      assert.is_false((pcall(server.ask, server, wrong)), wrong)
    end
    server:ask "DELETE FROM later WHERE id = 5"
    assert.equal("0", server:ask [[SELECT count(*) FROM "order"]])
    assert.equal("by_name\nodd name", server:ask [[SELECT indexname FROM pg_indexes WHERE schemaname = 'public'
      AND indexname IN ('by_name', 'odd name') ORDER BY indexname]])
  end)

  it("names the table, the column and the row of a value that does not fit, and writes nothing", function()
    local head = "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB, v VARCHAR(3)); INSERT INTO t(id) VALUES(1);"
    refuses(head .. "INSERT INTO t(id, n) VALUES(17, 'seven')",
      "table t, column n, rowid 17: a text does not fit a column of PostgreSQL for INTEGER")
    refuses(head .. "INSERT INTO t(id, n) VALUES(17, 1.5)", "table t, column n, rowid 17: a float does not fit")
    refuses(head .. "INSERT INTO t(id, s) VALUES(17, 'a' || char(0) || 'b')",
      "table t, column s, rowid 17: a text with a NUL")
    refuses(head .. "INSERT INTO t(id, s) VALUES(17, CAST(x'ff' AS TEXT))",
      "table t, column s, rowid 17: a text that is not UTF-8")
    refuses(head .. "INSERT INTO t(id, s) VALUES(17, x'00')", "table t, column s, rowid 17: a blob does not fit")
    refuses(head .. "INSERT INTO t(id, b) VALUES(17, 'text')", "table t, column b, rowid 17: a text does not fit")
    refuses(head .. "INSERT INTO t(id, v) VALUES(17, 'long')",
      "table t, rowid 17: value too long for type character varying(3)")
    refuses("CREATE TABLE t(a TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID; INSERT INTO t VALUES('one', 'two')",
      "table t, column n, key one: a text does not fit")
    refuses("CREATE TABLE t(a TEXT PRIMARY KEY); INSERT INTO t VALUES('x'), (NULL)", "table t, rowid 2: null value in column")
    refuses("CREATE TABLE t(a INTEGER REFERENCES t2(id)); CREATE TABLE t2(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(4)",
      'table t: insert or update on table "t" violates foreign key')
  end)

  it("names what PostgreSQL can't have", function()
    refuses("CREATE TABLE t(a)", "table t: column a has no type")
    refuses("CREATE TABLE t(a INTEGER); CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END", "the trigger tr")
    refuses("CREATE VIRTUAL TABLE words USING fts5(text)", "the virtual table words")
    refuses("CREATE TABLE t(a INTEGER); CREATE INDEX i ON t(a + 1)", "index i can't be brought over: syntax error")
    refuses("CREATE TABLE t(a INTEGER); CREATE VIEW w AS SELECT rowid FROM t", "view w can't be brought over: does not run on")
    refuses("CREATE VIEW v AS SELECT pg_read_file('/etc/passwd') AS a",
      "view v can't be brought over: not allowed in a script: pg_read_file")
    refuses("CREATE TABLE t(a STRANGE)", 'table t can\'t be brought over: type "strange" does not exist')
    refuses("CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER REFERENCES u(a)); "
      .. "CREATE TABLE u(a INTEGER PRIMARY KEY, b INTEGER REFERENCES t(a))", "can't be brought over: relation")
    refuses(("CREATE TABLE t(%s INTEGER)"):format(("a"):rep(64)), "longer than PostgreSQL's 63 bytes")
  end)

  it("refuses to write over data, and takes tables without a row for none", function()
    local path = make "CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)"
    server:ask "CREATE TABLE t(other TEXT); CREATE TABLE empty(b TEXT); CREATE VIEW w AS SELECT * FROM t"
    fill(path)
    assert.equal("1", server:ask "SELECT a FROM t")
    local code, errors = migrate(path, "-")
    assert.equal(1, code)
    assert.truthy(errors:find("the database has data: table t has rows", 1, true), errors)
    assert.equal("1", server:ask "SELECT count(*) FROM t")
  end)

  it("brings an old bot's JSON, and tells where it is wrong", function()
    process.write_file(directory .. "/old.json", '[[123456789012, "Анна", 3, 0], [5, "O\'Neil", 7.0, 1]]')
    fill(directory .. "/old.json")
    assert.equal("5|O'Neil|7\n123456789012|Анна|3", server:ask "SELECT chatid, name, click FROM users ORDER BY chatid")
    process.write_file(directory .. "/old.json", '[\n[1, "a", 1, 0],\n[99999999999999999999, "b", 1, 0]]')
    local code, errors = migrate(directory .. "/old.json", "-")
    assert.equal(1, code)
    assert.truthy(errors:find("line 3: too big integer", 1, true), errors)
  end)

  it("brings 100,000 rows, and shows on a terminal how far it is", function()
    local path = make [[CREATE TABLE many(id INTEGER PRIMARY KEY, text TEXT);
      INSERT INTO many WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 100000)
        SELECT n, hex(n) FROM i]]
    local command = ("%s migrate %s -"):format(world.sandbox.PROGRAM, process.quote(path))
    local child = process.start({ "script", "-qec", command, "/dev/null" }, { LUNOKHOD_DATABASE = server:url() })
    assert.equal(0, child:wait(), child:stdout())
    assert.matches("\r\27%[Kcopying many: 8%d%d%d%d rows", child:stdout())
    assert.matches("\r\27%[Kcomparing many: 8%d%d%d%d rows", child:stdout())
    assert.matches("\r\27%[Kmigrated: 1 tables, 100000 rows, each compared\r\n$", child:stdout())
    assert.equal("100000|" .. 100000 * 100001 // 2, server:ask "SELECT count(*), sum(id) FROM many WHERE text <> ''")
  end)

  -- Whoever holds the lock 42 holds up the migration in its last table, when the rows of the others are copied.
  it("leaves nothing where it is killed in the midst", function()
    local path = make [[CREATE TABLE many(id INTEGER PRIMARY KEY, text TEXT);
      INSERT INTO many WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 10000)
        SELECT n, hex(n) FROM i;
      CREATE TABLE last(a INTEGER CHECK (unlikely(a > 0))); INSERT INTO last VALUES(1)]]
    server:ask [[CREATE FUNCTION unlikely(boolean) RETURNS boolean LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN $1; END']]
    local holder = process.start { server.programs .. "/psql", "-X", "-q", "-d", server:url(), "-c",
      "SELECT pg_advisory_lock(42), pg_sleep(600)" }
    server:wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND granted", "1")
    local run = process.start { world.sandbox.PROGRAM, "migrate", path, server:url() }
    run.may_be_killed = true
    server:wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted", "1")
    run:signal "KILL"
    run:wait()
    server:ask "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND granted"
    holder:wait()
    server:wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0")
    assert.equal("0", server:ask "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    fill(path)
    assert.equal("10000", server:ask "SELECT count(*) FROM many")
  end)

  -- ---- and back ----

  local function fetch(name)
    local path = directory .. "/" .. (name or "back.sqlite")
    local code, errors = migrate("-", path)
    assert.equal(0, code, errors)
    return path
  end

  local function rows(path, sql)
    local child = process.start { "sqlite3", "-quote", path, sql }
    assert.equal(0, child:wait(), child:stderr())
    return child:stdout()
  end

  -- The same rows of these tables, or queries.
  local function assert_same_data(one, other, tables)
    for _, name in ipairs(tables) do
      local sql = ("SELECT * FROM %s ORDER BY 1, 2"):format(name)
      assert.equal(rows(one, sql), rows(other, sql))
    end
  end

  it("brings all back into a file that is the same", function()
    local before = make(ALL)
    fill(before)
    local after = fetch()
    assert_same_data(before, after, {
      "users", '"order"', "later", "camelCase", "log", "none", "lunokhod_broadcast_chats", "best", "sqlite_sequence",
    })
    assert.equal("12", query(after, 'INSERT INTO "order"(person) VALUES(5) RETURNING id'))
    assert.equal("7", query(after, "INSERT INTO later(up) VALUES(NULL) RETURNING id"))
    for _, wrong in ipairs {
      "INSERT INTO users(level) VALUES(2)", [[INSERT INTO "order"("we""ird") VALUES('x')]],
      "PRAGMA foreign_keys = ON; INSERT INTO later(up) VALUES(99)", "INSERT INTO users(click) VALUES(NULL)",
      "INSERT INTO log(n) VALUES(-1), (-1)", "INSERT INTO camelcase VALUES(1, 'a')",
    } do
      assert.is_false((pcall(query, after, wrong)), wrong)
    end
    assert.matches("AUTOINCREMENT", query(after, "SELECT sql FROM sqlite_schema WHERE name = 'order'"))
    assert.falsy(query(after, "SELECT sql FROM sqlite_schema WHERE name IN ('users', 'later')"):find "AUTOINCREMENT")
    assert.matches("USING INDEX by_name", query(after,
      "EXPLAIN QUERY PLAN SELECT 1 FROM users WHERE click > 0 AND lower(name) = 'x'"))
    assert.matches("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$", query(after, "INSERT INTO log(n) VALUES(5) RETURNING at"))
    server:clear()
    query(after, 'DELETE FROM "order" WHERE id = 12; DELETE FROM later WHERE id = 7; DELETE FROM log WHERE n = 5')
    fill(after)
    assert_same_data(before, fetch "again.sqlite", { "users", '"order"', "later", "camelCase", "log" })
  end)

  it("brings tables back that PostgreSQL has made", function()
    server:ask [[CREATE TABLE t(id serial PRIMARY KEY, flag boolean DEFAULT true, price numeric(10, 2), day date,
        name varchar(20) DEFAULT 'it''s' CHECK (name ILIKE 'i%' AND length(name) < 9), half double precision DEFAULT -0.5,
        twice bigint GENERATED ALWAYS AS (id * 2) STORED, bytes bytea DEFAULT '\x00ff', kind text DEFAULT 'a'
        CHECK (kind = ANY (ARRAY['a', 'b'])), UNIQUE(day, kind));
      INSERT INTO t(price, day) VALUES(12.50, '2026-11-26'), (NULL, NULL);
      CREATE INDEX i ON t((id + 1), kind DESC NULLS FIRST) WHERE flag;
      CREATE VIEW w AS SELECT greatest(id, 2) AS most, day::text || kind AS word FROM t WHERE kind IN ('a', 'b')]]
    local path = fetch()
    assert.equal("1,1,12.5,'2026-11-26','it''s',-0.5,2,X'00ff','a'\n2,1,NULL,NULL,'it''s',-0.5,4,X'00ff','a'\n",
      rows(path, "SELECT * FROM t"))
    assert.equal("2|2026-11-26a\n2|", query(path, "SELECT * FROM w ORDER BY word DESC"))
    assert.equal("3|it's|-0.5|6|00FF|a", query(path,
      "INSERT INTO t(flag) VALUES(0) RETURNING id, name, half, twice, hex(bytes), kind"))
    for _, wrong in ipairs { "INSERT INTO t(name) VALUES('x')", "INSERT INTO t(kind) VALUES('c')" } do
      assert.is_false((pcall(query, path, wrong)), wrong)
    end
  end)

  it("names what a file can't have, and makes none", function()
    local function refuses_back(sql, words)
      server:ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" .. sql)
      local code, errors = migrate("-", directory .. "/none.sqlite")
      assert.equal(1, code, errors)
      assert.truthy(errors:find(words, 1, true), errors)
      assert.is_nil(process.read_file(directory .. "/none.sqlite"))
    end
    refuses_back("", "the database has no tables where a bot's are")
    refuses_back("CREATE TABLE t(a float8); INSERT INTO t VALUES(1), ('NaN')", "table t, row 2: SQLite has no NaN")
    refuses_back("CREATE TABLE t(a int) PARTITION BY LIST (a)", "the partitioned table t")
    refuses_back("CREATE TABLE t(a text COLLATE \"de-x-icu\")",
      "table t can't be brought over: column a: SQLite has no collation")
    refuses_back("CREATE TABLE t(a int[]); CREATE INDEX i ON t USING gin (a)",
      "index i can't be brought over: SQLite has no index")
    refuses_back("CREATE TABLE t(a text); CREATE VIEW v AS SELECT to_hex(1) FROM t",
      "view v can't be brought over: no such function")
    refuses_back("CREATE TABLE t(a text CHECK (a ~ 'x'))", "table t can't be brought over")
    refuses_back([[CREATE TABLE t(a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()]], "the trigger tr")
    process.write_file(directory .. "/taken", "mine")
    assert.equal(2, (migrate("-", directory .. "/taken")))
    assert.equal("mine", process.read_file(directory .. "/taken"))
  end)

  it("leaves alone by which hosts share a database", function()
    server:ask [[CREATE TABLE lunokhod_hosts(number bigint PRIMARY KEY); INSERT INTO lunokhod_hosts VALUES(7);
      CREATE TABLE lunokhod_inbox(update_id bigint PRIMARY KEY, state bigint NOT NULL, tries bigint NOT NULL,
        json text NOT NULL, lane bigint, place bigint);
      CREATE INDEX lunokhod_inbox_lane ON lunokhod_inbox(lane, update_id)]]
    fill(make [[CREATE TABLE lunokhod_inbox(update_id INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries INTEGER NOT NULL,
      json TEXT NOT NULL); INSERT INTO lunokhod_inbox VALUES(5, 0, 1, '{}')]])
    assert.equal("5|0|1|{}", server:ask "SELECT * FROM lunokhod_inbox")
    assert.equal("7", server:ask "SELECT number FROM lunokhod_hosts")
    server:ask [[ALTER TABLE lunokhod_inbox ADD COLUMN lane bigint, ADD COLUMN place bigint;
      CREATE INDEX lunokhod_inbox_lane ON lunokhod_inbox(lane, update_id)]]
    local path = fetch()
    assert.equal("5|0|1|{}", query(path, "SELECT * FROM lunokhod_inbox"))
    assert.equal("lunokhod_inbox", query(path, "SELECT name FROM sqlite_schema"))
  end)

  it("is what backup pull does where the data is in PostgreSQL", function()
    local before, path = make(ALL), directory .. "/pulled.sqlite"
    fill(before)
    local function pull(...) return world.run({ "backup", ... }, { LUNOKHOD_DATABASE = server:url() }) end
    local code, out, errors = pull("pull", path)
    assert.equal(0, code, errors)
    assert.equal("", out)
    assert.matches("^pulled: 8 tables, 22 rows, each compared, %d+ bytes\n$", errors)
    assert_same_data(before, path, { "users", "camelCase" })
    assert.equal(2, (pull("pull", path)))
    assert.equal(0, (pull("pull", "--force", path)))
    code, out = pull("pull", "-")
    assert.equal(0, code)
    assert.equal("SQLite format 3\0", out:sub(1, 16))
    for _, arguments in ipairs { { "list" }, { "push", path }, { "pull" }, { "pull", "--at", "2026-11-26", path } } do
      code, _, errors = pull(table.unpack(arguments))
      assert.equal(2, code)
      assert.truthy(errors:find("the data is in PostgreSQL", 1, true), errors)
    end
  end)

  it("never tells the password, and takes the address from the environment", function()
    local path = make "CREATE TABLE t(a INTEGER)"
    for _, url in ipairs {
      "postgresql://bot:hunter2@127.0.0.1:1/x", "postgresql://bot:hunter2@[::1", "postgresql://bot:hunter2@127.0.0.1:port/x",
      "postgresql://bot:hunter2@127.0.0.1/x?nonsense=1",
    } do
      local code, _, errors = world.run({ "migrate", path, "-" }, { LUNOKHOD_DATABASE = url })
      assert.truthy(code == 1 or code == 2, errors)
      assert.matches("database", errors)
      assert.falsy(errors:find "hunter2")
    end
    local code, _, errors = world.run { "migrate", path, "-" }
    assert.equal(2, code, errors)
    assert.truthy(errors:find("LUNOKHOD_DATABASE, which is not set", 1, true), errors)
    process.write_file(directory .. "/settings", "durable = yes\ndatabase = " .. server:url() .. "\n")
    code, _, errors = world.run { "migrate", "--config", directory .. "/settings", path, "-" }
    assert.equal(0, code, errors)
  end)

  it("asks for one file and one database", function()
    for _, arguments in ipairs { {}, { "a" }, { "a", "b" }, { "-", "-" }, { "postgresql://x/y", "-" }, { "a", "b", "c" } } do
      assert.equal(2, (migrate(table.unpack(arguments))))
    end
    assert.equal(1, (migrate(directory .. "/nowhere", "-")))
  end)
end)
