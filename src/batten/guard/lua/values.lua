-- What is asked of decoded values.

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
  if v[0] < 2 then return true end
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

-- The same of a part of a text, which is ASCII.
function R.found(m, s, i, last)
  local state, steps, ascii, width = m.first, m.steps, m.ascii, m.width
  while i <= last do
    if state <= 0 then return state < 0 end
    state = steps[(state - 1) * width + ascii[byte(s, i)]]
    i = i + 1
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
