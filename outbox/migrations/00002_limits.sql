-- +goose Up

-- Whose order it is: claiming takes turns between the stores of a target.
-- together: how many streams may travel in one request with this one; 0 is no bound
-- of its own. A batch that failed as a whole is halved through it, until the culprit
-- travels alone.
alter table stream
    add column store    text not null default '',
    add column together int  not null default 0;
update stream s set store = coalesce((
    select i.store from outbox o join inbox i on i.id = o.event_id where o.target = s.target and o.stream = s.name limit 1), '');
drop index stream_ready;
create index stream_ready on stream (target, store, due_at) where state = 'ready';

-- rank orders states of one instant; lost counts attempts in a row that nobody ended:
-- the process that made them went down.
alter table outbox
    add column version_rank int not null default 0,
    add column lost         int not null default 0;

-- What holds for a target across all daemons and restarts. window_size 0: as many
-- requests at once as the configuration allows.
alter table target
    add column window_size  double precision not null default 0,
    add column threshold    double precision not null default 0,
    add column failures     int         not null default 0,
    add column failing_since timestamptz,
    add column told_at      timestamptz,
    add column next_at      timestamptz not null default now(),
    add column turn_at      timestamptz not null default now(),
    add column paused_by    text        not null default '',
    add column pause_reason text        not null default '',
    add column paused_at    timestamptz,
    add column paused_until timestamptz;

-- The permission to have one request open at a target. It ends by itself, should its
-- daemon go down.
create table slot (
    token      uuid        primary key,
    target     text        not null,
    daemon     text        not null,
    held_until timestamptz not null
);
create index slot_target on slot (target, held_until);

-- The mail an alert was in, while nobody knows whether that was sent: it is repeated
-- as it was, so that its readers know it for a repetition.
alter table alert add column mail text not null default '';

-- What went through a target in a minute, for the forecast.
create table throughput (
    target    text        not null,
    minute    timestamptz not null,
    requests  int         not null,
    delivered int         not null,
    primary key (target, minute)
) with (fillfactor = 50);

-- +goose Down
drop table throughput, slot;
alter table alert drop column mail;
alter table target drop column window_size, drop column threshold, drop column failures, drop column failing_since, drop column told_at,
    drop column next_at, drop column turn_at, drop column paused_by, drop column pause_reason, drop column paused_at, drop column paused_until;
alter table outbox drop column version_rank, drop column lost;
drop index stream_ready;
alter table stream drop column store, drop column together;
create index stream_ready on stream (target, due_at) where state = 'ready';
