-- Reading a text and judging it in one go, without making its values: what the compiled readers call. A text
-- that does not fit raises an error, and is looked at again by who has to say why.

local function no() error("it does not fit", 0) end
R.no, R.number, R.value = no, number, value

-- Where a string from behind its first quote ends, if it is written as it is: all ASCII, and no escapes.
function R.plain(s, i)
  if simple then
    local ends = find(s, '"', i, true)
    if not ends then no() end
    return ends
  end
  local b = byte(s, i)
  while b and b ~= 34 and b ~= 92 and b >= 32 and b < 128 do
    i = i + 1
    b = byte(s, i)
  end
  return b == 34 and i or nil
end

-- Readers, which are given a place, the byte there and how deep that is: behind any value,
function R.any(s, i, b, depth)
  local _, after = value(s, i, b, depth)
  return after
end

-- any string,
function R.string(s, i, b)
  if b ~= 34 then no() end
  if simple then
    local ends = find(s, '"', i + 1, true)
    if not ends then no() end
    return ends + 1
  end
  local _, after = text(s, i + 1)
  return after
end

-- any number,
function R.numeral(s, i, b)
  local from = i
  if b == 45 then
    i = i + 1
    b = byte(s, i)
  end
  if not b or b < 48 or b > 57 then no() end
  if b == 48 then
    i = i + 1
    b = byte(s, i)
    if b and b >= 48 and b <= 57 then no() end
  else
    i, b = digits_from(s, i)
  end
  if b == 46 then i, b = digits_from(s, i + 1) end
  if b == 101 or b == 69 or i - from > 300 then
    local _
    _, i = number(s, from, byte(s, from))
  end
  return i
end

-- true, false or null.
function R.literal(s, i, b)
  if b == 116 and sub(s, i, i + 3) == "true" then return i + 4 end
  if b == 102 and sub(s, i, i + 4) == "false" then return i + 5 end
  if b == 110 and sub(s, i, i + 3) == "null" then return i + 4 end
  no()
end

local function named(s, i, b)
  local key
  if b ~= 34 then no() end
  key, i = text(s, i + 1)
  i, b = blank(s, i)
  if b ~= 58 then no() end
  i, b = blank(s, i + 1)
  return key, i, b
end

-- A member's name, the place of its value, and the byte there; nil and the place behind the object where none is left.
local function first_member(s, i)
  local b
  i, b = blank(s, i)
  if b == 125 then return nil, i + 1 end
  return named(s, i, b)
end

local function next_member(s, i)
  local b
  i, b = blank(s, i)
  if b == 125 then return nil, i + 1 end
  if b ~= 44 then no() end
  i, b = blank(s, i + 1)
  return named(s, i, b)
end

R.first_member, R.next_member = first_member, next_member
if not jit then
  function R.first_member(s, i)
    local key, at = match(s, '^"([^"]*)" *: *()', i)
    if key and simple then return key, at, byte(s, at) end
    return first_member(s, i)
  end
  function R.next_member(s, i)
    local key, at = match(s, '^, *"([^"]*)" *: *()', i)
    if key and simple then return key, at, byte(s, at) end
    return next_member(s, i)
  end
end

-- The place of an item and the byte there; the place behind the array, and nil, where none is left.
function R.first_item(s, i)
  local b
  i, b = blank(s, i)
  if b == 93 then return i + 1 end
  if not b then no() end
  return i, b
end

function R.next_item(s, i)
  local b = byte(s, i)
  if b ~= 44 then
    i, b = blank(s, i)
    if b == 93 then return i + 1 end
    if b ~= 44 then no() end
  end
  i, b = blank(s, i + 1)
  if not b then no() end
  return i, b
end

local function all(read, s)
  simple = is_plain(s)
  local i, b = blank(s, 1)
  i = blank(s, read(s, i, b, 0))
  if i <= #s then no() end
end

-- Whether a text is strict JSON and fits.
function R.reads(read, s)
  R.begin()
  return (pcall(all, read, s))
end
