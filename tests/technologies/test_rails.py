"""What is said of a Rails application, seen in what it answers: before the fixes, and after them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.model import Safety
from batten.policy import Policy
from needs import needs, program, where
from proofs import PROOF
from waiting import BOUND

NAME = "api.example.com"
POLICY = Policy(hosts=(NAME,))
APPLICATION = {
    "config/application.rb": """require "action_controller/railtie"
require "active_support/core_ext/integer/time"

module OrderDesk
  class Application < Rails::Application
    config.load_defaults 7.0
    config.root = File.expand_path("..", __dir__)
    config.eager_load = false
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
    config.logger = Logger.new(ENV.fetch("LOG"))
    config.filter_parameters = []
  end
end
""",
    "config/environments/production.rb": """Rails.application.configure do
  config.consider_all_requests_local = true
  config.hosts = [/.*/]
  config.action_controller.allow_forgery_protection = false
  config.action_dispatch.default_headers = {
    "X-Frame-Options" => "ALLOWALL",
    "Referrer-Policy" => "unsafe-url"
  }
  config.ssl_options = { hsts: { expires: 1.hour } }
end
""",
    "config/routes.rb": """Rails.application.routes.draw do
  namespace :v1 do
    resources :orders, only: [:index, :create, :show] do
      member { get "audit" }
      post :export, on: :collection
      resources :lines, only: [:show, :destroy]
    end
    resource :basket, path: "cart", only: :update
  end
  get "/login", to: "desk#login"
  get "/broken", to: "desk#broken"
  match "/written", to: "desk#written", via: %i[post put]
end
""",
    "app/controllers/desk_controller.rb": """class DeskController < ActionController::Base
  def login
    session[:user] = 1
    cookies[:remember_token] = "1"
    render plain: "in"
  end

  def broken
    raise "details of this error"
  end

  def written
    render plain: "written"
  end
end
""",
}
IN_PROOF = pytest.mark.skipif(not PROOF, reason="it starts Rails four times: make proof")
ASK = """require "json"
require "rack/mock"
ENV["RAILS_ENV"] = "production"
require "./config/application"
Rails.application.initialize!
answers = JSON.parse(ARGV[0]).map do |method, url|
  status, headers, body = Rails.application.call(Rack::MockRequest.env_for(url, method: method, "HTTP_HOST" => URI(url).host))
  text = +""
  body.each { |part| text << part }
  [status, headers.to_h { |name, value| [name.downcase, Array(value).join("\\n")] }, text.scrub]
end
routes = Rails.application.routes.routes.map { |r| [r.verb, r.path.spec.to_s.delete_suffix("(.:format)")] }
puts JSON.dump([answers, routes])
"""
Answers = list[tuple[int, dict[str, str], str]]
REQUESTS = (
    ("GET", f"http://{NAME}/login"),
    ("GET", f"http://{NAME}/broken"),
    ("POST", f"http://{NAME}/written?password=open-sesame"),
    ("GET", "http://evil.example/login"),
    ("GET", f"https://{NAME}/login"),
)


def asked(folder: Path, files: dict[str, str]) -> tuple[Answers, set[str], str]:
    """What the application answers, its routes as Rails lists them, and its log."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    variables = {"SECRET_KEY_BASE": "0" * 64, "LOG": str(folder / "log"), "PATH": "/usr/bin:/bin"}
    command = [program("ruby"), "-e", ASK, json.dumps(REQUESTS)]
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, timeout=BOUND * 8, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    answers, routes = json.loads(done.stdout.splitlines()[-1])
    drawn = {f"{verb} {path}" for verbs, path in routes for verb in verbs.split("|") if verb}
    return answers, drawn, (folder / "log").read_text()


def fixed(folder: Path, files: dict[str, str]) -> tuple[set[str], dict[str, str]]:
    """The controls that the files violate, and the files with all fixes."""
    found: set[str] = set()
    for _ in range(4):  # a fix may wait for the one before
        result = review(Workspace(folder, files), POLICY)
        assert result.problems == []
        found |= {f.control for f in result.findings}
        fixes = [f.fix for f in result.findings if f.fix is not None and f.fix.safety is not Safety.VALUE]
        edits = {(e.source, e.span, e.text): e for fix in fixes for e in fix.edits}
        files = {n: apply(t, [e for e in edits.values() if e.source == n]) for n, t in files.items()}
    return found, files


@IN_PROOF
@needs("ruby-railties", where("ruby"))
def test_settings_do_what_is_said_of_them(tmp_path: Path) -> None:
    found, repaired = fixed(tmp_path, APPLICATION)
    assert {"debug-off", "host-header-checked", "access-rule-effective", "framing-denied", "nosniff-sent", "referrer-policy-sent", "cookie-flags", "access-logged"} <= found  # fmt: skip
    (login, broken, written, foreign, _), drawn, log = asked(tmp_path / "a", APPLICATION)
    assert "details of this error" in broken[2] and "raise" in broken[2]
    assert foreign[0] == 200 and written[2] == "written" and "open-sesame" in log
    assert login[1]["x-frame-options"] == "ALLOWALL" and "x-content-type-options" not in login[1]
    assert "_order_desk_session" in login[1]["set-cookie"] and "secure" not in login[1]["set-cookie"].lower()
    (login, broken, written, foreign, over_tls), _, _ = asked(tmp_path / "b", repaired)
    assert broken[0] == 500 and "details of this error" not in broken[2]
    assert foreign[0] == 403 and written[0] in (403, 422)
    assert login[1]["x-frame-options"] == "SAMEORIGIN" and login[1]["x-content-type-options"] == "nosniff"
    assert login[1]["referrer-policy"] != "unsafe-url"
    # Over plain HTTP, Rails leaves out a cookie that is Secure.
    assert "set-cookie" not in login[1]
    flags = over_tls[1]["set-cookie"].lower().splitlines()
    assert len(flags) == 2 and all(
        "secure" in one and "httponly" in one and "samesite=lax" in one for one in flags
    )
    read = review(Workspace(tmp_path / "a", APPLICATION), POLICY)
    assert drawn == read_routes(read.workspace)


@IN_PROOF
@needs("ruby-railties", where("ruby"))
def test_force_ssl_does_what_is_said_of_it(tmp_path: Path) -> None:
    """It marks cookies, sends HSTS as its options say, and redirects plain requests."""
    production = APPLICATION["config/environments/production.rb"].replace(
        "end\n", "  config.force_ssl = true\nend\n"
    )
    files = {**APPLICATION, "config/environments/production.rb": production}
    found, repaired = fixed(tmp_path, files)
    assert "hsts-sent" in found
    (plain, _, _, _, over_tls), _, _ = asked(tmp_path / "a", files)
    assert (
        plain[0] in (301, 308)
        and over_tls[1]["strict-transport-security"] == "max-age=3600; includeSubDomains"
    )
    assert [" secure" in one for one in over_tls[1]["set-cookie"].lower().splitlines()] == [True, True]
    (_, _, _, _, over_tls), _, _ = asked(tmp_path / "b", repaired)
    assert over_tls[1]["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def read_routes(workspace: Workspace) -> set[str]:
    """The routes that the reader makes of the same file."""
    from batten.facts import AppRoute
    from batten.technologies import Unit
    from batten.technologies.frameworks.rails.adapter import read

    facts = read(Unit("rails", ("config/routes.rb",)), workspace)
    shown = [(f.methods, f.path.replace("{", ":").replace("}", "")) for f in facts if isinstance(f, AppRoute)]
    return {f"{verb} {path}" for verbs, path in shown for verb in verbs}
