---@meta chart
-- The module chart: pictures of numbers, to be sent as a photo. Needs the library cairo, which is loaded with the first picture.

---@class chart
local chart = {}

---@class chart.Bars
---@field values number[] 0 or more each; up to 400
---@field labels? string[] below the bars; where they have no room, every second, every third, ...
---@field line? number a dashed line at this height; bars above it are red
---@field title? string above it all
---@field width? integer pixels, 100 to 1600; 800
---@field height? integer pixels, 100 to 1600; 450

--- A bar chart: telegram.send_photo{ chat_id = id, photo = telegram.bytes(chart.bars{ values = { 1, 2 } }, "chart.png") }
---@param bars chart.Bars
---@return string? png its bytes
---@return telegram.Error? err this machine has no cairo, or no memory
function chart.bars(bars) end

return chart
