import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Person } from '../../src/core/person.ts'
import { EngineDesk } from '../../src/engine/desk.ts'
import { Dispatcher } from '../../src/engine/dispatcher.ts'
import { EventBus } from '../../src/engine/bus.ts'
import { EngineGate } from '../../src/engine/gate.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { hostClock, uuids } from '../../src/system/host.ts'
import { rights } from '../features/product.ts'
import { everybody } from './life.ts'
import { person, prompt, promptKey, quietLog, runId, scratchFolder, session, thread } from '../stores/cast.ts'

/**
 * No gate: what asks nothing of anybody, and what only the bot itself calls. Approvals have their own desk behind this
 * one; their gate is shown over the wire, and so is that of an edited message (e2e/gate, e2e/channels-edits).
 */
const withoutPerson = new Set(['constructor', 'withdraw', 'reword', 'approval', 'approvals', 'answer', 'answerAll'])

/** Something for every option that any method of the desk takes. */
function wishOf(about: Person) {
  const key = promptKey('900')
  const place = thread('200')
  const words = { name: 'new', runtime: 'echo', workdir: null, model: null, text: 'go on', message: null }
  return { ...words, key, place, speaker: about, about, tier: 'owner', scope: 'global', action: 'prompt', where: place }
}

/** Refused in whatever form the method says no. */
function isNo(answer: unknown): boolean {
  if (Array.isArray(answer)) return answer.length === 0
  const said = answer as { ok?: boolean; kind?: string; allowed?: boolean; refusal?: { code: string } }
  const no = said.ok === false || said.kind === 'refused' || said.allowed === false
  return no && said.refusal?.code === 'not-allowed'
}

suite('every method of the desk asks the gate', () => {
  const methods = Object.getOwnPropertyNames(EngineDesk.prototype).filter((name) => !withoutPerson.has(name))

  for (const tier of ['public', 'blocked'] as const) {
    for (const name of methods) {
      test(`${name}, for somebody who is ${tier}`, async () => {
        await using folder = await scratchFolder()
        await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
        const here = session('one')
        const eve = person('eve')
        await store.vault.addSession(here)
        await store.journal.ask(runId('r1'), prompt('501', here), 1, () => null)
        await store.vault.grants.set({ person: eve.id, scope: { kind: 'global' }, tier, by: eve.id, at: 1 })
        const entries = (await store.journal.read(runId('r1'))).length
        const desk = deskOn(store)
        const method = (desk as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>)[name]
        assert.ok(method !== undefined)
        const wish = wishOf(eve)
        const given: Readonly<Record<string, readonly unknown[]>> = {
          ask: [wish],
          judge: [eve, 'prompt', wish.place],
          stopRun: [eve, wish.place, runId('r1')],
          promote: [eve, wish.place, runId('r1')],
          suggestFolders: [eve, wish.place, ''],
        }
        if (tier === 'public' && name === 'health') return
        const answer = await method.apply(desk, [...(given[name] ?? [eve, wish.place, wish])])
        assert.ok(isNo(answer), JSON.stringify(answer))
        assert.equal((await store.journal.open()).length, 1)
        assert.equal((await store.journal.read(runId('r1'))).length, entries)
        assert.equal((await store.vault.grants.all()).length, 1)
        assert.equal((await store.vault.liveSessions()).length, 1)
      })
    }
  }
})

suite('who speaks to a session from a place that is attached to it', () => {
  const home = session('one')
  const attached = { ...prompt('501', home), place: thread('300', '111') }
  for (const [there, at, counts] of [
    ['owner', 'guest', 'guest'],
    ['guest', 'owner', 'guest'],
    ['member', 'public', 'public'],
    ['member', 'member', 'member'],
  ] as const)
    test(`${there} there and ${at} where it is at home: ${counts}`, async () => {
      await using folder = await scratchFolder()
      await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
      const { id } = attached.speaker
      const grants = [
        [attached.place.id, there],
        [home.place.id, at],
      ] as const
      for (const [place, tier] of grants)
        await store.vault.grants.set({ person: id, scope: { kind: 'thread', id: place }, tier, by: id, at: 1 })
      for (const verdict of [
        await gateOn(store).speakerOf(attached, home),
        await gateOn(store).speakerNow(attached, home),
      ])
        assert.deepEqual([verdict.tier, verdict.allowed], [counts, counts !== 'public'])
    })
})

function notAskedFor(): never {
  throw new Error('not asked for')
}

function gateOn({ vault }: Pick<Store, 'vault'>): EngineGate {
  return new EngineGate({
    vault,
    people: () => everybody,
    rights: () => rights,
    log: quietLog,
    owners: { role: null, user: null },
    channelOwnerOnly: false,
  })
}

function deskOn(store: Pick<Store, 'journal' | 'wake' | 'vault' | 'attachments' | 'transcripts'>): EngineDesk {
  const { signal } = new AbortController()
  const gate = gateOn(store)
  const tools = {
    ...store,
    gate,
    bus: new EventBus({ ...store, clock: hostClock, log: quietLog, signal }),
    clock: hostClock,
    ids: uuids(hostClock),
    log: quietLog,
    checkpoint: () => {},
    caps: { active: 0, waiting: 5, personActive: 1, personWaiting: 5 },
    runtimes: new Map(),
    signal,
  }
  return new EngineDesk({
    ...tools,
    dispatcher: new Dispatcher(tools),
    refusals: { refused: async () => [] },
    approvals: notAskedFor,
  })
}
