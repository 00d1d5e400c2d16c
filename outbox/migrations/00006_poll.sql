-- +goose Up

-- Where the poll of a store is: one daemon at a time has the turn, by its token. All
-- that the shop changed before known_until has been listed and is safe here.
-- complete_at is when a listing last came to its end. found: states the inbox did not
-- have; lost: those of them that no webhook brought afterwards either.
-- subscriptions_told: the faults that were told, until they are over.
create table poll (
    store              text        primary key,
    known_until        timestamptz not null,
    due_at             timestamptz not null default now(),
    token              uuid,
    held_until         timestamptz,
    began_at           timestamptz,
    ended_at           timestamptz,
    complete_at        timestamptz,
    listed_last        int         not null default 0,
    found_last         int         not null default 0,
    found_total        bigint      not null default 0,
    lost_last          int         not null default 0,
    lost_total         bigint      not null default 0,
    error_kind         text        not null default '',
    error              text        not null default '',
    failing_since      timestamptz,
    failing_told       boolean     not null default false,
    subscriptions      jsonb       not null default '[]',
    subscriptions_at   timestamptz,
    subscriptions_told text        not null default '',
    check ((token is null) = (held_until is null))
) with (fillfactor = 50);

-- A state that a poll found and handed in, until it is clear whether a webhook brought
-- it as well. round_at: when the round began that found it.
create table poll_found (
    store          text        not null,
    type           text        not null,
    message_id     text        not null,
    event          text        not null,
    resource       text        not null,
    version_at     timestamptz not null,
    version_digest text        not null,
    round_at       timestamptz not null,
    found_at       timestamptz not null default now(),
    primary key (store, type, message_id, resource)
);

-- +goose Down
drop table poll_found, poll;
