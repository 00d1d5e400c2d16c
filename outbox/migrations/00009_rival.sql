-- +goose Up

-- What the shop has to be asked for once more: the next round of the poll begins no later
-- than here, wherever the position is. It is a column of its own because a round under way
-- moves the position.
alter table poll add column again_since timestamptz;

-- +goose Down
alter table poll drop column again_since;
