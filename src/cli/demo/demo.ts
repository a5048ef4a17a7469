import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../config/config.ts'
import { messageOf, Problem } from '../../core/failure.ts'
import { hostClock } from '../../system/host.ts'
import { Opened } from '../../opened.ts'
import { dataIdOf, endMarked } from '../../runtimes/engine/marker.ts'
import {
  pageFolder,
  startSandbox,
  type Control,
  type Sandbox,
  type SandboxOptions,
  type Standing,
} from 'loopback-discord'
import { takeLock } from '../../stores/lock.ts'
import { removeTree } from '../../system/remove-tree.ts'
import { DemoBot } from './bot.ts'
import { FirstMinute } from './first-minute.ts'
import { KillStory } from './kill-story.ts'
import { makeProject } from './project.ts'

export interface DemoOptions {
  readonly config: Config
  /** OMC_DEMO_PORT: the page's port, the next free one when it is taken; 0: any free one. */
  readonly port: number
  /** How the bot is started: the program, its arguments up to the command of the CLI. */
  readonly program: readonly [string, ...string[]]
  /** The environment of whoever runs the demo; only what an agent needs of it is passed on. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Tells the person at the terminal, a line at a time. */
  readonly say: (line: string) => void
}

/** A running demo. */
export interface Demo extends AsyncDisposable {
  /** The address of the page. */
  readonly url: string
  readonly sandbox: Sandbox
  readonly bot: DemoBot
  /** Resolves when the first session is open. */
  readonly ready: Promise<void>
  /** Ends the bot, its agents and the sandbox, in this order. Idempotent. */
  close(): Promise<void>
}

/** How many ports behind the wished one are tried. */
const portsTried = 20

/** The thread in which a session is open from the beginning. */
const tryPlace = 'fix the cart'

const welcome = [
  'Welcome. In the thread **fix the cart** a session with the agent **echo** is open already: press **Try: fix the failing test** at the top, or write there what you want.',
  'While it answers, kill the bot by the button of this page: nothing is lost. `/session start` here, or in a thread of your own, begins another session.',
].join('\n')

/** Passed on to the bot when they are set; all else of it is made here. */
const passedOn = [
  'PATH',
  'HOME',
  'USER',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'OMC_CLAUDE_BIN',
  'OMC_CODEX_BIN',
  'OMC_LOG_LEVEL',
]

/**
 * A Discord of its own on this machine with the real bot connected to it: no account needed. The bot is a process of
 * its own, started anew when it dies. Every demo begins with an empty Discord, so the bot's memory of the last one is
 * cleared, too; the example project stays as it was left.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const open = new Opened()
  try {
    const { sandbox, bot, ready } = await openAll(options, open)
    let closing: Promise<void> | null = null
    const close = (): Promise<void> => (closing ??= open.close())
    return { url: sandbox.url, sandbox, bot, ready, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await open.close()
    throw error
  }
}

async function openAll(
  { config, port, program, env, say }: DemoOptions,
  open: Opened,
): Promise<{ readonly sandbox: Sandbox; readonly bot: DemoBot; readonly ready: Promise<void> }> {
  const data = join(config.dataFolder, 'demo')
  const project = join(config.dataFolder, 'demo-project')
  await clear(data)
  await makeProject(project)

  // The host's buttons are given to the sandbox before the bot they act on is there.
  const bots: DemoBot[] = []
  const stories: KillStory[] = []
  const places: string[] = []
  const newcomer = new FirstMinute()
  const kill = async (deadMs: number): Promise<void> => {
    const pid = bots[0]?.kill(deadMs) ?? null
    if (pid === null) return
    newcomer.did('kill')
    await stories[0]?.killed(pid)
  }
  const controls: readonly Control[] = [
    {
      id: 'try',
      label: { en: 'Try: fix the failing test', ko: '고치기: 실패하는 테스트' },
      async run() {
        // Pressed before the bot is there, it waits for that.
        for (let look = 0; places.length === 0 && look < 300; look++) await pause(100)
        const olivia = await sandbox.actor('olivia')
        await olivia.says(tryPlace, 'Fix the failing test, please.')
        newcomer.did('try')
        return { place: sandbox.channel(tryPlace) }
      },
    },
    { id: 'kill', label: { en: 'kill -9 the bot', ko: '봇 kill -9' }, run: () => kill(0) },
    { id: 'kill-long', label: { en: 'kill -9, dead for 10 s', ko: 'kill -9, 10초 동안' }, run: () => kill(10_000) },
    { id: 'restart', label: { en: 'Restart the bot', ko: '봇 다시 시작' }, run: () => bots[0]?.restart() },
  ]
  const standing = (): Standing => ({ line: stories[0]?.line() ?? null, steps: newcomer.steps() })
  const sandbox = open.add(
    await openSandbox(port, { controls, standing, home: () => places[0] ?? null, watchers: [newcomer] }),
  )
  const story = open.add(new KillStory(sandbox, dataIdOf(join(data, 'spools'))))
  stories.push(story)
  await post(sandbox, 'general', welcome)

  const bot = new DemoBot({
    command: [...program, 'start', '--tied'],
    env: {
      ...Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
      ...config.accountEnv,
      CODEX_HOME: config.codexHome,
      DISCORD_BOT_TOKEN: sandbox.bot.token,
      DISCORD_GUILD_ID: sandbox.guildId,
      OMC_DISCORD_API: sandbox.api,
      OMC_OWNER_ROLE_ID: ownerRole(sandbox),
      OMC_DATA_DIR: data,
      OMC_PROJECT_ROOTS: project,
      OMC_HEALTHZ_PORT: '0',
    },
    // Not where the demo was started: a .env that lies there is not meant for it.
    folder: data,
    logFile: join(data, 'bot.log'),
    say,
  })
  bots.push(bot)
  // A demo that is closed while its bot is dead has nobody else who ends the agents.
  open.add({
    close: async () => {
      await endMarked(dataIdOf(join(data, 'spools')), () => true, 0)
    },
  })
  open.add(bot).open()
  return { sandbox, bot, ready: openSession(sandbox, say, (place) => places.push(place)) }
}

/** A session is there already, in a thread of its own, with the agent that needs no login. */
async function openSession(sandbox: Sandbox, say: DemoOptions['say'], opened: (place: string) => void): Promise<void> {
  try {
    await sandbox.botOnline(60_000)
    const olivia = await sandbox.actor('olivia')
    const command = '/session start'
    const thread = await olivia.opensThread('general', tryPlace)
    while (!(await olivia.commands(thread)).some(({ name }) => name === 'session')) await pause(100)
    await (await olivia.runs(thread, command, { name: 'first', runtime: 'echo' })).settled()
    opened(thread.id)
  } catch (error) {
    // A demo that is closed meanwhile, above all; without it one starts a session by hand.
    say(`No session could be opened beforehand: ${messageOf(error)}`)
  }
}

/** Ends what a killed demo left behind and forgets what its bot knew. Rejects when another demo runs on the folder. */
async function clear(data: string): Promise<void> {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const lock = await takeLock(data, hostClock)
  try {
    await endMarked(dataIdOf(join(data, 'spools')), () => true, 0)
  } finally {
    lock.close()
  }
  await removeTree(data)
  mkdirSync(data, { recursive: true, mode: 0o700 })
}

async function openSandbox(
  port: number,
  host: Pick<SandboxOptions, 'controls' | 'standing' | 'home' | 'watchers'>,
): Promise<Sandbox> {
  for (let tried = 0; ; tried++) {
    try {
      return await startSandbox({
        port: port === 0 ? 0 : port + tried,
        page: pageFolder,
        ...host,
        world: {
          guild: {
            name: 'Demo',
            channels: ['general', 'work'],
            roles: [{ name: 'owner' }],
            people: [
              {
                name: 'olivia',
                displayName: 'Olivia',
                roles: ['owner'],
                owner: true,
                note: { en: 'owner: may do everything', ko: 'owner: 무엇이든 할 수 있음' },
              },
              { name: 'alice', displayName: 'Alice', note: { en: 'no role', ko: '역할 없음' } },
              {
                name: 'minjun',
                displayName: '민준',
                roles: ['owner'],
                locale: 'ko',
                note: { en: 'owner, in Korean', ko: 'owner, 한국어' },
              },
            ],
          },
          bot: { name: 'orchestrator', token: 'demo-bot-token' },
        },
      })
    } catch (cause) {
      const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
      if (taken && port !== 0 && tried + 1 < portsTried) continue
      throw new Problem(
        'refused',
        `The demo cannot listen on 127.0.0.1:${port}. Choose another port with OMC_DEMO_PORT.`,
        { cause },
      )
    }
  }
}

function ownerRole(sandbox: Sandbox): string {
  const roles = [...(sandbox.world.guilds.get(sandbox.guildId)?.roles.values() ?? [])]
  return roles.find((role) => role.name === 'owner')?.id ?? ''
}

/** Posts in the bot's name, the way the bot would. */
async function post(sandbox: Sandbox, channel: string, content: string): Promise<void> {
  const answer = await fetch(`${sandbox.api}/v10/channels/${sandbox.channel(channel)}/messages`, {
    method: 'POST',
    headers: { authorization: `Bot ${sandbox.bot.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content }),
  })
  if (!answer.ok) throw new Problem('bug', `The sandbox refused its own welcome: ${await answer.text()}`)
}
