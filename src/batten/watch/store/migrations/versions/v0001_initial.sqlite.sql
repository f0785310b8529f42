CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    hash TEXT DEFAULT '' NOT NULL,
    issuer TEXT DEFAULT '' NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    disabled BOOLEAN DEFAULT 0 NOT NULL,
    must_change BOOLEAN DEFAULT 0 NOT NULL,
    created BIGINT NOT NULL,
    seen BIGINT,
    CONSTRAINT uq_account_name UNIQUE (name)
);

CREATE INDEX ix_account_subject ON account (issuer, subject);

CREATE TABLE attempt (
    subject TEXT NOT NULL,
    count BIGINT DEFAULT 0 NOT NULL,
    first BIGINT NOT NULL,
    blocked BIGINT,
    CONSTRAINT pk_attempt PRIMARY KEY (subject)
);

CREATE INDEX ix_attempt_first ON attempt (first);

CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    "by" TEXT DEFAULT '' NOT NULL,
    action TEXT DEFAULT '' NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    environment BIGINT DEFAULT 0 NOT NULL,
    data TEXT DEFAULT '' NOT NULL,
    previous TEXT DEFAULT '' NOT NULL,
    digest TEXT DEFAULT '' NOT NULL
);

CREATE TABLE channel (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    kind TEXT DEFAULT '' NOT NULL,
    settings TEXT DEFAULT '' NOT NULL,
    severity SMALLINT DEFAULT 0 NOT NULL,
    team BIGINT DEFAULT 0 NOT NULL,
    environment BIGINT DEFAULT 0 NOT NULL,
    quiet TEXT DEFAULT '' NOT NULL,
    again BIGINT DEFAULT 0 NOT NULL,
    disabled BOOLEAN DEFAULT 0 NOT NULL,
    created BIGINT NOT NULL,
    read BIGINT DEFAULT 0 NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    CONSTRAINT uq_channel_name UNIQUE (name)
);

CREATE TABLE detail (
    digest TEXT NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT pk_detail PRIMARY KEY (digest)
);

CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    what TEXT DEFAULT '' NOT NULL,
    environment BIGINT DEFAULT 0 NOT NULL,
    run BIGINT DEFAULT 0 NOT NULL,
    life BIGINT DEFAULT 0 NOT NULL,
    control TEXT DEFAULT '' NOT NULL,
    severity SMALLINT,
    "by" TEXT DEFAULT '' NOT NULL,
    data TEXT DEFAULT '' NOT NULL
);

CREATE INDEX ix_event_at ON event (at, what, life, environment);

CREATE INDEX ix_event_deployed ON event (at, what) WHERE what = 'deployed';

CREATE INDEX ix_event_environment ON event (environment, id);

CREATE INDEX ix_event_life ON event (life, id) WHERE life != 0;

CREATE TABLE repeat (
    digest TEXT NOT NULL,
    request TEXT DEFAULT '' NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT DEFAULT 0 NOT NULL,
    headers TEXT DEFAULT '' NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT pk_repeat PRIMARY KEY (digest)
);

CREATE INDEX ix_repeat_at ON repeat (at);

CREATE TABLE setting (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (name)
);

CREATE TABLE team (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    CONSTRAINT uq_team_name UNIQUE (name)
);

CREATE TABLE turn (
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT pk_turn PRIMARY KEY (name)
);

CREATE TABLE environment (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    team INTEGER NOT NULL,
    service TEXT DEFAULT '' NOT NULL,
    stage TEXT DEFAULT '' NOT NULL,
    place BIGINT DEFAULT 0 NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    settings TEXT DEFAULT '' NOT NULL,
    schedule TEXT DEFAULT '' NOT NULL,
    jitter BIGINT DEFAULT 0 NOT NULL,
    objective BIGINT DEFAULT 0 NOT NULL,
    paused BOOLEAN DEFAULT 0 NOT NULL,
    differences TEXT DEFAULT '' NOT NULL,
    hook TEXT DEFAULT '' NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT,
    planned BIGINT,
    assessed BIGINT,
    overdue BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT uq_environment_team_service_stage UNIQUE (team, service, stage),
    CONSTRAINT fk_environment_team FOREIGN KEY(team) REFERENCES team (id) ON DELETE CASCADE
);

CREATE INDEX ix_environment_due ON environment (due) WHERE due IS NOT NULL;

CREATE INDEX ix_environment_planned ON environment (planned);

CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    channel INTEGER NOT NULL,
    "key" TEXT DEFAULT '' NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT DEFAULT 0 NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    sent BIGINT,
    CONSTRAINT uq_outbox_channel_key UNIQUE (channel, "key"),
    CONSTRAINT fk_outbox_channel FOREIGN KEY(channel) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE INDEX ix_outbox_due ON outbox (due) WHERE sent IS NULL;

CREATE TABLE role_grant (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    role SMALLINT NOT NULL,
    team BIGINT DEFAULT 0 NOT NULL,
    environment BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT uq_role_grant_account_team_environment UNIQUE (account, team, environment),
    CONSTRAINT fk_role_grant_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE
);

CREATE TABLE session (
    digest TEXT NOT NULL,
    account INTEGER NOT NULL,
    csrf TEXT DEFAULT '' NOT NULL,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    CONSTRAINT pk_session PRIMARY KEY (digest),
    CONSTRAINT fk_session_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE
);

CREATE INDEX ix_session_account ON session (account);

CREATE INDEX ix_session_expires ON session (expires);

CREATE TABLE token (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    hint TEXT DEFAULT '' NOT NULL,
    account INTEGER NOT NULL,
    scopes TEXT DEFAULT '' NOT NULL,
    team BIGINT DEFAULT 0 NOT NULL,
    environment BIGINT DEFAULT 0 NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    used BIGINT,
    CONSTRAINT uq_token_digest UNIQUE (digest),
    CONSTRAINT fk_token_account FOREIGN KEY(account) REFERENCES account (id) ON DELETE CASCADE
);

CREATE INDEX ix_token_account ON token (account);

CREATE TABLE told (
    channel INTEGER NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    first BIGINT NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_told PRIMARY KEY (channel, subject),
    CONSTRAINT fk_told_channel FOREIGN KEY(channel) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE TABLE delivery (
    digest TEXT NOT NULL,
    environment INTEGER NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT pk_delivery PRIMARY KEY (digest),
    CONSTRAINT fk_delivery_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE INDEX ix_delivery_at ON delivery (at);

CREATE TABLE interval (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    environment INTEGER NOT NULL,
    side TEXT DEFAULT '' NOT NULL,
    control TEXT DEFAULT '' NOT NULL,
    status TEXT DEFAULT '' NOT NULL,
    start BIGINT NOT NULL,
    "end" BIGINT,
    run BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT fk_interval_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE INDEX ix_interval_control ON interval (environment, side, control, start);

CREATE INDEX ix_interval_now ON interval (environment, control, status, "end") WHERE "end" IS NULL;

CREATE INDEX ix_interval_share ON interval (control, status, start, "end", environment);

CREATE INDEX ix_interval_unknown ON interval (environment, control, start) WHERE status = 'unknown' AND "end" IS NULL;

CREATE UNIQUE INDEX uq_interval_current ON interval (environment, side, control) WHERE "end" IS NULL;

CREATE TABLE life (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    environment INTEGER NOT NULL,
    side TEXT DEFAULT '' NOT NULL,
    fingerprint TEXT DEFAULT '' NOT NULL,
    kin TEXT DEFAULT '' NOT NULL,
    control TEXT DEFAULT '' NOT NULL,
    "case" TEXT DEFAULT '' NOT NULL,
    severity SMALLINT NOT NULL,
    message TEXT DEFAULT '' NOT NULL,
    place TEXT DEFAULT '' NOT NULL,
    line BIGINT DEFAULT 0 NOT NULL,
    pointer TEXT DEFAULT '' NOT NULL,
    cause TEXT DEFAULT '' NOT NULL,
    public BOOLEAN,
    counts BOOLEAN NOT NULL,
    breaks BOOLEAN DEFAULT 1 NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    detail TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    opened BIGINT NOT NULL,
    opened_by BIGINT DEFAULT 0 NOT NULL,
    closed BIGINT,
    closed_by BIGINT,
    since BIGINT NOT NULL,
    began BIGINT DEFAULT 0 NOT NULL,
    regressed BIGINT DEFAULT 0 NOT NULL,
    open_for BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT uq_life_environment_side_fingerprint UNIQUE (environment, side, fingerprint),
    CONSTRAINT fk_life_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE INDEX ix_life_cause ON life (cause, environment);

CREATE INDEX ix_life_fixed ON life (environment, counts, state, since, severity) WHERE state = 'fixed';

CREATE INDEX ix_life_severity ON life (severity, since, id, environment, counts, state);

CREATE INDEX ix_life_since ON life (since, id, environment, counts, state);

CREATE INDEX ix_life_standing ON life (environment, control, severity, state, counts, since) WHERE state != 'fixed';

CREATE INDEX ix_life_standing_cause ON life (cause, environment, severity, public, counts, opened, state, regressed) WHERE state != 'fixed';

CREATE INDEX ix_life_standing_control ON life (control, id) WHERE state != 'fixed';

CREATE INDEX ix_life_standing_place ON life (substr(place, 1, 200), line, id, counts, state) WHERE state != 'fixed';

CREATE INDEX ix_life_standing_severity ON life (severity, since, id) WHERE state != 'fixed';

CREATE INDEX ix_life_standing_since ON life (since, id) WHERE state != 'fixed';

CREATE INDEX ix_life_standing_text ON life (substr(message, 1, 300), substr(place, 1, 200), control, state) WHERE state != 'fixed';

CREATE INDEX ix_life_unknown ON life (environment, counts, state) WHERE state = 'unknown';

CREATE TABLE proof (
    environment INTEGER NOT NULL,
    side TEXT NOT NULL,
    run BIGINT DEFAULT 0 NOT NULL,
    at BIGINT NOT NULL,
    version TEXT DEFAULT '' NOT NULL,
    missed TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_proof PRIMARY KEY (environment, side),
    CONSTRAINT fk_proof_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE TABLE run (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    environment INTEGER NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    "by" TEXT DEFAULT '' NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    queued BIGINT NOT NULL,
    started BIGINT,
    ended BIGINT,
    worker TEXT DEFAULT '' NOT NULL,
    lease BIGINT,
    attempt BIGINT DEFAULT 0 NOT NULL,
    losses BIGINT DEFAULT 0 NOT NULL,
    beats BIGINT DEFAULT 0 NOT NULL,
    delivered BOOLEAN DEFAULT 0 NOT NULL,
    cancel BOOLEAN DEFAULT 0 NOT NULL,
    rank SMALLINT DEFAULT 0 NOT NULL,
    again TEXT DEFAULT '' NOT NULL,
    progress TEXT DEFAULT '' NOT NULL,
    "commit" TEXT DEFAULT '' NOT NULL,
    deployment TEXT DEFAULT '' NOT NULL,
    version TEXT DEFAULT '' NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    problems TEXT DEFAULT '' NOT NULL,
    opened BIGINT DEFAULT 0 NOT NULL,
    fixed BIGINT DEFAULT 0 NOT NULL,
    standing BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT fk_run_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE INDEX ix_run_ended ON run (ended);

CREATE INDEX ix_run_environment_id ON run (environment, id);

CREATE INDEX ix_run_queue ON run (state, rank, queued) WHERE state IN ('queued', 'running');

CREATE UNIQUE INDEX uq_run_pending ON run (environment) WHERE state IN ('queued', 'running');

CREATE TABLE waiver (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    environment INTEGER NOT NULL,
    side TEXT DEFAULT '' NOT NULL,
    fingerprint TEXT DEFAULT '' NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    control TEXT DEFAULT '' NOT NULL,
    message TEXT DEFAULT '' NOT NULL,
    owner TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    ticket TEXT DEFAULT '' NOT NULL,
    until BIGINT NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    created BIGINT NOT NULL,
    "by" TEXT DEFAULT '' NOT NULL,
    proposer BIGINT DEFAULT 0 NOT NULL,
    replaces BIGINT DEFAULT 0 NOT NULL,
    approved TEXT DEFAULT '' NOT NULL,
    ended BIGINT,
    ended_by TEXT DEFAULT '' NOT NULL,
    warned BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT fk_waiver_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE INDEX ix_waiver_finding ON waiver (environment, side, fingerprint);

CREATE INDEX ix_waiver_until ON waiver (state, until);

CREATE TABLE span (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    life INTEGER NOT NULL,
    environment INTEGER NOT NULL,
    opened_by BIGINT DEFAULT 0 NOT NULL,
    opened BIGINT NOT NULL,
    closed_by BIGINT,
    closed BIGINT,
    severity SMALLINT DEFAULT 0 NOT NULL,
    counts BOOLEAN DEFAULT 1 NOT NULL,
    first BOOLEAN DEFAULT 1 NOT NULL,
    CONSTRAINT fk_span_life FOREIGN KEY(life) REFERENCES life (id) ON DELETE CASCADE,
    CONSTRAINT fk_span_environment FOREIGN KEY(environment) REFERENCES environment (id) ON DELETE CASCADE
);

CREATE INDEX ix_span_closed ON span ((closed / 86400000), severity, counts, environment, closed, opened);

CREATE INDEX ix_span_environment ON span (environment, closed_by, opened_by);

CREATE INDEX ix_span_lasting ON span (counts, severity, environment, closed) WHERE closed IS NULL;

CREATE INDEX ix_span_life ON span (life);

CREATE INDEX ix_span_opened ON span ((opened / 86400000), severity, first, counts, environment, opened);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
