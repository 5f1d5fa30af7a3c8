scripts "files.lua"

describe("files", function()
  local anna

  before_each(function() anna = telegram:person "Анна" end)

  it("are read, and a report is sent", function()
    anna:sends { document = { name = "moon.txt", bytes = "Луна 384400 км\nдо Земли\n" } }
    anna:sees "Слов: 5"
    local file = anna:file()
    assert.equal("report.csv", file.name)
    assert.equal("file,bytes,words\nmoon.txt,37,5\n", file.bytes)
  end)

  it("that can't be fetched are told of", function()
    telegram:fault { method = "getFile", kind = "400", times = 1 }
    anna:sends { document = { name = "moon.txt", bytes = "?" } }
    anna:sees "Не получилось скачать файл"
  end)

  it("of an album are counted together", function()
    for _ = 1, 3 do anna:sends { kind = "photo", media_group_id = "77" } end
    anna:sees_nothing()
    clock:advance "2s"
    anna:sees "В альбоме снимков: 3"
    anna:sees_nothing()
  end)

  it("of an album are not lost when the host crashes while it gathers them", function()
    for _ = 1, 3 do anna:sends { kind = "photo", media_group_id = "77" } end
    anna:sees_nothing()
    bot:restart()
    clock:advance "2s"
    anna:sees "В альбоме снимков: 3"
    anna:sees_nothing()
  end)
end)
