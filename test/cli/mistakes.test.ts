import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { startSandbox, type Actor } from 'loopback-discord'
import { createApp } from '../../src/app.ts'
import { doctor } from '../../src/cli/doctor.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLog } from '../../src/config/log.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { compiled } from '../compiled.ts'
import { launcher } from '../packed.ts'
import { fakeClaude, fatal, found, type Ground, type Mistake } from './mistakes.ts'
import { patienceMs } from '../patience.ts'

const team = {
  guild: {
    name: 'Team',
    channels: ['general'],
    roles: [{ name: 'owner' }],
    people: [{ name: 'olivia', roles: ['owner'], owner: true }],
  },
}

type Line = Readonly<Record<string, unknown>>

/** An operator's machine with a mistake on it, and the command line there. */
class Story implements AsyncDisposable {
  readonly olivia: Actor
  readonly ground: Ground
  readonly #env: Record<string, string>
  readonly #servers: Server[]
  readonly #closers: (() => void | Promise<void>)[] = []

  private constructor(olivia: Actor, ground: Ground, env: Record<string, string>, servers: Server[]) {
    this.olivia = olivia
    this.ground = ground
    this.#env = env
    this.#servers = servers
  }

  static async open({ env, world }: Mistake): Promise<Story> {
    const sandbox = await startSandbox({ world: { ...team, ...world } })
    const folder = mkdtempSync(join(tmpdir(), 'mistake-'))
    mkdirSync(join(folder, 'projects'))
    const olivia = await sandbox.actor('olivia')
    const roles = [...(sandbox.world.guilds.get(sandbox.guildId)?.roles.values() ?? [])]
    const servers: Server[] = []
    const role = roles.find(({ name }) => name === 'owner')?.id ?? ''
    const ground: Ground = { sandbox, folder, olivia: olivia.id, role, open: (server) => void servers.push(server) }
    const right = {
      PATH: process.env['PATH'],
      HOME: folder,
      DISCORD_BOT_TOKEN: sandbox.bot.token,
      DISCORD_GUILD_ID: sandbox.guildId,
      OMC_DISCORD_API: sandbox.api,
      OMC_OWNER_USER_ID: olivia.id,
      OMC_PROJECT_ROOTS: 'projects',
      OMC_HEALTHZ_PORT: '0',
      OMC_CLAUDE_BIN: fakeClaude(ground, '2.1.197', true),
    }
    const all = Object.entries({ ...right, ...(await env?.(ground)) })
    const set = all.filter((each): each is [string, string] => each[1] !== undefined)
    return new Story(olivia, ground, Object.fromEntries(set), servers)
  }

  /** The command line, as a process of its own. */
  async run(command: string): Promise<End> {
    const { folder } = this.ground
    const child = spawn(process.execPath, [launcher, command], {
      cwd: folder,
      env: { ...compiled(), ...this.#env },
      stdio: 'pipe',
    })
    this.#closers.push(() => void child.kill('SIGKILL'))
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece))
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece))
    const [code] = (await once(child, 'close')) as [number | null]
    const lines = stdout.split('\n').flatMap((line) => (line.startsWith('{"level"') ? [JSON.parse(line) as Line] : []))
    return { code, stderr, lines }
  }

  /** The bot in this very process, which costs little: what it finds is the same. */
  async start(): Promise<Inside> {
    const config = this.#configure()
    const lines: Line[] = []
    const stir = new EventEmitter()
    const write = (line: string): void => {
      lines.push(JSON.parse(line) as Line)
      stir.emit('line')
    }
    const log = createLog({ level: 'info', secrets: config.secrets, to: { write } })
    const timings = { ...usualTimings, checkAfterMs: 0 }
    const app = createApp({ config, log, environment: this.#env, timings })
    this.#closers.push(() => app.stop('end'))
    await app.start()
    const finding = async (id: string): Promise<Line> => {
      for (;;) {
        const line = lines.find((each) => each['msg'] === 'finding' && each['id'] === id)
        if (line !== undefined) return line
        await once(stir, 'line')
      }
    }
    return { lines, finding, health: () => fetch(`http://127.0.0.1:${app.healthPort}/healthz`) }
  }

  async doctor(): Promise<{ readonly code: number; readonly text: string }> {
    const said: string[] = []
    const configure = (): Config => this.#configure()
    const code = await doctor({ configure, environment: this.#env, json: false, say: (line) => said.push(line) })
    return { code, text: said.join('\n') }
  }

  #configure(): Config {
    const { folder } = this.ground
    return loadConfig({ env: this.#env, folder, home: folder })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) await close()
    for (const server of this.#servers) server.close()
    await this.ground.sandbox.close()
    rmSync(this.ground.folder, { recursive: true, force: true })
  }
}

interface End {
  readonly code: number | null
  readonly stderr: string
  readonly lines: readonly Line[]
}

/** A bot at work. */
interface Inside {
  readonly lines: readonly Line[]
  /** The line of the log about it. */
  finding(id: string): Promise<Line>
  health(): Promise<Response>
}

describe('an operator’s mistake that ends the start', { concurrency: 3 }, () => {
  for (const mistake of fatal) {
    it(mistake.what, async () => {
      await using story = await Story.open(mistake)
      const { code, stderr, lines } = await story.run('start')
      assert.equal(code, 78, stderr)
      assert.match(stderr, mistake.terminal)
      assert.doesNotMatch(stderr, /\n\s+at /)
      const { logged } = mistake
      if (logged !== undefined)
        assert.ok(
          lines.some(({ msg }) => msg === logged),
          JSON.stringify(lines),
        )
    })
  }

  it('a command that is none', async () => {
    await using story = await Story.open({ what: '' })
    const { code, stderr } = await story.run('dcotor')
    assert.equal(code, 78)
    assert.match(stderr, /There is no command "dcotor"\. Did you mean "doctor"\?/)
  })
})

describe('an operator’s mistake with which the bot runs', { concurrency: 3 }, () => {
  for (const mistake of found) {
    it(mistake.what, async () => {
      await using story = await Story.open(mistake)
      const bot = await story.start()
      assert.match(said(await bot.finding(mistake.id)), mistake.says)

      const answer = await bot.health()
      const health = (await answer.json()) as { readonly ok: boolean; readonly reasons: readonly string[] }
      assert.ok(
        health.reasons.some((reason) => mistake.says.test(reason)),
        health.reasons.join('\n'),
      )
      if (mistake.stopsAll) assert.deepEqual([answer.status, health.ok], [503, false])
      const { code, text } = await story.doctor()
      assert.match(text.replaceAll('\n    → ', ' '), mistake.says)
      assert.equal(code, /^✗/m.test(text) ? 78 : 0, text)
    })
  }

  it('says it once, and tells the owner', async () => {
    await using story = await Story.open({ what: '', env: () => ({ OMC_PROJECT_ROOTS: 'not/there' }) })
    const bot = await story.start()
    const { olivia } = story
    await olivia.sees(await olivia.opensDm(), /Nobody can use me as it is: There is no folder .*not\/there/, {
      within: patienceMs,
    })
    // The commands are registered one after another.
    while (!(await olivia.commands('general')).some(({ name }) => name === 'health')) await immediate()
    const own = await olivia.runs('general', '/health')
    assert.match((await own.settled()).content, /I cannot serve everybody now[^]*There is no folder/)
    assert.equal(bot.lines.filter(({ msg, id }) => msg === 'finding' && String(id).startsWith('root.')).length, 1)
  })

  it('all is well, and the doctor says so', async () => {
    await using story = await Story.open({ what: '' })
    const { code, text } = await story.doctor()
    assert.equal(code, 0, text)
    assert.match(text, /✓ The bot is on the server Team\.[^]*✓ The owner is olivia\./)
  })
})

function said({ text, mend }: Line): string {
  return typeof mend === 'string' ? `${String(text)} ${mend}` : String(text)
}
