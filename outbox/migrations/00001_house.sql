-- +goose Up

-- An event that was accepted, in the raw, and what the pipeline decided about it.
-- A row is never deleted by the daemon. body and header are bytea: text and jsonb
-- cannot hold U+0000, and one such message would fail its insert for ever.
create table inbox (
    id             bigint generated always as identity primary key,
    store          text        not null,
    type           text        not null,
    message_id     text        not null,
    via            text        not null,
    content_type   text        not null,
    header         bytea       not null,
    body           bytea       not null,
    body_sha256    bytea       not null,
    received_at    timestamptz not null,
    accepted_at    timestamptz not null default clock_timestamp(),
    state          text        not null check (state in ('pending', 'delivered', 'superseded', 'ignored', 'held', 'dead', 'discarded')),
    -- undigested: the pipeline has still to decide (came while the broker was away, was
    -- held and may resume, or is replayed).
    undigested     boolean     not null default false,
    digest_after   timestamptz not null default now(),
    digest_tries   int         not null default 0,
    stream         text        not null default '',
    order_number   text        not null default '',
    cause_kind     text        not null default '',
    cause          text        not null default '',
    mapping        text        not null default '',
    check (not undigested or state = 'pending')
) with (fillfactor = 85);
create unique index inbox_delivery on inbox (store, type, message_id);
create index inbox_undigested on inbox (digest_after, id) where undigested;
create index inbox_held on inbox (mapping) where state = 'held';

-- A stream is one order at one target: the unit of claiming, so that its documents
-- are delivered one event after the other, and of numbering, under its row lock.
create table stream (
    target      text        not null,
    name        text        not null,
    next_seq    bigint      not null default 1,
    state       text        not null check (state in ('idle', 'ready', 'leased', 'parked')),
    due_at      timestamptz not null default now(),
    lease_token uuid,
    lease_until timestamptz,
    primary key (target, name),
    check ((state = 'leased') = (lease_token is not null and lease_until is not null))
) with (fillfactor = 70);
create index stream_ready on stream (target, due_at) where state = 'ready';
create index stream_leased on stream (target, lease_until) where state = 'leased';

-- A document to deliver. seq is its event's place in the stream, pos its own place
-- within the event.
create table outbox (
    id             bigint generated always as identity primary key,
    event_id       bigint      not null references inbox (id),
    target         text        not null,
    stream         text        not null,
    seq            bigint      not null,
    pos            int         not null,
    key            text        not null,
    kind           text        not null,
    record         text        not null,
    version_at     timestamptz not null,
    version_digest text        not null,
    body           bytea       not null,
    body_sha256    bytea       not null,
    mapping        text        not null,
    state          text        not null check (state in ('pending', 'sending', 'in_doubt', 'delivered', 'superseded', 'dead', 'discarded')),
    attempt        int         not null default 0,
    -- spared attempts are not held against the document: throttled, cut short by our
    -- own stop, look-ups, and all those before the last replay.
    spared         int         not null default 0,
    next_at        timestamptz not null default now(),
    lease_token    uuid,
    doubt_since    timestamptz,
    receipt_ref    text        not null default '',
    receipt_raw    bytea,
    warning        text        not null default '',
    cause_kind     text        not null default '',
    cause_code     text        not null default '',
    cause          text        not null default '',
    created_at     timestamptz not null default now(),
    settled_at     timestamptz,
    foreign key (target, stream) references stream (target, name)
) with (fillfactor = 80);
create unique index outbox_key on outbox (target, key);
create index outbox_open on outbox (target, stream, seq, pos) where state in ('pending', 'sending', 'in_doubt', 'dead');
create index outbox_event on outbox (event_id);
create index outbox_version on outbox (target, stream, version_at) where record <> '';

-- One attempt or look-up, written before it begins.
create table attempt (
    document_id bigint      not null references outbox (id),
    number      int         not null,
    action      text        not null check (action in ('deliver', 'find')),
    lease_token uuid        not null,
    daemon      text        not null,
    started_at  timestamptz not null default clock_timestamp(),
    ended_at    timestamptz,
    kind        text        not null default '',
    code        text        not null default '',
    detail      text        not null default '',
    primary key (document_id, number)
) with (fillfactor = 80);

-- What will not move without an operator: a document, or an event that never became
-- documents.
create table dead_letter (
    id           bigint generated always as identity primary key,
    event_id     bigint      not null references inbox (id),
    document_id  bigint      references outbox (id),
    store        text        not null,
    target       text        not null,
    stream       text        not null,
    order_number text        not null,
    cause_kind   text        not null,
    cause_code   text        not null,
    cause        text        not null,
    created_at   timestamptz not null default now(),
    state        text        not null default 'open' check (state in ('open', 'replayed', 'discarded')),
    closed_at    timestamptz,
    closed_by    text        not null default '',
    note         text        not null default ''
);
create unique index dead_letter_open on dead_letter (event_id, coalesce(document_id, 0)) where state = 'open';

-- Something a person must be told. Written in the transaction that made it true, so it
-- cannot be lost with the process that meant to send it.
create table alert (
    id             bigint generated always as identity primary key,
    kind           text        not null,
    dead_letter_id bigint      references dead_letter (id),
    store          text        not null default '',
    target         text        not null default '',
    stream         text        not null default '',
    order_number   text        not null default '',
    document_kind  text        not null default '',
    reason         text        not null,
    created_at     timestamptz not null default now(),
    attempts       int         not null default 0,
    next_at        timestamptz not null default now(),
    last_error     text        not null default '',
    sent_at        timestamptz
);
create index alert_due on alert (next_at, id) where sent_at is null;

-- What holds for a whole target, across all daemons and restarts.
create table target (
    name       text primary key,
    resume_at  timestamptz not null default now(),
    kind       text        not null default '',
    reason     text        not null default '',
    changed_at timestamptz not null default now()
);

-- What operators did. Rows are only ever added.
create table audit (
    id     bigint generated always as identity primary key,
    at     timestamptz not null default clock_timestamp(),
    actor  text        not null,
    action text        not null,
    object text        not null,
    detail text        not null
);

-- +goose StatementBegin
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end $$;
-- +goose StatementEnd
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function audit_is_append_only();

-- +goose Down
drop table audit, target, alert, dead_letter, attempt, outbox, stream, inbox;
drop function audit_is_append_only;
