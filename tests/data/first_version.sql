-- Takes from a run file what came after the first version of its tables; lists stay packed.
ALTER TABLE worlds DROP COLUMN nudge;
ALTER TABLE strings DROP COLUMN in_nudge;
ALTER TABLE strings DROP COLUMN messages;
ALTER TABLE strings DROP COLUMN donor;
ALTER TABLE pairs DROP COLUMN runner_up;
ALTER TABLE pairs DROP COLUMN runner_up_margin;
DELETE FROM migrations WHERE name NOT LIKE '0001%';
