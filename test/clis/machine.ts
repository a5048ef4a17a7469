import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { textOf } from 'loopback-discord'
import { asked } from '../e2e/approving.ts'
import type { Bot } from '../e2e/bots.ts'
import { told } from '../e2e/repositories.ts'
import { running, until, type Stage } from '../e2e/stage.ts'
import type { ScriptedModel } from '../models/anthropic.ts'
import type { ModelRequest } from '../models/ledger.ts'
import { heldText, scripted, type StepInput } from '../models/script.ts'
import { command } from './codex-room.ts'

/** A bot with a real CLI behind it. */
export interface MachineBench {
  readonly stage: Stage
  readonly model: ScriptedModel
}

/** How the model of one CLI uses the machine. */
export interface MachineWords {
  readonly runtime: 'claude' | 'codex'
  readonly look: (path: string) => StepInput
  readonly write: (path: string, text: string) => StepInput
  /** Leaves a `sleep` of so many seconds running; where it has to be asked about first, an owner approves. */
  readonly daemon: (seconds: number, boxed: boolean) => { readonly step: StepInput; readonly asks: boolean }
  /** Calls the tool `look` of a server called `planted`, if there is one. */
  readonly serve: StepInput
  /** Tools that the CLI offers a model all the same, and that do nothing on the machine. */
  readonly harmless: readonly string[]
}

/** What an owner's agent does, and what the same prompts come to when a guest says them. Leaves its bot running. */
export async function guestsGet(
  { stage, model }: MachineBench,
  { runtime, look, write, harmless }: MachineWords,
  boxed: boolean,
): Promise<Bot> {
  const secret = join(stage.home, 'secret.txt')
  writeFileSync(secret, 'the-words-at-home')
  writeFileSync(join(stage.project, 'prices.txt'), 'the-words-in-the-folder')
  const bot = await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const bob = await stage.sandbox.actor('bob')
  const thread = await stage.session(olivia, 'shop', runtime, stage.project)
  await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'guest' })).settled()
  const steps = (by: string): readonly StepInput[] => [
    look(join(stage.project, 'prices.txt')),
    ...(by === 'bob' ? [look(secret)] : []),
    write(join(stage.project, `${by}.txt`), by),
    { text: `That was it for ${by}.` },
  ]
  const requestsOf = (by: string): readonly ModelRequest[] =>
    model.requests.filter(({ prompt }) => prompt.startsWith(`It is ${by}`))
  /** What came back from the tools in somebody's turn. */
  const cameBack = (by: string): string =>
    JSON.stringify(requestsOf(by).map(({ step, last }) => (step > 0 ? last : '')))
  const turn = async (actor: typeof olivia, by: string): Promise<void> => {
    await actor.says(thread, `It is ${by} ${scripted([...steps(by)])}`)
    await stage.botShows(olivia, thread, `That was it for ${by}.`)
  }

  await turn(olivia, 'olivia')
  assert.match(cameBack('olivia'), /the-words-in-the-folder/, 'the control: an owner’s agent looks')
  assert.ok(existsSync(join(stage.project, 'olivia.txt')), 'and writes')

  await turn(bob, 'bob')
  assert.equal(
    cameBack('bob').includes('the-words-in-the-folder'),
    boxed,
    'a guest’s looks only where a box says at what',
  )
  assert.ok(!cameBack('bob').includes('the-words-at-home'))
  assert.ok(!existsSync(join(stage.project, 'bob.txt')))
  assert.deepEqual(stage.query(`select 1 from run_events e join runs r on r.id = e.run where e.type = 'wanted'`), [])
  const offered = new Set(requestsOf('bob').flatMap(toolsOf))
  const reaching = (names: Iterable<string>): boolean => [...names].some((name) => /^web/i.test(name))
  assert.ok(!reaching(offered), 'nothing looks on the web for a guest')
  if (boxed) assert.ok(reaching(requestsOf('olivia').flatMap(toolsOf)), 'the control: for an owner it does')
  const machine = [...offered].filter((name) => !isOurs(name) && !harmless.includes(name))
  assert.equal(machine.length > 0, boxed, `a guest’s model is offered ${machine.join(', ')}`)

  await turn(olivia, 'olivia again')
  assert.ok(existsSync(join(stage.project, 'olivia again.txt')), 'the owner’s agent has its tools back')
  const shown = (await stage.botMessages(olivia, thread)).map(textOf).join('\n')
  assert.ok(!shown.includes('the-words-at-home') || !boxed)
  return bot
}

/** A daemon of the agent lives on as long as its session works, and no longer than the next `/cancel`. */
export async function cancelEndsDaemons(
  { stage, model }: MachineBench,
  { runtime, daemon }: MachineWords,
  boxed: boolean,
): Promise<void> {
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'builds', runtime, stage.project)
  // No other test's: they stand side by side.
  const seconds = 86_400 + (boxed ? 1 : 0) + (runtime === 'codex' ? 2 : 0)
  const { step, asks } = daemon(seconds, boxed)
  await olivia.says(thread, scripted([step, { text: 'It serves.' }]))
  if (asks) await olivia.clicks(await asked(olivia, thread, 'setsid'), 'Approve')
  await stage.botShows(olivia, thread, 'It serves.')
  // The CLI lets it go on while it is still on its way into its own sandbox.
  await until(() => running(`sleep ${seconds}`) === 1)

  await olivia.says(thread, scripted([heldText('going on', ' for long')]))
  await model.gate('held').reached()
  assert.equal(running(`sleep ${seconds}`), 1, 'it lives in the next turn')
  await (await olivia.runs(thread, '/cancel')).settled()
  await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
  assert.equal(running(`sleep ${seconds}`), 0, 'nothing of it is left when the turn is said to be stopped')

  await olivia.says(thread, scripted([{ text: 'Here again.' }]))
  await stage.botShows(olivia, thread, 'Here again.')
  const last = JSON.stringify(model.requests.at(-1)?.body)
  assert.ok(last.includes('It serves.'), 'it is the same conversation')
}

/**
 * What other programs obey later (SPEC F7) is an owner's to consent, also where a box holds all the rest: in a trusted
 * session the CLI itself would obey it at its next start. The agent works on without a bot until it comes to that.
 */
export async function obeyedIsTheOwners({ stage, model }: MachineBench, words: MachineWords, bot: Bot): Promise<void> {
  const { runtime, look, write } = words
  const olivia = await stage.sandbox.actor('olivia')
  const bob = await stage.sandbox.actor('bob')
  const thread = await stage.session(olivia, 'rules', runtime, stage.project)
  await told(olivia, thread, '/permission set', { user: bob.id, tier: 'member' })
  const [plain, hook] = ['plain.md', '.husky/pre-commit'].map((name) => join(stage.project, name))
  assert.ok(plain !== undefined && hook !== undefined)
  const first = { ...heldText('let me', ' see'), ...look(join(stage.project, 'README.md')) }
  await bob.says(thread, scripted([first, write(plain, 'x'), write(hook, 'x'), { text: 'Ruled.' }]))
  await model.gate('held').reached()
  await bot.kill()
  model.gate('held').open()
  await until(() => existsSync(plain))
  await stage.startBot()
  const ask = await asked(olivia, thread, 'pre-commit')
  await bob.clicks(ask, 'Approve')
  await bob.sees(thread, ({ ephemeral, content }) => ephemeral && content.includes('Only owners may answer this'))
  assert.ok(!existsSync(hook), 'nobody who may has said so')
  await olivia.clicks(ask, 'Approve')
  await stage.botShows(olivia, thread, 'Ruled.')
  assert.ok(existsSync(hook))
}

/** What a trusted repository serves to its agents runs in the box, for people who may change the repository. */
export async function trustedServersWork(
  { stage, model }: MachineBench,
  { runtime, serve }: MachineWords,
): Promise<void> {
  const folder = join(dirname(stage.project), 'serving')
  mkdirSync(join(folder, '.codex'), { recursive: true })
  const secret = join(stage.home, 'secret.txt')
  writeFileSync(secret, 'the-words-at-home')
  const planted = readFileSync(join(import.meta.dirname, 'planted.js'), 'utf8')
  const sees = `import { existsSync } from 'node:fs'\nnote('sees ' + [import.meta.filename, ${JSON.stringify(secret)}].map(existsSync))\n`
  writeFileSync(join(folder, 'server.mjs'), planted + sees)
  const server = { command: 'node', args: ['server.mjs', 'notes.txt'] }
  writeFileSync(join(folder, '.mcp.json'), JSON.stringify({ mcpServers: { planted: server } }))
  const codex = `[mcp_servers.planted]\ncommand = "node"\nargs = ["server.mjs", "notes.txt"]\ndefault_tools_approval_mode = "approve"\n`
  writeFileSync(join(folder, '.codex', 'config.toml'), codex)
  const notes = (): string => {
    const file = join(folder, 'notes.txt')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  const olivia = await stage.sandbox.actor('olivia')
  const bob = await stage.sandbox.actor('bob')
  const name = 'serving'
  const thread = await olivia.opensThread('general', name)
  const more = runtime === 'codex' ? { model: 'gpt-6-sol' } : {}
  const reply = await told(olivia, thread, '/session start', { name, runtime, workdir: folder, trust: true, ...more })
  assert.match(reply.content, /is trusted/)
  await told(olivia, thread, '/permission set', { user: bob.id, tier: 'guest' })

  await bob.says(thread, `It is bob ${scripted([serve, { text: 'Served to bob.' }])}`)
  await stage.botShows(olivia, thread, 'Served to bob.')
  const before = notes()
  assert.ok(!before.includes('called'), 'nothing is called for a guest')

  await olivia.says(thread, `It is olivia ${scripted([serve, { text: 'Served to olivia.' }])}`)
  if (runtime === 'claude') await olivia.clicks(await asked(olivia, thread, 'planted'), 'Approve')
  await stage.botShows(olivia, thread, 'Served to olivia.')
  assert.match(notes(), /started\nsees true,false\ncalled look\n/, 'it lives in the box of its session')
  const results = (by: string): string =>
    JSON.stringify(model.requests.filter(({ prompt }) => prompt.startsWith(`It is ${by}`)).map(({ body }) => body))
  assert.match(results('olivia'), /planted-result/)
  assert.doesNotMatch(results('bob'), /planted-result/)
}

function unstoppable(seconds: number): string {
  const sleeps = `trap "" TERM INT HUP; sleep ${seconds}; sleep ${seconds}`
  return `(setsid sh -c '${sleeps}' > /dev/null 2>&1 &); sleep 0.2; echo begun`
}

/** Codex has them by their bare names. */
const ours =
  'whois list_sessions post_update ask_human consult delegate reply broadcast attach_file scratchpad_get scratchpad_set'

function isOurs(name: string): boolean {
  return name.startsWith('mcp__omc__') || ours.split(' ').includes(name)
}

function toolsOf({ body }: ModelRequest): readonly string[] {
  const { tools = [] } = body as { readonly tools?: readonly { readonly name?: string; readonly type: string }[] }
  return tools.map(({ name, type }) => name ?? type)
}

export const claudeWords: MachineWords = {
  runtime: 'claude',
  look: (file_path) => ({ tool: 'Read', input: { file_path } }),
  write: (file_path, content) => ({ tool: 'Write', input: { file_path, content } }),
  daemon: (seconds, boxed) => {
    const input = { command: unstoppable(seconds), description: 'a test' }
    return {
      step: { tool: 'Bash', input: boxed ? input : { ...input, dangerouslyDisableSandbox: true } },
      asks: !boxed,
    }
  },
  serve: { tool: 'mcp__planted__look', input: {} },
  harmless: [],
}

export const codexWords: MachineWords = {
  runtime: 'codex',
  look: (path) => command(`cat '${path}'`),
  write: (path, text) => ({
    tool: 'apply_patch',
    input: { raw: `*** Begin Patch\n*** Add File: ${path}\n+${text}\n*** End Patch\n` },
  }),
  // Without a box its own sandbox ends with each call, whatever was approved: only a terminal that is still open stays.
  daemon: (seconds, boxed) => ({
    step: {
      tool: 'exec_command',
      input: { cmd: boxed ? unstoppable(seconds) : `sleep ${seconds}`, yield_time_ms: 500 },
    },
    asks: false,
  }),
  serve: {
    tool: 'exec',
    input: {
      raw: "const look = tools['mcp__planted__look']; text(look === undefined ? 'none' : JSON.stringify(await look({})))",
    },
  },
  // The CLI refuses every patch then; the other two ask a person, and look for servers' tools, of which there are none.
  harmless: ['apply_patch', 'request_user_input', 'tool_search'],
}
