---@meta chart
-- The module chart: pictures of numbers, to be sent as a photo. Needs cairo on the machine, which is loaded with the first picture.

---@class chart
local chart = {}

---@class chart.Bars
---@field values number[] 0 or more each; up to 400
---@field labels? string[] below the bars; ASCII only
---@field line? number a dashed line at this height; bars above it are red
---@field width? integer pixels; 800
---@field height? integer pixels; 450

--- A bar chart: telegram.send_photo{ chat_id = id, photo = telegram.bytes(chart.bars{ values = { 1, 2 } }, "chart.png") }
---@param bars chart.Bars
---@return string png
function chart.bars(bars) end

return chart
