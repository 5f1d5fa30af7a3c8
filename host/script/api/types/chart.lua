---@meta chart
-- The module chart: charts as PNG pictures, to be sent as photos. It needs the library cairo, which it loads when it is used.

---@class chart
local chart = {}

---@class chart.Bars
---@field values number[] at most 400, none below 0
---@field labels? string[] below the bars; if there is no room for all, every second or third is shown
---@field line? number a dashed line at this height; bars above it are red
---@field title? string above the chart
---@field width? integer pixels, 100 to 1600; without: 800
---@field height? integer pixels, 100 to 1600; without: 450

--- Draws a bar chart: telegram.send_photo{ chat_id = id, photo = telegram.bytes(chart.bars{ values = { 1, 2 } }, "chart.png") }
---@param bars chart.Bars
---@return string? png the bytes of the picture
---@return telegram.Error? err this machine has no cairo, or no memory
function chart.bars(bars) end

return chart
