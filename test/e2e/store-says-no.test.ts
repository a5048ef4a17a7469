import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { asked, decided, idOf, openTeam } from './approving.ts'
import type { Stage } from './stage.ts'
import { until } from './stage.ts'

/** Locks the database as an operator's sqlite3 does that is left open in a transaction. */
function lock(stage: Stage): Disposable {
  const operator = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  operator.exec('pragma busy_timeout = 5000; begin immediate')
  return {
    [Symbol.dispose]() {
      operator.exec('rollback')
      operator.close()
    },
  }
}

describe('a store that says no (B5)', { concurrency: true }, () => {
  test('what comes in meanwhile is held, in order, and everything is done when it is back', async () => {
    const timings = { ownerToldAfterMs: 1_000 }
    await using stage = await openTeam({ timings })
    const owner = idOf(stage, 'olivia')
    const bot = await stage.startBot({ env: { OMC_OWNER_USER_ID: owner } })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const other = await stage.session(olivia, 'till')
    await olivia.says(other, '!ask Bash npm test')
    const ask = await asked(olivia, other, 'npm test')
    await olivia.says(thread, '!until gate one at work')
    await stage.botShows(olivia, thread, 'one at')
    const edited = await olivia.says(thread, '!say old words')
    const deleted = await olivia.says(thread, '!say deleted words')
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 2)

    {
      using _locked = lock(stage)
      await olivia.edits(edited, '!say new words')
      await olivia.deletes(deleted)
      await olivia.says(thread, '!say said meanwhile')
      const clicked = await olivia.clicks(ask, 'Approve')
      assert.equal(clicked.failed, false, 'a button is acknowledged in time')
      const set = await olivia.runs(thread, '/permission set', { user: idOf(stage, 'bob'), tier: 'guest' })
      assert.equal(set.failed, false, 'a command is acknowledged in time')
      const health = await until(async () => {
        const now = await bot.health()
        return (now['reasons'] as string[]).some((reason) => /held in memory/.test(reason)) ? now : null
      })
      assert.equal(health['ok'], false)
      assert.match(String(health['reasons']), /nothing can be kept .* is locked by another program/)
      const told = await olivia.runs('general', '/health')
      assert.match((await told.settled()).content, /held in memory/)
      const dm = await olivia.opensDm()
      await stage.botShows(olivia, dm, /locked by another program/)
      assert.equal(stage.query("select 1 from runs where state = 'waiting'").length, 2, 'nothing got through')
      assert.equal(stage.query('select 1 from grants').length, 0)
    }

    await decided(olivia, ask, 'Approved by @olivia')
    await until(() => stage.query("select 1 from grants where tier = 'guest'").length === 1)
    stage.opens('gate')
    await stage.botShows(olivia, thread, 'new words')
    await stage.botShows(olivia, thread, 'said meanwhile')
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
    const all = (await stage.botMessages(olivia, thread)).map(({ content }) => content).join('\n')
    assert.doesNotMatch(all, /old words|deleted words/)
    assert.ok(all.indexOf('new words') < all.indexOf('said meanwhile'), 'in order')
    assert.equal((await bot.health())['ok'], true)
    const dm = await olivia.opensDm()
    assert.equal((await stage.botMessages(olivia, dm)).length, 1, 'the owner is told once')
  })

  test('on a full disk nothing is lost, and nobody says that all is well', async (t) => {
    await using stage = await openTeam({ timings: { ownerToldAfterMs: 1_000 } })
    using disk = smallDisk(stage.data)
    if (!disk.mounted) return t.skip('a small disk cannot be mounted here (it takes root on Linux)')
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    disk.fill()
    await olivia.says(thread, '!say written on a full disk')
    const set = await olivia.runs(thread, '/permission set', { user: idOf(stage, 'bob'), tier: 'guest' })
    assert.equal(set.failed, false)
    await until(async () => String((await bot.health())['reasons']).includes('nothing can be kept'))
    const told = await (await olivia.runs('general', '/health')).settled()
    assert.doesNotMatch(told.content, /All is well/)
    assert.match(told.content, /Only 0 MB are free/)
    disk.free()
    await stage.botShows(olivia, thread, 'written on a full disk')
    await until(() => stage.query("select 1 from grants where tier = 'guest'").length === 1)
    await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
  })
})

/** Puts a disk of 8 MiB under a folder, where the system lets us. */
function smallDisk(folder: string): Disposable & { readonly mounted: boolean; fill(): void; free(): void } {
  const filler = join(folder, 'filler')
  const fill = (): void => {
    const file = openSync(filler, 'w')
    const block = Buffer.alloc(4_096)
    try {
      while (statfsSync(folder).bavail > 0) writeSync(file, block)
    } finally {
      closeSync(file)
    }
  }
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    return { mounted: false, fill, free() {}, [Symbol.dispose]() {} }
  }
  return {
    mounted: true,
    fill,
    free: () => rmSync(filler),
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]),
  }
}

describe('words that belong to no run (B6)', { concurrency: true }, () => {
  test('a refused file is told although Discord takes nothing for a while', async () => {
    await using stage = await openTeam()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    // More often than one call is tried.
    const path = '/channels/\\d+/messages$'
    const fault = stage.sandbox.faults.add({ kind: 'rest.error', method: 'POST', path, times: 8 })
    await olivia.says(thread, 'run this', { files: [{ name: 'setup.exe', content: 'MZ\0\0\0' }] })
    const word = await stage.botShows(olivia, thread, 'setup.exe')
    assert.equal(fault.hits, 8)
    const words = (await stage.botMessages(olivia, thread)).filter(({ content }) => content.includes('setup.exe'))
    assert.deepEqual(
      words.map(({ id }) => id),
      [word.id],
      'once',
    )
  })

  for (const dieAt of ['kept', 'post-intended@note', 'posted@note']) {
    test(`killed at '${dieAt}', whoever may not ask is told once`, async () => {
      await using stage = await openTeam({ ownProcess: true })
      const bob = await stage.sandbox.actor('bob')
      const olivia = await stage.sandbox.actor('olivia')
      // Starting a session is kept as well.
      const first = await stage.startBot({ dieAt: dieAt === 'kept' ? 'kept:2' : dieAt })
      const thread = await stage.session(olivia, 'shop')
      await bob.says(thread, 'may I?')
      await first.died()
      await stage.startBot()
      await stage.botShows(bob, thread, 'You may not ask')
      await bob.says(thread, 'and now?')
      await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
      const words = (await stage.botMessages(bob, thread)).filter(({ content }) => content.includes('You may not ask'))
      assert.equal(words.length, 1, 'once')
    })
  }
})
