-- Parameters of a request as the contract's plan has them (batten.contract.parameters), over `R`. A slot is one
-- parameter, its readings are the kinds that a text of it may be read as.
G.parameters = (function()
local find, gsub, byte, char, gmatch = string.find, string.gsub, string.byte, string.char, string.gmatch
local FLAW = {}
local TEXT = { ways = { { kind = "string" } } }
local DEEPEST, LONGEST = 5, 1000

local function flaw() error(FLAW, 0) end

local function hexed(digits) return char(tonumber(digits, 16)) end

local function from_path(raw)
  if find(raw, "%", 1, true) then
    if find(gsub(raw, "%%%x%x", ""), "%", 1, true) then flaw() end
    raw = gsub(raw, "%%(%x%x)", hexed)
  end
  if not R.is_utf8(raw) then flaw() end
  return raw
end

local function from_query(raw) return from_path((gsub(raw, "%+", " "))) end

local function latin(c)
  local b = byte(c)
  return char(192 + (b - b % 64) / 64, 128 + b % 64)
end

local function from_header(raw) return (gsub(raw, "[\128-\255]", latin)) end

local function stripped(text) return match(text, "^[ \t]*(.-)[ \t]*$") end

-- The pieces of a text between separators of one byte; one piece where there is none.
local function split(text, separator)
  local pieces, n = {}, 0
  for piece in gmatch(text .. separator, "([^" .. separator .. "]*)" .. separator) do
    n = n + 1
    pieces[n] = piece
  end
  return pieces
end

local function decoded(text)
  local ok, value = R.decode(text)
  if ok then return value end
end

local function scalar(text, kind)
  if kind == "string" then return text end
  if #text > LONGEST then return nil end
  if kind == "null" then return text == "null" and R.null or nil end
  if kind == "boolean" then
    if text == "true" then return true end
    if text == "false" then return false end
    return nil
  end
  if kind ~= "integer" and kind ~= "number" then return nil end
  if match(text, "^%-?[1-9]%d*$") or match(text, "^%-?0$") or kind == "number" and match(text, "^[%-%d][%d.eE+%-]*$") then
    return decoded(text)
  end
end

local function read(readings, text)
  local found, n = {}, 0
  for _, way in ipairs(readings.ways) do
    local value = scalar(text, way.kind)
    if value ~= nil then
      n = n + 1
      found[n] = value
    end
  end
  if n == 0 then return text end
  if n > 1 and readings.check then
    for i = 1, n do
      if readings.check(found[i]) then return found[i] end
    end
  end
  return found[1]
end

local function array_of(texts, readings, decode)
  local made = { [0] = #texts }
  for i, text in ipairs(texts) do made[i] = read(readings or TEXT, decode and decode(text) or text) end
  return made
end

local function way_of(readings, kind)
  for _, way in ipairs(readings.ways) do
    if way.kind == kind then return way end
  end
end

local function is_scalar(readings)
  for _, way in ipairs(readings.ways) do
    if way.kind ~= "array" and way.kind ~= "object" then return true end
  end
  return false
end

local function below(way, name)
  return way.members and way.members[name] or way.others or TEXT
end

local function grouped(pairs_)
  local groups, order = {}, {}
  for _, pair in ipairs(pairs_) do
    if not groups[pair[1]] then
      groups[pair[1]] = {}
      order[#order + 1] = pair[1]
    end
    local group = groups[pair[1]]
    group[#group + 1] = pair[2]
  end
  return groups, order
end

local function members(way, pairs_, decode)
  local groups, order = grouped(pairs_)
  local made = { #order }
  for _, name in ipairs(order) do
    local raws, readings = groups[name], below(way, name)
    local array = way_of(readings, "array")
    if array then
      made[name] = array_of(raws, array.items, decode)
    elseif #raws > 1 then
      flaw()
    else
      made[name] = read(readings, decode(raws[1]))
    end
  end
  return made
end

local deep_object

-- `leaves` are keys that are left, and a text.
local function grouped_by_key(leaves)
  local flat = {}
  for i, leaf in ipairs(leaves) do
    local rest = {}
    for at = 2, #leaf[1] do rest[at - 1] = leaf[1][at] end
    flat[i] = { leaf[1][1], { rest, leaf[2] } }
  end
  return grouped(flat)
end

local deep_value

local function deep_array(way, leaves)
  local items, plain = way.items or TEXT, true
  for _, leaf in ipairs(leaves) do plain = plain and #leaf[1] == 1 and leaf[1][1] == "" end
  if plain then
    local texts = {}
    for i, leaf in ipairs(leaves) do texts[i] = leaf[2] end
    return array_of(texts, items)
  end
  local groups, order = grouped_by_key(leaves)
  local made = { [0] = #order }
  for i = 1, #order do
    local own = groups[string.format("%d", i - 1)]
    if not own then flaw() end
    made[i] = deep_value(items, own)
  end
  return made
end

function deep_value(readings, leaves)
  local texts = {}
  for _, leaf in ipairs(leaves) do
    if #leaf[1] == 0 then texts[#texts + 1] = leaf[2] end
  end
  local array = way_of(readings, "array")
  if #texts > 0 then
    if #texts < #leaves then flaw() end
    if array and (#texts > 1 or not is_scalar(readings)) then return array_of(texts, array.items) end
    if #texts > 1 then flaw() end
    return read(readings, texts[1])
  end
  local indexed = array ~= nil
  for _, leaf in ipairs(leaves) do indexed = indexed and match(leaf[1][1], "^%d*$") ~= nil end
  if indexed then return deep_array(array, leaves) end
  return deep_object(way_of(readings, "object") or { kind = "object" }, leaves)
end

function deep_object(way, leaves)
  local groups, order = grouped_by_key(leaves)
  local made = { #order }
  for _, key in ipairs(order) do made[key] = deep_value(below(way, key), groups[key]) end
  return made
end

local function deep(way, pairs_)
  local leaves = {}
  for i, pair in ipairs(pairs_) do
    local keys, name = {}, pair[1]
    if gsub(name, "%[[^%[%]]*%]", "") ~= "" then flaw() end
    for key in gmatch(name, "%[([^%[%]]*)%]") do keys[#keys + 1] = key end
    if #keys > DEEPEST then flaw() end
    leaves[i] = { keys, pair[2] }
  end
  if way.kind == "array" then return deep_array(way, leaves) end
  return deep_object(way, leaves)
end

local function takes(way, name, owned)
  return way.members ~= nil and way.members[name] ~= nil or way.takes == true and not owned[name]
end

local function pieces_of(slot, written)
  if slot.at == "header" then
    local pieces = split(table.concat(written.texts, ","), ",")
    for i, piece in ipairs(pieces) do pieces[i] = stripped(piece) end
    return pieces
  end
  if #written.texts > 1 then flaw() end
  local text, separator = written.texts[1], slot.separator
  if separator == " " then
    text = gsub(gsub(text, "%%20", "\1"), "%+", "\1")
  elseif separator == "\t" then
    text = gsub(text, "%%09", "\1")
  elseif separator == "|" then
    text = gsub(gsub(text, "%%7[Cc]", "\1"), "|", "\1")
  else
    text = gsub(text, separator == "." and "%." or separator, "\1")
  end
  return split(text, "\1")
end

local function own_array(slot, way, written)
  return array_of(slot.several and written.texts or pieces_of(slot, written), way.items, written.decode)
end

local function from_pieces(slot, way, written)
  local named, pieces = {}, pieces_of(slot, written)
  if slot.explode then
    for i, piece in ipairs(pieces) do
      local name, value = match(piece, "^([^=]*)=(.*)$")
      if not name then flaw() end
      named[i] = { written.decode(name), value }
    end
  else
    if #pieces % 2 == 1 then flaw() end
    for i = 1, #pieces, 2 do named[#named + 1] = { written.decode(pieces[i]), pieces[i + 1] } end
  end
  return members(way, named, written.decode)
end

local function own_deep(slot, way, written)
  local own, prefix = {}, slot.name .. "["
  for _, pair in ipairs(written.pairs) do
    if sub(pair[1], 1, #prefix) == prefix then own[#own + 1] = { sub(pair[1], #slot.name + 1), written.decode(pair[2]) } end
  end
  if #own > 0 then return deep(way, own) end
end

local function own_object(slot, way, written, owned)
  local own = {}
  if slot.several then
    for _, pair in ipairs(written.pairs) do
      if takes(way, pair[1], owned) then own[#own + 1] = pair end
    end
    if #own > 0 then return members(way, own, written.decode) end
  elseif #written.texts > 0 then
    return from_pieces(slot, way, written)
  end
end

local function own_scalar(slot, _, written)
  if #written.texts > 1 then flaw() end
  return read(slot.readings, written.decode(written.texts[1]))
end

local function content(slot, written)
  if #written.texts > 1 then flaw() end
  local text = written.decode(written.texts[1])
  if not slot.json then return text end
  local ok, value = R.decode(text)
  if not ok then flaw() end
  return value
end

-- All that a parameter may mean, and whether a way of reading it was tried in vain.
local function values(slot, written, owned)
  local found, failed = {}, false
  local function attempt(of, way)
    local ok, value = pcall(of, slot, way, written, owned)
    if not ok then
      if value ~= FLAW then error(value, 0) end
      failed = true
    elseif value ~= nil then
      found[#found + 1] = value
    end
  end
  if slot.one then
    if #written.texts > 0 then attempt(function() return content(slot, written) end) end
    return found, failed
  end
  local has_own = #written.texts > 0
  if has_own and is_scalar(slot.readings) then attempt(own_scalar) end
  for _, way in ipairs(slot.readings.ways) do
    if slot.style == "deepObject" and (way.kind == "array" or way.kind == "object") then
      attempt(own_deep, way)
    elseif way.kind == "array" and has_own then
      attempt(own_array, way)
    elseif way.kind == "object" then
      attempt(own_object, way)
    end
  end
  return found, failed
end

local function fits(slot, written, owned)
  if slot.problem then return not slot.required or #written.texts > 0 or #written.pairs > 0 end
  if slot.empty and #written.texts == 1 and written.texts[1] == "" then return true end
  local found, failed = values(slot, written, owned)
  if #found == 0 then return not failed and not slot.required end
  if not slot.check then return true end
  for _, value in ipairs(found) do
    if slot.check(value) then return true end
  end
  return false
end

-- Where requests have parameters.

local function name_in_query(raw)
  local ok, name = pcall(from_query, raw)
  return ok and name or raw
end

local function pairs_of(query)
  local made = {}
  for part in gmatch(query, "[^&]+") do
    local name, value = match(part, "^([^=]*)=?(.*)$")
    made[#made + 1] = { name_in_query(name), value }
  end
  return made
end

local function named(pairs_, name)
  local texts = {}
  for _, pair in ipairs(pairs_) do
    if pair[1] == name then texts[#texts + 1] = pair[2] end
  end
  return texts
end

local function in_cookies(slot, lines)
  local made = {}
  local apart = slot.explode and slot.style == "form" and (way_of(slot.readings, "array") or way_of(slot.readings, "object"))
  for _, line in ipairs(lines) do
    for part in gmatch(line, "[^;]+") do
      for piece in gmatch(match(part, "^%s*(.-)%s*$"), apart and "[^&]+" or ".+") do
        local name, value = match(piece, "^([^=]*)=?(.*)$")
        made[#made + 1] = { from_header(name), value }
      end
    end
  end
  return { texts = named(made, slot.name), pairs = made, decode = slot.style == "cookie" and from_header or from_path }
end

local function in_matrix(slot, raw)
  local made = {}
  if sub(raw, 1, 1) ~= ";" then flaw() end
  for part in gmatch(sub(raw, 2) .. ";", "([^;]*);") do
    local name, value = match(part, "^([^=]*)=?(.*)$")
    name = from_path(name)
    local known = name == slot.name
    if slot.several then
      for _, way in ipairs(slot.readings.ways) do
        known = known or way.kind == "object" and takes(way, name, {})
      end
    end
    if not known then flaw() end
    made[#made + 1] = { name, value }
  end
  return { texts = named(made, slot.name), pairs = made, decode = from_path }
end

local function in_path(slot, raw)
  if not raw then return { texts = {}, pairs = {}, decode = from_path } end
  if slot.style == "matrix" then return in_matrix(slot, raw) end
  if slot.style == "label" then
    if sub(raw, 1, 1) ~= "." then flaw() end
    raw = sub(raw, 2)
  end
  return { texts = { raw }, pairs = {}, decode = from_path }
end

local function in_headers(lines)
  local texts = {}
  for i, line in ipairs(lines) do texts[i] = stripped(line) end
  return { texts = texts, pairs = {}, decode = from_header }
end

local function written_of(slot, plan, path, query, pairs_, lines)
  if slot.at == "path" then
    local found = { match(path, plan.pattern) }
    return in_path(slot, found[plan.places[slot.name]])
  elseif slot.at == "query" then
    return { texts = named(pairs_, slot.name), pairs = pairs_, decode = from_query }
  elseif slot.at == "header" then
    return in_headers(lines(slot.header))
  elseif slot.at == "cookie" then
    return in_cookies(slot, lines("cookie"))
  end
  return { texts = query ~= "" and { query } or {}, pairs = pairs_, decode = slot.one and from_path or from_query }
end

local function is_declared(plan, name)
  if plan.declared[name] then return true end
  for _, slot in ipairs(plan) do
    if slot.at == "querystring" and slot.one then return true end
    if slot.at == "query" or slot.at == "querystring" then
      if slot.style == "deepObject" then
        if sub(name, 1, #slot.name + 1) == slot.name .. "[" then return true end
      elseif slot.several then
        for _, way in ipairs(slot.readings.ways) do
          if way.kind == "object" and takes(way, name, plan.owned) then return true end
        end
      end
    end
  end
  return false
end

-- Whether parameters are as the contract's plan has them. `lines` gives the lines of a header by its name in lower case.
return function(plan, path, query, lines)
  query = query or ""
  if query == "" and not plan.asks then return true end
  local pairs_ = pairs_of(query)
  for _, slot in ipairs(plan) do
    local ok, found = pcall(written_of, slot, plan, path, query, pairs_, lines)
    if not ok and found ~= FLAW then error(found, 0) end
    if not ok or not fits(slot, found, plan.owned) then return false end
  end
  if plan.refuses then
    for _, pair in ipairs(pairs_) do
      if not is_declared(plan, pair[1]) then return false end
    end
  end
  return true
end
end)()
