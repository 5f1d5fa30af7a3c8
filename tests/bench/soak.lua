-- A soak: the shipped bots under a steady load, with new users, reloads and backups all the time. Every message is answered,
-- every count is right, and what the host holds grows with its users only. Prints a table; exits with 1 where that does not
-- hold.
--
--   SOAK_SECONDS=900 SOAK_RATE=1200 lua5.4 tests/bench/soak.lua
local process = require "tests.support.process"
local sandbox = require "tests.support.sandbox"
local socket = require "socket"

local SECONDS = tonumber(os.getenv("SOAK_SECONDS")) or 900
local RATE = tonumber(os.getenv("SOAK_RATE")) or 1200 -- updates a second
local NEW_USERS = RATE // 12                          -- of them, as many people come for the first time
local FIRST_ID = 100000
local RELOAD_EVERY, LOOK_EVERY, BACKUP_EVERY = 10, math.max(SECONDS // 12, 5), 5 -- seconds
local LAG_SECONDS = 5           -- messages that may be unanswered when the next second's come
local BYTES_PER_USER = 1000     -- the most that a user may cost, after the first third
local SAMPLE = 300              -- users whose counts are checked

local telegram = sandbox { requests = 0 }
local admin = telegram:person("Админ")
local environment = telegram:environment()
environment.ADMIN_ID = tostring(admin.id)
environment.BACKUP_INTERVAL = tostring(BACKUP_EVERY)
local host = process.start({ sandbox.PROGRAM, "run", "scripts" }, environment)
host:logged("msg=running")

local users, said, clicks, looks = 0, 0, {}, {}

local function flood(count, first_id, text)
  if count == 0 then return end
  telegram:flood { users = count, messages_each = 1, text = text, first_id = first_id }
  said = said + count
end

-- Waits for the replies to all but the last few seconds' messages, so that a slow machine slows the load down.
local function catch_up(lag)
  while telegram:sent() < said - lag do
    assert(not host:code(), "it ended early:\n" .. host:stderr())
    socket.sleep(0.02)
  end
end

local function one_second()
  flood(NEW_USERS, FIRST_ID + users, "/start")
  local count = math.min(RATE - NEW_USERS, users)
  local first = users > count and math.random(0, users - count) or 0
  flood(count, FIRST_ID + first, "Клик")
  for i = first, first + count - 1 do clicks[i] = (clicks[i] or 0) + 1 end
  users = users + NEW_USERS
end

local function look(second)
  local status = process.read_file(("/proc/%d/status"):format(host.pid))
  local lines = host:log_lines("msg=saved")
  local image = lines[#lines] and tonumber(lines[#lines]:match("image_bytes=(%d+)")) or 0
  local resident = tonumber(status:match("VmRSS:%s*(%d+)")) * 1024
  looks[#looks + 1] = { second = second, users = users, image = image, resident = resident }
  local this = looks[#looks]
  print(("%6d s %8d users %9d messages %8.1f MB resident %8.1f MB database %4d backups"):format(second, users, said,
    this.resident / 2^20, image / 2^20, #lines))
end

local function wrong_counts()
  local wrong = 0
  for _ = 1, math.min(SAMPLE, users) do
    local index = math.random(0, users - 1)
    local texts = telegram:texts_of(FIRST_ID + index)
    local is_right = #texts == 1 + (clicks[index] or 0)
    for click = 1, clicks[index] or 0 do is_right = is_right and texts[click + 1] == ("Кликов: %d 🏆"):format(click) end
    if not is_right then wrong = wrong + 1 end
  end
  return wrong
end

local function run()
  local began = socket.gettime()
  for second = 1, SECONDS do
    one_second()
    if second % RELOAD_EVERY == 0 then host:signal("HUP") end
    catch_up(RATE * LAG_SECONDS)
    socket.sleep(math.max(0, began + second - socket.gettime()))
    if second % LOOK_EVERY == 0 then look(second) end
  end
  catch_up(0)
  return socket.gettime() - began
end

local function main()
  local seconds = run()
  local early, late = looks[math.max(1, #looks // 3)], looks[#looks]
  local per_user = (late.resident - early.resident) / math.max(1, late.users - early.users)
  local complaints = #host:log_lines("level=warn") + #host:log_lines("level=error")
  local wrong = wrong_counts()
  host:signal("TERM")
  local code = host:wait(60)
  print(("%d messages, each answered; %.0f a second; %d reloads; %d users with wrong counts of %d looked at"):format(said,
    said / seconds, #host:log_lines("msg=reloaded"), wrong, math.min(SAMPLE, users)))
  print(("%.0f bytes a user since second %d; %d warnings and errors; exit code %d"):format(per_user, early.second,
    complaints, code))
  return wrong == 0 and complaints == 0 and code == 0 and per_user <= BYTES_PER_USER
end

local ok = main()
telegram:stop()
local complaints = process.finish_all()
if complaints then print(complaints) end
os.exit(ok and not complaints)
