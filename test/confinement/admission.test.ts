import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mount, View } from '../../src/core/confinement.ts'
import { admit, objectionTo } from '../../src/confinement/admission.ts'

const offLimits = { program: '/srv/bot/program', data: '/srv/bot/data', settings: '/srv/run/.env', home: '/home/op' }

function view(mounts: readonly Mount[], more: Partial<View> = {}): View {
  const home = { at: '/home/agent', folder: '/srv/bot/data/boxes/s/home' }
  return { mounts, cwd: mounts[0]?.source ?? home.at, home, environment: {}, egress: null, ...more }
}

test('a view that holds what is not an agent’s is refused by name', () => {
  const table: readonly (readonly [string, Mount['access'], RegExp | null])[] = [
    ['/home/op/project', 'write', null],
    ['/home/op', 'read', /operator's home/],
    ['/home', 'write', /operator's home/],
    ['/srv/bot/program', 'read', /bot's own program/],
    ['/srv/bot', 'read', /bot's own program/],
    ['/srv/bot/program/src/runtimes', 'read', null],
    ['/srv/bot/program/src/runtimes', 'write', /part of the bot's own program/],
    ['/srv/bot/program/.omc-worktrees/program/one', 'write', null],
    ['/srv/run', 'read', /bot's settings/],
    ['/srv/bot/data', 'read', /bot's data/],
    ['/srv/bot/data/worktrees/a', 'write', null],
    ['/', 'read', /bot's own program/],
  ]
  for (const [source, access, expected] of table) {
    const objection = objectionTo(view([{ source, access }]), offLimits)
    if (expected === null) assert.equal(objection, null, source)
    else assert.match(objection ?? '', expected, source)
  }
})

test('nothing is mounted from or to below what the box may write', () => {
  const project: Mount = { source: '/p', access: 'write' }
  const nested: readonly Mount[] = [
    { source: '/p/vendor', access: 'read' },
    { source: '/usr/lib/x', target: '/p/x', access: 'read' },
    { source: '/x', target: '/home/agent/x', access: 'read' },
  ]
  for (const each of nested) assert.match(objectionTo(view([project, each]), offLimits) ?? '', /cannot be seen/)
  const readOnly: Mount = { source: '/p', access: 'read' }
  assert.equal(objectionTo(view([readOnly, { source: '/p/vendor', access: 'read' }]), offLimits), null)
})

test('the working folder is in the box', () => {
  assert.match(objectionTo(view([], { cwd: '/p' }), offLimits) ?? '', /not in the box/)
})

test('a source that leads elsewhere by now, or is gone, is refused', () => {
  const project = view([{ source: '/p', access: 'write' }])
  assert.throws(() => admit(project, offLimits, (path) => (path === '/p' ? '/etc' : path)), /link to \/etc now/)
  const gone = (): never => {
    throw new Error('ENOENT')
  }
  assert.throws(() => admit(project, offLimits, gone), /does not exist/)
  admit(project, offLimits, (path) => path)
})
