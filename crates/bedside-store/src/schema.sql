-- The run file, version 1. Everything but `event` and `blob` is made from them and can be made again.

-- What happened, in the order in which each writer saw it. Append-only; chained per writer.
CREATE TABLE event (
  writer TEXT NOT NULL,     -- who wrote it; a merge keeps several
  seq    INTEGER NOT NULL,  -- 0, 1, 2, … for each writer, without gaps
  at     INTEGER NOT NULL,  -- milliseconds since 1970-01-01 UTC; never goes back
  kind   TEXT NOT NULL,     -- plan, call.sent, call.answered, cell.finished, scored, judged, rated, imported, sealed
  cell   BLOB,              -- key of the cell (32 bytes), where the event belongs to one
  step   INTEGER NOT NULL,  -- call within the cell, from 0
  body   TEXT NOT NULL,     -- JSON
  prev   BLOB NOT NULL,     -- hash of the writer's event before; 32 zero bytes at first
  hash   BLOB NOT NULL,     -- BLAKE3 over all of the above
  PRIMARY KEY (writer, seq)
) WITHOUT ROWID;

-- Bytes that bodies name by their BLAKE3 digest: requests, replies, outputs, items, manifests.
CREATE TABLE blob (
  id     INTEGER PRIMARY KEY,
  digest BLOB NOT NULL,
  bytes  BLOB NOT NULL
);
CREATE INDEX blob_prefix ON blob (substr(digest, 1, 8));

-- Every cell that the run is to fill, by positions in the plan.
CREATE TABLE planned (
  cell      BLOB NOT NULL,
  benchmark INTEGER NOT NULL,
  epoch     INTEGER NOT NULL,
  item      INTEGER NOT NULL,
  prompt    INTEGER NOT NULL,
  system    INTEGER NOT NULL,
  PRIMARY KEY (cell, benchmark, epoch, item, prompt, system)
) WITHOUT ROWID;
CREATE TABLE plan_benchmark (
  position INTEGER PRIMARY KEY,
  id       TEXT NOT NULL,
  version  TEXT NOT NULL,
  title    TEXT NOT NULL,
  task     TEXT NOT NULL,
  headline TEXT NOT NULL
);
CREATE TABLE plan_item (
  benchmark INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  id        TEXT NOT NULL,
  cluster   TEXT NOT NULL,
  template  TEXT,
  PRIMARY KEY (benchmark, position)
) WITHOUT ROWID;
CREATE TABLE plan_prompt (
  benchmark INTEGER NOT NULL,
  position  INTEGER NOT NULL,
  id        TEXT NOT NULL,
  PRIMARY KEY (benchmark, position)
) WITHOUT ROWID;
CREATE TABLE plan_system (
  position INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  provider TEXT NOT NULL,
  model    TEXT NOT NULL,
  role     TEXT NOT NULL
);

CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER blob_no_update BEFORE UPDATE ON blob BEGIN SELECT RAISE(ABORT, 'blobs are never changed'); END;
CREATE TRIGGER blob_no_delete BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'blobs are never deleted'); END;

-- The event that counts as the end of each cell: an answer beats a fault; of several answers (after a merge) the one with the
-- lowest hash; of several faults the last.
CREATE VIEW ended AS
SELECT cell, writer, seq, at, body, fault, rank FROM (
  SELECT cell, writer, seq, at, body, json_extract(body, '$.fault') AS fault,
    row_number() OVER (
      PARTITION BY cell
      ORDER BY json_extract(body, '$.fault') IS NOT NULL,
        CASE WHEN json_extract(body, '$.fault') IS NULL THEN hash END,
        at DESC, writer DESC, seq DESC
    ) AS rank
  FROM event WHERE kind = 'cell.finished'
);

-- The planned cells by name.
CREATE VIEW place AS
SELECT p.cell AS key, lower(hex(p.cell)) AS cell, b.id AS benchmark, s.name AS system, s.role AS role, i.id AS item,
  i.cluster AS cluster, w.id AS prompt, p.epoch AS epoch
FROM planned p
JOIN plan_benchmark b ON b.position = p.benchmark
JOIN plan_system s ON s.position = p.system
JOIN plan_item i ON i.benchmark = p.benchmark AND i.position = p.item
JOIN plan_prompt w ON w.benchmark = p.benchmark AND w.position = p.prompt;

-- One row for each planned cell. outcome: answered, fault (missing data), or missing.
CREATE VIEW cell AS
SELECT l.cell, l.benchmark, l.system, l.role, l.item, l.cluster, l.prompt, l.epoch,
  CASE WHEN e.cell IS NULL THEN 'missing' WHEN e.fault IS NULL THEN 'answered' ELSE 'fault' END AS outcome,
  json_extract(e.body, '$.stop') AS stop, e.fault AS fault, json_extract(e.body, '$.detail') AS detail,
  json_extract(e.body, '$.output') AS output, e.at AS at, e.writer AS writer
FROM place l LEFT JOIN ended e ON e.cell = l.key AND e.rank = 1;

-- One row for each metric of each answered cell, from the last scoring of the answer that counts.
CREATE VIEW score AS
SELECT l.cell, l.benchmark, l.system, l.role, l.item, l.cluster, l.prompt, l.epoch,
  'answered' AS outcome, json_extract(s.answer, '$.stop') AS stop,
  json_extract(g.value, '$.scorer') || '.' || m.key AS metric, m.value AS value,
  json_extract(g.value, '$.parsed') AS parsed, coalesce(json_extract(g.value, '$.refused'), 0) AS refused,
  json_extract(g.value, '$.extracted') AS extracted, json_extract(g.value, '$.why') AS why,
  json_extract(g.value, '$.unscorable') AS unscorable, json_extract(g.value, '$.scorer') AS scorer,
  json_extract(g.value, '$.version') AS version, s.at AS at
FROM (
  SELECT v.cell AS cell, v.body AS body, v.at AS at, e.body AS answer,
    row_number() OVER (PARTITION BY v.cell ORDER BY v.at DESC, v.writer DESC, v.seq DESC) AS rank
  FROM event v
  JOIN ended e ON e.cell = v.cell AND e.rank = 1 AND e.fault IS NULL
  LEFT JOIN (SELECT DISTINCT cell, writer FROM ended WHERE rank > 1 AND fault IS NULL) lost
    ON lost.cell = v.cell AND lost.writer = v.writer AND v.writer <> e.writer
  WHERE v.kind = 'scored'
    AND CASE WHEN json_extract(v.body, '$.output') IS NULL THEN lost.cell IS NULL
      ELSE json_extract(v.body, '$.output') = json_extract(e.body, '$.output') END
) s
JOIN place l ON l.key = s.cell
JOIN json_each(s.body, '$.scorers') g
LEFT JOIN json_each(g.value, '$.values') m
WHERE s.rank = 1;

-- One row for each call that came back.
CREATE VIEW usage AS
SELECT l.cell, l.benchmark, l.system, l.role, l.item, l.prompt, l.epoch, e.step AS step, e.at AS at,
  json_extract(e.body, '$.status') AS status, json_extract(e.body, '$.duration_ms') AS duration_ms,
  json_extract(e.body, '$.tries') AS tries, json_extract(e.body, '$.usage.prompt_tokens') AS prompt_tokens,
  json_extract(e.body, '$.usage.completion_tokens') AS completion_tokens
FROM event e JOIN place l ON l.key = e.cell WHERE e.kind = 'call.answered';

-- One row for each rating by a person; the body is as the rater's page wrote it.
CREATE VIEW rating AS
SELECT l.cell, l.benchmark, l.system, l.role, l.item, l.prompt, l.epoch, e.at AS at, e.writer AS writer, e.body AS body
FROM event e JOIN place l ON l.key = e.cell WHERE e.kind = 'rated';
