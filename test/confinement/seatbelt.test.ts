import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { objectionTo } from '../../src/confinement/admission.ts'
import { confinement, type ConfinementOptions } from '../../src/confinement/confinement.ts'
import { seatbelt } from '../../src/confinement/seatbelt.ts'
import { seatbeltProfile } from '../../src/confinement/seatbelt-profile.ts'
import { leavesOf, viewOf } from '../../src/confinement/view.ts'
import type { Confinement, View } from '../../src/core/confinement.ts'
import { holds, standInFor } from './sandbox-exec.ts'
import { ProfileModel, type Wish } from './seatbelt-language.ts'
import { box, circumstances, data, folders, offLimits, plain } from './views.ts'

const socket = `${plain.egress}/egress.sock`
const writes = [
  'file-write-create',
  'file-write-data',
  'file-write-flags',
  'file-write-setugid',
  'file-write-unlink',
  'file-link',
]

function modelOf(view: View): ProfileModel {
  const { text, paths } = seatbeltProfile(view, view.egress === null ? null : socket)
  return new ProfileModel(text, paths)
}

function reads(model: ProfileModel, path: string): boolean {
  return model.allows({ operation: 'file-read-data', path })
}

function maySomehowWrite(model: ProfileModel, path: string): boolean {
  return writes.some((operation) => model.allows({ operation, path }))
}

describe('the profile of a view', () => {
  test('the model of the language: the last rule that matches counts, and what is unknown is an error', () => {
    const text = `(version 1) ; first\n(deny default)\n(allow file-read* (subpath "/a") (literal (param "P0")))(deny file-read-data (literal "/a/\\"b"))`
    const model = new ProfileModel(text, { P0: '/c' })
    const table: readonly (readonly [Wish, boolean])[] = [
      [{ operation: 'file-read-data', path: '/a/b' }, true],
      [{ operation: 'file-read-data', path: '/ab' }, false],
      [{ operation: 'file-read-data', path: '/a/"b' }, false],
      [{ operation: 'file-read-metadata', path: '/a/"b' }, true],
      [{ operation: 'file-read-data', path: '/c' }, true],
      [{ operation: 'file-read-data', path: '/c/d' }, false],
      [{ operation: 'file-write-data', path: '/a/b' }, false],
      [{ operation: 'network-outbound', name: 'localhost:80' }, false],
    ]
    for (const [wish, expected] of table) assert.equal(model.allows(wish), expected, JSON.stringify(wish))
    const broken = ['(version 1)(allow', '(version 1))', '(allow default)', '(version 1)(import "system.sb")']
    for (const each of broken) assert.throws(() => new ProfileModel(each, {}), each)
    assert.throws(() => new ProfileModel('(version 1)(allow file* (regex "x"))', {}).allows({ operation: 'file-link' }))
  })

  test('has one refusal, of everything, and permissions for something named each', () => {
    const { rules } = modelOf(viewOf({ ...plain, inPlace: true }))
    assert.deepEqual(
      rules.filter(({ verdict }) => verdict === 'deny').map(({ operations, filters }) => [operations, filters]),
      [[['default'], []]],
    )
    assert.equal(rules[0]?.verdict, 'deny')
    const unnamed = rules.slice(1).filter(({ filters }) => filters.length === 0)
    assert.deepEqual(
      unnamed.map(({ operations }) => operations),
      [['process-fork']],
    )
  })

  test('by tier and kind of folder: what may be written, what may be read', () => {
    const shop = '/home/op/shop'
    const clone = `${data}/clones/shop/one`
    const table: readonly (readonly [
      string,
      'read' | 'write',
      readonly string[],
      readonly string[],
      readonly string[],
    ])[] = [
      ['plain', 'write', [`${shop}/a`], [], ['/home/op', '/home/op/other/a', '/home/op/shopping']],
      ['plain', 'read', [], [`${shop}/a`], ['/home/op/.ssh/id']],
      ['part', 'write', [`${shop}/web/a`, `${shop}/.git/config`], [`${shop}/a`], ['/home/op/a']],
      ['part', 'read', [], [`${shop}/web/a`, `${shop}/.git/config`, `${shop}/a`], ['/home/op/a']],
      ['clone', 'write', [`${clone}/a`], [`${shop}/.git/objects/a`], [`${shop}/.git/config`, `${shop}/a`]],
      ['clone', 'read', [], [`${clone}/a`, `${shop}/.git/objects/a`], [`${data}/clones/shop/two/a`]],
      ['worktree', 'write', ['/home/op/.omc/shop/one/a', `${shop}/.git/HEAD`], [], [`${shop}/a`]],
    ]
    for (const [kind, access, written, read, closed] of table) {
      const folder = folders.find((each) => each.kind === kind)
      assert.ok(folder !== undefined)
      const model = modelOf(viewOf({ ...plain, folder, access, inPlace: true }))
      const said = `${kind} ${access} `
      for (const path of written) assert.ok(reads(model, path) && maySomehowWrite(model, path), said + path)
      for (const path of read) assert.ok(reads(model, path) && !maySomehowWrite(model, path), said + path)
      for (const path of closed) assert.ok(!reads(model, path) && !maySomehowWrite(model, path), said + path)
    }
  })

  test('nothing of the system that is somebody’s, starts something, or leads out', () => {
    const model = modelOf(viewOf({ ...plain, inPlace: true }))
    for (const path of ['/usr/bin/git', '/System/Library/dyld/x', '/opt/homebrew/bin/node', '/'])
      assert.ok(reads(model, path), path)
    assert.ok(model.allows({ operation: 'process-exec', path: '/usr/bin/git' }))
    assert.ok(model.allows({ operation: 'process-exec', path: '/home/op/shop/run.sh' }))
    const closed = [
      '/Users/op/Library/Keychains/login.keychain-db',
      '/private/etc/master.passwd',
      '/private/etc/hosts',
      '/private/tmp/x',
      '/private/var/folders/x',
      '/private/var/run/docker.sock',
      '/dev/ttys000',
      '/dev/tty',
      '/opt/homebrew/var/postgres/x',
      '/opt/homebrew/etc/x',
      '/usr/local/var/x',
      '/usr/local/etc/x',
      '/Applications/x',
      '/Library/Preferences/x',
      `${data}/bot.sqlite`,
      `${data}/boxes/two/home/x`,
      `${data}/egress/two/egress.sock`,
      '/srv/run/.env',
    ]
    for (const path of closed) {
      assert.ok(!reads(model, path), path)
      for (const operation of ['file-write-data', 'network-outbound', 'process-exec', 'file-ioctl'])
        assert.ok(!model.allows({ operation, path }), `${operation} ${path}`)
    }
    const refused: readonly Wish[] = [
      { operation: 'network-outbound', name: 'localhost:3128' },
      { operation: 'network-bind', name: '*:*' },
      { operation: 'system-socket', name: 'AF_INET' },
      { operation: 'signal', name: 'others' },
      { operation: 'process-info-pidinfo', name: 'others' },
      { operation: 'sysctl-read', name: 'kern.procargs2' },
      { operation: 'sysctl-write', name: 'kern.hostname' },
      { operation: 'mach-lookup', name: 'com.apple.SecurityServer' },
      { operation: 'mach-lookup', name: 'com.apple.coreservices.launchservicesd' },
      { operation: 'mach-lookup', name: 'com.apple.trustd.agent' },
      { operation: 'mach-register', name: 'x' },
      { operation: 'ipc-posix-shm-write-data', name: 'x' },
      { operation: 'file-mount', path: '/home/op/shop' },
      { operation: 'file-link', path: '/home/op/shop/a' },
      { operation: 'file-write-setugid', path: '/home/op/shop/a' },
      { operation: 'file-write-flags', path: '/home/op/shop/a' },
      { operation: 'iokit-open', name: 'x' },
      { operation: 'lsopen' },
      { operation: 'appleevent-send', name: 'com.apple.finder' },
      { operation: 'job-creation', name: 'x' },
    ]
    for (const wish of refused) assert.ok(!model.allows(wish), JSON.stringify(wish))
    assert.ok(model.allows({ operation: 'signal', name: 'same-sandbox' }))
    assert.ok(model.allows({ operation: 'network-outbound', path: socket }))
    assert.ok(
      !modelOf({ ...viewOf({ ...plain, inPlace: true }), egress: null }).allows({
        operation: 'network-outbound',
        path: socket,
      }),
    )
  })

  test('whatever the circumstances: what no mount lets write is not written, what none shows is not read', () => {
    const known = ['.env', 'bot/a', 'bot/program/src/main.ts'].map((name) => `/srv/${name}`)
    const there = '/home/op /home/op/.ssh/id /home/op/shop /home/op/a/b /a/b /tmp /shop/.git/a /op'.split(' ')
    const of = ['bot.sqlite', 'boxes/two'].map((name) => `${data}/${name}`)
    const asked = fc.constantFrom(data, box, ...known, ...there, ...of, ...Object.values(leavesOf(box)))
    let shown = 0
    fc.assert(
      fc.property(circumstances(true), fc.array(asked, { minLength: 1 }), (each, paths) => {
        const view = viewOf(each)
        if (objectionTo(view, offLimits) !== null) return
        shown++
        const model = modelOf(view)
        const mounts = [...view.mounts, { source: view.home.folder, access: 'write' as const }]
        for (const path of paths.flatMap((one) => [one, `${one}/below`, `${one}-beside`])) {
          const over = mounts.filter(({ source }) => path === source || path.startsWith(`${source}/`))
          assert.equal(reads(model, path), over.length > 0, path)
          assert.equal(
            maySomehowWrite(model, path),
            over.some(({ access }) => access === 'write'),
            path,
          )
        }
      }),
      { numRuns: 2000 },
    )
    assert.ok(shown > 100, `only ${shown} were let through: the property says nothing`)
  })

  test('a path is never a part of the text, whatever is in it', () => {
    const odd = [
      '/home/op/a"b) (allow default',
      '/home/op/a\\',
      '/home/op/\\"',
      '/home/op/a\n(allow file-read*)\n;',
      '/home/op/a\tb;c',
      '/home/op/가',
      '/home/op/가'.normalize('NFD'),
      '/home/op/(param "P0")',
      '/home/op/${x}$(x)`x`',
    ]
    const textOf = (cwd: string): string =>
      seatbeltProfile(viewOf({ ...plain, folder: { kind: 'plain', cwd }, inPlace: true }), socket).text
    for (const cwd of odd) {
      assert.equal(textOf(cwd), textOf('/home/op/shop'), cwd)
      const model = modelOf(viewOf({ ...plain, folder: { kind: 'plain', cwd }, inPlace: true }))
      assert.ok(maySomehowWrite(model, `${cwd}/x`), cwd)
      assert.ok(!reads(model, '/home/op/.ssh/id') && !reads(model, '/home/op/shop/x'), cwd)
    }
    // By the kernel they are two, so by the profile, too.
    const [composed, taken] = ['/home/op/가', '/home/op/가'.normalize('NFD')]
    const model = modelOf(viewOf({ ...plain, folder: { kind: 'plain', cwd: composed }, inPlace: true }))
    assert.deepEqual([reads(model, `${composed}/x`), reads(model, `${taken}/x`)], [true, false])
  })
})

describe('sandbox-exec, by one that stands in for it', () => {
  let folder: string
  let options: ConfinementOptions

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'seatbelt-')))
    for (const name of ['bin', 'data', 'data/home', 'project', 'program', 'op', 'egress']) mkdirSync(join(folder, name))
    options = {
      wanted: 'required',
      path: join(folder, 'bin'),
      platform: 'darwin',
      uid: 501,
      folder: join(folder, 'data', 'own'),
      offLimits: {
        program: join(folder, 'program'),
        data: join(folder, 'data'),
        settings: join(folder, '.env'),
        home: join(folder, 'op'),
      },
      limits: { memory: 1, processes: 1 },
    }
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function standIn(then: string): void {
    standInFor(folder, then)
  }

  function reasonOf(box: Confinement): string {
    const level = box.level()
    return level.boxed ? '' : level.reason
  }

  function view(more: Partial<View> = {}): View {
    const home = join(folder, 'data', 'home')
    return {
      mounts: [{ source: join(folder, 'project'), access: 'write' }],
      cwd: join(folder, 'project'),
      home: { at: home, folder: home },
      environment: { WORD: 'planted' },
      egress: join(folder, 'egress'),
      ...more,
    }
  }

  test('a box that holds is one in place, and its command line says all of it', () => {
    standIn(holds)
    const box = confinement(options)
    assert.deepEqual(box.level(), { boxed: true, inPlace: true })
    const { file, args, cwd, env } = box.wrap(
      { file: 'tool', args: ['-x', 'a b'], cwd: '/', env: { SECRET: 'x' } },
      view(),
    )
    assert.equal(file, join(folder, 'bin', 'sandbox-exec'))
    assert.deepEqual([cwd, env], [join(folder, 'project'), { WORD: 'planted', HOME: join(folder, 'data', 'home') }])
    standIn('pwd; echo "$1 $2 $3 $WORD $HOME"')
    const { stdout } = spawnSync(file, args, { cwd, env, encoding: 'utf8' })
    assert.equal(stdout, `${join(folder, 'project')}\ntool -x a b planted ${join(folder, 'data', 'home')}\n`)
    const argv = readFileSync(join(folder, 'argv'), 'utf8').split('\0').slice(0, -1)
    const [flag, text = '', ...rest] = argv
    assert.equal(flag, '-p')
    assert.deepEqual(rest.slice(rest.indexOf('--')), ['--', 'tool', '-x', 'a b'])
    const named = rest.slice(0, rest.indexOf('--')).map((each) => /^-D(P\d+)=([^]*)$/.exec(each) ?? [])
    const model = new ProfileModel(text, Object.fromEntries(named.map(([, name = '', path = '']) => [name, path])))
    assert.ok(maySomehowWrite(model, join(folder, 'project', 'x')))
    assert.ok(model.allows({ operation: 'network-outbound', path: join(folder, 'egress', 'egress.sock') }))
    assert.ok(!reads(model, join(folder, 'op', 'secret')) && !reads(model, join(folder, 'data', 'bot.sqlite')))
    assert.ok(!args.join(' ').includes('planted'))
  })

  test('what only a mount could show is refused; what is named by a link is not', () => {
    standIn(holds)
    const box = confinement(options)
    const bare = { file: 'tool', args: [], cwd: '/', env: {} }
    const rules = { source: join(folder, 'egress'), target: join(folder, 'rules'), access: 'read' } as const
    const with_ = (more: Partial<View>): View => view(more)
    assert.throws(() => box.wrap(bare, with_({ mounts: [...view().mounts, rules] })), /nothing can be put at .*rules/)
    const apart = { at: '/home/agent', folder: join(folder, 'data', 'home') }
    assert.throws(() => box.wrap(bare, with_({ home: apart })), /nothing can be put at \/home\/agent/)
    symlinkSync(join(folder, 'egress'), join(folder, 'rules'))
    const { args } = box.wrap(bare, with_({ mounts: [...view().mounts, rules] }))
    assert.ok(args.some((each) => each.endsWith(`=${join(folder, 'rules')}`)))
  })

  test('a folder in another spelling than the disk’s is judged by the disk’s', () => {
    const home = join(folder, 'data', 'home')
    const box = seatbelt({
      program: '/usr/bin/sandbox-exec',
      offLimits: options.offLimits,
      // As if the disk told no case apart.
      onDisk: (path) => (path.endsWith('/OP') ? join(folder, 'op') : path),
    })
    mkdirSync(join(folder, 'OP'))
    const shouting = { mounts: [{ source: join(folder, 'OP'), access: 'write' as const }], cwd: join(folder, 'OP') }
    const bare = { file: 'tool', args: [], cwd: '/', env: {} }
    assert.throws(() => box.wrap(bare, view({ ...shouting, home: { at: home, folder: home } })), /operator's home/)
  })

  test('none where it is missing, refuses, gives no answer, or holds nothing; nor unasked', () => {
    assert.match(reasonOf(confinement(options)), /sandbox-exec was not found/)
    standIn('echo "sandbox_apply: Operation not permitted" >&2; exit 71')
    assert.match(
      reasonOf(confinement(options)),
      /could not make a box that works: sandbox_apply: Operation not permitted/,
    )
    standIn('exit 0')
    assert.match(reasonOf(confinement(options)), /could not make a box that works/)
    standIn('exec "$@"')
    const everything = 'reading, listing, writing, linking, signalling, processes, network'
    assert.ok(reasonOf(confinement(options)).includes(everything), reasonOf(confinement(options)))
    // One that keeps what is not shown, and lets what is only to be read be written through another name.
    standIn('apart=$5; mv "$apart" "$apart.away"; "$@"; mv "$apart.away" "$apart"')
    assert.match(reasonOf(confinement(options)), /: writing, linking, signalling/)
    standIn(holds)
    assert.match(reasonOf(confinement({ ...options, wanted: 'try' })), /OMC_BOX=required/)
    assert.match(reasonOf(confinement({ ...options, uid: 0 })), /as root/)
    assert.deepEqual(confinement(options).level(), { boxed: true, inPlace: true })
  })
})
