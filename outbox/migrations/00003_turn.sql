-- +goose Up

-- The store that had the last turn at a target: claiming goes on with the next one.
alter table target add column turn text not null default '';

-- +goose Down
alter table target drop column turn;
