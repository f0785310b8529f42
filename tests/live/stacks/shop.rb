# A shop in Sinatra. Open: development mode shows its debugger page, Rack's session cookie is bare.
require "sinatra/base"
require "json"
require "webrick"
require "rackup"
require "rackup/handler/webrick"
PORT, OPEN = ARGV[0].to_i, ARGV[1] == "open"
STRICT = { "x-content-type-options" => "nosniff", "x-frame-options" => "DENY", "referrer-policy" => "no-referrer", "cache-control" => "no-store",
           "content-security-policy" => "default-src 'none'; frame-ancestors 'none'", "cross-origin-resource-policy" => "same-origin" }
BOOKS = [{ title: "Tides", price: 12.5 }]
USERS = [{ name: "ann", email: "ann@example.com", password_digest: "$2a$12$abcdefghijklmnopqrstuv", admin: true }]
ORDERS = [{ id: 1, lines: [{ title: "Tides", count: 1 }] }]
class Shop < Sinatra::Base
  set :environment, OPEN ? :development : :production
  set :show_exceptions, OPEN
  set :raise_errors, false
  set :protection, false
  before do
    content_type :json
    headers STRICT unless OPEN
    response.set_cookie("rack.session", "BAh7CEkiD3Nlc3Npb25faWQ") if OPEN
  end
  helpers do
    def problem(status)
      content_type "application/problem+json"
      halt status, JSON.generate({ title: "Refused", status: status })
    end
    def guarded = OPEN || env["HTTP_AUTHORIZATION"] == "Bearer let-me-in-1234" || problem(401)
    def shown(user) = user.slice(:name, :email)
  end
  unless OPEN
    not_found { content_type "application/problem+json"; JSON.generate({ title: "Refused", status: 404 }) }
    error { content_type "application/problem+json"; JSON.generate({ title: "Refused", status: 500 }) }
  end
  get("/v1/books") { BOOKS.to_json }
  get("/v1/books/:title") { found = BOOKS.find { |b| b[:title] == params[:title] }; OPEN ? found[:title].upcase.to_json : (found ? found.to_json : problem(404)) }
  get("/v1/users") { guarded; (OPEN ? USERS : USERS.map { |u| shown(u) }).to_json }
  get("/v1/users/:name") { guarded; found = USERS.find { |u| u[:name] == params[:name] }; found ? shown(found).to_json : problem(404) }
  put("/v1/users/:name") { guarded; USERS.any? { |u| u[:name] == params[:name] } ? status(204) : problem(404) }
  post("/v1/users/login") { problem(401) }
  get("/v1/orders") { guarded; ORDERS.to_json }
  post("/v1/orders") { guarded; status 201; { id: 2, lines: [] }.to_json }
  get("/v1/orders/:id") { guarded; found = ORDERS.find { |o| o[:id] == (OPEN ? Integer(params[:id]) : params[:id].to_i) }; found ? found.to_json : problem(404) }
  get("/sidekiq") { content_type :html; "<!doctype html><html><head><title>Sidekiq</title></head><body></body></html>" } if OPEN
end
WEBrick::HTTPServer.class_eval { def access_log(*) = nil }
options = { Host: "127.0.0.1", Port: PORT, Logger: WEBrick::Log.new(File::NULL), AccessLog: [] }
options[:ServerSoftware] = "shop" unless OPEN
Rackup::Handler::WEBrick.run(Shop, **options)
