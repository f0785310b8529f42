-- What every compiled validator stands on, for Lua 5.1 to 5.4 and LuaJIT.
--
-- A JSON value here is a Lua value, except: null is R.null; an array is a table with its length at [0]; an
-- object is a table with nothing at [0] and the number of its members at [1]; an integer beyond 2^53 is a
-- table with -2 at [0], so that no digit is lost.
local byte, sub, char, format, find = string.byte, string.sub, string.char, string.format, string.find
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

local simple = false -- the text at hand has no escapes and nothing but what ASCII prints

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

local function digits_from(s, i)
  local b = byte(s, i)
  if not b or b < 48 or b > 57 then error("a number that is none", 0) end
  repeat
    i = i + 1
    b = byte(s, i)
  until not b or b < 48 or b > 57
  return i, b
end

local function fraction(s, from, i, b)
  if b == 46 then i, b = digits_from(s, i + 1) end
  if b == 101 or b == 69 then
    b = byte(s, i + 1)
    i = digits_from(s, (b == 43 or b == 45) and i + 2 or i + 1)
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
    repeat
      made = made * 10 + (b - 48)
      i = i + 1
      b = byte(s, i)
    until not b or b < 48 or b > 57
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

local is_printed
if jit then
  function is_printed(s)
    for i = 1, #s do
      local b = byte(s, i)
      if b < 32 or b > 126 then return false end
    end
    return true
  end
else
  function is_printed(s) return not find(s, "[^ -~]") end
end

local function whole(s)
  simple = not find(s, "\\", 1, true) and is_printed(s)
  local i, b = blank(s, 1)
  local made
  made, i = value(s, i, b, 0)
  i = blank(s, i)
  if i <= #s then error("something after the value", 0) end
  return made
end

-- true and the value of a JSON text that every reader takes for the same, or false and why it is none.
function R.decode(s)
  return pcall(whole, s)
end

function R.kind(v)
  local t = type(v)
  if t ~= "table" then return t end
  t = v[0]
  if t == nil then return "object" end
  if t >= 0 then return "array" end
  return t == -1 and "null" or "large"
end

-- Characters, where bytes are what Lua counts.
function R.length(s)
  local n = 0
  for i = 1, #s do
    local b = byte(s, i)
    if b < 128 or b > 191 then n = n + 1 end
  end
  return n
end

local function written(n)
  if type(n) == "table" then return n.negative, n.digits end
  return n < 0, format("%.0f", n < 0 and -n or n)
end

-- Below 0, 0 or above 0, as a - b would be.
function R.compare(a, b)
  if type(a) == "number" and type(b) == "number" then return a < b and -1 or a > b and 1 or 0 end
  if type(a) == "number" and a > -9007199254740992 and a < 9007199254740992 then return b.negative and 1 or -1 end
  if type(b) == "number" and b > -9007199254740992 and b < 9007199254740992 then return a.negative and -1 or 1 end
  local below, left = written(a)
  local under, right = written(b)
  if below ~= under then return below and -1 or 1 end
  local order
  if #left ~= #right then order = #left < #right and -1 or 1 else order = left < right and -1 or left > right and 1 or 0 end
  return below and -order or order
end

local function shortest(n)
  for precision = 15, 17 do
    local made = format("%." .. precision .. "g", n)
    if tonumber(made) == n then return made end
  end
end

-- The digits of a number without those 0s that end it, and the power of ten that they stand for.
local function decimal(v, exact)
  if type(v) == "table" then return v.digits, 0 end
  if v < 0 then v = -v end
  if exact and v % 1 == 0 then return format("%.0f", v), 0 end
  local made, power = shortest(v), 0
  local mantissa, exponent = made:match("^([^e]+)e([+-]%d+)$")
  if mantissa then made, power = mantissa, tonumber(exponent) end
  local front, back = made:match("^(%d+)%.(%d+)$")
  if front then made, power = front .. back, power - #back end
  return made, power
end

-- Whether v is a multiple of divisor * 10^-places; divisor is an integer below 2^53 / 10.
function R.is_multiple(v, divisor, places)
  local digits, power = decimal(v, places == 0)
  local stripped = digits:match("^(.-)0*$")
  if stripped == "" then return true end
  power = power + #digits - #stripped + places
  if power < 0 then return false end
  local rest = 0
  for i = 1, #stripped do rest = (rest * 10 + byte(stripped, i) - 48) % divisor end
  for _ = 1, power do
    if rest == 0 then return true end
    rest = rest * 10 % divisor
  end
  return rest == 0
end

-- A text that two values have in common exactly where they are equal.
local function canonical(v)
  local t = type(v)
  if t == "string" then return #v .. ":" .. v end
  if t == "number" then return v == 0 and "#0" or "#" .. format("%.17g", v) end
  if t == "boolean" then return v and "t" or "f" end
  local n, parts = v[0], {}
  if n == -1 then return "n" end
  if n == -2 then return (v.negative and "#-" or "#+") .. v.digits end
  if n then
    for i = 1, n do parts[i] = canonical(v[i]) end
    return "[" .. concat(parts, ",") .. "]"
  end
  for key, item in next, v do
    if key ~= 1 then parts[#parts + 1] = canonical(key) .. canonical(item) end
  end
  sort(parts)
  return "{" .. concat(parts, ",") .. "}"
end
R.canonical = canonical

function R.is_unique(v)
  local seen = {}
  for i = 1, v[0] do
    local key = canonical(v[i])
    if seen[key] then return false end
    seen[key] = true
  end
  return true
end

local function code_point(s, i, b)
  if b < 224 then return (b - 192) * 64 + byte(s, i + 1) - 128, i + 2 end
  if b < 240 then return (b - 224) * 4096 + (byte(s, i + 1) - 128) * 64 + byte(s, i + 2) - 128, i + 3 end
  return (b - 240) * 262144 + (byte(s, i + 1) - 128) * 4096 + (byte(s, i + 2) - 128) * 64 + byte(s, i + 3) - 128, i + 4
end

local function class_of(starts, classes, code)
  local low, high = 1, #starts
  while low < high do
    local middle = (low + high + 1 - (low + high + 1) % 2) / 2
    if starts[middle] <= code then low = middle else high = middle - 1 end
  end
  return classes[low]
end

-- An automaton made ready. `steps` are rows of `width` cells, one row for each state.
function R.automaton(first, width, steps, ends, starts, classes)
  local ascii, last = {}, 1
  for code = 0, 127 do
    while starts[last + 1] and starts[last + 1] <= code do last = last + 1 end
    ascii[code] = classes[last]
  end
  return { first = first, width = width, steps = steps, ends = ends, starts = starts, classes = classes, ascii = ascii }
end

-- Whether an automaton finds its pattern in a text. States are numbered from 1; 0 is where it can no longer
-- be found and -1 where it was found; `ends` are states in which it is found if the text ends there.
function R.matches(m, s)
  local state, steps, ascii, width = m.first, m.steps, m.ascii, m.width
  local i, n = 1, #s
  while i <= n do
    if state <= 0 then return state < 0 end
    local b, class = byte(s, i), nil
    if b < 128 then
      class = ascii[b]
      i = i + 1
    else
      b, i = code_point(s, i, b)
      class = class_of(m.starts, m.classes, b)
    end
    state = steps[(state - 1) * width + class]
  end
  return state < 0 or m.ends[state] == true
end

local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- RFC 3339, of a text that is known to have the form YYYY-MM-DD.
function R.is_date(s)
  local year, month, day = tonumber(sub(s, 1, 4)), tonumber(sub(s, 6, 7)), tonumber(sub(s, 9, 10))
  local days = DAYS[month]
  if month == 2 and year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) then days = 29 end
  return days ~= nil and day >= 1 and day <= days
end

-- A text of the form HH:MM:SS[.f](Z|+HH:MM), at `i`. A leap second ends a day of UTC.
function R.is_time(s, i)
  local hour, minute, second = tonumber(sub(s, i, i + 1)), tonumber(sub(s, i + 3, i + 4)), tonumber(sub(s, i + 6, i + 7))
  local sign, hours, minutes = sub(s, -6, -6), 0, 0
  if sign == "+" or sign == "-" then
    hours, minutes = tonumber(sub(s, -5, -4)), tonumber(sub(s, -2, -1))
  end
  if hour > 23 or minute > 59 or second > 60 or hours > 23 or minutes > 59 then return false end
  if second < 60 then return true end
  local offset = hours * 60 + minutes
  local at = hour * 60 + minute - (sign == "-" and -offset or offset)
  return at % 1440 == 1439
end

return R
