-- +goose Up

-- What status counts among the many that are done.
create index inbox_pending on inbox (accepted_at) where state = 'pending';
create index stream_parked on stream (target) where state = 'parked';

-- +goose Down
drop index stream_parked, inbox_pending;
