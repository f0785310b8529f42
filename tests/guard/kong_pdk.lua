-- What the exported Kong configuration asks of Kong, as Kong documents it, over nginx: the calls of its plugin
-- development kit, and the phases in which it runs a route's serverless functions. It is no Kong.
local K = {}

local function state() return ngx.ctx.kong end

local function upstream_header(name)
  local value = state().headers and state().headers[name]
  return type(value) == "table" and value[1] or value
end

local insensitive = { __index = function(t, name)
  for key, value in next, t do
    if string.lower(key) == string.lower(name) then return value end
  end
end }

local function allowed(...)
  local phase = ngx.get_phase()
  for _, one in ipairs({ ... }) do
    if phase == one then return end
  end
  error("not in the phase " .. phase, 3)
end

local function add_header(name, value)
  local before = ngx.header[name]
  if before == nil then ngx.header[name] = value return end
  if type(before) ~= "table" then before = { before } end
  before[#before + 1] = value
  ngx.header[name] = before
end

kong = {
  request = {
    get_raw_path = function() return (string.match(ngx.var.request_uri, "^[^?]*")) end,
    get_headers = function(most) return ngx.req.get_headers(most) end,
    get_header = function(name)
      local value = ngx.req.get_headers()[name]
      return type(value) == "table" and value[1] or value
    end,
    get_method = ngx.req.get_method,
    get_raw_query = function() return ngx.var.args or "" end,
    get_raw_body = function()
      allowed("access", "rewrite")
      ngx.req.read_body()
      if ngx.req.get_body_file() then return nil, "it is in a file" end
      return ngx.req.get_body_data() or ""
    end,
  },
  response = {
    exit = function(status, body, headers)
      allowed("access", "rewrite")
      state().source = "exit"
      ngx.status = status
      for name, value in pairs(headers or {}) do ngx.header[name] = value end
      ngx.header["Content-Length"] = #body
      ngx.print(body)
      return ngx.exit(status)
    end,
    get_source = function() return state().source or "error" end,
    get_headers = function() allowed("header_filter") return ngx.resp.get_headers() end,
    set_status = function(status) allowed("header_filter") ngx.status = status end,
    set_header = function(name, value) allowed("access", "header_filter") ngx.header[name] = value end,
    clear_header = function(name) allowed("access", "header_filter") ngx.header[name] = nil end,
    add_header = function(name, value) allowed("access", "header_filter") add_header(name, value) end,
    set_raw_body = function(body) allowed("body_filter") ngx.arg[1], ngx.arg[2] = body, true end,
  },
  service = {
    request = {
      set_header = function(name, value) allowed("access") ngx.req.set_header(name, value) end,
      clear_header = function(name) allowed("access") ngx.req.clear_header(name) end,
      enable_buffering = function() allowed("access") state().buffering = true end,
    },
    response = {
      get_status = function() allowed("header_filter", "body_filter") return state().status end,
      get_header = function(name) allowed("header_filter", "body_filter") return upstream_header(name) end,
      get_headers = function() allowed("header_filter", "body_filter") return state().headers or {} end,
      get_raw_body = function()
        allowed("header_filter", "body_filter")
        if not state().buffering then error("it is not buffered", 2) end
        return state().body or ""
      end,
    },
  },
  log = {
    warn = function(...) ngx.log(ngx.WARN, ...) end,
    err = function(...) ngx.log(ngx.ERR, ...) end,
  },
  ctx = {},
}
setmetatable(kong.ctx, { __index = function(_, name) return name == "shared" and state().shared or nil end })

-- A function that fails ends the request with 500 in the access phase; in later phases Kong only logs it.
function K.run(phase, functions)
  if phase == "access" then ngx.ctx.kong = { shared = {} } end
  if not state() then return end
  for _, source in ipairs(functions) do
    local ok, reason = pcall(assert(loadstring(source)))
    if not ok then
      ngx.log(ngx.ERR, reason)
      if phase == "access" then return ngx.exit(500) end
    end
  end
end

local METHODS = { GET = ngx.HTTP_GET, HEAD = ngx.HTTP_HEAD, POST = ngx.HTTP_POST, PUT = ngx.HTTP_PUT, DELETE = ngx.HTTP_DELETE,
  PATCH = ngx.HTTP_PATCH, OPTIONS = ngx.HTTP_OPTIONS, TRACE = ngx.HTTP_TRACE }

-- Asks the upstream, whether the answer is buffered or not, and says what came.
function K.proxy()
  ngx.req.read_body()
  local got = ngx.location.capture("/.kong", { method = METHODS[ngx.req.get_method()], always_forward_body = true })
  local kept = state()
  if got.truncated then return ngx.exit(502) end
  kept.source, kept.status, kept.body = got.status >= 502 and "error" or "service", got.status, got.body
  kept.headers = setmetatable(got.header, insensitive)
  ngx.status = got.status
  for name, value in next, got.header do
    if string.lower(name) ~= "transfer-encoding" and string.lower(name) ~= "connection" then ngx.header[name] = value end
  end
  if got.status == 204 or got.status == 304 then return ngx.send_headers() end
  ngx.print(got.body)
end

return K
