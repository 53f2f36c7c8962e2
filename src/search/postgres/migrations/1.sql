-- The tables, in the feed's own schema: the search path is set to it.

create table documents (
    -- Names a document in mentions; it stays the same when the document is replaced.
    number bigint generated always as identity primary key,
    id text not null unique,
    -- The document's own id where `id` is its hash.
    long_id text,
    title text,
    text text not null,
    -- As written: a year, a month or a day.
    date text,
    date_first date,
    date_last date,
    source text,
    -- The input's other fields.
    extra jsonb not null,
    -- The keys of the linked entities, each once.
    entities text[] not null,
    fingerprint bigint not null
);

create table entities (
    key text primary key,
    kind text not null,
    id text,
    name text not null,
    country text
);

create table mentions (
    document bigint not null references documents (number) on delete cascade,
    ordinal integer not null,
    -- Characters: substring(documents.text from start_char + 1 for end_char - start_char) is the mention.
    start_char integer not null,
    end_char integer not null,
    text text not null,
    label text not null,
    score double precision not null,
    -- Null where the mention is linked to nothing; so are the columns after it.
    entity text references entities (key),
    entity_id text,
    name text,
    country text,
    role text,
    via text,
    confidence double precision,
    primary key (document, ordinal)
);

-- Words as they are written, without regard to case: nothing is stemmed and nothing left out, so that phrases have their
-- distances. What a tsvector cannot hold (1 MB of distinct words and their positions) is left away at the text's end.
create function search_vector(title text, body text) returns tsvector
language plpgsql immutable parallel safe as $$
declare
    -- Longer texts than this are not looked at behind it: memory for their words would not suffice.
    length integer := 2000000;
begin
    -- Three lexemes of a token at most, each with a position, stay far below a tsvector's limit here.
    if coalesce(pg_catalog.octet_length(title), 0) + pg_catalog.octet_length(body) <= 65536 then
        return pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.simple', coalesce(title, '')), 'A')
            operator(pg_catalog.||) pg_catalog.to_tsvector('pg_catalog.simple', body);
    end if;
    loop
        begin
            return pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.simple',
                    pg_catalog.left(coalesce(title, ''), length)), 'A')
                operator(pg_catalog.||) pg_catalog.to_tsvector('pg_catalog.simple', pg_catalog.left(body, length));
        exception when program_limit_exceeded then
            length := length / 2;
        end;
    end loop;
end
$$;

alter table documents add column search tsvector generated always as (search_vector(title, text)) stored;

create index documents_by_words on documents using gin (search);
create index documents_by_entity on documents using gin (entities);
create index documents_by_date on documents (date_first, date_last);
-- Hashes, since a source may be longer than a B-tree takes.
create index documents_by_source on documents using hash (source);
create index mentions_by_entity on mentions (entity, document) where entity is not null;
create index entities_by_country on entities (country);

-- Who is in which document, how often, and how sure that is at best.
create view documents_entities as
    select document, entity, count(*) as mentions, max(confidence) as confidence
    from mentions where entity is not null
    group by document, entity;
