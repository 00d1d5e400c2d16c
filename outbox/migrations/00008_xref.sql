-- +goose Up

-- What the storefronts' names are called in an ERP, as operators keep it.
create table xref (
    target     text        not null,
    tab        text        not null,
    key        text        not null,
    value      text        not null,
    note       text        not null default '',
    updated_at timestamptz not null default now(),
    updated_by text        not null,
    primary key (target, tab, key)
);

-- How often the tables of a target were changed. Whoever changes them locks its row
-- first, so that numbers are given in the order of the commits.
create table xref_revision (
    target   text   primary key,
    revision bigint not null
);

-- What is held tells from now on which target's tables it waits for: all of it is tried
-- once more.
update inbox set mapping = '' where state = 'held';

-- +goose Down
drop table xref_revision, xref;
