-- Polls: their limits, quizzes, votes, and their end by hand, by time and by a test's clock.
local bot_client = require "tests.support.bot_client"
local world = require "tests.support.world"

describe("a poll in the sandbox", function()
  local telegram, api, anna
  before_each(function()
    telegram = world.sandbox {}
    api = bot_client.new(telegram)
    anna = telegram:person "Anna"
  end)
  after_each(world.finish)

  local function poll(more)
    local parameters = { chat_id = anna.id, question = "Which?", options = { "a", "b" } }
    for name, value in pairs(more or {}) do parameters[name] = value end
    return parameters
  end
  local function vote(message, ...)
    return telegram:post("votes", { chat_id = anna.id, message_id = math.tointeger(message.message_id), from_id = anna.id,
      options = setmetatable({ ... }, { __jsontype = "array" }) })
  end

  it("keeps Telegram's limits, in its words", function()
    for words, more in pairs {
      ["expected an Array of String as options"] = { options = "{}" },
      ["poll must have at least one answer option"] = { options = "[]" },
      ["poll can't have more than 12 options"] = { options = ('["a"%s]'):format((',"a"'):rep(12)) },
      ["expected an option to be of type String"] = { options = { 1 } },
      ["poll options must be non-empty"] = { options = { " " } },
      ["poll options length must not exceed 100"] = { options = { ("x"):rep(101) } },
      ["poll question length must not exceed 300"] = { question = ("x"):rep(301) },
      ["text must be non-empty"] = { question = "" },
      ["unsupported poll type specified"] = { type = "duel" },
      ["wrong correct option ID specified"] = { type = "quiz", correct_option_ids = { 2 } },
    } do
      assert.equal("Bad Request: " .. words, (api:refusal("sendPoll", poll(more))))
    end
    local channel = telegram:chat("channel", "News")
    assert.equal("Bad Request: non-anonymous polls can't be sent to channel chats",
      (api:refusal("sendPoll", poll { chat_id = channel.id, is_anonymous = false })))
  end)

  it("tells who has voted for what, and lets them change it", function()
    local message = api.sendPoll(poll { is_anonymous = false })
    assert.same({ "0", "1" }, { message.poll.options[1].persistent_id, message.poll.options[2].persistent_id })
    vote(message, 1)
    vote(message, 0)
    local updates = api:updates()
    assert.same({ anna.id, { 1 }, { "1" } }, { updates[2].poll_answer.user.id, updates[2].poll_answer.option_ids,
      updates[2].poll_answer.option_persistent_ids })
    assert.same({ 1, 0 }, { updates[3].poll.options[1].voter_count, updates[3].poll.options[2].voter_count })
    local stopped = api.stopPoll { chat_id = anna.id, message_id = message.message_id }
    assert.same({ true, 1 }, { stopped.is_closed, stopped.total_voter_count })
    assert.is_false(pcall(vote, message, 1))
  end)

  it("can be a quiz, which lets nobody change an answer", function()
    local message = api.sendPoll(poll { type = "quiz", correct_option_ids = { 1 }, explanation = "*b*",
      explanation_parse_mode = "Markdown" })
    assert.same({ "quiz", { 1 }, "b", "bold" }, { message.poll.type, message.poll.correct_option_ids, message.poll.explanation,
      message.poll.explanation_entities[1].type })
    vote(message, 0)
    assert.is_false(pcall(vote, message, 1))
  end)

  it("closes by itself", function()
    local message = api.sendPoll(poll { open_period = 1 })
    assert.equal(message.date + 1, message.poll.close_date)
    world.until_(function()
      for _, closed in ipairs(api:updates "poll") do
        if closed.is_closed then return true end
      end
    end, "the poll's end")
    assert.is_false(pcall(vote, message, 0))
    local later = api.sendPoll(poll { open_period = 600 })
    api:updates "poll"
    telegram:post("clock", { advance_s = 601 })
    assert.is_true(api:updates("poll")[1].is_closed)
    assert.is_false(pcall(vote, later, 0))
    assert.equal("Bad Request: poll has already been closed",
      (api:refusal("stopPoll", { chat_id = anna.id, message_id = later.message_id })))
  end)
end)
