-- The tables of one build, in a schema of its own: written once, read from then on, dropped whole.
-- Those of its vectors are in vectors.sql.
-- "documents" to "sentences" are the catalog's, column by column as in index/records.py.

CREATE TABLE {build}.documents (
    number integer, document_id text COLLATE "C" NOT NULL, uri text COLLATE "C" NOT NULL,
    title text NOT NULL, media_type text NOT NULL, sha256 text NOT NULL, source text NOT NULL,
    language text, audience text, last_reviewed text, next_review_due text, read_by text NOT NULL,
    structure text NOT NULL, text text NOT NULL, acronyms text NOT NULL);
CREATE TABLE {build}.passages (row integer, passage_id text NOT NULL, text text NOT NULL);
CREATE TABLE {build}.paragraphs (row integer, text text NOT NULL);
CREATE TABLE {build}.sentences (
    document integer NOT NULL, ordinal integer NOT NULL, start integer NOT NULL,
    "end" integer NOT NULL, kind text NOT NULL, paragraph_start integer NOT NULL,
    paragraph_end integer NOT NULL, line integer NOT NULL, section text NOT NULL,
    page_number integer, page_label text, utf16_start integer NOT NULL, utf16_end integer NOT NULL,
    byte_start integer NOT NULL, byte_end integer NOT NULL, passage integer NOT NULL,
    place integer NOT NULL, place_kind text NOT NULL, similarity double precision NOT NULL,
    paragraph integer NOT NULL);

-- Which paragraphs a passage stands in. Of each document, the passage and the paragraph of every
-- sentence, in bytes.
CREATE TABLE {build}.members (passage integer NOT NULL, paragraph integer NOT NULL);
CREATE TABLE {build}.placed (document integer, passages bytea NOT NULL, paragraphs bytea NOT NULL);

-- BM25. Field 0 has the passages, by row, 1 the paragraphs. "texts" counts those of a field that have
-- a term, "passages" the passages that have it, in themselves or in a paragraph of theirs; "impact" is
-- the greatest of what it adds to a score, beside its own weight. index/postgres/postings.py has how
-- numbers stand in bytes.
CREATE TABLE {build}.terms (term text COLLATE "C" NOT NULL, field smallint NOT NULL,
    number integer NOT NULL, texts integer NOT NULL, passages integer NOT NULL, impact real NOT NULL);
CREATE TABLE {build}.postings (number integer NOT NULL, field smallint NOT NULL,
    block integer NOT NULL, rows bytea NOT NULL, impacts bytea NOT NULL);
ALTER TABLE {build}.postings ALTER COLUMN rows SET STORAGE EXTERNAL;
ALTER TABLE {build}.postings ALTER COLUMN impacts SET STORAGE EXTERNAL;

-- The same the other way round: of each text, the numbers of its terms, and their impacts. "role" is
-- what a passage is, as its position in index.ranking.ROLES.
CREATE TABLE {build}.passage_terms (row integer, role smallint NOT NULL, numbers bytea NOT NULL,
    impacts bytea NOT NULL);
CREATE TABLE {build}.paragraph_terms (row integer, numbers bytea NOT NULL, impacts bytea NOT NULL);
ALTER TABLE {build}.passage_terms ALTER COLUMN numbers SET STORAGE EXTERNAL;
ALTER TABLE {build}.passage_terms ALTER COLUMN impacts SET STORAGE EXTERNAL;
ALTER TABLE {build}.paragraph_terms ALTER COLUMN numbers SET STORAGE EXTERNAL;
ALTER TABLE {build}.paragraph_terms ALTER COLUMN impacts SET STORAGE EXTERNAL;

CREATE TABLE {build}.dropped (number bigint, record text NOT NULL);
CREATE TABLE {build}.wording (name text, body text NOT NULL);
