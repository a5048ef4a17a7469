import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseEnv } from 'node:util'
import { startSandbox, type Sandbox, type SandboxOptions } from 'loopback-discord'
import type { SetupAnswer, Interviewer, SetupQuestion } from '../../src/cli/setup/interviewer.ts'
import { nobody } from '../../src/cli/setup/interviewer.ts'
import { setup } from '../../src/cli/setup/setup.ts'
import type { SetupFlags } from '../../src/cli/setup/step.ts'
import { Problem } from '../../src/core/failure.ts'
import { compiled } from '../compiled.ts'
import { launcher } from '../packed.ts'
import { fakeClaude } from './mistakes.ts'
import { patienceMs } from '../patience.ts'

const team = {
  guild: {
    name: 'Team',
    channels: ['general', 'alerts'],
    roles: [{ name: 'owner' }],
    people: [{ name: 'olivia', roles: ['owner'], owner: true }],
  },
}

/** A machine on which nothing is set up yet. */
class Machine implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly folder: string
  readonly env: Record<string, string>
  readonly said: string[] = []

  private constructor(sandbox: Sandbox, folder: string) {
    this.sandbox = sandbox
    this.folder = folder
    this.env = { PATH: process.env['PATH'] ?? '', HOME: folder, OMC_DISCORD_API: sandbox.api, OMC_HEALTHZ_PORT: '0' }
    writeFileSync(join(folder, 'token'), `${sandbox.bot.token}\n`)
  }

  static async open(world?: SandboxOptions['world']): Promise<Machine> {
    const sandbox = await startSandbox({ world: { ...team, ...world }, patienceMs })
    const machine = new Machine(sandbox, realpathSync(mkdtempSync(join(tmpdir(), 'setup-'))))
    machine.env['OMC_CLAUDE_BIN'] = fakeClaude(machine, '2.1.197', true)
    return machine
  }

  async setUp(flags: SetupFlags, interviewer: Interviewer = nobody): Promise<number> {
    const { folder, env, said } = this
    return setup({ flags, environment: env, folder, home: folder, interviewer, say: (line) => said.push(line) })
  }

  /** The sentence that it is refused with. */
  async refused(flags: SetupFlags): Promise<string> {
    let sentence = ''
    await assert.rejects(this.setUp(flags), (error) => {
      assert.ok(error instanceof Problem && error.kind === 'refused', String(error))
      sentence = error.message
      return true
    })
    return sentence
  }

  get settings(): Readonly<Record<string, string | undefined>> {
    return parseEnv(readFileSync(join(this.folder, '.env'), 'utf8'))
  }

  get token(): SetupFlags {
    return { tokenFile: join(this.folder, 'token') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Answers in turn; what is asked is kept. */
class Answering implements Interviewer {
  readonly isThere = true
  readonly asked: string[] = []
  readonly #answers: ((question: SetupQuestion, answers: readonly SetupAnswer[]) => string)[]

  constructor(...answers: ((question: SetupQuestion, answers: readonly SetupAnswer[]) => string)[]) {
    this.#answers = answers
  }

  readonly choose = async (question: SetupQuestion, answers: readonly SetupAnswer[]): Promise<string> => {
    this.asked.push(question.text)
    const given = this.#answers.shift()?.(question, answers) ?? ''
    assert.ok(
      answers.some(({ value }) => value === given),
      `${question.text} ${given}`,
    )
    return given
  }

  readonly write = async (question: SetupQuestion): Promise<string> => {
    this.asked.push(question.text)
    return this.#answers.shift()?.(question, []) ?? ''
  }

  readonly writeSecret = this.write
}

const usual = ({ usual: value }: SetupQuestion): string => value ?? ''
const labelled =
  (label: RegExp) =>
  (_question: SetupQuestion, answers: readonly SetupAnswer[]): string =>
    answers.find((each) => label.test(each.label))?.value ?? ''

describe('setup', { concurrency: 3 }, () => {
  it('leads from nothing to the first answer, by flags alone', async (test) => {
    await using machine = await Machine.open()
    const { sandbox, folder } = machine
    const took: Record<string, number> = {}
    let since = performance.now()
    const lap = (step: string): void => {
      took[step] = Math.round(performance.now() - since)
      since = performance.now()
    }
    // As in a new shell: what setup has written is all that the bot knows.
    const { OMC_HEALTHZ_PORT: _, OMC_DISCORD_API: api = '', OMC_CLAUDE_BIN: claude = '', ...env } = machine.env
    const set = [`OMC_DISCORD_API=${api}`, `OMC_CLAUDE_BIN=${claude}`, 'OMC_HEALTHZ_PORT=0'].flatMap((each) => [
      '--set',
      each,
    ])
    const args = ['setup', '--yes', '--token-file', 'token', '--owner-role', 'owner', '--roots', 'projects', ...set]
    const setting = spawn(process.execPath, [launcher, ...args], {
      cwd: folder,
      env: { ...compiled(), ...env },
      stdio: 'pipe',
    })
    let told = ''
    for (const stream of [setting.stdout, setting.stderr])
      stream.setEncoding('utf8').on('data', (piece) => (told += piece))
    assert.deepEqual(await once(setting, 'close'), [0, null], told)
    lap('setup')
    assert.equal(statSync(join(folder, '.env')).mode & 0o777, 0o600)
    assert.ok(!told.includes(sandbox.bot.token), 'the token is never shown')

    const startBot = (): ChildProcess =>
      spawn(process.execPath, [launcher, 'start'], { cwd: folder, env: { ...compiled(), ...env }, stdio: 'ignore' })
    let bot = startBot()
    try {
      await sandbox.botOnline(patienceMs)
      lap('start')
      const olivia = await sandbox.actor('olivia')
      while ((await olivia.commands('general')).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      lap('commands')
      const started = await olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })
      assert.match((await started.settled()).content, /\*\*shop\*\*/)
      lap('session')
      await olivia.says('general', '!say the first answer of all')
      await olivia.sees('general', ({ author, content }) => author.bot && content.includes('the first answer of all'))
      lap('answer')

      // The machine's power goes for the bot, not for its agent.
      await olivia.says('general', '!until reboot one two three')
      await olivia.sees('general', ({ author, content }) => author.bot && content.startsWith('one two'))
      const died = once(bot, 'exit')
      bot.kill('SIGKILL')
      await died
      while (sandbox.isOnline(sandbox.bot.id)) await new Promise((resolve) => setTimeout(resolve, 20))
      since = performance.now()
      bot = startBot()
      await sandbox.botOnline(patienceMs)
      lap('back')
      mkdirSync(join(folder, 'data', 'echo', 'until'), { recursive: true })
      writeFileSync(join(folder, 'data', 'echo', 'until', 'reboot'), '')
      await olivia.sees('general', ({ author, content }) => author.bot && content.startsWith('one two three'))
      lap('the same answer, whole')
      const answers = (await olivia.messages('general')).filter(({ content }) => content.startsWith('one two'))
      assert.equal(answers.length, 1, olivia.story('general'))
      olivia.close()
    } finally {
      await ended(bot)
    }
    test.diagnostic(JSON.stringify(took))
  })

  it('keeps what is there, takes what is usual, and can be run again', async () => {
    await using machine = await Machine.open()
    const { sandbox, folder } = machine
    writeFileSync(join(folder, '.env'), '# mine\nOMC_MAX_ACTIVE_CLIS=3\n', { mode: 0o644 })
    assert.equal(await machine.setUp({ ...machine.token, alertsChannel: '#alerts' }), 0, machine.said.join('\n'))
    const olivia = await sandbox.actor('olivia')
    assert.deepEqual(
      { ...machine.settings },
      {
        OMC_MAX_ACTIVE_CLIS: '3',
        DISCORD_BOT_TOKEN: sandbox.bot.token,
        DISCORD_GUILD_ID: sandbox.guildId,
        OMC_OWNER_USER_ID: olivia.id,
        OMC_ALERTS_CHANNEL_ID: sandbox.channel('alerts'),
        OMC_PROJECT_ROOTS: '~/projects',
      },
    )
    const text = readFileSync(join(folder, '.env'), 'utf8')
    assert.ok(text.startsWith('# mine\n'))
    assert.equal(statSync(join(folder, '.env')).mode & 0o777, 0o600)
    assert.ok(statSync(join(folder, 'projects')).isDirectory(), 'the folder for agents was made')
    assert.match(
      machine.said.join('\n'),
      /To invite it elsewhere: .*client_id=\d+&scope=bot\+applications\.commands&permissions=\d+/,
    )
    const pm2 = join(folder, 'bin')
    mkdirSync(pm2)
    writeFileSync(join(pm2, 'pm2'), '#!/bin/sh\n', { mode: 0o755 })
    machine.env['PATH'] = `${pm2}:${machine.env['PATH']}`
    assert.equal(await machine.setUp({ service: 'pm2' }), 0, machine.said.join('\n'))
    assert.match(machine.said.join('\n'), /Written: .*pm2\.config\.cjs\n.*✓ pm2 startOrRestart/)
    assert.equal(readFileSync(join(folder, '.env'), 'utf8'), text, 'a second time changes nothing')
    olivia.close()
  })

  it('tells what is wrong with an answer, and loses nothing that was right', async () => {
    await using machine = await Machine.open()
    assert.match(await machine.refused({}), /needs a token .* --token-file/)
    writeFileSync(join(machine.folder, 'other'), 'this-is-not.the.token')
    assert.match(
      await machine.refused({ tokenFile: join(machine.folder, 'other') }),
      /Discord does not know this token/,
    )
    assert.match(await machine.refused({ tokenFile: join(machine.folder, 'nothing') }), /cannot be read from .*nothing/)
    writeFileSync(join(machine.folder, 'other'), '1187654321098765432')
    assert.match(
      await machine.refused({ tokenFile: join(machine.folder, 'other') }),
      /DISCORD_BOT_TOKEN: its value is no bot token but an id/,
    )
    assert.match(await machine.refused({ ...machine.token, guild: 'Teem' }), /--guild Teem is none of: Team \(\d+\)/)
    assert.equal(machine.settings['DISCORD_BOT_TOKEN'], machine.sandbox.bot.token)
    assert.match(await machine.refused({ ownerRole: 'boss' }), /--owner-role boss is none of: owner \(\d+\)/)
    assert.match(await machine.refused({ owner: 'olivia' }), /OMC_OWNER_USER_ID: "olivia" is no Discord id/)
    assert.match(await machine.refused({ set: ['OMC_NOTHING=1'] }), /--set OMC_NOTHING: .env.example lists/)
    assert.match(
      await machine.refused({ set: ['OMC_BOX=maybe'] }),
      /OMC_BOX: "maybe" must be one of required, try, off/,
    )
    writeFileSync(join(machine.folder, 'file'), '')
    assert.match(await machine.refused({ roots: 'file/below' }), /The folder file\/below cannot be made/)
    assert.equal(machine.settings['DISCORD_GUILD_ID'], machine.sandbox.guildId)
    // A token that Discord takes stays, when a wrong one is tried after it.
    writeFileSync(join(machine.folder, 'other'), 'this-is-not.the.token')
    await machine.refused({ tokenFile: join(machine.folder, 'other') })
    assert.equal(machine.settings['DISCORD_BOT_TOKEN'], machine.sandbox.bot.token)
  })

  it('asks a person again until it is right, with where to click', async () => {
    await using machine = await Machine.open({ bot: { privilegedIntents: 0 } })
    const { sandbox, said } = machine
    const interviewer = new Answering(
      () => 'not.the.token',
      () => sandbox.bot.token,
      () => 'again',
      () => {
        for (const user of sandbox.world.users.values())
          if (user.id === sandbox.bot.id) user.privilegedIntents = 1 << 15
        return 'again'
      },
      usual,
      labelled(/^owner/),
      labelled(/alerts/),
      usual,
      () => '~/work, ~/more work',
      () => 'on',
      () => 'none',
    )
    assert.equal(await machine.setUp({}, interviewer), 0, said.join('\n'))
    const told = said.join('\n')
    assert.match(told, /✗ Discord does not know this token/)
    assert.equal(told.match(/Message Content Intent.*applications\/\d+\/bot/g)?.length, 2, told)
    assert.match(told, /Codex CLI was not found/)
    assert.equal(machine.settings['OMC_PROJECT_ROOTS'], '~/work, ~/more work')
    assert.equal(machine.settings['OMC_ALERTS_CHANNEL_ID'], sandbox.channel('alerts'))
    assert.equal(interviewer.asked.length, 11, interviewer.asked.join('\n'))
  })

  const terminal = spawnSync('script', ['--version']).error === undefined
  const skip = !terminal && 'there is no script(1), which makes a terminal'
  it('is answered by keyboard', { skip }, async () => {
    await using machine = await Machine.open()
    const { sandbox, folder, env } = machine
    const command = `stty cols 200 rows 50; exec '${process.execPath}' '${launcher}' setup`
    const setting = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: folder,
      env: { ...compiled(), ...env, TERM: 'xterm', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const over = once(setting, 'close')
    let shown = ''
    setting.stdout.setEncoding('utf8').on('data', (piece: string) => {
      shown += piece
      setting.emit('shown')
    })
    const [up, down, enter] = ['\u001b[A', '\u001b[B', '\r']
    try {
      for (const [question, keys] of [
        ['The bot needs a token', `${sandbox.bot.token}${enter}`],
        ['On which server does it work?', enter],
        ['Who owns the bot?', `${up}${enter}`],
        ['Which channel is told', `${down}${enter}`],
        ['Which channel gets a copy', enter],
        ['Under which folders', enter],
        ['One agent that works is enough', enter],
        ['What keeps it running?', enter],
      ] as const) {
        while (!shown.includes(question)) {
          const ended = await Promise.race([once(setting, 'shown').then(() => false), over.then(() => true)])
          assert.ok(!ended || shown.includes(question), `${question}\n${shown}`)
        }
        setting.stdin.write(keys)
      }
      assert.deepEqual(await over, [0, null], shown)
    } finally {
      setting.kill('SIGKILL')
    }
    const guild = sandbox.world.guilds.get(sandbox.guildId)
    const owner = [...(guild?.roles.values() ?? [])].find(({ name }) => name === 'owner')
    const { settings } = machine
    assert.equal(settings['DISCORD_BOT_TOKEN'], sandbox.bot.token)
    assert.equal(settings['OMC_OWNER_ROLE_ID'], owner?.id)
    assert.ok([sandbox.channel('general'), sandbox.channel('alerts')].includes(settings['OMC_ALERTS_CHANNEL_ID'] ?? ''))
    assert.equal(settings['OMC_PROJECT_ROOTS'], '~/projects')
    assert.ok(!shown.includes(sandbox.bot.token), 'the token is not shown')
  })

  it('says how to invite a bot that is nowhere, and keeps its token', async () => {
    await using machine = await Machine.open()
    const { sandbox } = machine
    sandbox.world.guilds.get(sandbox.guildId)?.members.delete(sandbox.bot.id)
    assert.match(await machine.refused(machine.token), /Invite the bot by that link, then run `setup` again/)
    assert.match(machine.said.join('\n'), /The bot is on no server\.\n {4}→ Invite it: https:\/\/discord\.com\/oauth2/)
    assert.equal(machine.settings['DISCORD_BOT_TOKEN'], sandbox.bot.token)
  })
})

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const end = once(child, 'exit')
  // With its agents.
  child.kill('SIGUSR2')
  await end
}
