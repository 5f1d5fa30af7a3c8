-- telegram.file: which file a path names.
scripts "files/bot.lua"

for path, bytes in pairs {
  ["note.txt"] = "beside the script\n",
  ["lib/inner.txt"] = "beside the module\n",
  inner = "beside the module\n",
  ["tests/lua/files/note.txt"] = "beside the script\n",
} do
  it("a relative path begins at the script, else where the host was started: " .. path, function()
    local anna = telegram:person "Anna"
    anna:says("/send " .. path)
    assert.equal(bytes, anna:file().bytes)
    assert.equal(path == "inner" and "inner.txt" or path:match "[^/]+$", anna:file().name)
  end)
end

it("a path that leads nowhere is told", function()
  local anna = telegram:person "Anna"
  anna:says "/send none.txt"
  anna:sees "can't read the file none.txt"
  anna:says "/send ../kit_spec.lua"
  assert.equal(1, #bot:log "is not a file in a directory of the scripts")
end)
