-- One question: the best rows of both searches, and every signal of each. In one statement, so that
-- it is one round trip, and all of it is of one moment of one server.

WITH asked AS (  -- the question's terms as each field has them; a term's weight is its rarity
    SELECT t.term, t.part, t.bit, f.field, f.passages,
           ln(1 + (n.texts - f.texts + 0.5) / (f.texts + 0.5)) * %(scale)s AS weight
    FROM unnest(%(terms)s::text[], %(parts)s::int[], %(bits)s::bigint[]) AS t (term, part, bit)
    JOIN {build}.terms f ON f.term = t.term
    JOIN (VALUES (0, %(passages)s), (1, %(paragraphs)s)) AS n (field, texts) ON n.field = f.field
),
by_passage AS MATERIALIZED (  -- every passage with any of them: BM25, and which of them it holds
    SELECT p.row, sum(p.impact * a.weight) AS score, {held}
    FROM asked a
    JOIN {build}.postings b ON b.term = a.term AND b.field = 0
    CROSS JOIN LATERAL unnest(b.rows, b.impacts) AS p (row, impact)
    WHERE a.field = 0
    GROUP BY p.row
),
by_paragraph AS MATERIALIZED (  -- the same of paragraphs
    SELECT p.row, sum(p.impact * a.weight) AS score, {held}
    FROM asked a
    JOIN {build}.postings b ON b.term = a.term AND b.field = 1
    CROSS JOIN LATERAL unnest(b.rows, b.impacts) AS p (row, impact)
    WHERE a.field = 1
    GROUP BY p.row
),
{allowed}
words AS ({words}),
meaning AS ({meaning}),
candidates AS (
    SELECT row, bool_or(by_words) AS by_words, bool_or(NOT by_words) AS by_meaning
    FROM (SELECT row, true FROM words UNION ALL SELECT row, false FROM meaning) AS f (row, by_words)
    GROUP BY row
),
around AS (  -- which terms the paragraphs of each candidate hold together
    SELECT w.passage AS row, {held_around}
    FROM candidates c
    JOIN {build}.members w ON w.passage = c.row
    JOIN by_paragraph m ON m.row = w.paragraph
    GROUP BY w.passage
)
SELECT c.row, c.by_words, c.by_meaning,
       -(v.vector <#> %(vector)s::vector) AS dense,
       (SELECT max(-(w.vector <#> %(vector)s::vector))
        FROM ({paragraphs}) AS stands
        JOIN {build}.paragraph_vectors w ON w.row = stands.paragraph) AS dense_paragraph,
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
LEFT JOIN by_passage m ON m.row = c.row
LEFT JOIN around a ON a.row = c.row
