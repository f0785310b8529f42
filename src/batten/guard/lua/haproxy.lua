-- HAProxy: actions that say in variables of the transaction what is to be answered instead.
local LARGEST = 1048576

local function first(fields, name)
  local values = fields[name]
  return values and values[0]
end

local function weight(fields)
  local size = 0
  for name, values in pairs(fields) do
    for _, value in pairs(values) do size = size + #name + #value + 4 end
  end
  return size
end

local function operation_of(txn)
  local methods = operations[txn:get_var("txn.route") or ""]
  return methods and methods[txn:get_var("txn.method") or ""]
end

local function head(txn)
  local operation = operation_of(txn)
  if not operation then return 405 end
  txn:set_var("txn.judged", operation.judged and 1 or 0)
  txn:set_var("txn.ranges", operation.ranges and 1 or 0)
  local fields = txn.http:req_get_headers()
  local function header(name) return first(fields, name) end
  local function lines(name)
    local values, made, i = fields[name] or {}, {}, 0
    while values[i] do
      made[i + 1] = values[i]
      i = i + 1
    end
    return made
  end
  local status, reason = G.refusal(operation, header, txn.f:query(), LARGEST, txn.f:path(), lines)
  if reason then txn:set_var("txn.reason", reason) end
  if status == 401 then txn:set_var("txn.challenge", table.concat(operation.challenges, ", ")) end
  txn:set_var("txn.reads", not status and G.reads(operation, header("content-type")) and 1 or 0)
  return status
end

local function body(txn)
  if txn:get_var("txn.reads") ~= 1 then return end
  local operation, sent = operation_of(txn), txn.f:req_body() or ""
  if #sent > LARGEST then return 413 end
  local status = G.bad_body(operation, first(txn.http:req_get_headers(), "content-type"), sent)
  if status then txn:set_var("txn.reason", "request") end
  return status
end

local function answer(txn)
  local operation = operation_of(txn)
  if not operation then return end
  local fields = txn.http:res_get_headers()
  local status = txn.f:status()
  txn:set_var("txn.answered", status)
  local types = fields["content-type"]
  local reason, unreadable
  if types and types[1] then
    reason, unreadable = "two media types", true
  else
    local plan, more = G.plan(operation, status, first(fields, "content-type"))
    reason = plan == "refuse" and more or nil
    if (plan == "json" or plan == "empty") and not operation.judged then
      reason = "the body was not waited for"
    elseif plan == "json" or plan == "empty" then
      local length = tonumber(first(fields, "content-length") or "")
      local body = txn.f:res_body() or ""
      if plan == "json" and (length and length > LARGEST or not length and #body + weight(fields) >= LARGEST) then
        reason = "the body is too large to be judged"
      elseif plan == "json" and length and length ~= #body then
        reason, unreadable = "the body was not here as a whole", true
      else
        reason = G.answer(operation, status, first(fields, "content-type"), first(fields, "content-encoding"), body)
      end
    end
  end
  if reason then
    txn:set_var("txn.reason", reason)
    core.Warning("guard: answer " .. status .. " of " .. operation.label .. " replaced: " .. reason)
    return unreadable and 502 or G.instead(status)
  end
  local cookies = fields["set-cookie"]
  if cookies then
    txn.http:res_del_header("set-cookie")
    local i = 0
    while cookies[i] do
      txn.http:res_add_header("set-cookie", G.cookie(cookies[i]))
      i = i + 1
    end
  end
end

local function guarded(judge)
  return function(txn)
    local ok, status = pcall(judge, txn)
    if not ok then core.Warning("guard: " .. tostring(status)) end
    txn:set_var("txn.instead", ok and (status or 0) or 500)
  end
end

core.register_action("guard_head", { "http-req" }, guarded(head))
core.register_action("guard_body", { "http-req" }, guarded(body))
core.register_action("guard_answer", { "http-res" }, guarded(answer))
