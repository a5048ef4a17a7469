import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Command } from '../../src/core/command.ts'
import type { PersonId, RuntimeName } from '../../src/core/ids.ts'
import { sessions } from '../../src/features/sessions/sessions.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { hostClock, uuids } from '../../src/system/host.ts'
import { oneFolder } from '../engine/one-folder.ts'
import { Machine, scriptedRuntime } from '../engine/scripted-runtime.ts'
import { home, wellHealth } from '../locales/samples.ts'
import { quietLog, scratchFolder } from '../stores/cast.ts'
import { refused } from '../../src/core/reply.ts'
import { call, commandOf } from './call.ts'

const echo = { ...scriptedRuntime(new Machine(hostClock, () => 0)), name: 'echo' as RuntimeName, title: 'Echo' }
const claude = { ...echo, name: 'claude' as RuntimeName, title: 'Claude Code', models: async () => ['opus', 'haiku'] }

const codex = { ...echo, name: 'codex' as RuntimeName, title: 'Codex', isInstalled: () => false }

/** A store with nothing in it, and what people do about sessions there; everybody may. */
async function withSessions(work: (store: Store, commandNamed: (name: string) => Command) => Promise<void>) {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
  const allowed = { allowed: true, tier: 'owner', ground: { kind: 'owner-user' }, needs: 'owner' } as const
  const feature = sessions({
    ...store,
    gate: {
      judge: async () => allowed,
      judgeFor: async () => allowed,
      unGranted: () => allowed,
      speakerOf: async () => allowed,
      sees: async () => true,
      judgeNow: async () => allowed,
      personNow: async (person) => person,
      speakerNow: async () => allowed,
    },
    runtimes: new Map([claude, codex, echo].map((runtime) => [runtime.name, runtime])),
    workspaces: () => ({ ...oneFolder, resolve: async (typed) => ({ ok: true, value: typed ?? '/work' }) }),
    agentsHere: true,
    agentFault: async () => null,
    clock: hostClock,
    ids: uuids(hostClock),
    log: quietLog,
    checkpoint: () => {},
    home,
    ask: () => Promise.reject(new Error('nobody is asked')),
    stopRun: () => Promise.reject(new Error('nothing runs')),
    began: () => {},
    health: async () => wellHealth,
    accounts: [],
    lendsTo: () => false,
    ended: () => Promise.resolve(),
  })
  await work(store, (name) => commandOf(feature, name))
}

describe('/session start', () => {
  it('takes what was filled in, without blanks around it, and calls the agent by its title', () =>
    withSessions(async (store, commandNamed) => {
      const options = { name: ' shop ', runtime: 'claude', workdir: ' /x ', model: '  ', trust: true }
      const reply = await commandNamed('session start').run(call(options))
      assert.match(reply.text, /^\*\*shop\*\* · Claude Code\n/)
      const [session, ...more] = await store.vault.liveSessions()
      assert.deepEqual(more, [])
      const { name, runtime, workdir, model, trusted, since, owner } = session ?? assert.fail('no session')
      assert.deepEqual(
        { name, runtime, workdir, model, trusted, since, owner },
        {
          name: 'shop',
          runtime: 'claude',
          workdir: '/x',
          model: null,
          trusted: true,
          since: '1',
          owner: '2' as PersonId,
        },
      )
    }))

  it('says which option is missing, to the person alone, and starts nothing', () =>
    withSessions(async (store, commandNamed) => {
      for (const [option, options] of [
        ['name', { runtime: 'claude' }],
        ['runtime', { name: 'shop', runtime: ' ' }],
      ] as const) {
        const reply = await commandNamed('session start').run(call(options))
        assert.deepEqual(reply, refused(call(), { code: 'option-missing', option }))
      }
      assert.deepEqual(await store.vault.liveSessions(), [])
    }))

  it('offers the runtimes, completes folders and the models of the runtime that is chosen', () =>
    withSessions(async (_store, commandNamed) => {
      const start = commandNamed('session start')
      assert.deepEqual(start.options.find(({ name }) => name === 'runtime')?.choices?.(), [
        { name: 'Claude Code', value: 'claude' },
        { name: 'Echo', value: 'echo' },
        { name: { en: 'Codex (not installed)', ko: 'Codex (설치되지 않음)' }, value: 'codex' },
      ])
      assert.deepEqual(await start.complete?.(call(), 'workdir', 'wo'), ['/work'])
      assert.deepEqual(await start.complete?.(call({ runtime: 'claude' }), 'model', 'OP'), ['opus'])
      assert.deepEqual(await start.complete?.(call({ runtime: 'echo' }), 'model', 'op'), [])
      assert.deepEqual(await start.complete?.(call(), 'name', 'sh'), [])
    }))
})

describe('what needs a session', () => {
  it('says to the person alone that there is none', () =>
    withSessions(async (_store, commandNamed) => {
      const filled = { path: 'src', name: 'opus' }
      for (const name of ['session stop', 'resume', 'cd', 'model']) {
        const reply = await commandNamed(name).run(call(filled))
        assert.deepEqual(reply, refused(call(), { code: 'no-session' }), name)
      }
      const unknown = await commandNamed('attach').run(call({ session: 'other' }))
      assert.deepEqual(unknown, refused(call(), { code: 'session-unknown', name: 'other' }))
    }))
})
