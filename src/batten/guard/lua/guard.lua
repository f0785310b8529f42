-- The guard's decisions about operations, over `R`. `operations` are tables that the export writes.
local G = {}
local lower, match, sub, rep, format = string.lower, string.match, string.sub, string.rep, string.format

local function name_of(media_type)
  return lower(match(media_type or "", "^%s*([^;]-)%s*$") or match(media_type or "", "^%s*([^;]-)%s*;") or "")
end

local function is_json(name)
  return name == "application/json" or name == "text/json" or sub(name, -5) == "+json"
end

-- What is declared for a media type: exact, application/json for one that ends in +json, a range.
local function media_of(declared, name)
  local found = declared[name]
  if found == nil and sub(name, -5) == "+json" then found = declared["application/json"] end
  if found == nil then found = declared[match(name, "^[^/]*") .. "/*"] end
  if found == nil then found = declared["*/*"] end
  return found
end

local function planned(operation, status, media_type)
  local answers, digits = operation.answers, format("%d", status)
  local declared = answers[digits]
  if declared == nil then declared = answers[sub(digits, 1, 1) .. "XX"] end
  if declared == nil then declared = answers.default end
  if declared == nil then
    if status == 304 and (operation.method == "GET" or operation.method == "HEAD") then return { "pass" } end
    return { "refuse", "the status is not declared" }
  end
  if declared == true or operation.method == "HEAD" or status == 204 or status == 304 then return { "pass" } end
  if declared == false then return { "empty" } end
  local name = name_of(media_type)
  local found = media_of(declared, name)
  if found == nil then return { "refuse", "the media type is not declared" } end
  if not is_json(name) then return { "pass" } end
  return { "json", found }
end

local kept, KEPT_PLANS = 0, 4096 -- a media type's parameters are the application's to choose, so there is no end to them

-- "pass", "empty", "json" with a check, or "refuse" with a reason, by an answer's status and media type.
function G.plan(operation, status, media_type)
  media_type = media_type or ""
  local plans = operation.plans
  if not plans then
    plans = {}
    operation.plans = plans
  end
  local known = plans[status]
  local plan = known and known[media_type]
  if not plan then
    plan = planned(operation, status, media_type)
    if kept < KEPT_PLANS then
      kept = kept + 1
      if not known then
        known = {}
        plans[status] = known
      end
      known[media_type] = plan
    end
  end
  return plan[1], plan[2]
end

-- nil for a body that fits, or why not. `schema` is true where none is declared, or holds a reader.
function G.objection(schema, body)
  if R.reads(schema == true and R.any or schema[1], body) then return nil end
  local ok, value = R.decode(body)
  if not ok then return "the body is not strict JSON: " .. tostring(value) end
  return "the body does not match its schema"
end

-- Answers that were good, byte for byte, so that what is asked for often is judged once; of others there is an end.
local MOST_KEPT, LONGEST_KEPT = 128, 8192
local recent, former, fresh = {}, {}, 0

local function objection_again(schema, body)
  if recent[body] == schema then return nil end
  local reason = former[body] ~= schema and G.objection(schema, body) or nil
  if reason or #body > LONGEST_KEPT then return reason end
  if fresh >= MOST_KEPT then recent, former, fresh = {}, recent, 0 end
  recent[body] = schema
  fresh = fresh + 1
end

-- Why an answer must not get out, or nil. `coding` is its Content-Encoding.
function G.answer(operation, status, media_type, coding, body)
  local plan, more = G.plan(operation, status, media_type)
  if plan == "refuse" then return more end
  if plan == "empty" then return body ~= "" and "a body, but none is declared" or nil end
  if plan == "json" then
    if coding and coding ~= "" and lower(coding) ~= "identity" then return "the content coding cannot be read here" end
    return objection_again(more, body)
  end
end

-- Filled up with blanks, which mean nothing in JSON, where an answer's size would tell something.
function G.padded(operation, status, media_type, body)
  local bucket = operation.bucket
  if not bucket or body == "" or G.plan(operation, status, media_type) ~= "json" then return body end
  return body .. rep(" ", (bucket - #body % bucket) % bucket)
end

local SESSIONS = { "sess", "auth", "token", "jwt", "remember", "login", "credential", "^sid$", "^sid[._-]", "[._-]sid$", "[._-]sid[._-]" }

local function is_session(name)
  name = lower(name)
  if string.find(name, "[cx]srf") then return false end -- double-submit tokens: a script must read them
  for _, pattern in ipairs(SESSIONS) do
    if string.find(name, pattern) then return true end
  end
  return false
end

-- A Set-Cookie value with Secure, HttpOnly where its name is a session's, and SameSite if it has none.
function G.cookie(value)
  local flags = {}
  for part in string.gmatch(value, ";([^;]*)") do flags[lower(match(part, "^%s*([^=]-)%s*=") or match(part, "^%s*(.-)%s*$"))] = true end
  if not flags.secure then value = value .. "; Secure" end
  if not flags.httponly and is_session(match(value, "^%s*([^=;]-)%s*[=;]") or "") then value = value .. "; HttpOnly" end
  return flags.samesite and value or value .. "; SameSite=Lax"
end

local function has_pair(text, name, separators)
  for pair in string.gmatch(text or "", separators) do
    pair = match(pair, "^%s*(.*)$")
    if sub(pair, 1, #name + 1) == name .. "=" and #pair > #name + 1 then return true end
  end
  return false
end

local function is_in(credential, header, query)
  local where, name, prefixes = credential[1], credential[2], credential[3]
  if where == "query" then return has_pair(query, name, "[^&]+") end
  if where == "cookie" then return has_pair(header("cookie"), name, "[^;]+") end
  if where ~= "header" then return true end
  local value = match(header(name) or "", "^%s*(.-)%s*$")
  if not prefixes then return value ~= "" end
  local scheme, rest = match(value, "^(%S+) +(%S.*)$")
  return scheme ~= nil and rest ~= nil and prefixes[lower(scheme)] == true
end

local function is_met(demand, header, query)
  if not demand then return true end
  for _, alternative in ipairs(demand) do
    local all = true
    for _, credential in ipairs(alternative) do all = all and is_in(credential, header, query) end
    if all then return true end
  end
  return false
end

-- Whether the only charset that is named is UTF-8: JSON in another one is two texts to two readers.
local function is_utf8(content_type)
  local seen = false
  for parameter in string.gmatch(content_type, ";([^;]*)") do
    local key, value = match(lower(parameter), "^%s*(charset)(.*)$")
    if key then
      if seen or not (match(value, "^=utf%-?8%s*$") or match(value, '^="utf%-?8"%s*$')) then return false end
      seen = true
    end
  end
  return true
end

local function is_taken(takes, content_type)
  local name = name_of(content_type)
  return name ~= "" and media_of(takes, name) ~= nil and (not is_json(name) or is_utf8(content_type))
end

-- The status that a request is refused with by its head, or nil. `header` gives a field's value by its name, `lines`
-- all that it stands on; `path` is as it was sent.
function G.refusal(operation, header, query, largest, path, lines)
  if not is_met(operation.demand, header, query) then return 401 end
  local plan = operation.parameters
  if plan and not G.parameters(plan, path, query, lines) then return operation.invalid, "parameters" end
  local length = header("content-length")
  local size = length and tonumber(length) or 0
  if size > largest then return 413 end
  if size > 0 or header("transfer-encoding") then
    local coding = lower(header("content-encoding") or "identity")
    if coding ~= "identity" and coding ~= "" then return 415 end
    local takes = operation.takes
    if takes == nil then return 415 end
    if takes ~= true and not is_taken(takes, header("content-type")) then return 415 end
  end
end

-- Whether a request's body is to be read and judged.
function G.reads(operation, media_type)
  local takes, name = operation.takes, name_of(media_type)
  if takes == nil then return false end
  return operation.required or takes ~= true and is_json(name) and type(media_of(takes, name)) == "table"
end

-- The status that a body is refused with, or nil.
function G.bad_body(operation, media_type, body)
  if body == "" then return operation.required and operation.unfit or nil end
  local takes, name = operation.takes, name_of(media_type)
  local schema = takes ~= true and is_json(name) and media_of(takes, name)
  if type(schema) == "table" and G.objection(schema, body) then return operation.unfit end
end

local TITLES = { [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [413] = "Content Too Large", [415] = "Unsupported Media Type", [422] = "Unprocessable Content", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [501] = "Not Implemented", [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Timeout" }

-- A problem document (RFC 9457) of 512 bytes, always.
function G.problem(status, reference)
  local title = TITLES[status] or status >= 400 and "Error" or "Answer"
  local told = reference and #reference > 0 and ',"detail":"Reference: ' .. string.gsub(reference, "[^%w-]", "") .. '."' or ""
  local made = format('{"type":"about:blank","title":"%s","status":%d%s}', title, status, told)
  return made .. rep(" ", 512 - #made)
end

-- The status of what takes the place of an answer: an error keeps its own.
function G.instead(status)
  return status >= 400 and status <= 599 and status or 500
end
