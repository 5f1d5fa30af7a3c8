-- Every step of a start, of a save, of a handover and of a stop, and all that can hit a host just there: it freezes, it is
-- killed, its request is late, has no effect, or is slow. People click all the while. Durable, and by default where no host is
-- frozen or killed, not one click is lost; else no more than what no backup held.
-- STEPS=all in the environment tries each fault at each step, STEPS=N so many of them at random. The seed is told with each
-- failure.
local backups = require "tests.support.backups"
local socket = require "socket"
local world = require "tests.support.world"
local sandbox, until_ = world.sandbox, world.until_

local STEPS = os.getenv "STEPS" or "2" -- of each kind, by default and durable
local ONLY = os.getenv "STEP"          -- a pattern: only the steps and faults whose name it fits
local seed = tonumber(os.getenv "SEED") or os.time()

local OLD, NEW = "old", "new" -- whom the fault hits: who serves, or who takes over from it

-- `method` is what the host calls in that step, and `after` so many calls of it go before. `prepare` brings the host there.
local function grow(stage) stage.admin:says "grow 1500" end

local function uncertain_edit(stage)
  stage.telegram:fault { method = "editMessageMedia", kind = "never", ms = 100, times = 1 }
end

local function has_base(stage)
  grow(stage)
  stage.old:logged("msg=saved.* uploaded_bytes=1%d%d%d%d%d%d")
end

local function is_killed(stage)
  stage:kill(stage.old)
  stage.takes_over = true
end

local STEP = {
  { "a save: the look", OLD, "getMyCommands", after = 3 },
  { "a save: the edit", OLD, "editMessageMedia" },
  { "a save: the upload of a base", OLD, "sendDocument", act = grow },
  { "a save: the edit to a new base", OLD, "editMessageMedia", act = grow },
  { "a save: the clean-up of the old base", OLD, "deleteMessage", prepare = has_base, act = grow },
  { "a new message: sending it", OLD, "sendDocument", act = uncertain_edit },
  { "a new message: its pin", OLD, "pinChatMessage", act = uncertain_edit },
  { "a new message: its pointer", OLD, "setMyCommands", act = uncertain_edit },
  { "a new message: the clean-up", OLD, "deleteMessage", act = uncertain_edit },
  { "a poll", OLD, "getUpdates" },
  { "a stop: the first save", OLD, "editMessageMedia", act = function(stage) stage:stop() end },
  { "a stop: the last content", OLD, "editMessageMedia", after = 1, act = function(stage) stage:stop() end },
  { "a start: the raise", NEW, "setMyCommands" },
  { "a start: the pin is asked for", NEW, "getChat" },
  { "a start: the backup is read", NEW, "forwardMessage" },
  { "a start: it is fetched", NEW, "file" },
  { "a start: its base is read", NEW, "forwardMessage", after = 1, prepare = has_base },
  { "a start: sending the message", NEW, "sendDocument" },
  { "a start: its pin", NEW, "pinChatMessage" },
  { "a start: its pointer", NEW, "setMyCommands", after = 1 },
  { "a handover: the old one's last content", OLD, "editMessageMedia", is_handover = true },
  { "a start after a crash: a look", NEW, "getMyCommands", after = 30, prepare = is_killed },
  { "a start after a crash: it serves", NEW, "editMessageMedia", prepare = is_killed },
  { "a start after a crash: the clean-up", NEW, "deleteMessage", after = 1, prepare = is_killed },
}

-- ---- the stage ----

local stage = {}
stage.__index = stage

local function start(self, takes_over)
  local options = { self.is_durable and "--durable" or nil }
  if takes_over then options[#options + 1] = "--takeover" end
  local lunokhod = backups.host(self.telegram, self.admin, {
    options = options, environment = { BACKUP_INTERVAL = "1" }, wait = false,
  })
  lunokhod.process.may_be_killed = true
  self.hosts[#self.hosts + 1] = lunokhod
  return lunokhod
end

local function new_stage(is_durable)
  local telegram = sandbox { requests = 1000 }
  local self = setmetatable({ telegram = telegram, is_durable = is_durable, hosts = {}, killed = {}, clicks = 0 }, stage)
  self.admin = telegram:person("Админ")
  self.clickers = { self.admin, telegram:person("Анна"), telegram:person("Борис"), telegram:person("Вера") }
  self.old = start(self)
  self.old:logged("msg=running")
  return self
end

function stage:told()
  local logs = {}
  for i, lunokhod in ipairs(self.hosts) do
    logs[#logs + 1] = ("-- host %d%s\n%s"):format(i, self.killed[lunokhod] and ", killed" or "", lunokhod.process:stderr())
  end
  return ("seed %d\n%s"):format(seed, table.concat(logs, "\n"))
end

function stage:click()
  self.clickers[math.random(#self.clickers)]:says("+")
  self.clicks = self.clicks + 1
end

-- Somebody clicks every few milliseconds until the condition holds.
function stage:click_until(condition, what)
  local deadline = socket.gettime() + 300
  repeat
    assert(socket.gettime() < deadline, "still waiting for " .. what .. "; " .. self:told())
    self:click()
    socket.sleep(math.random() * 0.03)
  until condition()
end

-- A crown that arrives late may send it away again: then another one begins anew.
function stage:serves(lunokhod)
  self:click_until(function()
    return #lunokhod:log_lines("msg=running") > 0 or not lunokhod:is_running()
  end, "the last host to serve")
end

function stage:kill(lunokhod)
  lunokhod:signal("KILL")
  lunokhod:ends()
  self.killed[lunokhod] = true
end

function stage:stop()
  self.is_stopping = true
  self.old:signal("TERM")
end

-- One host is left. The others were asked to go, or to stop: whoever was frozen meanwhile may have lost what it had.
function stage:settle()
  self:click_until(function()
    local left = 0
    for _, lunokhod in ipairs(self.hosts) do left = left + (lunokhod:is_running() and 1 or 0) end
    return left == 1
  end, "one host to be left")
  for i, lunokhod in ipairs(self.hosts) do
    local code = not lunokhod:is_running() and lunokhod:ends()
    local is_fine = not code or self.killed[lunokhod] or code == 4
    if self.is_stopping and lunokhod == self.old then is_fine = is_fine or code == 0 or (code == 1 and not self.is_durable) end
    assert(is_fine, ("host %d ended with %s; %s"):format(i, code, self:told()))
  end
end

-- What is on its way may come after the question.
function stage:assert_counted(least)
  local count
  local ok = pcall(until_, function()
    count = backups.count(self.admin)
    return count >= least
  end, "all")
  assert(ok, ("%s clicks of %d, of which %d were certain; %s"):format(count, self.clicks, least, self:told()))
  assert(count <= self.clicks, ("%d clicks were counted as %d; %s"):format(self.clicks, count, self:told()))
end

-- ---- what hits ----

-- Brings the stage to the step, where the fault waits. Returns the host that it hits.
local function reach(self, step, fault)
  if step.prepare then step.prepare(self) end
  local new
  fault.method, fault.after, fault.times = step[3], step.after, 1
  if step.is_handover then
    new = start(self)
    self:click_until(function() return #self.old:log_lines("another host has taken over") > 0 end, "the old host to notice")
  end
  self.telegram:fault(fault)
  if step.act then step.act(self) end
  if step[2] == NEW then new = start(self, self.takes_over) end
  return step[2] == OLD and self.old or new, new
end

-- A stop may have nothing left to save, and then ends without that step.
local function wait_for_hold(self, victim)
  self:click_until(function() return self.telegram:status().held > 0 or not victim:is_running() end, "the step to be reached")
  self.telegram:heal()
end

-- Each returns how many clicks are certain by default, beside those that a backup held before.

-- Neither frozen nor killed: nothing may be lost.
local function with_fault(kind, ms)
  return function(self, step)
    local _, new = reach(self, step, { kind = kind, ms = ms })
    for _ = 1, 30 do self:click() end
    new = new or start(self, self.takes_over)
    self:serves(new)
    self:settle()
    return self.clicks
  end
end

-- The request takes effect when another host serves, or has just been started.
local function freeze(self, step)
  local victim = reach(self, step, { kind = "hold" })
  wait_for_hold(self, victim)
  victim:signal("STOP")
  local last = start(self)
  if math.random(2) == 1 then self.telegram:let_go("apply") end
  self:serves(last)
  local before = self.clicks
  for _ = 1, 30 do self:click() end
  self.telegram:let_go("apply")
  victim:signal("CONT")
  self:settle()
  return self.clicks - before
end

local function kill(self, step)
  local victim = reach(self, step, { kind = "hold" })
  wait_for_hold(self, victim)
  self:kill(victim)
  local last = start(self)
  if math.random(2) == 1 then self.telegram:let_go(math.random(2) == 1 and "apply" or "drop") end
  self:serves(last)
  local before = self.clicks
  for _ = 1, 30 do self:click() end
  self.telegram:let_go("apply")
  self:settle()
  return self.clicks - before
end

local FAULTS = {
  { "frozen", freeze },
  { "killed", kill },
  { "late", with_fault("late", 1500) },
  { "without effect or answer", with_fault("never", 500) },
  { "slow", with_fault("delay", 3000) },
}

local function try(step, fault, is_durable)
  local self = new_stage(is_durable)
  for _ = 1, 20 do self:click() end
  local saved = backups.save(self.old, self.admin)
  self.clicks = self.clicks + 1
  local certain = fault[2](self, step)
  self:assert_counted(is_durable and self.clicks or math.min(self.clicks, saved + certain))
end

local function chosen()
  local all = {}
  for _, step in ipairs(STEP) do
    for _, fault in ipairs(FAULTS) do
      local name = ("%s: %s"):format(step[1], fault[1])
      if not ONLY or name:find(ONLY) then all[#all + 1] = { name, step, fault } end
    end
  end
  if STEPS == "all" then return all end
  for i = 1, math.min(tonumber(STEPS), #all) do
    local other = math.random(i, #all)
    all[i], all[other] = all[other], all[i]
  end
  return table.move(all, 1, math.min(tonumber(STEPS), #all), 1, {})
end

math.randomseed(seed)
for _, is_durable in ipairs { true, false } do
  describe(is_durable and "durable," or "by default,", function()
    after_each(world.finish)
    for _, choice in ipairs(chosen()) do
      it(choice[1], function() try(choice[2], choice[3], is_durable) end)
    end
  end)
end
