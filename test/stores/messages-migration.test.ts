import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate } from '../../src/stores/sqlite/migrate.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { openStore } from '../../src/stores/open.ts'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'

/** A database as the version before had it: what it knew of its messages is known to this one. */
const before = `
insert into run_events (seq, run, at, type, json) values
  (1, 'growing', 1, 'asked', '{"type":"asked","prompt":{"place":{"kind":"thread","id":"200","channel":"100","guild":"1"}}}'),
  (2, 'waiting', 2, 'asked', '{"type":"asked","prompt":{"place":{"kind":"dm","id":"300"}}}'),
  (3, 'done', 3, 'asked', '{"type":"asked","prompt":{"place":{"kind":"dm","id":"300"}}}'),
  (4, 'long', 4, 'asked', '{"type":"asked","prompt":{"place":{"kind":"dm","id":"300"}}}');
insert into unsettled values ('growing', 1), ('waiting', 2);
insert into deliveries (run, part, nonce, hash, place, intended_at, message, posted_at, text_end, frozen) values
  ('growing', 0, 'n.0', 'h0', '200', 10, '700', 11, 1900, 1),
  ('growing', 1, 'n.1', 'h1', '200', 12, null, null, 0, 0),
  ('done', 0, 'n.2', 'h2', '300', 13, '701', 14, 5, 0),
  ('long', 0, 'n.3', 'h3', '300', 15, '702', 16, 7, 1),
  ('long', 1, 'n.4', 'h4', '300', 17, '703', 18, 9, 0);
insert into approvals values ('t1', 'growing', 'a1', 20, 600, '{}', 0), ('t2', 'done', 'a2', 21, 601, '{}', 1);
insert into approval_posts values
  ('t1', 'ask', '{"kind":"dm","id":"300"}', 't1', 22, '704', 'ha', 0),
  ('t2', 'line', '{"kind":"dm","id":"300"}', 't2.l', 23, null, '', 1);
insert into boards values ('100', '1', 'ko', '1576103112244985856', 'b.9', 'the board', 30), ('101', '1', 'en', null, 'b.8', 'x', 31);
insert into notices values ('notice:100', 5), ('notice-begun:100', 4), ('not-for-you:100:5', 6);
`

test('what an older database knew of its messages is carried over', async () => {
  await using folder = await scratchFolder()
  const sqlite = openSqlite(join(folder.path, databaseName))
  migrate(sqlite, migrations.slice(0, 2), 1)
  sqlite.raw.exec(before)
  sqlite.raw.close()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  const { postings, boards } = store.vault
  const thread = { kind: 'thread', id: '200', channel: '100', guild: '1' }
  const [frozen, intended] = await postings.of('run:growing')
  assert.deepEqual(
    [frozen?.place, frozen?.message, frozen?.postedAt, frozen?.shown, frozen?.end, frozen?.frozen],
    [thread, '700', 11, 'h0', 1900, true],
  )
  assert.deepEqual([intended?.role, intended?.nonce, intended?.at, intended?.message], ['1', 'n.1', 12, null])
  assert.deepEqual(
    (await postings.of('run:waiting')).map(({ role, at, place }) => [role, at, place]),
    [['0', null, { kind: 'dm', id: '300' }]],
  )
  assert.deepEqual(
    (await postings.of('approval:t1')).map(({ role, message, shown }) => [role, message, shown]),
    [['ask', '704', 'ha']],
  )
  assert.equal((await postings.of('approval:t2'))[0]?.over, true)
  const [board] = await postings.of('board:100')
  assert.deepEqual([board?.role, board?.nonce, board?.message], ['b.9', 'b.9', '1576103112244985856'])
  assert.ok(
    Math.abs((board?.postedAt ?? 0) - Date.UTC(2026, 10, 28)) < 2 * 86_400_000,
    'when it was posted is in its id',
  )
  assert.deepEqual(
    (await boards.all()).map(({ key, locale, place }) => [key, locale, place.id]),
    [
      ['b.9', 'ko', '100'],
      ['b.8', 'en', '101'],
    ],
  )
  const note = { key: 'notice:100', place: { kind: 'dm', id: '1' }, text: 'x', replyTo: null, mention: null } as never
  assert.equal(await postings.note(note, 'n'), false, 'said once in all lives')
  // A run that was done with, but whose first message kept its card, is looked at once more: that message alone.
  const unsettled = await postings.unsettled()
  assert.deepEqual([...unsettled].sort(), [
    'approval:t1',
    'board:100',
    'board:101',
    'run:growing',
    'run:long',
    'run:waiting',
  ])
  assert.deepEqual(
    (await postings.of('run:long')).map(({ over }) => over),
    [false, true],
  )
})

test('marks in the journal become lists of what is still to be done', async () => {
  await using folder = await scratchFolder()
  const sqlite = openSqlite(join(folder.path, databaseName))
  migrate(sqlite, migrations.slice(0, 19), 1)
  sqlite.raw.exec(`
    insert into omc_sessions (id, key, place, name, runtime, workdir, owner, account, since, started_at)
    values ('s', '200', '{}', 's', 'echo', '/work', 'ann', 'default', '1', 1);
    insert into meta values ('reached:transcripts', 2), ('reached:finding', 9)`)
  const runs = [1, 2, 3]
  for (const nth of runs) {
    sqlite.raw.exec(`
      insert into run_events values (${nth}, 'r${nth}', 1, 'asked', '{}');
      insert into runs (id, prompt_key, session, person, channel, account, state, attempt, approvals, asked_seq, ended_seq)
      values ('r${nth}', '${nth}', 's', 'ann', '100', 'default', 'over', 1, '[]', ${nth}, ${nth})`)
  }
  sqlite.raw.close()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  assert.deepEqual(await store.journal.ended('transcripts', 10), ['r3'])
  assert.deepEqual(await store.journal.ended('branches', 10), ['r1', 'r2', 'r3'])
  assert.equal(await store.vault.reached('finding'), 9)
})
