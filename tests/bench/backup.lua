-- Measures backup and restore by the number of users, beside a JSON dump of the whole table, and one request on `:memory:`
-- beside PostgreSQL over its socket. All of it is one run on one machine. Prints tables and draws pictures.
--
--   BENCH_USERS="10000 100000" BENCH_REQUESTS=5000 BENCH_PICTURES=DIR lua5.4 tests/bench/backup.lua
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local until_ = require "tests.support.until"

local USERS = {}
for word in (os.getenv("BENCH_USERS") or "10000 100000 1000000 10000000"):gmatch("%d+") do
  USERS[#USERS + 1] = tonumber(word)
end
local REQUESTS = os.getenv("BENCH_REQUESTS") or "5000"
local PICTURES = os.getenv("BENCH_PICTURES") or "build/pictures"
local BACKUP = os.getenv("BACKUP_BENCH") or "build/backup-bench"
local STORAGE = os.getenv("STORAGE_BENCH") or "build/storage-bench"
local POSTGRES_USERS_MAX = 1000000 -- to fill more takes minutes, and changes nothing

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  assert(pipe:close(), "this failed: " .. command)
  return text
end

-- "name value name value" -> table of numbers
local function measure(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = process.quote(word) end
  local figures = {}
  for name, value in output_of(table.concat(words, " ")):gmatch("(%S+) (%S+)") do figures[name] = tonumber(value) end
  return figures
end

-- ---- backups ----

-- Each measurement has a Telegram of its own, so that none finds the backup of another.
local function measure_backup(users, way)
  local telegram = sandbox { requests = 0 }
  local admin = telegram:person("Админ")
  local figures = measure(BACKUP, telegram.url, telegram.token, admin.id, users, way)
  telegram.process:signal("TERM")
  telegram.process:wait()
  io.stderr:write(("%s, %d users: done\n"):format(way, users))
  return figures
end

local function measure_backups()
  local ours, encrypted, dumps = {}, {}, {}
  for i, users in ipairs(USERS) do
    ours[i] = measure_backup(users, "ours")
    encrypted[i] = measure_backup(users, "encrypted")
    dumps[i] = measure_backup(users, "dump")
  end
  return ours, encrypted, dumps
end

-- What encryption adds: seconds and bytes beside those without.
local function print_encrypted(ours, encrypted)
  print "the same, encrypted: with / without"
  for i, our in ipairs(ours) do
    local with = encrypted[i]
    local row = "%10d  first %.3f / %.3f s, %d / %d bytes; second %.3f / %.3f s, %d / %d bytes; "
      .. "restore %.3f / %.3f s; peak %.0f / %.0f MB"
    print(row:format(our.users, with.first_s, our.first_s, with.first_bytes, our.first_bytes, with.second_s, our.second_s,
        with.second_bytes, our.second_bytes, with.restore_s, our.restore_s, with.first_peak_mb, our.first_peak_mb))
  end
end

local function print_backups(ours, dumps)
  local head = "%10s %10s | %9s %9s %9s | %9s %9s %9s %9s | %9s | %7s %7s %9s %9s | %9s %9s %8s"
  local row = "%10d %10.1f | %9.2f %9.2f %9.1f | %9.3f %9.1f %9.1f %9.1f | %9.3f | %7.0f %7.0f %9.0f %9.0f | %9.2f %9.1f %8.0f"
  print("backup of a table of users, and of 3,000 clicks after it, clicks going on; beside it one JSON dump of the whole")
  print("pause: between two turns of the loop; work: what the loop's own thread has computed in the longest of them")
  print("peak: of the process while that backup is made")
  print(head:format("users", "image MB", "first s", "up MB", "work ms", "second s", "up kB", "pause ms", "work ms", "restore s",
    "live MB", "kept MB", "1st peak", "2nd peak", "JSON s", "JSON MB", "pause ms"))
  for i, our in ipairs(ours) do
    local dump = dumps[i]
    print(row:format(our.users, our.image_bytes / 1e6, our.first_s, our.first_bytes / 1e6, our.first_work_s * 1e3,
      our.second_s, our.second_bytes / 1e3, our.pause_s * 1e3, our.work_s * 1e3, our.restore_s, our.live_mb, our.kept_mb,
      our.first_peak_mb, our.peak_mb, dump.first_s, dump.first_bytes / 1e6,
      dump.pause_s * 1e3) .. (dump.refused == 1 and "  (Telegram refuses it)" or ""))
  end
end

-- ---- PostgreSQL ----

-- The server refuses to run as root.
local function as_postgres(command)
  local is_root = output_of("id -u"):match("%d+") == "0"
  return is_root and "setpriv --reuid=postgres --regid=postgres --clear-groups " .. command or command
end

local function start_postgresql()
  local directory = process.new_directory()
  local newest = output_of("ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1")
  local binaries = assert(newest:match("%S+"), "there is no PostgreSQL server")
  if output_of("id -u"):match("%d+") == "0" then output_of("chown postgres " .. directory) end
  local init = ("%s/initdb -D %s/data -U postgres -A trust >/dev/null"):format(binaries, directory)
  output_of("cd / && " .. as_postgres(init))
  local server = process.start({ "sh", "-c", ("cd / && exec %s"):format(as_postgres(
    ("%s/postgres -D %s/data -k %s -c listen_addresses= -c autovacuum=off"):format(binaries, directory, directory))) })
  until_(function() return process.read_file(directory .. "/.s.PGSQL.5432.lock") end, "PostgreSQL's socket")
  until_(function() return os.execute(("%s/pg_isready -q -h %s"):format(binaries, directory)) end, "PostgreSQL")
  return server, ("host=%s user=postgres dbname=postgres"):format(directory)
end

local function measure_requests()
  local server, address = start_postgresql()
  local list = {}
  for _, users in ipairs(USERS) do
    if users <= POSTGRES_USERS_MAX then list[#list + 1] = measure(STORAGE, address, users, REQUESTS) end
  end
  server.may_be_killed = true
  server:signal("INT")
  server:wait()
  return list
end

local function print_requests(list)
  print("\none click, committed; medians in us")
  print(("%10s %12s %14s %26s"):format("users", ":memory:", "PostgreSQL", "PostgreSQL, async commit"))
  for _, each in ipairs(list) do
    print(("%10d %12.2f %14.2f %26.2f"):format(each.users, each.memory_us, each.postgresql_us, each.postgresql_async_us))
  end
end

-- ---- pictures ----

-- lines: { title =, points = { {x, y}, ... } }
local function draw(name, title, y_label, lines, more)
  local file = assert(io.open(PICTURES .. "/" .. name .. ".plot", "w"))
  for i, line in ipairs(lines) do
    file:write(("$line%d << END\n"):format(i))
    for _, point in ipairs(line.points) do file:write(("%g %g\n"):format(point[1], point[2])) end
    file:write("END\n")
  end
  file:write(([[
set terminal svg size 720,420 font "sans-serif,14" background rgb "white"
set output "%s/%s.svg"
set title "%s"
set xlabel "users"
set ylabel "%s"
set logscale xy
set format x "10^{%%L}"
set grid
set key left top
%s
]]):format(PICTURES, name, title, y_label, more or ""))
  local plots = {}
  for i, line in ipairs(lines) do plots[i] = ("$line%d with linespoints linewidth 2 title \"%s\""):format(i, line.title) end
  file:write("plot ", table.concat(plots, ", "), "\n")
  file:close()
  output_of(("gnuplot %s/%s.plot"):format(PICTURES, name))
  assert(os.remove(PICTURES .. "/" .. name .. ".plot"))
end

local function series(title, list, key, scale)
  local line = { title = title, points = {} }
  for i, each in ipairs(list) do line.points[i] = { each.users, each[key] * (scale or 1) } end
  return line
end

local function draw_all(ours, dumps, requests)
  output_of("mkdir -p " .. process.quote(PICTURES))
  draw("request", "One click, committed", "microseconds", {
    series(":memory:", requests, "memory_us"), series("PostgreSQL over a socket", requests, "postgresql_us"),
    series("PostgreSQL, asynchronous commit", requests, "postgresql_async_us") }, "set yrange [1:5000]")
  draw("time", "Time of a backup (local server)", "seconds", {
    series("first", ours, "first_s"), series("after 3,000 clicks", ours, "second_s"), series("JSON dump", dumps, "first_s"),
    series("restore", ours, "restore_s") })
  draw("size", "Uploaded by a backup", "MB", {
    series("first", ours, "first_bytes", 1e-6), series("after 3,000 clicks", ours, "second_bytes", 1e-6),
    series("JSON dump", dumps, "first_bytes", 1e-6) }, [[
set arrow from graph 0, first 20 to graph 1, first 20 nohead dashtype 2
set label "a bot can fetch 20 MB" at graph 0.03, first 27 font ",11"]])
  draw("pause", "Longest pause of the loop during a backup", "milliseconds", {
    series("this host", ours, "work_s", 1e3), series("JSON dump", dumps, "pause_s", 1e3) })
  print("\npictures: " .. PICTURES)
end

local function main()
  local ours, encrypted, dumps = measure_backups()
  print_backups(ours, dumps)
  print_encrypted(ours, encrypted)
  local requests = measure_requests()
  print_requests(requests)
  draw_all(ours, dumps, requests)
end

local ok, problem = xpcall(main, debug.traceback)
local complaints = process.finish_all()
if not ok or complaints then
  io.stderr:write(tostring(problem or complaints), "\n")
  os.exit(1)
end
