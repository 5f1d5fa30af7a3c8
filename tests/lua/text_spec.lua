-- text: letters and lengths, and formatted text in its three notations, which the sandbox reads as Telegram does.
scripts "db/bot.lua"

local anna
before_each(function() anna = telegram:person("Анна") end)

local HEAD = 'local text, json, telegram, message = require "text", require "json", require "telegram", ... '

local function returns(expected, lua)
  anna:says(HEAD .. lua)
  local seen = anna:saw()
  assert.equal(expected, seen[#seen])
end

describe("text", function()
  it("knows the letters of all languages", function()
    returns("привет, ёж ÿ straße", 'return text.lower "ПРИВЕТ, Ёж Ÿ Straße"')
    returns("ПРИВЕТ STRASSE", 'return text.upper "привет straße"')
    returns("true true false", [[return ("%s %s %s"):format(text.fold "Straße" == text.fold "STRASSE",
      text.fold "й" == text.fold "И\u{306}", text.fold "е" == text.fold "ё")]])
  end)

  it("refuses what is no text", function()
    returns("false false false", [[return ("%s %s %s"):format(pcall(text.lower, "\xff"), pcall(text.lower, 1),
      pcall(text.upper, "a\0b"))]])
  end)

  it("counts as Telegram does", function()
    returns("6 2 5", 'return ("%d %d %d"):format(text.length "привет", text.length "😀", text.length "👨‍👩")')
  end)

  it("truncates between words, and tears no emoji", function()
    returns("Привет, мир", 'return text.truncate("Привет, мир", 11)')
    returns("Привет,…", 'return text.truncate("Привет, мир и луна", 11)')
    returns("😀…|😀|", [[return text.truncate("😀😀😀", 4) .. "|" .. text.truncate("😀😀", 3, "") .. "|"
      .. text.truncate("😀😀", 1)]])
  end)

  it("unescapes HTML, once", function()
    returns("<a> & «б» A é &lt; &unknown; &#xD800;",
      'return text.unescape_html "&lt;a&gt; &amp; &laquo;б&raquo; &#65; &#xE9; &amp;lt; &unknown; &#xD800;"')
  end)
end)

describe("a formatted text", function()
  it("is sent as it is, and nothing in it is markup", function()
    returns("Привет, <b>_*!", [[message:answer("Привет, " .. text.bold "<b>_*" .. "!") error "enough"]])
    bot:log "enough"
    assert.same({ { type = "bold", offset = 8, length = 5 } }, anna:last().entities)
  end)

  it("is a caption, too, and the text of any call", function()
    anna:says(HEAD .. [[telegram.send_photo{ chat_id = message.chat.id, photo = telegram.bytes("x", "a.png"),
      caption = "😀" .. text.italic "за" } return "sent"]])
    anna:sees "sent"
    local photo = anna:messages()[1]
    assert.same({ { type = "italic", offset = 2, length = 2 } }, photo.caption_entities)
  end)

  it("changes a message", function()
    anna:says(HEAD .. [[message:answer("a"):edit(text.code "b") return "changed"]])
    anna:sees "changed"
    assert.equal("code", anna:messages()[1].entities[1].type)
  end)

  it("is written as HTML", function()
    returns('<b>1 &lt; <i>2</i></b><a href="https://a.example/?a=1&amp;b=2">x</a>', [[return (text.bold("1 < "
      .. text.italic "2")
      .. text.link("x", "https://a.example/?a=1&b=2")):html()]])
    returns('<pre><code class="language-lua">a</code></pre><blockquote expandable>q</blockquote>',
      [[return (text.pre("a", "lua") .. text.quote("q", true)):html()]])
  end)

  it("is composed by a format and by a list", function()
    returns("<b>Анна</b>: 100% <code>2</code>", [[return text.format("%s: 100%% %s", text.bold "Анна", text.code(2)):html()]])
    returns("<b>a</b>, b", [[return text.join({ text.bold "a", "b" }, ", "):html()]])
    returns("a 3 a", [[local t = "a" .. text.bold "" return tostring(t) .. " " .. #(t .. "бв") .. " " .. t:html()]])
  end)

  -- The other way: what was written is read by the sandbox, as Telegram reads it.
  local TEXTS = {
    [[text.bold("жирный " .. text.italic("косой") .. text.underline "черта")]],
    [[text.italic(text.underline "оба") .. text.underline(text.italic "снова")]],
    [[text.underline("а" .. text.italic "б")]],
    [[text.italic("а" .. text.underline "б")]],
    [[text.strikethrough "1.5" .. "-" .. text.spoiler "(тайна!)" .. "_" ]],
    [[text.code "a`b\\c" .. " " .. text.pre("x = 1\ny`", "lua")]],
    [[text.link("ссылка", "https://a.example/a)b\\c?x=1&y=2")]],
    [[text.quote "раз\nдва"]],
    [[text.bold("а" .. text.italic(text.underline "б"))]],
    [["😀" .. text.bold "😀😀" .. "😀"]],
  }
  for i, source in ipairs(TEXTS) do
    it("number " .. i .. " means the same in each notation", function()
      anna:says(HEAD .. ([[
        local made = %s
        local as_entities = message:answer(made)
        local as_html = message:answer(made:html(), { parse_mode = "HTML" })
        local as_markdown = assert(message:answer(made:markdown(), { parse_mode = "MarkdownV2" }))
        local back = text.from_html(made:html())
        local function show(t, e) return t .. json.encode(json.array(e or {})) end
        local wanted = show(as_entities.text, as_entities.entities)
        assert(wanted == show(as_html.text, as_html.entities), "HTML: " .. made:html())
        assert(wanted == show(as_markdown.text, as_markdown.entities), "MarkdownV2: " .. made:markdown())
        assert(back == made, "back: " .. back:html())
        return "the same"]]):format(source))
      anna:sees "the same"
    end)
  end

  it("is read from HTML that was written in other ways", function()
    returns('<b>a</b>\nb <i>c</i>', [[return text.from_html("<STRONG>a</strong><br/>b <p><em class='x'>c"):html()]])
    returns('<tg-spoiler>a</tg-spoiler> <a href="tg://user?id=7">b</a> c', [[return text.from_html(
      '<span class="tg-spoiler">a</span> <a href="tg://user?id=7">b</a> <a>c</a>'):html()]])
    returns("1 &lt; 2", [[return text.from_html("1 < 2"):html()]])
  end)

  it("that was cut across is opened and closed again", function()
    returns("<b>a<i>b</i></b><i>c</i>", [[return text.of("abc", { { type = "bold", offset = 0, length = 2 },
      { type = "italic", offset = 1, length = 2 } }):html()]])
  end)
end)
