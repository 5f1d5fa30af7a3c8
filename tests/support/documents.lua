-- The code blocks of a Markdown page, as files and as command lines.
-- A Lua block is a whole file, and its first line names it: "-- count.lua". Two blocks of a page must not have the same name.
local process = require "tests.support.process"

local documents = {}

-- The blocks of a language, in their order.
function documents.blocks(page, language)
  local found = {}
  for text in page:gmatch("\n```" .. language .. "\n(.-\n)```") do found[#found + 1] = text end
  return found
end

-- The part of a page below a heading, up to the next one of that rank: documents.section(page, "## 1. Your first bot").
function documents.section(page, heading)
  local _, from = page:find("\n" .. heading .. "\n", 1, true)
  if not from then error("there is no heading " .. heading, 0) end
  return page:sub(from, (page:find("\n" .. heading:match("^#+") .. " ", from, true)))
end

-- All blocks in their order, each as its language and its text.
function documents.all_blocks(page)
  local found = {}
  for language, text in page:gmatch("\n```(%l+)\n(.-\n)```") do found[#found + 1] = { language = language, text = text } end
  return found
end

-- Writes the Lua blocks of a page below the directory. Returns the names of scripts, of specs and of shared code.
function documents.write_lua(page, directory)
  local names, seen = { scripts = {}, specs = {}, shared = {} }, {}
  for _, text in ipairs(documents.blocks(page, "lua")) do
    local name = text:match("^%-%- ([%w_/]+%.lua)\n")
    if not name then error("a Lua block must begin with its file's name:\n" .. text, 0) end
    if seen[name] then error("two blocks are named " .. name, 0) end
    seen[name] = true
    local kind = name:find("_spec%.lua$") and "specs" or name:find("lib/") and "shared" or "scripts"
    table.insert(names[kind], name)
    local folder = name:match("^(.*)/")
    if folder then os.execute("mkdir -p " .. process.quote(directory .. "/" .. folder)) end
    process.write_file(directory .. "/" .. name, text)
  end
  return names
end

-- The command lines of the page's shell blocks as lists of words, without leading assignments such as BOT_TOKEN=...
function documents.commands(page)
  local found = {}
  for _, text in ipairs(documents.blocks(page, "sh")) do
    for line in text:gsub("\\\n", " "):gmatch("[^\n]+") do
      local words = {}
      for word in line:gsub("'[^']*'", function(quoted) return (quoted:gsub("%s", "\1")) end):gmatch("%S+") do
        local is_assignment = #words == 0 and word:find("^[%u_]+=")
        if not is_assignment then words[#words + 1] = (word:gsub("\1", " "):gsub("^'(.*)'$", "%1")) end
      end
      if words[1] and not words[1]:find("^#") then found[#found + 1] = words end
    end
  end
  return found
end

-- The rows of the table whose first column has this head, each a list of cells. The head itself is not among them.
function documents.table_rows(page, head)
  local rows, is_inside = {}, false
  for line in page:gmatch("[^\n]*") do
    local cells = {}
    for cell in (line:match("^|(.*)|$") or ""):gsub("\\|", "\1"):gmatch("[^|]+") do
      cells[#cells + 1] = cell:gsub("\1", "|"):match("^%s*(.-)%s*$")
    end
    if #cells == 0 then
      is_inside = false
    elseif cells[1] == head then
      is_inside = true
    elseif is_inside and not cells[1]:find("^%-+$") then
      rows[#rows + 1] = cells
    end
  end
  return rows
end

return documents
