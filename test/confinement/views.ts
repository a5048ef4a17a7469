import * as fc from 'fast-check'
import { leavesOf, type Circumstances } from '../../src/confinement/view.ts'
import type { WorkFolder } from '../../src/confinement/work-folder.ts'

export const data = '/srv/bot/data'
export const box = `${data}/boxes/one`
export const offLimits = { program: '/srv/bot/program', data, settings: '/srv/run/.env', home: '/home/op' }

export const plain: Circumstances = {
  box,
  folder: { kind: 'plain', cwd: '/home/op/shop' },
  access: 'write',
  reads: [{ source: '/opt/claude', access: 'read' }],
  given: { CLAUDE_CONFIG_DIR: leavesOf(box).state },
  own: { PATH: '/home/op/bin:/usr/bin', HOME: '/home/op', LANG: 'ko_KR.UTF-8', XDG_RUNTIME_DIR: '/run/user/1' },
  egress: '/srv/bot/data/egress/one',
  sockets: ['MODEL_SOCKET'],
  inPlace: false,
}

export const folders: readonly WorkFolder[] = [
  { kind: 'plain', cwd: '/home/op/shop' },
  { kind: 'part', cwd: '/home/op/shop/web', top: '/home/op/shop', store: '/home/op/shop/.git' },
  {
    kind: 'clone',
    cwd: `${data}/clones/shop/one/web`,
    top: `${data}/clones/shop/one`,
    stores: ['/home/op/shop/.git/objects'],
  },
  { kind: 'worktree', cwd: '/home/op/.omc/shop/one', top: '/home/op/.omc/shop/one', store: '/home/op/shop/.git' },
]

const name = fc.constantFrom('a', 'b', 'agent', 'shop', '.git', 'data', 'bot', 'tmp', 'home', 'op')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`)
const top = fc.oneof(
  path,
  path.map((each) => `/srv/bot${each}`),
  path.map((each) => `/home/op${each}`),
)
const folder: fc.Arbitrary<WorkFolder> = fc.oneof(
  top.map((cwd) => ({ kind: 'plain' as const, cwd })),
  fc
    .tuple(top, path)
    .map(([each, sub]) => ({ kind: 'part' as const, top: each, cwd: each + sub, store: `${each}/.git` })),
  fc
    .tuple(top, path, fc.array(top, { maxLength: 2 }))
    .map(([each, sub, stores]) => ({ kind: 'clone' as const, top: each, cwd: each + sub, stores })),
  fc.tuple(top, top).map(([each, store]) => ({ kind: 'worktree' as const, top: each, cwd: each, store })),
)

/** Whatever a view is made from. */
export function circumstances(inPlace: boolean): fc.Arbitrary<Circumstances> {
  return fc.record({
    box: fc.constant(box),
    folder,
    access: fc.constantFrom('read', 'write'),
    reads: fc.array(top, { maxLength: 4 }).map((all) => all.map((source) => ({ source, access: 'read' as const }))),
    given: fc.constant({}),
    own: fc.constant(plain.own),
    egress: fc.constantFrom(null, `${data}/egress/one`),
    sockets: fc.constant([]),
    inPlace: fc.constant(inPlace),
  })
}
