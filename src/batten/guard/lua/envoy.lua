-- Envoy's Lua filter. It fails open: an error lets traffic pass, so that each call is caught and refused.
local LARGEST = 1048576

local known = {}
for route, methods in pairs(operations) do
  for method, operation in pairs(methods) do known[route .. " " .. method] = operation end
end

local function operation_of(handle)
  return known[handle:metadata():get("operation")]
end

local references, first = 0, string.gsub(tostring({}), "[^%x]", "")

local function new_reference(handle)
  references = references + 1
  return string.format("%s-%x-%s", string.sub(first, -8), references, handle:timestampString())
end

-- What was got before a body was waited for cannot be used after it, so that it is got again.
local function header_of(handle)
  return function(name) return handle:headers():get(name) end
end

local function lines_of(handle)
  return function(name)
    local headers, made = handle:headers(), {}
    for i = 1, headers:getNumValues(name) do made[i] = headers:getAtIndex(name, i - 1) end
    return made
  end
end

local function bytes(handle)
  local body = handle:body()
  return body and body:getBytes(0, body:length()) or ""
end

local function respond(handle, status, told)
  local sent = { [":status"] = tostring(status), ["content-type"] = "application/problem+json" }
  if status == 400 or status == 413 or status == 415 then sent.connection = "close" end
  handle:streamInfo():dynamicMetadata():set("batten", "own", told or "1")
  handle:respond(sent, G.problem(status, new_reference(handle)))
end

local function request(handle)
  local operation, header = operation_of(handle), header_of(handle)
  local media_type = header("content-type")
  local path, query = string.match(header(":path") or "", "^([^?]*)%??(.*)$")
  local status, reason = G.refusal(operation, header, query, LARGEST, path, lines_of(handle))
  local judged = not status and G.reads(operation, media_type)
  if judged then status = G.bad_body(operation, media_type, bytes(handle)) end
  if status then respond(handle, status, reason or judged and "request") end
end

function envoy_on_request(handle)
  local ok, reason = pcall(request, handle)
  if not ok then
    handle:logErr("guard: " .. tostring(reason))
    respond(handle, 500)
  end
end

local KEPT = { [":status"] = true, ["www-authenticate"] = true, allow = true, ["retry-after"] = true }

local function replace(handle, operation, status, reason)
  local own = handle:streamInfo():dynamicMetadata():get("batten")
  if own and own.own then return end -- it is what `respond` has said
  local reference = new_reference(handle)
  handle:logWarn("guard: " .. reference .. ": answer " .. tostring(status) .. " of " .. operation.label .. " replaced: " .. tostring(reason))
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set("batten", "answered", tostring(status))
  metadata:set("batten", "reason", tostring(reason))
  local body = handle:body(true)
  local headers, names = handle:headers(), {}
  for name in pairs(headers) do names[#names + 1] = name end
  for _, name in ipairs(names) do
    if not KEPT[name] then headers:remove(name) end
  end
  local instead = G.instead(status)
  headers:replace(":status", tostring(instead))
  headers:replace("content-type", "application/problem+json")
  headers:replace("content-length", tostring(body:setBytes(G.problem(instead, reference))))
end

local function hardened(headers)
  if not headers:get("set-cookie") then return end
  local made, count = {}, headers:getNumValues("set-cookie")
  for i = 0, count - 1 do made[#made + 1] = headers:getAtIndex("set-cookie", i) end
  if count > 0 then headers:remove("set-cookie") end
  for _, cookie in ipairs(made) do headers:add("set-cookie", G.cookie(cookie)) end
end

local function answer(handle, operation)
  local headers = handle:headers()
  local status, media_type = tonumber(headers:get(":status")), headers:get("content-type")
  if media_type and string.find(media_type, ",", 1, true) and not string.find(media_type, '"', 1, true) then
    return replace(handle, operation, 502, "two media types")
  end
  local plan, reason = G.plan(operation, status, media_type)
  if plan == "json" or plan == "empty" then
    local coding = headers:get("content-encoding")
    local body = bytes(handle)
    reason = G.answer(operation, status, media_type, coding, body)
    local padded = not reason and G.padded(operation, status, media_type, body) or body
    if #padded ~= #body then
      local length = handle:body():setBytes(padded)
      handle:headers():replace("content-length", tostring(length))
    end
  elseif plan == "pass" then
    reason = nil
  end
  if reason then return replace(handle, operation, status, reason) end
  hardened(handle:headers())
end

function envoy_on_response(handle)
  local found, operation = pcall(operation_of, handle)
  if not found or not operation then operation = { label = "an operation" } end
  local ok, reason = pcall(answer, handle, operation)
  if ok then return end
  if not pcall(replace, handle, operation, 500, reason) then
    handle:headers():replace(":status", "500")
    handle:body(true):setBytes("")
  end
end
