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
import type { CommandLine } from '../../src/core/command-line.ts'
import type { Confinement, View } from '../../src/core/confinement.ts'
import { patienceMs } from '../patience.ts'

const sandboxPath = '/usr/bin:/bin'

describe('the box', () => {
  let folder: string
  let box: Confinement
  let view: View

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'box-'))
    for (const name of ['data', 'data/home', 'project', 'program', 'op', 'egress']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'op', 'secret'), 'planted')
    box = make()
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

  function make(limits = { memory: 4 * 1024 ** 3, processes: 1000 }): Confinement {
    return confinement({
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
      limits,
    })
  }

  function run(script: string, seen: View = view): { out: string; code: number | null } {
    const { file, args, cwd, env } = box.wrap({ file: '/bin/sh', args: ['-c', script], cwd: '/', env: {} }, seen)
    const { stdout, stderr, status } = spawnSync(file, args, { cwd, env, encoding: 'utf8', timeout: patienceMs })
    return { out: stdout + stderr, code: status }
  }

  test('what is exchanged for a link between the last look and the start is not let in', () => {
    // Signs that a shell or the system's list of mounts would read otherwise.
    const odd = join(folder, 'a b*\\c\n[d]')
    mkdirSync(odd)
    writeFileSync(join(odd, 'secret'), 'its own')
    const seen: View = { ...view, mounts: [...view.mounts, { source: odd, access: 'read' }], cwd: odd }
    assert.deepEqual(run('cat secret', seen), { out: 'its own', code: 0 })

    const { file, args, cwd, env } = box.wrap({ file: '/bin/cat', args: ['secret'], cwd: '/', env: {} }, seen)
    rmSync(odd, { recursive: true })
    symlinkSync(join(folder, 'op'), odd)
    const { stdout, stderr, status } = spawnSync(file, args, { cwd, env, encoding: 'utf8', timeout: patienceMs })
    assert.equal(stdout, '', 'it would be in the box')
    assert.match(stderr, /is another folder now/)
    assert.equal(status, 78)
  })

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

  test('who traces, reads, holds or signals the user’s other processes finds none, and nothing is open but its three streams', () => {
    // A number that no process of a box has.
    while ((spawnSync('true').pid ?? 0) < 100);
    const victim = spawn('sleep', ['600'], { stdio: 'ignore' })
    // By number on x86-64 and arm64: ptrace (PTRACE_ATTACH 16, PTRACE_DETACH 17), pidfd_open.
    const trace = process.arch === 'arm64' ? 117 : 101
    const tries = `my $p = ${victim.pid};
      if (syscall(${trace}, 16, $p, 0, 0) == 0) { print "traced "; waitpid $p, 0x40000000; syscall(${trace}, 17, $p, 0, 0) }
      print "read " if open my $memory, "+<", "/proc/$p/mem";
      print "held " if syscall(434, $p, 0) >= 0;
      print "signalled" if kill 0, $p;`
    assert.equal(
      spawnSync('perl', ['-e', tries], { encoding: 'utf8' }).stdout,
      'traced read held signalled',
      'the control',
    )
    writeFileSync(join(folder, 'project', 'tries.pl'), tries)
    assert.deepEqual(run('perl tries.pl'), { out: '', code: 0 })
    victim.kill('SIGKILL')

    // Listed before anything else starts: whatever is just starting has its libraries open.
    const listing = 'all=$(ls -l /proc/[0-9]*/fd 2>/dev/null); echo "$all"'
    const open = run(`${listing} | sed -n 's/.* -> //p' | grep -Ev '^(pipe|socket|anon_inode):|^/dev/null$'`)
    assert.equal(open.out.replaceAll(/^\/proc\/.*\n/gm, ''), '')
  })

  test('what one process and one box may take of the machine has an end, which nothing in it moves', () => {
    const holding = 'head -c 100M /dev/zero | tail -c 100M | wc -c'
    // Another shell, which may end when it can start no more; counting takes no process.
    const loop = 'i=0; while [ $i -lt 60 ]; do sleep 100 & i=$((i + 1)); done'
    const starting = `sh -c '${loop}' 2>/dev/null; set -- /proc/[0-9]*; echo $#`
    assert.equal(run(holding).out, '104857600\n', 'the control')
    assert.ok(Number(run(starting).out) > 60, 'the control')

    box = make({ memory: 64 * 1024 * 1024, processes: 30 })
    assert.match(run(holding).out, /memory exhausted|Cannot allocate[^]*\n0\n$/i)
    const started = Number(run(starting).out)
    assert.ok(started > 10 && started <= 31, String(started))
    assert.notEqual(run('ulimit -d unlimited').code, 0)
    assert.equal(run('cat /proc/self/oom_score_adj').out, '800\n', 'what runs out of memory goes before the bot')

    const kept = run('df -m --output=size,target /dev/shm /run /var /tmp').out
    const sizes = [...kept.matchAll(/(\d+) (\/.*)/g)].map(([, size, at]) => `${at} ${size}`)
    assert.deepEqual(sizes, ['/dev/shm 256', '/run 16', '/var 16', '/tmp 1024'])
    assert.match(run('echo x > /dev/x').out, /Read-only/)
    assert.deepEqual(run('echo x > /dev/null; echo x > /dev/shm/x; cat /dev/shm/x'), { out: 'x\n', code: 0 })
  })

  test('what a login keeps in the kernel is not in it', (t) => {
    // Numbers of x86-64 and of arm64: add_key and keyctl (KEYCTL_SEARCH 10, KEYCTL_READ 11) on the session's keyring (-3).
    const [add, control] = process.arch === 'arm64' ? [217, 219] : [248, 250]
    const words = 'my ($type, $name, $secret, $found) = ("user", "planted", "in the kernel", " " x 13);'
    const reading = `${words} my $key = syscall(${control}, 10, -3, $type, $name, 0); syscall(${control}, 11, $key, $found, 13); print $found`
    const planting = `${words} syscall(${add}, $type, $name, $secret, 13, -3) > 0 or die; exec @ARGV`
    const plant = ({
      file,
      args,
      cwd,
      env,
    }: CommandLine): { readonly status: number | null; readonly stdout: string } =>
      spawnSync('perl', ['-e', planting, file, ...args], { cwd, env, encoding: 'utf8', timeout: patienceMs })
    const look = { file: '/usr/bin/perl', args: ['-e', reading], cwd: '/', env: { PATH: sandboxPath } }
    // A container may have taken them away already.
    if (plant({ ...look, file: '/bin/true', args: [] }).status !== 0) return t.skip('There are no keyrings here.')
    assert.equal(plant(look).stdout, 'in the kernel', 'the control')
    assert.equal(plant(box.wrap(look, view)).stdout.trim(), '')
  })

  test('nothing of the machine’s own network, and no way around the filter that says so', (t) => {
    // By number on every processor: io_uring_setup, with its parameters.
    const rings = `my $wanted = "\\0" x 120; print "rings " if syscall(425, 1, $wanted) >= 0;`
    const sockets = `for my $family (1 .. 45) { for my $type (1, 2, 3, 5) { $seen{$family} = 1 if socket(my $one, $family, $type, 0) } }`
    const tries = {
      file: '/usr/bin/perl',
      args: ['-e', `${rings} ${sockets} print join " ", sort { $a <=> $b } keys %seen`],
    }
    const outside = spawnSync(tries.file, tries.args, { encoding: 'utf8' }).stdout
    const { file, args, cwd, env } = box.wrap({ ...tries, cwd: '/', env: {} }, view)
    const inside = spawnSync(file, args, { cwd, env, encoding: 'utf8', timeout: 20_000 }).stdout
    assert.equal(inside, '1 2 10 16')
    if (outside === inside) t.skip('This machine has neither rings nor other sockets: that says nothing.')
  })

  test('no memory and no name in common with whoever runs beside it, and nothing mounted over', async (t) => {
    const name = `box-${process.pid}`
    const server = createServer((socket) => socket.end()).listen(`\0${name}`)
    writeFileSync(`/dev/shm/${name}`, 'planted')
    // IPC_CREAT and 0600, for this key; taken away by its number.
    const made = spawnSync('perl', ['-e', `print shmget(${process.pid}, 4096, 01600)`], { encoding: 'utf8' }).stdout
    t.after(() => {
      server.close()
      rmSync(`/dev/shm/${name}`)
      spawnSync('perl', ['-e', `shmctl(${made}, 0, 0)`])
    })
    const tries = `use Socket; my @got; socket(my $socket, PF_UNIX, SOCK_STREAM, 0);
      push @got, "name" if connect($socket, pack("Sa*", AF_UNIX, "\\0${name}"));
      push @got, "file" if -e "/dev/shm/${name}";
      push @got, "memory" if defined shmget(${process.pid}, 0, 0);
      print join " ", @got`
    const outside = spawn('perl', ['-e', tries], { stdio: ['ignore', 'pipe', 'inherit'] })
    assert.equal(await textOf(outside.stdout), 'name file memory', 'the control')
    writeFileSync(join(folder, 'project', 'tries.pl'), tries)
    assert.deepEqual(run('perl tries.pl'), { out: '', code: 0 })
    const over = 'mount --bind ~ /usr && echo over; mount -t tmpfs none ~ && echo over; unshare -m true && echo apart'
    assert.doesNotMatch(run(over).out, /^(over|apart)$/m)
  })

  test('what others share with it, to read, it cannot have them wait for', () => {
    const shared = join(folder, 'shared')
    mkdirSync(shared)
    writeFileSync(join(shared, 'pack'), 'objects')
    // F_SETLEASE (1024) with F_WRLCK (1): whoever opens it is made to wait for 45 s. F_OFD_SETLK (37) is anybody's.
    const trying = `open my $file, "<", "${join(shared, 'pack')}" or die; print fcntl($file, 1024, 1) ? "held" : "not held";
      print " and has its flags" if fcntl($file, 3, 0); print " and its pipe" if pipe(IN, OUT) && fcntl(IN, 1031, 4096)`
    const outside = spawnSync('/usr/bin/perl', ['-e', trying], { encoding: 'utf8' }).stdout
    assert.equal(outside, 'held and has its flags and its pipe', 'the control')
    writeFileSync(join(folder, 'project', 'trying.pl'), trying)
    const seen: View = { ...view, mounts: [...view.mounts, { source: shared, access: 'read' }] }
    assert.equal(run('perl trying.pl', seen).out, 'not held and has its flags and its pipe')
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
        while (marked(`${folder}-${then.length}`) < 4) await delay(10)
        child.kill('SIGKILL')
      }
      await over
      while (marked(`${folder}-${then.length}`) > 0) await delay(10)
    }
  })

  test('the one way out is the socket, also for what only knows TCP', async () => {
    const server = createServer((socket) => socket.end('heard')).listen(join(folder, 'egress', 'egress.sock'))
    const seen = { ...view, egress: join(folder, 'egress') }
    const ask = 'for i in $(seq 300); do socat -u TCP:127.0.0.1:3128 - 2>/dev/null && break; sleep 0.2; done'
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

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.toString()
  return text
}
