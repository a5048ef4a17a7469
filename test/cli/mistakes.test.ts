import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { setImmediate as immediate } from 'node:timers/promises'
import { startSandbox, type Actor } from 'loopback-discord'
import { fakeClaude, fatal, found, type Found, type Ground, type Mistake } from './mistakes.ts'

const launcher = join(import.meta.dirname, '../../bin/discord-orchestrator.js')
const patienceMs = 60_000

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
  readonly #running: { kill(signal: 'SIGKILL'): unknown }[] = []

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

  run(command: string): {
    readonly lines: Line[]
    readonly reader: ReturnType<typeof createInterface>
    readonly end: Promise<End>
  } {
    const child = spawn(process.execPath, [launcher, command], {
      cwd: this.ground.folder,
      env: this.#env,
      stdio: 'pipe',
    })
    this.#running.push(child)
    const lines: Line[] = []
    let stderr = ''
    let stdout = ''
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece))
    const reader = createInterface({ input: child.stdout })
    reader.on('line', (line) => {
      stdout += `${line}\n`
      if (line.startsWith('{"level"')) lines.push(JSON.parse(line) as Line)
      reader.emit('said')
    })
    const end = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr, stdout }))
    return { lines, reader, end }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL')
    for (const server of this.#servers) server.close()
    await this.ground.sandbox.close()
    rmSync(this.ground.folder, { recursive: true, force: true })
  }
}

interface End {
  readonly code: number | null
  readonly stderr: string
  readonly stdout: string
}

describe('an operator’s mistake that ends the start', { concurrency: 3 }, () => {
  for (const mistake of fatal) {
    it(mistake.what, { timeout: patienceMs }, async () => {
      await using story = await Story.open(mistake)
      const bot = story.run('start')
      const { code, stderr } = await bot.end
      assert.equal(code, 78, stderr)
      assert.match(stderr, mistake.terminal)
      assert.doesNotMatch(stderr, /\n\s+at /)
      const { logged } = mistake
      if (logged !== undefined)
        assert.ok(
          bot.lines.some(({ msg }) => msg === logged),
          JSON.stringify(bot.lines),
        )
    })
  }

  it('a command that is none', { timeout: patienceMs }, async () => {
    await using story = await Story.open({ what: '' })
    const { code, stderr } = await story.run('dcotor').end
    assert.equal(code, 78)
    assert.match(stderr, /There is no command "dcotor"\. Did you mean "doctor"\?/)
  })
})

describe('an operator’s mistake with which the bot runs', { concurrency: 3 }, () => {
  for (const mistake of found) {
    it(mistake.what, { timeout: patienceMs }, async () => {
      await using story = await Story.open(mistake)
      const bot = story.run('start')
      const line = await findingOf(bot, mistake)
      assert.match(said(line), mistake.says)

      const { healthPort } = bot.lines.find(({ msg }) => msg === 'bot.started') ?? {}
      const answer = await fetch(`http://127.0.0.1:${String(healthPort)}/healthz`)
      const health = (await answer.json()) as { readonly ok: boolean; readonly reasons: readonly string[] }
      assert.ok(
        health.reasons.some((reason) => mistake.says.test(reason)),
        health.reasons.join('\n'),
      )
      if (!mistake.stopsAll) return
      assert.deepEqual([answer.status, health.ok], [503, false])
      const doctor = await story.run('doctor').end
      assert.match(doctor.stdout.replaceAll('\n    → ', ' '), mistake.says)
      assert.equal(doctor.code, 78, doctor.stdout)
    })
  }

  it('says it once, and tells the owner', { timeout: patienceMs }, async () => {
    await using story = await Story.open({ what: '', env: () => ({ OMC_PROJECT_ROOTS: 'not/there' }) })
    const bot = story.run('start')
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

  it('all is well, and the doctor says so', { timeout: patienceMs }, async () => {
    await using story = await Story.open({ what: '' })
    const { code, stdout } = await story.run('doctor').end
    assert.equal(code, 0, stdout)
    assert.match(stdout, /✓ The bot is on the server Team\.[^]*✓ The owner is olivia\./)
  })
})

async function findingOf({ lines, reader, end }: ReturnType<Story['run']>, { id }: Found): Promise<Line> {
  for (;;) {
    const line = lines.find((each) => each['msg'] === 'finding' && each['id'] === id)
    if (line !== undefined && lines.some(({ msg }) => msg === 'bot.started')) return line
    const over = await Promise.race([once(reader, 'said').then(() => null), end])
    if (over !== null) throw new Error(`it ended before ${id}: ${over.stderr}\n${over.stdout}`)
  }
}

function said({ text, mend }: Line): string {
  return typeof mend === 'string' ? `${String(text)} ${mend}` : String(text)
}
