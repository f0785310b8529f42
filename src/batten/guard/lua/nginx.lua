-- nginx: what its locations call, over `G` and `operations`.
local N = {}
local ngx = ngx

local METHODS = { GET = ngx.HTTP_GET, HEAD = ngx.HTTP_HEAD, POST = ngx.HTTP_POST, PUT = ngx.HTTP_PUT, DELETE = ngx.HTTP_DELETE,
  PATCH = ngx.HTTP_PATCH, OPTIONS = ngx.HTTP_OPTIONS }
local HOP = { connection = true, ["keep-alive"] = true, ["transfer-encoding"] = true, te = true, trailer = true, upgrade = true,
  ["proxy-authenticate"] = true, ["content-length"] = true, ["content-md5"] = true, digest = true }

-- Names in lower case; a server has only so many.
local LOWER = setmetatable({}, { __mode = "k", __index = function(known, name)
  local made = string.lower(name)
  known[name] = made
  return made
end })

local function header(name)
  return ngx.var["http_" .. string.gsub(name, "-", "_")]
end

local function lines(name)
  local value = ngx.req.get_headers(0)[name]
  return type(value) == "table" and value or { value }
end

local function operation_of(route, method)
  local methods = operations[route]
  return methods and methods[method or ngx.req.get_method()]
end

local function refuse(operation, status, reason)
  if status == 401 then ngx.header["WWW-Authenticate"] = operation.challenges end
  if not reason and (status == 400 or status == 413 or status == 415) then ngx.header["Connection"] = "close" end
  return ngx.exit(status)
end

local function body_of_request()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if body or not ngx.req.get_body_file() then return body or "" end
  local file = io.open(ngx.req.get_body_file(), "rb")
  if not file then return nil end
  body = file:read("*a")
  file:close()
  return body
end

-- access_by_lua: what the contract says against a request.
function N.access(route, largest)
  local operation = operation_of(route)
  if not operation then return ngx.exit(405) end
  local path = operation.parameters and string.match(ngx.var.request_uri, "^[^?]*")
  local status, reason = G.refusal(operation, header, ngx.var.args, largest, path, lines)
  if status then
    if reason and N.tells then ngx.var.reason = reason end
    return refuse(operation, status, reason)
  end
  local media_type = header("content-type")
  if G.reads(operation, media_type) then
    local body = body_of_request()
    status = body == nil and 500 or G.bad_body(operation, media_type, body)
    if status then
      if N.tells then ngx.var.reason = "request" end
      return ngx.exit(status)
    end
  end
end

local function hardened(cookies)
  if type(cookies) == "string" then return G.cookie(cookies) end
  local made = {}
  for i, cookie in ipairs(cookies) do made[i] = G.cookie(cookie) end
  return made
end

-- For the log, where there is one that asks: why batten did not let something pass.
local function tell(status, reason)
  if N.tells then ngx.var.answered, ngx.var.reason = status, reason end
end

local function log(operation, status, reason)
  tell(status, reason)
  ngx.log(ngx.WARN, "guard: ", ngx.var.request_id, ": answer ", status, " of ", operation.label, " replaced: ", reason)
end

-- content_by_lua: the upstream's answer, looked at before a byte of it is sent.
function N.serve(route, upstream, stream)
  local method = ngx.req.get_method()
  local operation = operations[route][method]
  if not operation.judged or not METHODS[method] then return ngx.exec(stream) end
  local got
  if method == "GET" and not ngx.var.http_content_length and not ngx.var.http_transfer_encoding then
    got = ngx.location.capture(upstream)
  else
    ngx.req.read_body()
    got = ngx.location.capture(upstream, { method = METHODS[method], always_forward_body = true })
  end
  if got.truncated then
    log(operation, got.status, "it broke off")
    return ngx.exit(got.status == 504 and 504 or 502)
  end
  if N.tells then ngx.var.answered = got.status end
  local given = got.header
  if type(given.Connection) == "string" then
    for name in string.gmatch(given.Connection, "[^,%s]+") do given[name] = nil end
  end
  local media_type, coding = given["Content-Type"], given["Content-Encoding"]
  local ok, reason = pcall(G.answer, operation, got.status, type(media_type) == "table" and "" or media_type, coding and tostring(coding), got.body)
  if not ok or reason then
    log(operation, got.status, reason)
    return ngx.exit(G.instead(got.status))
  end
  ngx.status = got.status
  for name, value in pairs(given) do
    local lower = LOWER[name]
    if lower == "set-cookie" then value = hardened(value) end
    if not HOP[lower] then ngx.header[name] = value end
  end
  if got.status == 204 or got.status == 304 then return ngx.send_headers() end
  local body = G.padded(operation, got.status, media_type, got.body)
  ngx.header.content_length = #body
  ngx.print(body)
end

local STALE = { "Location", "ETag", "Last-Modified", "Content-Encoding", "Content-Disposition", "Set-Cookie", "Accept-Ranges", "Link" }

-- header_filter_by_lua: an answer that is told by its head alone; its body passes as it comes. `method` is that of a
-- route with one only.
function N.head(route, method)
  local operation, status = operation_of(route, method), ngx.status
  if not operation then return end
  local plan, reason = G.plan(operation, status, ngx.header.content_type)
  if plan == "pass" or plan == "json" then
    local cookies = ngx.header["Set-Cookie"]
    if cookies then ngx.header["Set-Cookie"] = hardened(cookies) end
    return
  end
  if not ngx.var.upstream_status then return end -- the edge's own
  local length = ngx.header.content_length
  if plan == "empty" and (length == "0" or length == 0) then return end
  log(operation, status, reason or "a body where none is declared")
  ngx.status = G.instead(status)
  for _, name in ipairs(STALE) do ngx.header[name] = nil end
  ngx.header.content_type = "application/problem+json"
  ngx.header.content_length = 512
  ngx.var.replaced = "1"
end

-- body_filter_by_lua, for those that `head` has replaced.
function N.body()
  local replaced = ngx.var.replaced
  if replaced == "" or not replaced then return end
  ngx.arg[1] = replaced == "1" and ngx.var.request_method ~= "HEAD" and G.problem(ngx.status, ngx.var.request_id) or nil
  ngx.arg[2] = true
  ngx.var.replaced = "2"
end

-- body_filter_by_lua of the subrequest: no more of an answer than is kept.
function N.count(largest)
  local length = tonumber(ngx.header.content_length)
  if length then return length > largest and ngx.ERROR or nil end
  ngx.ctx.size = (ngx.ctx.size or 0) + #ngx.arg[1]
  if ngx.ctx.size > largest then return ngx.ERROR end
end

return N
