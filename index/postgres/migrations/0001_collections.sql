-- What outlives every build. A build's own tables are in a schema of its own: index/postgres/build.sql

CREATE TABLE {area}.collections (
    name text PRIMARY KEY,
    current bigint,
    calibration text,
    synonyms text
);

CREATE TABLE {area}.builds (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection text NOT NULL REFERENCES {area}.collections,
    name text,       -- NULL while it is under way, and again while it is deleted
    manifest text,
    UNIQUE (collection, name)
);

ALTER TABLE {area}.collections
    ADD CONSTRAINT published FOREIGN KEY (current) REFERENCES {area}.builds;

-- What each document of a build was read from, whatever becomes of the build's own tables.
CREATE TABLE {area}.holdings (
    build bigint NOT NULL REFERENCES {area}.builds ON DELETE CASCADE,
    number integer NOT NULL,
    document_id text NOT NULL,
    uri text NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (build, number)
);
CREATE INDEX holdings_of_document ON {area}.holdings (document_id);

CREATE TABLE {area}.originals (
    collection text NOT NULL REFERENCES {area}.collections,
    sha256 text NOT NULL,
    piece integer NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (collection, sha256, piece)
);
ALTER TABLE {area}.originals ALTER COLUMN data SET STORAGE EXTERNAL;

-- Small documents that all processes share, such as the keys.
CREATE TABLE {area}.records (
    name text PRIMARY KEY,
    changes bigint NOT NULL,
    body bytea NOT NULL
);
