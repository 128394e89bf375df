-- The tables of a build's vectors; made when it is known how long they are.

CREATE TABLE {build}.vectors (row integer, vector vector({dim}) NOT NULL);
CREATE TABLE {build}.paragraph_vectors (row integer, vector vector({dim}) NOT NULL);
CREATE TABLE {build}.contextual (row integer, vector {kind}({dim}) NOT NULL);
-- Where these have a graph: how many rows a walk of it keeps in sight.
CREATE TABLE {build}.graph (in_sight integer NOT NULL);
ALTER TABLE {build}.vectors ALTER COLUMN vector SET STORAGE {storage};
ALTER TABLE {build}.paragraph_vectors ALTER COLUMN vector SET STORAGE {storage};
ALTER TABLE {build}.contextual ALTER COLUMN vector SET STORAGE {storage};
