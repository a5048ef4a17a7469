import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Effect } from '../../src/core/effect.ts'
import { openStore } from '../../src/stores/open.ts'
import { accountId, prompt, quietLog, realClock, runId, scratchFolder, session } from './cast.ts'

test('a session gets another account with all that waits in it, while nothing of it is at work, and only from the one it had', async () => {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  const { vault, journal } = store
  const here = session('one', undefined, { account: accountId('default') })
  await vault.addSession(here)
  const moves = (was: string, now: string): readonly Effect[] => [
    { kind: 'session-account', session: here.id, was: accountId(was), now: accountId(now) },
  ]
  const accountNow = async (): Promise<string | undefined> => (await vault.session(here.id))?.account
  await journal.ask(runId('r1'), prompt('501', here), 1, () => null)
  assert.equal(await vault.letters.keep(moves('other', 'team')), false)
  assert.equal(await vault.letters.keep(moves('default', 'team')), true)
  assert.equal(await vault.letters.keep(moves('default', 'team')), false, 'the second of two finds it moved')
  assert.equal(await accountNow(), 'team')
  const [admitted] = await journal.claim(() => [runId('r1')], 2)
  assert.ok(admitted)
  const last = (await journal.read(runId('r1'))).at(-1)?.event
  assert.deepEqual(last, { type: 'admitted', account: 'team' }, 'what is admitted is what is used')
  assert.equal(await vault.letters.keep(moves('team', 'default')), false, 'it is at work')
  await vault.endSession(here.id, 3)
  assert.equal(await vault.letters.keep(moves('team', 'default')), false)
  assert.equal(await accountNow(), 'team')
})
