-- What finds the rows of a build's tables; made after these are filled.

ALTER TABLE {build}.documents ADD PRIMARY KEY (number);
CREATE UNIQUE INDEX ON {build}.documents (document_id);
CREATE UNIQUE INDEX ON {build}.documents (uri);
ALTER TABLE {build}.passages ADD PRIMARY KEY (row);
ALTER TABLE {build}.paragraphs ADD PRIMARY KEY (row);
ALTER TABLE {build}.sentences ADD PRIMARY KEY (document, ordinal);
CREATE UNIQUE INDEX ON {build}.sentences (passage, place);
CREATE INDEX ON {build}.sentences (paragraph);
ALTER TABLE {build}.vectors ADD PRIMARY KEY (row);
ALTER TABLE {build}.paragraph_vectors ADD PRIMARY KEY (row);
ALTER TABLE {build}.contextual ADD PRIMARY KEY (row);
ALTER TABLE {build}.members ADD PRIMARY KEY (passage, paragraph);
CREATE UNIQUE INDEX ON {build}.members (paragraph, passage);
ALTER TABLE {build}.terms ADD PRIMARY KEY (term, field);
ALTER TABLE {build}.postings ADD PRIMARY KEY (number, field, block);
ALTER TABLE {build}.passage_terms ADD PRIMARY KEY (row);
ALTER TABLE {build}.paragraph_terms ADD PRIMARY KEY (row);
ALTER TABLE {build}.placed ADD PRIMARY KEY (document);
ALTER TABLE {build}.dropped ADD PRIMARY KEY (number);
ALTER TABLE {build}.wording ADD PRIMARY KEY (name);
