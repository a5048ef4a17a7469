import { textOf } from 'loopback-discord'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Actor, OptionValues, SeenPlace } from 'loopback-discord'
import { product } from '../features/product.ts'
import { Stage, until } from './stage.ts'

/** Every command once by somebody who may and once by somebody who may not, in both languages (SPEC section 4). */

const world = {
  guild: {
    name: 'Team',
    channels: ['general'],
    roles: [{ name: 'owner' }],
    people: [
      { name: 'olivia', roles: ['owner'], owner: true },
      { name: 'minji', roles: ['owner'], locale: 'ko' },
      { name: 'bob' },
      { name: 'jun', locale: 'ko' },
    ],
  },
}

interface Room {
  readonly stage: Stage
  readonly who: Actor
  readonly other: Actor
  readonly thread: SeenPlace
}

/** What each is used with, in the order in which they can be; a command that is not here fails the test. */
const uses: readonly (readonly [string, (room: Room) => OptionValues])[] = [
  ['session start', () => ({ name: 'shop', runtime: 'echo' })],
  ['session list', () => ({})],
  ['model', () => ({ name: 'default' })],
  ['cd', () => ({ path: 'lib' })],
  ['skill', () => ({ name: 'greet' })],
  ['steer', () => ({ text: '!until never a long answer for everybody' })],
  ['wait', () => ({})],
  ['cancel', () => ({})],
  ['resume', () => ({})],
  ['diff', () => ({})],
  ['session export', () => ({})],
  ['board', () => ({})],
  ['verbosity', () => ({ level: 'normal' })],
  ['permission set', ({ other }) => ({ user: other.id, tier: 'public', scope: 'here' })],
  ['permission show', ({ other }) => ({ user: other.id })],
  ['permission list', () => ({})],
  ['why', () => ({ action: 'prompt' })],
  ['usage', () => ({})],
  ['forecast', () => ({})],
  ['budget set', () => ({ limit: '900k tokens', each: 'month' })],
  ['budget show', () => ({})],
  ['budget remove', () => ({ budget: 'B1' })],
  ['account list', () => ({})],
  ['account use', () => ({ account: 'default' })],
  ['account rest', () => ({ account: 'codex:default', for: '1h' })],
  ['account unrest', () => ({ account: 'codex:default' })],
  ['identity link', () => ({})],
  ['identity show', () => ({})],
  ['identity unlink', () => ({})],
  ['show-trace', () => ({ chain: 'NONE' })],
  ['scratchpad', () => ({})],
  ['task assign', () => ({ thread: 'other', title: 'Tidy up' })],
  ['task status', (room) => ({ task: taskIn(room) })],
  ['task list', () => ({ everywhere: true })],
  ['task reject', () => ({ task: 'NONE' })],
  ['task accept', (room) => ({ task: taskIn(room) })],
  ['task done', (room) => ({ task: taskIn(room) })],
  ['task cancel', () => ({ task: 'NONE' })],
  ['broadcast', () => ({ text: '!say good evening' })],
  ['panic', () => ({ lift: true })],
  ['page', () => ({})],
  ['audit export', () => ({ days: '1' })],
  ['workers', () => ({})],
  ['worker drain', () => ({ worker: 'w1' })],
  ['worker resume', () => ({ worker: 'w1' })],
  ['worker drop', () => ({ worker: 'w1' })],
  ['health', () => ({})],
  ['help', () => ({})],
  ['attach', () => ({ session: 'other' })],
  ['session stop', () => ({})],
]

function taskIn({ stage }: Room): string {
  return stage.query<{ id: string }>('select id from omc_chains')[0]?.id ?? ''
}
const english = /^[^가-힣]*$/
const forEverybody = new Set(['health', 'help', 'why', 'identity show', 'identity unlink'])

describe('every command', { concurrency: true }, () => {
  for (const [owner, stranger, reads] of [
    ['olivia', 'bob', english],
    ['minji', 'jun', /[가-힣]/],
  ] as const) {
    test(`every command, allowed and refused, as ${owner} and ${stranger} read it`, async (t) => {
      assert.deepEqual(product.commands.map(({ path }) => path.join(' ')).sort(), uses.map(([name]) => name).sort())
      await using stage = await Stage.open({ sandbox: { world } })
      for (const folder of ['lib', 'skills']) mkdirSync(join(stage.project, folder))
      writeFileSync(join(stage.project, 'lib', 'a.txt'), 'a\n')
      writeFileSync(join(stage.project, 'skills', 'greet.md'), '!say good day')
      const git = (...args: string[]): Buffer =>
        execFileSync('git', args, { cwd: stage.project, env: person(stage.home) })
      git('init', '-q')
      git('add', '-A')
      git('commit', '-qm', 'begun')
      await stage.startBot()
      const who = await stage.sandbox.actor(owner)
      const other = await stage.sandbox.actor(stranger)
      await stage.session(who, 'other')
      const thread = await who.opensThread('general', 'shop')
      for (const [name, options] of uses) {
        await t.test(`/${name}`, async () => {
          const room = { stage, who, other, thread }
          // Attached is what has no session of its own.
          const where = name === 'attach' ? await who.opensThread('general', 'beside') : thread
          const values = name === 'session start' ? { ...options(room), workdir: stage.project } : options(room)
          if (!forEverybody.has(name)) {
            const refused = await (await other.runs(where, `/${name}`, values)).settled()
            assert.ok(refused.ephemeral, refused.content)
            assert.match(refused.content, reads)
            assert.match(refused.content, /permission set/, 'it says what would help')
          }
          const outcome = await who.runs(where, `/${name}`, values)
          if (name === 'identity link') {
            assert.ok(outcome.modal !== null, 'a form')
            return assert.match(JSON.stringify(outcome.modal), reads === english ? /How you commit/ : reads)
          }
          const told = await outcome.settled()
          assert.match(textOf(told), reads, 'in their language')
          assert.notEqual(textOf(told), '')
          // A refusal is always for one person alone.
          const { hidden, sharedBy = '' } = product.commands.find(({ path }) => path.join(' ') === name) ?? {}
          const isShared = new Map(Object.entries(values)).get(sharedBy) === true
          assert.equal(told.ephemeral, hidden === true && !isShared, told.content)
          assert.doesNotMatch(textOf(told), /failed on my side|제 쪽에서 문제가/)
          if (name === 'skill') await stage.botShows(who, thread, 'good day')
          // `/cd` and what comes behind it find nothing at work; `/wait` and `/cancel` find the long answer.
          if (name !== 'steer')
            await until(
              () => stage.query("select 1 from runs where state <> 'over'").length === (name === 'wait' ? 1 : 0),
            )
          else await stage.botShows(who, thread, 'a long')
        })
      }
    })
  }
})

function person(home: string): NodeJS.ProcessEnv {
  const name = { GIT_AUTHOR_NAME: 'o', GIT_AUTHOR_EMAIL: 'o@example.org' }
  return {
    PATH: process.env['PATH'],
    HOME: home,
    ...name,
    GIT_COMMITTER_NAME: 'o',
    GIT_COMMITTER_EMAIL: 'o@example.org',
  }
}
