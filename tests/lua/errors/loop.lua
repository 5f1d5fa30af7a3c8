local function compute() while true do end end
compute()
