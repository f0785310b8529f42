-- What every compiled validator stands on, for Lua 5.1 to 5.4 and LuaJIT.
--
-- A JSON value here is a Lua value, except: null is R.null; an array is a table with its length at [0]; an
-- object is a table with nothing at [0] and the number of its members at [1]; an integer beyond 2^53 is a
-- table with -2 at [0], so that no digit is lost.
local byte, sub, char, format, find, match = string.byte, string.sub, string.char, string.format, string.find, string.match
local concat, sort = table.concat, table.sort
local next, type, tonumber, error, pcall, jit = next, type, tonumber, error, pcall, jit

-- LuaJIT makes tables of a size at once; growing them is what decoding would spend most of its time on.
local has_new, new = pcall(require, "table.new")
if not has_new or type(new) ~= "function" then
  new = function() return {} end
end

local DEEPEST = 100
local LARGEST = "9007199254740992" -- 2^53: what follows is not told from its neighbours
local NULL = { [0] = -1 }
local R = { null = NULL }

local function blank(s, i)
  local b = byte(s, i)
  if b and b > 32 then return i, b end
  while b == 32 or b == 10 or b == 13 or b == 9 do
    i = i + 1
    b = byte(s, i)
  end
  return i, b
end

-- Whether all of a text is UTF-8 as RFC 3629 has it: shortest forms only, no surrogates.
local function is_utf8(s)
  local i, n = 1, #s
  while i <= n do
    local b = byte(s, i)
    if b < 128 then
      i = i + 1
    else
      local more, low, high = 0, 128, 191
      if b >= 194 and b <= 223 then
        more = 1
      elseif b >= 224 and b <= 239 then
        more = 2
        if b == 224 then low = 160 elseif b == 237 then high = 159 end
      elseif b >= 240 and b <= 244 then
        more = 3
        if b == 240 then low = 144 elseif b == 244 then high = 143 end
      else
        return false
      end
      for at = i + 1, i + more do
        local c = byte(s, at)
        if not c or c < low or c > high then return false end
        low, high = 128, 191
      end
      i = i + more + 1
    end
  end
  return true
end

R.is_utf8 = is_utf8

local function utf8(code)
  if code < 128 then return char(code) end
  if code < 2048 then return char(192 + (code - code % 64) / 64, 128 + code % 64) end
  local last, rest = 128 + code % 64, (code - code % 64) / 64
  local middle, first = 128 + rest % 64, (rest - rest % 64) / 64
  if code < 65536 then return char(224 + first, middle, last) end
  return char(240 + (first - first % 64) / 64, 128 + first % 64, middle, last)
end

local function hex(s, i)
  local digits = sub(s, i, i + 3)
  if not find(digits, "^%x%x%x%x$") then error("an escape that is none", 0) end
  return tonumber(digits, 16)
end

local PLAIN = { [34] = '"', [92] = "\\", [47] = "/", [98] = "\b", [102] = "\f", [110] = "\n", [114] = "\r", [116] = "\t" }

local function escape(s, i)
  local b = byte(s, i)
  if b ~= 117 then
    local plain = PLAIN[b]
    if not plain then error("an escape that is none", 0) end
    return plain, i + 1
  end
  local code = hex(s, i + 1)
  i = i + 5
  if code >= 55296 and code <= 57343 then
    if code > 56319 or sub(s, i, i + 1) ~= "\\u" then error("half a surrogate pair", 0) end
    local low = hex(s, i + 2)
    if low < 56320 or low > 57343 then error("half a surrogate pair", 0) end
    code = 65536 + (code - 55296) * 1024 + (low - 56320)
    i = i + 6
  end
  return utf8(code), i
end

-- A string with escapes or with characters beyond ASCII, which is read on at `i`.
local function careful(s, from, i)
  local parts, n = {}, 0
  while true do
    local b = byte(s, i)
    while b and b ~= 34 and b ~= 92 and b >= 32 do
      i = i + 1
      b = byte(s, i)
    end
    if b ~= 34 and b ~= 92 then error("a string that does not end", 0) end
    n = n + 1
    parts[n] = sub(s, from, i - 1)
    if b == 34 then break end
    n = n + 1
    parts[n], i = escape(s, i + 1)
    from = i
  end
  local made = concat(parts, "", 1, n)
  if not is_utf8(made) then error("bytes that are not UTF-8", 0) end
  return made, i + 1
end

local simple = false -- the text at hand has no escapes and nothing but ASCII without controls

-- A string from behind its first quote.
local function text(s, i)
  if simple then
    local ends = find(s, '"', i, true)
    if not ends then error("a string that does not end", 0) end
    return sub(s, i, ends - 1), ends + 1
  end
  local from, b = i, byte(s, i)
  while b and b ~= 34 and b ~= 92 and b >= 32 and b < 128 do
    i = i + 1
    b = byte(s, i)
  end
  if b == 34 then return sub(s, from, i - 1), i + 1 end
  return careful(s, from, i)
end

local function large(digits, negative)
  if #digits < #LARGEST or (#digits == #LARGEST and digits <= LARGEST) then
    local small = tonumber(digits) + 0.0
    return negative and 0 - small or small
  end
  return { [0] = -2, negative = negative, digits = digits }
end

-- Calls are what an interpreter spends its time on, and loops what LuaJIT is good at: there are two of what is read most.
local digits_from
if jit then
  function digits_from(s, i)
    local b = byte(s, i)
    if not b or b < 48 or b > 57 then error("a number that is none", 0) end
    repeat
      i = i + 1
      b = byte(s, i)
    until not b or b < 48 or b > 57
    return i, b
  end
else
  function digits_from(s, i)
    local _, last = find(s, "^%d+", i)
    if not last then error("a number that is none", 0) end
    return last + 1, byte(s, last + 1)
  end
end

-- Digits that do not begin with 0, whose first is `b`: what they come to, if they are few, and the place behind them.
local whole_number
if jit then
  function whole_number(s, i, b)
    local made = 0.0
    repeat
      made = made * 10 + (b - 48)
      i = i + 1
      b = byte(s, i)
    until not b or b < 48 or b > 57
    return made, i, b
  end
else
  function whole_number(s, i)
    local after, b = digits_from(s, i)
    return after - i <= 15 and tonumber(sub(s, i, after - 1)) + 0.0, after, b
  end
end

-- Numbers with an exponent of three digits in the text that is read: each costs what a hundred others do.
local extremes = 0

local function fraction(s, from, i, b)
  if b == 46 then i, b = digits_from(s, i + 1) end
  if b == 101 or b == 69 then
    b = byte(s, i + 1)
    local first = (b == 43 or b == 45) and i + 2 or i + 1
    i = digits_from(s, first)
    if i - first > 2 and find(sub(s, first, i - 1), "^0*[1-9]..") then
      extremes = extremes + 1
      if extremes > 10000 then error("too many numbers near the ends of what a double holds", 0) end
    end
  end
  local written = sub(s, from, i - 1)
  local made = tonumber(written)
  if not made and (find(written, "[eE]%-") or not find(written, "^[^eE]*[1-9]")) then made = 0 end -- LuaJIT reads no such exponent
  if not made or made - made ~= 0 then error("a number out of range", 0) end
  return made + 0.0, i
end

local function number(s, i, b)
  local from, negative = i, b == 45
  if negative then
    i = i + 1
    b = byte(s, i)
  end
  local first, made = i, 0.0
  if not b or b < 48 or b > 57 then error("a value that is none", 0) end
  if b == 48 then
    i = i + 1
    b = byte(s, i)
    if b and b >= 48 and b <= 57 then error("a number that begins with 0", 0) end
  else
    made, i, b = whole_number(s, i, b)
  end
  if b == 46 or b == 101 or b == 69 then return fraction(s, from, i, b) end
  if i - first > 15 then return large(sub(s, first, i - 1), negative), i end
  return negative and 0 - made or made, i
end

local value

local function array(s, i, depth)
  local made, n, b = new(4, 0), 0, nil
  i, b = blank(s, i)
  if b == 93 then
    made[0] = 0
    return made, i + 1
  end
  while true do
    n = n + 1
    made[n], i = value(s, i, b, depth)
    i, b = blank(s, i)
    if b == 93 then
      made[0] = n
      return made, i + 1
    end
    if b ~= 44 then error("an array that does not go on", 0) end
    i, b = blank(s, i + 1)
  end
end

local function object(s, i, depth)
  local made, n, b, key = new(2, 8), 0, nil, nil
  i, b = blank(s, i)
  if b == 125 then
    made[1] = 0
    return made, i + 1
  end
  while true do
    if b ~= 34 then error("a key that is none", 0) end
    key, i = text(s, i + 1)
    if made[key] ~= nil then error("a key that stands twice", 0) end
    i, b = blank(s, i)
    if b ~= 58 then error("a key without a value", 0) end
    i, b = blank(s, i + 1)
    made[key], i = value(s, i, b, depth)
    n = n + 1
    i, b = blank(s, i)
    if b == 125 then
      made[1] = n
      return made, i + 1
    end
    if b ~= 44 then error("an object that does not go on", 0) end
    i, b = blank(s, i + 1)
  end
end

function value(s, i, b, depth)
  if b == 34 then return text(s, i + 1) end
  if b == 123 or b == 91 then
    if depth >= DEEPEST then error("it nests too deep", 0) end
    if b == 123 then return object(s, i + 1, depth + 1) end
    return array(s, i + 1, depth + 1)
  end
  if b == 116 and sub(s, i, i + 3) == "true" then return true, i + 4 end
  if b == 102 and sub(s, i, i + 4) == "false" then return false, i + 5 end
  if b == 110 and sub(s, i, i + 3) == "null" then return NULL, i + 4 end
  return number(s, i, b)
end

local is_plain
if jit then
  local bor = require("bit").bor
  function is_plain(s)
    if find(s, "\\", 1, true) then return false end
    local n = #s
    for i = 1, n - 7, 8 do
      local p, q, t, u, v, w, x, y = byte(s, i, i + 7)
      if bor(p, q, t, u, v, w, x, y) > 127 or p < 32 or q < 32 or t < 32 or u < 32 or v < 32 or w < 32 or x < 32 or y < 32 then return false end
    end
    for i = n - n % 8 + 1, n do
      local b = byte(s, i)
      if b < 32 or b > 127 then return false end
    end
    return true
  end
else
  function is_plain(s) return not find(s, "[^ -\127]") and not find(s, "\\", 1, true) end
end

local function whole(s)
  simple = is_plain(s)
  local i, b = blank(s, 1)
  local made
  made, i = value(s, i, b, 0)
  i = blank(s, i)
  if i <= #s then error("something after the value", 0) end
  return made
end

-- true and the value of a JSON text that every reader takes for the same, or false and why it is none.
function R.begin()
  extremes = 0
end

function R.decode(s)
  R.begin()
  return pcall(whole, s)
end
