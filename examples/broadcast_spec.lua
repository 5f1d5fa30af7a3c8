scripts "broadcast.lua"

describe("the broadcast", function()
  local editor, readers

  before_each(function()
    editor, readers = telegram:person { first_name = "Редактор", id = 1001 }, {}
    editor:says "/start"
    for i = 1, 60 do
      readers[i] = telegram:person { first_name = "Читатель " .. i, id = 5000 + i }
      readers[i]:says "/start"
      readers[i]:sees "Вы подписаны" -- one by one: on PostgreSQL sixty at once may meet too often in one small table
    end
  end)

  it("reaches all readers, and forgets who has blocked the bot", function()
    readers[7]:blocks()
    editor:says "/news Луна взошла"
    editor:sees "Выпуск 1: читателей 61"
    clock:advance "10s"
    editor:sees "Выпуск 1 доставлен: 60, отписались: 1"
    for i, reader in ipairs(readers) do
      if i ~= 7 then reader:sees "Луна взошла" end
    end
    editor:says "/news Луна зашла"
    editor:sees "Выпуск 2: читателей 60"
  end)

  it("goes on after a restart, and nobody gets it twice", function()
    editor:says "/news Луна взошла"
    clock:advance "1s"
    bot:restart()
    clock:advance "10s"
    editor:sees "Выпуск 1 доставлен: 61"
    for _, reader in ipairs(readers) do
      reader:sees "Луна взошла"
      reader:sees_nothing()
    end
  end)

  it("is the editor's only", function()
    readers[1]:says "/news Ура"
    readers[1]:sees "Новости пишет редактор"
    clock:advance "10s"
    readers[2]:sees_nothing()
  end)
end)
