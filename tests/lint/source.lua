-- Shared by the lint programs: the source files of this checkout, their lines, and the verdict.
local source = { wrong = 0, files = 0 }

-- The files under the folders, sorted, whose names end in one of the endings ("c", "h", "lua"). No such folder: no files.
function source.list(folders, endings)
  local found, wanted = {}, {}
  for _, ending in ipairs(endings) do wanted[ending] = true end
  local listing = assert(io.popen("find " .. table.concat(folders, " ") .. " -type f 2>/dev/null | sort"))
  for path in listing:lines() do
    if wanted[path:match("%.(%w+)$")] then found[#found + 1] = path end
  end
  listing:close()
  return found
end

function source.read(path)
  local file <close> = assert(io.open(path))
  source.files = source.files + 1
  return file:read("a")
end

-- The text without a last newline, as a list of lines.
function source.lines(text)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
  return lines
end

-- Blanks out a C text's comments, strings and characters; lines keep their numbers and code its columns.
function source.code(text)
  local function blank(piece) return (piece:gsub("[^\n]", " ")) end
  local kept, at = {}, 1
  while true do
    local start = text:find("[/\"']", at)
    if not start then break end
    kept[#kept + 1] = text:sub(at, start - 1)
    local piece = text:match("^/%*.-%*/", start) or text:match("^//[^\n]*", start)
    if not piece and text:find("^[\"']", start) then
      local stop, quote = start + 1, text:sub(start, start)
      while stop <= #text and text:sub(stop, stop) ~= quote do
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      end
      piece = text:sub(start, stop)
    end
    kept[#kept + 1] = piece and blank(piece) or text:sub(start, start)
    at = start + #(piece or "/")
  end
  return table.concat(kept) .. text:sub(at)
end

function source.complain(path, line, ...)
  source.wrong = source.wrong + 1
  print(("%s:%d: %s"):format(path, line, string.format(...)))
end

-- Prints the verdict and ends the program.
function source.finish()
  print(("%s: %d files, %d wrong"):format(arg[0]:match("([^/]+)%.lua$"), source.files, source.wrong))
  os.exit(source.wrong == 0 and source.files > 0)
end

return source
