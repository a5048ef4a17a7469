import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { confinement } from '../../src/confinement/confinement.ts'
import type { Confinement, View } from '../../src/core/confinement.ts'

const sandboxPath = '/usr/bin:/bin'

describe('the box', () => {
  let folder: string
  let box: Confinement
  let view: View

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'box-'))
    for (const name of ['data', 'data/home', 'project', 'program', 'op', 'egress']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'op', 'secret'), 'planted')
    box = confinement({
      wanted: 'required',
      path: sandboxPath,
      platform: process.platform,
      uid: process.getuid?.(),
      folder: join(folder, 'data', 'own'),
      offLimits: {
        program: join(folder, 'program'),
        data: join(folder, 'data'),
        settings: join(folder, '.env'),
        home: join(folder, 'op'),
      },
    })
    assert.deepEqual(box.level(), { boxed: true }, 'this machine cannot box: these tests must not pass silently')
    view = {
      mounts: [{ source: join(folder, 'project'), access: 'write' }],
      cwd: join(folder, 'project'),
      home: { at: '/home/agent', folder: join(folder, 'data', 'home') },
      environment: { PATH: sandboxPath },
      egress: null,
    }
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function run(script: string, seen: View = view): { out: string; code: number | null } {
    const { file, args, cwd, env } = box.wrap({ file: '/bin/sh', args: ['-c', script], cwd: '/', env: {} }, seen)
    const { stdout, stderr, status } = spawnSync(file, args, { cwd, env, encoding: 'utf8', timeout: 20_000 })
    return { out: stdout + stderr, code: status }
  }

  test('what is in it: its folder and its home to write, the system to read, nothing else', () => {
    assert.deepEqual(run('echo a > here; echo b > ~/there; cat here ~/there; pwd; whoami; exit 3'), {
      out: `a\nb\n${join(folder, 'project')}\nagent\n`,
      code: 3,
    })
    assert.equal(readFileSync(join(folder, 'data', 'home', 'there'), 'utf8'), 'b\n')
    const secret = join(folder, 'op', 'secret')
    assert.equal(spawnSync('cat', [secret], { encoding: 'utf8' }).stdout, 'planted')
    assert.match(run(`cat ${secret}`).out, /No such file/)
    assert.equal(run(`ls ${folder}`).out, 'project\n')
    for (const path of ['/usr/x', '/etc/x', '/x']) assert.match(run(`echo a > ${path}`).out, /Read-only|denied/i, path)
    run(`echo a > ${join(folder, 'x')}; echo a > ${join(tmpdir(), 'x')}`)
    assert.deepEqual([existsSync(join(folder, 'x')), existsSync(join(tmpdir(), 'x'))], [false, false])
    assert.match(run('cat /etc/shadow /etc/gitconfig').out, /No such file[^]*No such file/)
    assert.match(run('ls /sys /root /var/lib /opt').out, /^(ls: .*No such file.*\n){4}$/)
  })

  test('no other process, no network, no capability, no namespace of its own', () => {
    const pids = run('ls -d /proc/[0-9]* | wc -l').out
    assert.ok(Number(pids) <= 6, pids)
    assert.equal(
      run(`ls -d /proc/${process.pid} /proc/${process.ppid} 2>/dev/null | grep -cv '^/proc/[1-9]$'`).out,
      '0\n',
    )
    assert.equal(run('cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d " "').out, 'lo\n')
    assert.match(run('grep CapEff /proc/self/status').out, /0000000000000000/)
    assert.notEqual(run('unshare -U true').code, 0)
    assert.match(run('echo 1 > /proc/sys/kernel/core_pattern').out, /denied|Read-only/i)
  })

  test('the environment is the view’s, handed over where no command line shows it', () => {
    const seen = { ...view, environment: { PATH: sandboxPath, WORD: 'planted' } }
    assert.equal(run('echo $WORD $HOME; env | grep -c SECRET', seen).out, 'planted /home/agent\n0\n')
    const { args } = box.wrap({ file: 'true', args: [], cwd: '/', env: { SECRET: 'x' } }, seen)
    assert.ok(!args.join(' ').includes('planted'))
  })

  test('a link left in the box is not followed by the next one', () => {
    const project = join(folder, 'project')
    symlinkSync(join(folder, 'op'), join(project, 'lib'))
    const trap: View = { ...view, mounts: [...view.mounts, { source: join(project, 'lib'), access: 'read' }] }
    assert.throws(() => run('true', trap), /cannot be seen in a box that may write|is a link/)
    rmSync(project, { recursive: true })
    symlinkSync(join(folder, 'op'), project)
    assert.throws(() => run('true'), /is a link to .*op now/)
  })

  test('one SIGKILL to what was started, or the end of the command, ends everything in it', async () => {
    const script = 'setsid setsid sh -c "trap : TERM INT HUP; while :; do sleep 1; done" & sleep 1000 & echo up; $THEN'
    for (const then of ['sleep 1000', 'true']) {
      const seen = { ...view, environment: { PATH: sandboxPath, THEN: then, MARK: `${folder}-${then.length}` } }
      const { file, args, cwd, env } = box.wrap({ file: '/bin/sh', args: ['-c', script], cwd: '/', env: {} }, seen)
      const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
      const over = new Promise((resolve) => child.once('exit', resolve))
      await new Promise((resolve) => child.stdout.once('data', resolve))
      if (then !== 'true') {
        assert.ok(marked(`${folder}-${then.length}`) >= 4)
        child.kill('SIGKILL')
      }
      await over
      while (marked(`${folder}-${then.length}`) > 0) await delay(10)
    }
  })

  test('the one way out is the socket, also for what only knows TCP', async () => {
    const server = createServer((socket) => socket.end('heard')).listen(join(folder, 'egress', 'egress.sock'))
    const seen = { ...view, egress: join(folder, 'egress') }
    const ask = 'for i in 1 2 3 4 5 6 7 8 9; do socat -u TCP:127.0.0.1:3128 - 2>/dev/null && break; sleep 0.2; done'
    const { file, args, cwd, env } = box.wrap({ file: '/bin/sh', args: ['-c', ask], cwd: '/', env: {} }, seen)
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    await new Promise((resolve) => child.once('close', resolve))
    server.close()
    assert.equal(out, 'heard')
    assert.ok(existsSync(join(folder, 'egress')))
    assert.match(run('echo x > /run/omc/x', seen).out, /Read-only/)
  })
})

/** Processes of the machine whose environment says so. */
function marked(value: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`MARK=${value}`)
    } catch {
      return false
    }
  }).length
}
