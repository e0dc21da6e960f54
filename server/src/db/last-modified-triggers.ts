/** When the newest live tag of a repository began; 0 without one. */
const newest = (tags: string, repository: string) =>
  `coalesce((select lifetime_start_ms from ${tags}
     where repository_id = ${repository} and live_name is not null
     order by lifetime_start_ms desc limit 1), 0)`

const began = `update repository set last_modified = new.lifetime_start_ms
  where id = new.repository_id and last_modified < new.lifetime_start_ms;`

/** Only of the newest; that of another one leaves the repository as it is. */
const ended = (tags: string) =>
  `update repository set last_modified = ${newest(tags, 'new.repository_id')}
   where id = new.repository_id and last_modified = old.lifetime_start_ms;`

const isBorn = 'new.live_name is not null'
const isClosed = 'old.live_name is not null and new.live_name is null'

// SQLite has to be told the index, as in index-hint.ts.
const sqliteTags = 'tag indexed by tag_live'

/**
 * `repository.last_modified` follows the tags in the same transaction, whoever writes them: pushes,
 * restores, deletions, and the collection that closes what has run out.
 */
export const lastModifiedStatements = {
  sqlite: [
    `update repository set last_modified = ${newest(sqliteTags, 'repository.id')}`,
    `create trigger tag_began after insert on tag when ${isBorn} begin ${began} end`,
    `create trigger tag_ended after update of live_name on tag when ${isClosed} begin
       ${ended(sqliteTags)} end`,
  ],
  // Functions outlive the tables that a snapshot replaces, when an upgrade is undone.
  postgresql: [
    `update repository set last_modified = ${newest('tag', 'repository.id')}`,
    `create or replace function tag_began() returns trigger language plpgsql as $$
       begin ${began} return null; end $$`,
    `drop trigger if exists tag_began on tag`,
    `create trigger tag_began after insert on tag
       for each row when (${isBorn}) execute function tag_began()`,
    `create or replace function tag_ended() returns trigger language plpgsql as $$
       begin ${ended('tag')} return null; end $$`,
    `drop trigger if exists tag_ended on tag`,
    `create trigger tag_ended after update of live_name on tag
       for each row when (${isClosed}) execute function tag_ended()`,
  ],
} as const
