-- +goose Up

-- What a message was the state of, as far as one answer fits: a poll asks by it
-- whether the shop's present state is known here. points: the message only points to
-- what changed, and waits for that to be fetched; fetched: what the shop then said.
alter table inbox
    add column resource       text not null default '',
    add column version_at     timestamptz,
    add column version_digest text not null default '',
    add column points         boolean not null default false,
    add column fetched        bytea;
create index inbox_resource on inbox (store, resource, version_at) where resource <> '';
create index inbox_points on inbox (store, digest_after, id) where points;

-- What the document is about: newer states supersede older ones of the same resource.
-- A stream can hold several, as an order and its refunds. Until now it held one.
alter table outbox add column resource text not null default '';
update outbox set resource = substr(stream, strpos(stream, '/') + 1);

-- +goose Down
alter table outbox drop column resource;
drop index inbox_points, inbox_resource;
alter table inbox drop column resource, drop column version_at, drop column version_digest, drop column points, drop column fetched;
