import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type FaultAsked, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { own, shown } from './shutting.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/**
 * Every kind of no, however often it is said, to every kind of thing that is posted, edited or taken away: it is said in the end, it
 * stands there once, and nothing goes on looking as if somebody were at work. How it is said plainer, places that are
 * closed, locked or gone, and a no that lasts have stories of their own (outbox-refused, outbox-closed, outbox-notes).
 */

type No = FaultAsked & { readonly kind: 'rest.error' | 'rest.drop' | 'rest.limit' }

const noes: Readonly<Record<string, No>> = {
  'an invalid form': { kind: 'rest.error', status: 400, code: 50_035 },
  'a code that nobody knows': { kind: 'rest.error', status: 400, code: 123_456 },
  'a missing right': { kind: 'rest.error', status: 403, code: 50_013 },
  '404 without a code': { kind: 'rest.error', status: 404, code: 0 },
  'trouble of theirs': { kind: 'rest.error', status: 500, code: 0 },
  'a limit': { kind: 'rest.limit', retryAfter: 0.05 },
  'a connection that breaks before': { kind: 'rest.drop', when: 'before' },
  'a connection that breaks after': { kind: 'rest.drop', when: 'after' },
}

const timings = {
  closedAgainAfterMs: 50,
  tryAgainAfterMs: [10, 20],
  gatherAsksMs: 1,
  silentForMs: 100,
  cardEveryMs: 50,
  growEveryMs: 50,
}

/** Many things happen at once, all for one person. */
const roomy = { OMC_MAX_ACTIVE_CLIS: '20', OMC_PER_USER_MAX_ACTIVE: '20', OMC_PER_USER_MAX_QUEUED: '20' }

type Method = 'POST' | 'PATCH' | 'DELETE'

/** What a cell of the table has to do with. */
interface Cell {
  readonly stage: Stage
  readonly olivia: Actor
  readonly thread: SeenPlace
  readonly name: string
  /** Says no to what is sent to this thread, so many times. */
  readonly refuse: (method: Method) => { readonly hits: number }
}

/** So many prompts have been asked here, their runs are over, no question is open, and everything about them is said. */
async function settled({ stage, thread, name }: Cell, prompts: number): Promise<void> {
  const runs = `select state from runs where session in (select id from omc_sessions where name = '${name}' union select name from omc_sessions where name = '${name}')`
  const open = [
    `select 1 from messages where settled = 0 and place like '%${thread.id}%'`,
    `select 1 from approvals where closed = 0 and run in (${runs.replace('state', 'id')})`,
  ]
  await until(
    () => {
      const states = stage.query<{ state: string }>(runs)
      return (
        states.length === prompts &&
        states.every(({ state }) => state === 'over') &&
        open.every((sql) => stage.query(sql).length === 0)
      )
    },
    patienceMs,
    `the last word in ${name}`,
  )
}

/** The panel of a question, in whichever form Discord took it. */
function panel({ stage, olivia, thread }: Cell): Promise<SeenMessage> {
  return until(async () => {
    const messages = await stage.botMessages(olivia, thread)
    return messages.find((message) => controlsOf(message).some(({ label }) => label === 'Approve')) ?? null
  })
}

function assertOnce(cell: Cell, words: string): void {
  const all = shown(cell.stage, cell.thread)
  assert.equal(all.split(words).length - 1, 1, `stands there exactly once:\n${all}`)
  assert.doesNotMatch(all, /Working|Waiting|Starting|Asking/)
  for (const message of own(cell.stage, cell.thread)) assert.deepEqual(controlsOf(message), [], all)
}

const deeds: Readonly<Record<string, (cell: Cell) => Promise<void>>> = {
  'an approval that is posted': async (cell) => {
    const { stage, olivia, thread, name } = cell
    const fault = cell.refuse('POST')
    await olivia.says(thread, `!ask Bash rm -rf ${name}`)
    await until(() => fault.hits > 0)
    const ask = await panel(cell)
    await olivia.clicks(ask, 'Approve')
    await settled(cell, 1)
    assertOnce(cell, `Done: rm -rf ${name}`)
    assert.equal(stage.query(`select 1 from messages where place like '%${thread.id}%'`).length, 2)
  },
  'an approval that is decided': async (cell) => {
    const { olivia, thread, name } = cell
    await olivia.says(thread, `!ask Bash rm -rf ${name}`)
    const ask = await panel(cell)
    const fault = cell.refuse('PATCH')
    await olivia.clicks(ask, 'Approve')
    await settled(cell, 1)
    assertOnce(cell, `Done: rm -rf ${name}`)
    assert.ok(fault.hits > 0)
  },
  'a card of who waits': async (cell) => {
    const { stage, olivia, thread, name } = cell
    await olivia.says(thread, `!until ${name} the first of ${name}`)
    await stage.botShows(olivia, thread, 'the first of')
    const fault = cell.refuse('POST')
    await olivia.says(thread, `!say the second of ${name}`)
    await until(() => fault.hits > 0)
    stage.opens(name)
    await settled(cell, 2)
    assertOnce(cell, `the second of ${name}`)
  },
  'a card that becomes an answer': async (cell) => {
    const { stage, olivia, thread, name } = cell
    await olivia.says(thread, `!until ${name} the first of ${name}`)
    await stage.botShows(olivia, thread, 'the first of')
    await olivia.says(thread, `!say the second of ${name}`)
    await stage.botShows(olivia, thread, /Waiting/)
    const fault = cell.refuse('PATCH')
    stage.opens(name)
    await settled(cell, 2)
    assert.ok(fault.hits > 0)
    assertOnce(cell, `the second of ${name}`)
  },
}

/** These are written by the same hand, so each kind of no is tried once on each. */
const further: Readonly<Record<string, (cell: Cell) => Promise<void>>> = {
  'an answer that is posted': async (cell) => {
    const fault = cell.refuse('POST')
    await cell.olivia.says(cell.thread, `!say at once ${cell.name}`)
    await settled(cell, 1)
    assert.ok(fault.hits > 0)
    assertOnce(cell, `at once ${cell.name}`)
  },
  'an answer that grows': async (cell) => {
    const { stage, olivia, thread, name } = cell
    await olivia.says(thread, `!until ${name} it grows ${name}`)
    await stage.botShows(olivia, thread, 'it grows')
    const fault = cell.refuse('PATCH')
    stage.opens(name)
    await settled(cell, 1)
    assert.ok(fault.hits > 0)
    assertOnce(cell, `it grows ${name}`)
  },
  'a card that is taken away': async (cell) => {
    const { stage, olivia, thread, name } = cell
    await olivia.says(thread, `!until ${name} the first of ${name}\n!flood 3KB`)
    await stage.botShows(olivia, thread, 'the first of')
    await olivia.says(thread, `!until ${name}-next !tool Bash ls\n!say the second of ${name}`)
    await stage.botShows(olivia, thread, /Waiting/)
    const fault = cell.refuse('DELETE')
    // The first makes a second message, below the card of who waits: that card goes, and stands anew beneath it.
    stage.opens(name)
    await until(() => fault.hits > 0, undefined, 'the no')
    stage.opens(`${name}-next`)
    await settled(cell, 2)
    assertOnce(cell, `the second of ${name}`)
  },
  'a word that belongs to no run': async (cell) => {
    const { stage, olivia, thread, name } = cell
    const fault = cell.refuse('POST')
    await olivia.says(thread, 'run this', { files: [{ name: `${name}.exe`, content: 'MZ\0\0\0' }] })
    await until(() => shown(stage, thread).includes(`${name}.exe`))
    await settled(cell, 0)
    assert.ok(fault.hits > 0)
    assertOnce(cell, `${name}.exe`)
  },
}

/** As often as leaves a form in which it is said whole: what a content is refused for, Discord says again. */
const timesOf = (no: No): number => ('status' in no && no.status === 400 ? 2 : 7)

/** Runs all cells, a few at a time, and tells all that failed. */
async function tryAll(cells: readonly (() => Promise<void>)[], atOnce: number): Promise<void> {
  const failed: unknown[] = []
  const left = [...cells]
  const work = async (): Promise<void> => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
      await cell().catch((error: unknown) => failed.push(error))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join('\n'))
}

describe('every no × every deed', { concurrency: true }, () => {
  test('to questions and cards: said whole, once, and nobody looks at work any more', async () => {
    await using stage = await Stage.open({ timings, env: roomy })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const kinds = ['a code that nobody knows', 'a missing right', 'trouble of theirs', 'a connection that breaks after']
    const cells = Object.entries(noes).flatMap(([no, fault], row) =>
      Object.entries(kinds.includes(no) ? { ...deeds, ...further } : deeds).map(([deed, act], column) => async () => {
        const name = `cell-${row}-${column}`
        const thread = await stage.session(olivia, name)
        const path = String.raw`^/channels/${thread.id}/messages(/\d+)?$`
        const refuse = (method: Method) => stage.sandbox.faults.add({ ...fault, method, path, times: timesOf(fault) })
        await act({ stage, olivia, thread, name, refuse }).catch((cause: unknown) => {
          throw new Error(`${deed}, ${no}: ${String(cause)}`, { cause })
        })
      }),
    )
    await tryAll(cells, 5)
  })

  test('to the answers of commands: done once, and told', async () => {
    // What is acknowledged behind Discord's deadline is not worked on, and each is refused twice before it is taken.
    await using stage = await Stage.open({ timings, sandbox: { deadlines: { answer: patienceMs } } })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const cells = Object.entries(noes).flatMap(([no, fault], row) =>
      (['callback', 'webhook'] as const).map((way, column) => async () => {
        const name = `told-${row}-${column}`
        const thread = await olivia.opensThread('general', name)
        const path = way === 'callback' ? '/callback$' : '^/webhooks/'
        const standing = stage.sandbox.faults.add({ ...fault, path, times: 2 })
        const asking = olivia.runs(thread, '/session start', { name, runtime: 'echo' }).catch(() => null)
        const what = `${way}, ${no}`
        try {
          await until(() => standing.hits > 0, undefined, `${what}: the no`)
          const texts = async () => (await stage.botMessages(olivia, thread)).map(textOf)
          const told = await until(
            async () => (await texts()).some((text) => text.includes(`**${name}** · Echo`)),
            undefined,
            what,
          )
          assert.ok(told)
          assert.equal((await texts()).length, 1, what)
          assert.equal(stage.query(`select 1 from omc_sessions where name = '${name}'`).length, 1)
        } finally {
          standing.remove()
          await asking
        }
      }),
    )
    await tryAll(cells, 1)
  })
})
