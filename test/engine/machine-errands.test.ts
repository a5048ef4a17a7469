import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ErrandHandler, Errands } from '../../src/core/errand.ts'
import { noErrands } from '../../src/core/errand.ts'
import type { WorkerId } from '../../src/core/ids.ts'
import { answerBot, type MachineErrandTools } from '../../src/engine/machine-errands.ts'
import type { Freeze } from '../../src/core/freeze.ts'
import type { Prompt } from '../../src/core/prompt.ts'
import type { Runtime } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import { skillsIn } from '../../src/workspaces/skills.ts'
import { Ground } from '../workspaces/repositories.ts'

/** What a machine answers to errands that somebody else than the bot has left: they have the database's password, too. */
function handlersOf(ground: Ground, more: Partial<MachineErrandTools> = {}): Readonly<Record<string, ErrandHandler>> {
  let handlers: Readonly<Record<string, ErrandHandler>> = {}
  const errands: Errands = {
    ...noErrands,
    serve(_as, given) {
      handlers = given
      return { [Symbol.dispose]: () => {} }
    },
  }
  const skills = skillsIn({ operator: join(ground.base, 'skills'), roots: [ground.at()] })
  const { workspaces } = ground
  const tools: Partial<MachineErrandTools> = { errands, workspaces, skills, ...more }
  // What else there is, is not asked for here.
  answerBot('w1' as WorkerId, tools as MachineErrandTools)
  return handlers
}

test('an errand reaches nothing beyond the roots that the machine’s own operator has named', async () => {
  await using ground = await Ground.open()
  const { workspace, skills } = handlersOf(ground)
  assert.ok(workspace !== undefined && skills !== undefined)
  const shop = await ground.repository('shop', { 'README.md': '# Shop\n', 'skills/tidy.md': 'Tidy up.\n' })
  const home = join(ground.base, 'home')
  await mkdir(join(home, 'skills'))
  await writeFile(join(home, 'secret.txt'), 'the-words-at-home')
  await writeFile(join(home, 'skills', 'mine.md'), 'the-words-at-home')
  const session = ground.session('one', await ground.opens(shop, 'one'))
  const at = (workdir: string): typeof session => ({ ...session, workdir, worktree: null })
  const read = (where: typeof session, path: string): Promise<unknown> =>
    workspace({ method: 'readFile', given: [where, path, 1_000] })

  const kept = await read(session, 'README.md')
  assert.deepEqual(kept, { base64: Buffer.from('# Shop\n').toString('base64') }, 'the control')
  assert.deepEqual(await skills({ method: 'list', given: [at(shop), ''] }), ['tidy'], 'the control')
  const beyond = /is not under a root of this machine/
  for (const folder of [home, join(ground.at(), '..', 'home'), '/']) {
    await assert.rejects(read(at(folder), join(home, 'secret.txt')), beyond)
    await assert.rejects(skills({ method: 'read', given: [at(folder), 'mine'] }), beyond)
    const reads = { ...session.worktree, borrows: [folder] }
    await assert.rejects(workspace({ method: 'takeBack', given: [reads] }), beyond, 'objects')
    for (const method of ['diff', 'move', 'close', 'takeBack', 'renew', 'open', 'runs'] as const) {
      const worktree = { ...session.worktree, folder }
      const given = {
        diff: [{ ...session, worktree }],
        move: [at(folder), '.', []],
        close: [worktree],
        takeBack: [worktree],
        renew: [worktree],
        open: [{ name: 'x', folder, worktree: true }, []],
        runs: [folder, 'sh skills/mine.md', null],
      }[method]
      await assert.rejects(workspace({ method, given }), beyond, method)
    }
  }
})

test('worktrees are made and taken away one after the other, in their order; who only looks does not wait (H20)', async () => {
  await using ground = await Ground.open()
  const doors = ['open', 'close', 'move'].map(() => Promise.withResolvers<void>())
  const begun: string[] = []
  const waits = async (what: string): Promise<never> => {
    const door = doors[begun.length]
    begun.push(what)
    await door?.promise
    return what as never
  }
  const waiting = { open: () => waits('open'), close: () => waits('close'), move: () => waits('move') }
  const { workspace } = handlersOf(ground, { workspaces: { ...ground.workspaces, ...waiting } })
  assert.ok(workspace !== undefined)
  const all = ['open', 'close', 'move'].map((method) => workspace({ method, given: [] }))
  for (const [nth, door] of doors.entries()) {
    await nextTurn()
    assert.equal(await workspace({ method: 'isTrusted', given: [ground.at()] }), false)
    assert.deepEqual(begun, ['open', 'close', 'move'].slice(0, nth + 1))
    door.resolve()
    await all[nth]
  }
  assert.deepEqual(await Promise.all(all), ['open', 'close', 'move'])
})

test('a process is started before anybody asks by the machine’s own rules: its sessions, its roots, its memory, no standstill', async () => {
  await using ground = await Ground.open()
  const shop = await ground.repository('shop', { 'README.md': '# Shop\n' })
  const own: Session = { ...ground.session('one', await ground.opens(shop, 'one')), worker: 'w1' as WorkerId }
  const prepared: string[] = []
  const asks = async (session: Session, freeMemory = 2 ** 31, freeze: Freeze | null = null): Promise<number> => {
    const runtime = {
      name: session.runtime,
      processes: () => [],
      prepare: async ({ prompt }) => void prepared.push(prompt.tier),
    } satisfies Partial<Runtime>
    const vault = {
      session: async () => session,
      freezes: { now: async () => freeze },
      budgets: { all: async () => [] },
    }
    const { prepare } = handlersOf(ground, {
      runtimes: [runtime as never],
      vault: vault as never,
      signature: async () => null as never,
      freeMemory: () => freeMemory,
    })
    const before = prepared.length
    const asked = { session: session.id, speaker: { id: '1', name: 'ann' }, tier: 'guest' } as unknown as Prompt
    await prepare?.(asked)
    return prepared.length - before
  }
  assert.equal(await asks(own), 1)
  assert.deepEqual(prepared, ['guest'], 'for whoever is likely to ask')
  assert.equal(await asks({ ...own, worker: 'w2' as WorkerId }), 0)
  assert.equal(await asks({ ...own, endedAt: 1 }), 0)
  assert.equal(await asks({ ...own, workdir: join(ground.base, 'home'), worktree: null }), 0)
  assert.equal(await asks(own, 2 ** 29), 0)
  assert.equal(await asks(own, 2 ** 31, { by: 'ann', at: 1 }), 0)
})
