import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { asked, decided, idOf, openTeam } from './approving.ts'
import { until, type Stage } from './stage.ts'

/** Names it until it is disposed of: then it takes everything again. */
type No = (stage: Stage) => Disposable

/** Locked as an operator's sqlite3 does that is left open in a transaction. */
function locked(stage: Stage): Disposable {
  const operator = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  operator.exec('pragma busy_timeout = 5000; begin immediate')
  return {
    [Symbol.dispose]() {
      operator.exec('rollback')
      operator.close()
    },
  }
}

/** Full to the last block. */
function full(stage: Stage): Disposable {
  const filler = join(stage.data, 'filler')
  const file = openSync(filler, 'w')
  const block = Buffer.alloc(4_096)
  try {
    while (statfsSync(stage.data).bavail > 0) writeSync(file, block)
  } catch (error) {
    // Somebody else took the last block.
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(file)
  }
  return { [Symbol.dispose]: () => rmSync(filler) }
}

/**
 * Marked as of a kind that programs may only read (byte 18 of SQLite's header): for whoever has it open, until they open
 * it anew. They see the mark when somebody has written and page 1 is read again.
 */
async function readOnly(stage: Stage): Promise<Disposable> {
  const path = join(stage.data, 'orchestrator.sqlite')
  const mark = (version: number): void => {
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.of(version), 0, 1, 18)
    closeSync(file)
  }
  const takesWords = (): boolean => {
    using other = new DatabaseSync(path)
    try {
      other.exec('pragma busy_timeout = 5000; begin immediate; rollback')
      return true
    } catch {
      return false
    }
  }
  await until(() => {
    using before = new DatabaseSync(path)
    before.exec("pragma busy_timeout = 5000; insert or replace into meta values ('nudge', 0)")
    if (before.prepare('pragma wal_checkpoint(truncate)').get()?.['busy'] !== 0) return false
    mark(3)
    // It has read page 1 before, so it may still write.
    before.exec("update meta set value = value + 1 where key = 'nudge'")
    return !takesWords()
  })
  return { [Symbol.dispose]: () => mark(2) }
}

/** Puts a disk of 24 MiB under a folder, where the system lets us. */
function smallDisk(folder: string): Disposable & { readonly mounted: boolean } {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch {
    return { mounted: false, [Symbol.dispose]() {} }
  }
  return { mounted: true, [Symbol.dispose]: () => void execFileSync('umount', ['-l', folder]) }
}

interface Table {
  readonly stage: Stage
  readonly olivia: Actor
  readonly bob: string
}

/** Something that comes in while the store says no; what it gives looks whether it was done, once. */
type Row = (table: Table) => Promise<{ readonly comes: () => Promise<unknown>; readonly done: () => Promise<unknown> }>

/** What people do. */
const people: Readonly<Record<string, Row>> = {
  async 'a message'({ stage, olivia }) {
    const thread = await stage.session(olivia, 'talk')
    return {
      comes: () => olivia.says(thread, '!say said meanwhile'),
      done: () => once(stage, olivia, thread, 'said meanwhile'),
    }
  },
  async 'an edit, a deletion, and a message behind them'({ stage, olivia }) {
    const thread = await stage.session(olivia, 'line')
    await olivia.says(thread, '!until line one at work')
    await stage.botShows(olivia, thread, 'one at')
    const edited = await olivia.says(thread, '!say old words')
    const deleted = await olivia.says(thread, '!say deleted words')
    await until(() => count(stage, "runs where state = 'waiting'") === 2)
    return {
      async comes() {
        await olivia.edits(edited, '!say new words')
        await olivia.deletes(deleted)
        await olivia.says(thread, '!say the last')
      },
      async done() {
        stage.opens('line')
        const all = await once(stage, olivia, thread, 'the last')
        assert.doesNotMatch(all, /old words|deleted words/)
        assert.ok(all.indexOf('one at work') < all.indexOf('new words'))
        assert.ok(all.indexOf('new words') < all.indexOf('the last'), 'in order')
      },
    }
  },
  async 'a button'({ stage, olivia }) {
    const thread = await stage.session(olivia, 'ask')
    await olivia.says(thread, '!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    return {
      comes: async () => assert.equal((await olivia.clicks(ask, 'Approve')).failed, false, 'acknowledged in time'),
      async done() {
        await decided(olivia, ask, 'Approved by @olivia')
        await once(stage, olivia, thread, 'Done: npm test')
      },
    }
  },
  async 'a choice of a list'({ stage, olivia }) {
    const thread = await stage.session(olivia, 'many')
    await olivia.says(thread, '!asks Bash touch a | Bash touch b | Bash touch c | Bash touch d')
    const list = await asked(olivia, thread, 'asks for 4 things')
    let looking: Awaited<ReturnType<Actor['chooses']>>
    return {
      comes: async () => (looking = await olivia.chooses(list, 'Look at one', ['3. touch c'])),
      async done() {
        const shown = await looking.settled()
        assert.ok(shown.ephemeral)
        assert.match(textOf(shown), /touch c/)
        await olivia.clicks(list, 'Approve these 4')
        await once(stage, olivia, thread, 'Done: touch c')
      },
    }
  },
  async 'a form'({ stage, olivia }) {
    const thread = await stage.session(olivia, 'form')
    await olivia.says(thread, '!until form hither and thither')
    const led = await stage.botShows(olivia, thread, 'hither and')
    return {
      async comes() {
        const { modal } = await olivia.clicks(led, 'Steer')
        assert.ok(modal)
        const sent = await olivia.submits(modal, { 'A word for the run at work': 'and be brief' })
        assert.equal(sent.failed, false, 'acknowledged in time')
      },
      async done() {
        await stage.botShows(olivia, thread, 'Steered: and be brief')
        stage.opens('form')
        await once(stage, olivia, thread, 'Steered: and be brief')
      },
    }
  },
  async 'a command'({ stage, olivia, bob }) {
    let set: Awaited<ReturnType<Actor['runs']>>
    return {
      async comes() {
        set = await olivia.runs('work', '/permission set', { user: bob, tier: 'guest' })
        assert.equal(set.failed, false, 'acknowledged in time')
      },
      async done() {
        assert.match(textOf(await set.settled()), /guest/)
        assert.equal(count(stage, `grants where person = '${bob}' and tier = 'guest'`), 1)
      },
    }
  },
}

/** What agents do. */
const agents: Readonly<Record<string, Row>> = {
  async "an agent's question"({ stage, olivia }) {
    const thread = await stage.session(olivia, 'wants')
    await olivia.says(thread, '!until wants !ask Bash npm publish')
    await until(() => count(stage, "run_events where type = 'acted' and json like '%npm publish%'") === 1)
    return {
      comes: async () => stage.opens('wants'),
      async done() {
        await olivia.clicks(await asked(olivia, thread, 'npm publish'), 'Approve')
        await once(stage, olivia, thread, 'Done: npm publish')
      },
    }
  },
  async 'what an agent does, calls and says, and its end'({ stage, olivia }) {
    const thread = await stage.session(olivia, 'tool')
    await olivia.says(thread, '!until tool !tool Bash ls\n!post_update half way\n!say and on')
    await until(() => count(stage, "run_events where type = 'acted' and json like '%\"ls\"%'") > 0)
    return {
      comes: async () => stage.opens('tool'),
      async done() {
        await once(stage, olivia, thread, 'and on')
        await once(stage, olivia, thread, 'half way')
      },
    }
  },
  async 'a letter, and its answer'({ stage, olivia }) {
    const from = await stage.session(olivia, 'shop')
    const to = await stage.session(olivia, 'docs')
    await olivia.says(from, '!until letter !tool Bash id\n!consult docs !reply It is blue.')
    await until(() => count(stage, "run_events where type = 'acted' and json like '%\"id\"%'") > 0)
    return {
      comes: async () => stage.opens('letter'),
      async done() {
        await once(stage, olivia, to, '✉ **shop** asks')
        await once(stage, olivia, from, '✉ **docs** answers')
        assert.equal(count(stage, 'letters'), 2)
      },
    }
  },
}

/** Waits until the bot shows it, and says that it stands there once; gives everything that stands there. */
async function once(stage: Stage, actor: Actor, place: SeenPlace, what: string): Promise<string> {
  await stage.botShows(actor, place, what)
  await until(() => count(stage, `messages where settled = 0 and place like '%${place.id}%'`) === 0)
  const all = (await stage.botMessages(actor, place)).map(textOf).join('\n')
  assert.equal(all.split(what).length - 1, 1, `${what} stands there once:\n${all}`)
  return all
}

function count(stage: Stage, rows: string): number {
  return stage.query(`select 1 from ${rows}`).length
}

const nos: Readonly<Record<string, { readonly no: No; readonly rows: typeof people; readonly says: RegExp }>> = {
  locked: { no: locked, rows: { ...people, ...agents }, says: /is locked by another program/ },
  // Agents write on the same disk: what becomes of one that cannot is another story. Interactions have one door.
  full: { no: full, rows: without(people, 'a form', 'a choice of a list'), says: /because the disk is full/ },
}

function without(rows: typeof people, ...names: readonly string[]): typeof people {
  return Object.fromEntries(Object.entries(rows).filter(([name]) => !names.includes(name)))
}

/** Many things happen at once, all for one person. */
const roomy = { OMC_MAX_ACTIVE_CLIS: '20', OMC_PER_USER_MAX_ACTIVE: '20', OMC_PER_USER_MAX_QUEUED: '20' }
const timings = { ownerToldAfterMs: 1_000, gatherAsksMs: 600_000 }

describe('a store that says no (B5) × everything that comes in', { concurrency: true }, () => {
  for (const [name, { no, rows, says }] of Object.entries(nos))
    test(`${name}: nothing is lost, nothing comes twice, and an owner is told`, async (t) => {
      await using stage = await openTeam({ timings, env: roomy })
      using disk = no === full ? smallDisk(stage.data) : null
      if (disk?.mounted === false) return t.skip('a small disk cannot be mounted here (it takes root on Linux)')
      const bot = await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'olivia') } })
      const olivia = await stage.sandbox.actor('olivia')
      const table = { stage, olivia, bob: idOf(stage, 'bob') }
      const set: Awaited<ReturnType<Row>>[] = []
      for (const row of Object.values(rows)) set.push(await row(table))
      const dm = await olivia.opensDm()
      {
        using _no = no(stage)
        // What the rows before were about may have been written to the last moment.
        const before = count(stage, 'inbox') + count(stage, 'run_events')
        for (const { comes } of set) await comes()
        const health = await until(async () => {
          const now = await bot.health()
          return /held in memory/.test(String(now['reasons'])) ? now : null
        })
        assert.equal(health['ok'], false)
        assert.match(String(health['reasons']), says)
        const told = textOf(await (await olivia.runs('general', '/health')).settled())
        assert.match(told, /held in memory/)
        assert.doesNotMatch(told, /All is well/)
        await stage.botShows(olivia, dm, says)
        assert.ok(no === full || count(stage, 'inbox') + count(stage, 'run_events') === before, 'nothing got through')
      }
      for (const { done } of set) await done()
      await until(() => count(stage, "runs where state <> 'over'") === 0)
      await until(() => count(stage, 'inbox where done_at is null') === 0)
      // A small disk is nearly full at any time.
      await until(async () => !/nothing can be kept|held in memory/.test(String((await bot.health())['reasons'])))
      assert.equal((await stage.botMessages(olivia, dm)).length, 1, 'the owner is told once')
    })

  test('read-only, until it is started anew: the owner is told, and what was said meanwhile is answered once', async () => {
    await using stage = await openTeam({ timings })
    const env = { OMC_OWNER_USER_ID: idOf(stage, 'olivia') }
    const bot = await stage.startBot({ env })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const dm = await olivia.opensDm()
    {
      using _no = await readOnly(stage)
      await olivia.says(thread, '!say said meanwhile')
      await stage.botShows(olivia, dm, /may not be written/)
      await bot.terminate()
    }
    await stage.startBot({ env })
    await once(stage, olivia, thread, 'said meanwhile')
    await until(() => count(stage, 'inbox where done_at is null') === 0)
    assert.equal(count(stage, 'runs'), 1)
  })
})

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
      const direct = await bob.opensDm()
      await stage.botShows(bob, direct, 'you may not ask')
      await bob.says(thread, 'and now?')
      await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
      const words = (await stage.botMessages(bob, direct)).filter(({ content }) => content.includes('you may not ask'))
      assert.equal(words.length, 1, 'once')
    })
  }
})
