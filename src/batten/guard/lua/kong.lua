-- Kong: what its serverless plugins run. Answers are buffered, so that they are judged before their head goes out.
local LARGEST = 1048576
local M = {}
local kong = kong

local function reference()
  return kong.request.get_header("x-request-id") or (ngx and ngx.var.request_id) or ""
end

local function problem(status, headers)
  headers = headers or {}
  headers["Content-Type"] = "application/problem+json"
  return kong.response.exit(status, G.problem(status, reference()), headers)
end

local function lines(name)
  local value = kong.request.get_headers(1000)[name]
  return type(value) == "table" and value or { value }
end

local function request(operation)
  local path = operation.parameters and kong.request.get_raw_path()
  local status = G.refusal(operation, kong.request.get_header, kong.request.get_raw_query(), LARGEST, path, lines)
  if not status and G.reads(operation, kong.request.get_header("content-type")) then
    local body = kong.request.get_raw_body()
    status = body == nil and 413 or G.bad_body(operation, kong.request.get_header("content-type"), body)
  end
  return status
end

-- The access phase.
function M.access(route)
  if HOSTS ~= "" and not ngx.re.find(kong.request.get_header("host") or "", HOSTS, "joi") then return problem(421) end
  local methods = operations[route]
  local operation = methods[kong.request.get_method()]
  if not operation then return problem(405, { Allow = methods.allow }) end
  local ok, status = pcall(request, operation)
  if not ok then
    kong.log.err("guard: ", status)
    status = 500
  end
  if status then return problem(status, status == 401 and { ["WWW-Authenticate"] = operation.challenges } or nil) end
  kong.ctx.shared.batten = operation
  kong.service.request.set_header("Accept-Encoding", "identity")
  if not operation.ranges then kong.service.request.clear_header("Range") end
  if operation.judged and not pcall(kong.service.request.enable_buffering) then
    kong.log.err("guard: Kong buffers no answers over HTTP/2: take it off the listener")
    return problem(500)
  end
end

local function hardened()
  local cookies = kong.service.response.get_headers()["set-cookie"]
  if not cookies then return end
  kong.response.clear_header("Set-Cookie")
  for _, cookie in ipairs(type(cookies) == "table" and cookies or { cookies }) do
    kong.response.add_header("Set-Cookie", G.cookie(cookie))
  end
end

local function objection(operation)
  local types = kong.service.response.get_headers()["content-type"]
  if type(types) == "table" then return "two media types" end
  local status, media_type = kong.service.response.get_status(), kong.service.response.get_header("content-type")
  local plan, reason = G.plan(operation, status, media_type)
  if plan == "refuse" then return reason end
  if plan == "pass" then return nil end
  if not operation.judged then return "the body was not waited for" end
  local body = kong.service.response.get_raw_body() or ""
  if #body > LARGEST then return "the body is too large to be judged" end
  return G.answer(operation, status, media_type, kong.service.response.get_header("content-encoding"), body)
end

local KEPT = { ["www-authenticate"] = true, allow = true, ["retry-after"] = true, vary = true }
for _, name in ipairs(SENT) do KEPT[name] = true end

-- The header_filter phase.
function M.head()
  local operation = kong.ctx.shared.batten
  if not operation or kong.response.get_source() ~= "service" then return end
  local ok, reason = pcall(objection, operation)
  if ok and not reason then ok, reason = pcall(hardened) end
  if ok and not reason then return end
  local status = G.instead(kong.service.response.get_status() or 500)
  kong.log.warn("guard: ", reference(), ": an answer of ", operation.label, " replaced: ", reason)
  kong.ctx.shared.batten_problem = G.problem(status, reference())
  kong.response.set_status(status)
  for name in pairs(kong.response.get_headers()) do
    name = string.lower(name)
    if not KEPT[name] and string.sub(name, 1, 15) ~= "access-control-" then kong.response.clear_header(name) end
  end
  kong.response.set_header("Content-Type", "application/problem+json")
  kong.response.set_header("Content-Length", #kong.ctx.shared.batten_problem)
end

-- The body_filter phase.
function M.body()
  if kong.ctx.shared.batten_problem then
    if ngx.arg[2] then kong.response.set_raw_body(kong.ctx.shared.batten_problem) else ngx.arg[1] = nil end
  end
end

return M
