-- +goose Up
-- What an ERP says of a message holds for everything that is sent under the same name.
alter table confirmation add column lasting boolean not null default false;
create index confirmation_lasting on confirmation (target, ref) where lasting;

-- +goose Down
drop index confirmation_lasting;
alter table confirmation drop column lasting;
