local telegram = require "telegram"
return function() return telegram.file "inner.txt" end
