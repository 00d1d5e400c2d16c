-- +goose Up

-- accepted: the ERP has stored the document and not booked it yet. accepted_at is since
-- when (of the last sending; null once it was sent again), accepted_ref the name the ERP
-- confirms it by, confirm_since what the deadline counts from, asked how often it was
-- asked about in vain. Its next_at is when to ask next or, while somebody asks, when his
-- lease ends.
alter table outbox
    add column accepted_at   timestamptz,
    add column accepted_ref  text not null default '',
    add column confirm_since timestamptz,
    add column asked         int  not null default 0,
    drop constraint outbox_state_check,
    add constraint outbox_state_check check (state in ('pending', 'sending', 'in_doubt', 'accepted', 'delivered', 'superseded', 'dead', 'discarded')),
    add constraint outbox_accepted_check check (state <> 'accepted' or accepted_at is not null and confirm_since is not null);
drop index outbox_open;
create index outbox_open on outbox (target, stream, seq, pos) where state in ('pending', 'sending', 'in_doubt', 'accepted', 'dead');
create index outbox_accepted on outbox (target, next_at) where state = 'accepted';
create index outbox_accepted_ref on outbox (target, accepted_ref) where accepted_ref <> '';

-- waiting: nothing is to be sent before the ERP has booked what it has of the head event.
alter table stream drop constraint stream_state_check,
    add constraint stream_state_check check (state in ('idle', 'ready', 'leased', 'parked', 'waiting'));
create index stream_waiting on stream (target) where state = 'waiting';

-- settled: the ERP has it, by its own late word or by an operator's.
alter table dead_letter drop constraint dead_letter_state_check,
    add constraint dead_letter_state_check check (state in ('open', 'replayed', 'discarded', 'settled'));

-- What an ERP said of its own accord about a document that it had accepted. kind is
-- 'booked', 'accepted' (not booked yet), or that of an error. new: still to be weighed;
-- unknown: nothing was ever accepted under the ref, or not yet; applied: weighed, and
-- outcome says with what result.
create table confirmation (
    id          bigint generated always as identity primary key,
    target      text        not null,
    ref         text        not null,
    at          timestamptz not null default clock_timestamp(),
    digest      bytea       not null,
    kind        text        not null,
    code        text        not null,
    cause       text        not null,
    receipt_ref text        not null,
    warning     text        not null,
    raw         bytea,
    state       text        not null default 'new' check (state in ('new', 'unknown', 'applied')),
    outcome     text        not null default '',
    document_id bigint      references outbox (id),
    applied_at  timestamptz
);
-- What is sent twice is one confirmation.
create unique index confirmation_once on confirmation (target, ref, digest);
create index confirmation_new on confirmation (target, id) where state = 'new';
create index confirmation_open on confirmation (target, ref) where state in ('unknown', 'new');
create index confirmation_at on confirmation (target, at);

-- +goose Down
drop table confirmation;
update dead_letter set state = 'replayed' where state = 'settled';
alter table dead_letter drop constraint dead_letter_state_check,
    add constraint dead_letter_state_check check (state in ('open', 'replayed', 'discarded'));
drop index stream_waiting;
update stream set state = 'ready' where state = 'waiting';
alter table stream drop constraint stream_state_check,
    add constraint stream_state_check check (state in ('idle', 'ready', 'leased', 'parked'));
-- Older programs look up what is in doubt before they send it.
update outbox set state = 'in_doubt', doubt_since = accepted_at, next_at = now() where state = 'accepted';
drop index outbox_accepted_ref, outbox_accepted, outbox_open;
create index outbox_open on outbox (target, stream, seq, pos) where state in ('pending', 'sending', 'in_doubt', 'dead');
alter table outbox drop constraint outbox_accepted_check, drop constraint outbox_state_check,
    add constraint outbox_state_check check (state in ('pending', 'sending', 'in_doubt', 'delivered', 'superseded', 'dead', 'discarded')),
    drop column accepted_at, drop column accepted_ref, drop column confirm_since, drop column asked;
