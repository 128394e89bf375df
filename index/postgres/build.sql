-- The tables of one build, in a schema of its own: written once, read from then on, dropped whole.
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

CREATE TABLE {build}.vectors (row integer, vector vector({dim}) NOT NULL);
CREATE TABLE {build}.paragraph_vectors (row integer, vector vector({dim}) NOT NULL);
CREATE TABLE {build}.contextual (row integer, vector {kind}({dim}) NOT NULL);
ALTER TABLE {build}.vectors ALTER COLUMN vector SET STORAGE {storage};
ALTER TABLE {build}.paragraph_vectors ALTER COLUMN vector SET STORAGE {storage};
ALTER TABLE {build}.contextual ALTER COLUMN vector SET STORAGE {storage};

-- Which paragraphs a passage stands in; "sentences" has each place of each.
CREATE TABLE {build}.members (passage integer NOT NULL, paragraph integer NOT NULL);

-- BM25: for each term of a field, in which texts it is, with what each of these adds to a score
-- beside the term's own weight. Field 0 has the passages, by row, 1 the paragraphs. "texts" counts
-- these, "passages" the passages that have the term, in themselves or in a paragraph of theirs.
CREATE TABLE {build}.terms (term text COLLATE "C" NOT NULL, field smallint NOT NULL,
    texts integer NOT NULL, passages integer NOT NULL);
CREATE TABLE {build}.postings (term text COLLATE "C" NOT NULL, field smallint NOT NULL,
    block integer NOT NULL, rows integer[] NOT NULL, impacts real[] NOT NULL);
ALTER TABLE {build}.postings ALTER COLUMN rows SET STORAGE EXTERNAL;
ALTER TABLE {build}.postings ALTER COLUMN impacts SET STORAGE EXTERNAL;

CREATE TABLE {build}.dropped (number bigint, record text NOT NULL);
CREATE TABLE {build}.wording (name text, body text NOT NULL);
