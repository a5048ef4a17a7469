import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { startSandbox, type Sandbox, type SeenMessage } from 'loopback-discord'
import { compiled } from '../compiled.ts'
import { launcher } from '../packed.ts'
import { patienceMs } from '../patience.ts'

const base = mkdtempSync(join(tmpdir(), 'start-'))
const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(base, { recursive: true, force: true })
})

interface Running {
  readonly pid: number
  /** Waits for a log line of this name. */
  line(msg: string): Promise<Record<string, unknown>>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null; readonly stderr: string }>
  readonly stdin: NodeJS.WritableStream
  kill(signal: NodeJS.Signals): void
}

/** Runs the command line as a person would, with nothing of our environment. */
function cli(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: base,
    env: { PATH: process.env['PATH'], HOME: base, ...compiled(), ...env },
    stdio: 'pipe',
  })
  children.push(child)
  const lines: Record<string, unknown>[] = []
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece))
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => {
    const said: unknown = line.startsWith('{') ? JSON.parse(line) : { msg: line }
    lines.push(said as Record<string, unknown>)
    reader.emit('said')
  })
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stderr,
  }))
  return {
    pid: child.pid ?? 0,
    ended,
    stdin: child.stdin,
    kill: (signal) => void child.kill(signal),
    async line(msg) {
      for (;;) {
        const found = lines.find((line) => line['msg'] === msg)
        if (found !== undefined) return found
        const over = await Promise.race([once(reader, 'said').then(() => false), ended.then(() => true)])
        if (over) throw new Error(`it ended before ${msg}:\n${JSON.stringify(lines, null, 1)}\n${(await ended).stderr}`)
      }
    },
  }
}

function settings(sandbox: Sandbox, data: string): Record<string, string> {
  return {
    DISCORD_BOT_TOKEN: sandbox.bot.token,
    DISCORD_GUILD_ID: sandbox.guildId,
    OMC_DISCORD_API: sandbox.api,
    OMC_DATA_DIR: data,
    OMC_HEALTHZ_PORT: '0',
    // As where root runs them: what is started here lies in a home with the data folder in it.
    OMC_BOX: 'off',
  }
}

/** The person's own message has the same words. */
const byBot = (text: RegExp) => (message: SeenMessage) => message.author.bot && text.test(message.content)

describe('the command line', () => {
  it('tells its version and its help', async () => {
    const version = cli(['--version'])
    await version.line('0.1.0')
    assert.equal((await version.ended).code, 0)
    const unknown = await cli(['strat']).ended
    assert.equal(unknown.code, 78)
    assert.match(unknown.stderr, /no command "strat"\. Did you mean "start"\? There are: start, demo,/)
    assert.equal((await cli(['stop', '--al']).ended).code, 78)
  })

  it('ends with 78 and one readable message when a setting is wrong', async () => {
    const { code, stderr } = await cli(['start'], { OMC_MAX_ACTIVE_CLIS: 'many', DISCORD_BOT_TOKEN: 'a b' }).ended
    assert.equal(code, 78)
    assert.match(stderr, /^2 settings are wrong[^]*DISCORD_BOT_TOKEN[^]*OMC_MAX_ACTIVE_CLIS: "many"/)
    assert.doesNotMatch(stderr, /at .*\.ts|a b/)
  })

  it('has nothing to stop where nothing runs', async () => {
    const stop = cli(['stop', '--all'], { OMC_DATA_DIR: 'nothing-here' })
    assert.equal((await stop.ended).code, 0)
    await stop.line(`No bot runs on ${join(base, 'nothing-here')}.`)
  })
})

describe('start', { concurrency: 3 }, () => {
  it('runs the bot, refuses a second one on the folder, and ends by `stop`', async () => {
    await using sandbox = await startSandbox()
    const env = settings(sandbox, 'one')
    const bot = cli(['start'], env)
    const { healthPort } = await bot.line('bot.started')
    await sandbox.botOnline(patienceMs)
    const health = async (): Promise<unknown> =>
      ((await (await fetch(`http://127.0.0.1:${String(healthPort)}/healthz`)).json()) as { gateway: unknown }).gateway
    assert.equal(((await health()) as { state: string }).state, 'ready')

    // Node's default for this signal is its inspector, which gives the token to any process of the same user.
    bot.kill('SIGUSR1')
    assert.equal(((await health()) as { state: string }).state, 'ready')

    const second = await cli(['start'], env).ended
    assert.equal(second.code, 78)
    assert.match(second.stderr, new RegExp(`pid ${bot.pid}\\b`))

    const stop = await cli(['stop'], env).ended
    assert.equal(stop.code, 0, stop.stderr)
    assert.deepEqual(await bot.ended, { code: 0, signal: null, stderr: '' })
  })

  it('leaves the agents working at SIGTERM, and ends them with `stop --all`', async () => {
    await using sandbox = await startSandbox({
      // A busy machine is no story: what comes late is no fault.
      patienceMs,
      deadlines: { answer: 20_000 },
      world: {
        guild: { channels: ['general'], roles: [{ name: 'owner' }], people: [{ name: 'olivia', roles: ['owner'] }] },
      },
    })
    const olivia = await sandbox.actor('olivia')
    const env = { ...settings(sandbox, 'two'), OMC_OWNER_USER_ID: olivia.id }
    const first = cli(['start'], env)
    await first.line('slash.registered')
    await (await olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    await olivia.says('general', '!until never one two three four five six seven eight nine ten')
    await olivia.sees('general', byBot(/one two/))
    first.kill('SIGTERM')
    first.kill('SIGTERM')
    assert.equal((await first.ended).code, 0)

    const second = cli(['start'], env)
    await second.line('bot.started')
    await olivia.sees('general', byBot(/one two three four/))
    const stop = await cli(['stop', '--all'], env).ended
    assert.equal(stop.code, 0, stop.stderr)
    assert.equal((await second.ended).code, 0)
    const third = cli(['start'], env)
    await third.line('bot.started')
    await olivia.sees('general', /■ Stopped after/)
    // Who was asked lately is there again before anybody asks, and is ended no less.
    await third.line('agent.started')
    assert.equal((await cli(['stop', '--all'], env).ended).code, 0)
    assert.equal((await third.ended).code, 0)
    const told = (await olivia.messages('general')).filter(byBot(/one two/))
    assert.equal(told.length, 1, olivia.story('general'))
    assert.doesNotMatch(told[0]?.content ?? '', /ten/)
  })

  it('ends with 78 when its database is gone, and leaves what an earlier start left', async () => {
    await using sandbox = await startSandbox()
    const spool = join(base, 'torn', 'spools', 'an-agent')
    mkdirSync(spool, { recursive: true })
    const { code, stderr } = await cli(['start'], settings(sandbox, 'torn')).ended
    assert.equal(code, 78)
    assert.match(stderr, /orchestrator\.sqlite is missing or empty, but spools\/ beside it .* Put .* back/)
    assert.ok(existsSync(spool))
  })

  it('ends with 78 when the token is wrong', async () => {
    await using sandbox = await startSandbox()
    const { code, stderr } = await cli(['start'], { ...settings(sandbox, 'three'), DISCORD_BOT_TOKEN: 'not-the-token' })
      .ended
    assert.equal(code, 78)
    assert.match(stderr, /DISCORD_BOT_TOKEN/)
    assert.doesNotMatch(stderr, /not-the-token/)
  })

  it('can be stopped while it waits for a Discord that cannot be reached', async () => {
    await using sandbox = await startSandbox()
    sandbox.faults.add({ kind: 'gateway.refuseUpgrade' })
    const bot = cli(['start'], settings(sandbox, 'four'))
    await bot.line('store.opened')
    bot.kill('SIGINT')
    assert.equal((await bot.ended).code, 0)
  })

  it('ends with its standard input when it is tied to it', async () => {
    await using sandbox = await startSandbox()
    const bot = cli(['start', '--tied'], settings(sandbox, 'five'))
    await bot.line('bot.started')
    bot.stdin.end()
    assert.equal((await bot.ended).code, 0)
  })
})
