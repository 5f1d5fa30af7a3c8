scripts "topics.lua"

describe("the help desk", function()
  local anna, boris, staff, forum

  before_each(function()
    anna, boris, staff = telegram:person "Анна", telegram:person "Борис", telegram:person "Сотрудник"
    forum = telegram:forum("Помощь", { staff })
    forum:makes(bot, "administrator", { can_manage_topics = true })
    forum:makes(staff, "administrator")
  end)

  local function opens()
    staff:says("/desk", forum)
    forum:sees "Вопросы будут приходить сюда"
  end

  it("gives each person a topic, over a restart, and takes the answers back", function()
    opens()
    anna:says "Не светит Луна"
    local topic = forum:topic(forum:sees("Не светит Луна").message_thread_id)
    boris:says "А у меня светит"
    assert.not_equal(topic.thread, forum:sees("А у меня светит").message_thread_id)
    bot:restart()
    anna:says "Алло?"
    topic:sees "Алло?"
    staff:says("Сейчас зажжём", topic)
    anna:sees "Сейчас зажжём"
    boris:sees_nothing()
  end)

  it("says so where nobody is there", function()
    anna:says "Не светит Луна"
    anna:sees "Сейчас никого нет"
  end)

  it("keeps to itself that a topic was closed", function()
    opens()
    anna:says "Не светит Луна"
    local thread = forum:sees("Не светит Луна").message_thread_id
    telegram:update { message = {
      message_id = 999, date = os.time(), chat = { id = forum.id, type = "supergroup", is_forum = true },
      from = { id = staff.id, first_name = "Сотрудник", is_bot = false },
      message_thread_id = thread, is_topic_message = true, forum_topic_closed = {},
    } }
    anna:sees_nothing()
    forum:sees_nothing()
  end)

  it("tells the staff what has not arrived", function()
    opens()
    anna:says "Не светит Луна"
    local topic = forum:topic(forum:sees("Не светит Луна").message_thread_id)
    anna:blocks()
    staff:says("Сейчас зажжём", topic)
    topic:sees "Не дошло"
    assert.equal(1, #bot:log "bot was blocked")
  end)
end)
