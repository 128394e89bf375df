-- One question: the best rows of both searches, and every signal of each. In one statement, so that
-- it is one round trip, and all of it is of one moment of one server.

WITH asked AS (  -- the question's terms as each field has them; a term's weight is its rarity
    SELECT t.term, t.part, t.bit, f.field, f.passages,
           ln(1 + (%(count)s - f.passages + 0.5) / (f.passages + 0.5)) * %(scale)s
               * CASE f.field WHEN 0 THEN 1.0 ELSE %(paragraph_weight)s END AS weight
    FROM unnest(%(terms)s::text[], %(parts)s::int[], %(bits)s::bigint[]) AS t (term, part, bit)
    JOIN {build}.terms f ON f.term = t.term
),
matched AS MATERIALIZED (  -- every passage that holds any of them: BM25, and which of them it holds
    SELECT p.row, sum(p.impact * a.weight) AS score,
           {held}
    FROM asked a
    JOIN {build}.postings b ON b.term = a.term AND b.field = a.field
    CROSS JOIN LATERAL unnest(b.rows, b.impacts) AS p (row, impact)
    GROUP BY p.row
),
{allowed}
words AS ({words}),
meaning AS ({meaning}),
candidates AS (SELECT row FROM words UNION SELECT row FROM meaning)
SELECT c.row,
       -(v.vector <#> %(vector)s::vector) AS dense,
       (SELECT max(-(w.vector <#> %(vector)s::vector))
        FROM (SELECT DISTINCT s.paragraph FROM {build}.sentences s
              WHERE s.passage = c.row {and_allowed}) AS around
        JOIN {build}.paragraph_vectors w ON w.row = around.paragraph) AS dense_paragraph,
       CASE WHEN t.text LIKE '%%?' THEN 'question' WHEN first.kind = 'heading' THEN 'heading'
            ELSE 'statement' END AS role,
       {mixed} AS mixed,
       CASE WHEN row_number() OVER () = 1
            THEN (SELECT json_agg(json_build_array(term, field, passages)) FROM asked) END AS found,
       {held_names}
FROM candidates c
JOIN {build}.passages t ON t.row = c.row
JOIN {build}.vectors v ON v.row = c.row
JOIN {build}.sentences first ON first.passage = c.row AND first.place = 0
LEFT JOIN matched m ON m.row = c.row
