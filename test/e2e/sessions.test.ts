import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import { Stage, until } from './stage.ts'

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=olivia', '-c', 'user.email=o@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim()

/** A repository with one commit under the stage's root. */
function repository(stage: Stage, name = 'shop'): string {
  const folder = join(dirname(stage.project), name)
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'src', 'cart.ts'), 'export const cart = 1\n')
  git(folder, 'init', '--quiet', '-b', 'main')
  git(folder, 'add', '-A')
  git(folder, 'commit', '--quiet', '-m', 'first')
  return folder
}

async function told(
  actor: Actor,
  place: SeenPlace | string,
  command: string,
  options: Record<string, string | boolean> = {},
): Promise<SeenMessage> {
  return (await actor.runs(place, command, options)).settled()
}

async function starts(
  actor: Actor,
  name: string,
  options: Record<string, string | boolean> = {},
): Promise<{ readonly thread: SeenPlace; readonly reply: SeenMessage }> {
  const thread = await actor.opensThread('general', name)
  return { thread, reply: await told(actor, thread, '/session start', { name, runtime: 'echo', ...options }) }
}

const folderOf = (stage: Stage, repository: string, name: string): string =>
  join(dirname(stage.project), '.omc-worktrees', repository, name)

test('a session in a repository works on its own branch, shows its diff, and leaves its work where it is', async () => {
  await using stage = await Stage.open()
  const shop = repository(stage)
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const { thread, reply } = await starts(olivia, 'cart', { workdir: 'shop/src' })
  assert.match(reply.content, /projects\/shop\/src` on `omc\/cart`/)
  const folder = folderOf(stage, 'shop', 'cart')
  assert.equal(git(folder, 'branch', '--show-current'), 'omc/cart')

  const nothing = await told(olivia, thread, '/diff')
  assert.match(nothing.content, /changed nothing/)
  assert.ok(nothing.ephemeral)
  writeFileSync(join(folder, 'src', 'cart.ts'), 'export const cart = 2\n')
  writeFileSync(join(folder, 'new file.txt'), 'new\n')
  const shown = await told(olivia, thread, '/diff')
  assert.match(shown.content, /2 files · \+2 −1/)
  assert.match(shown.content, /\+1 −0 `new file.txt`/)
  const [file] = shown.attachments
  assert.equal(file?.filename, 'cart.diff')
  assert.match(await (await fetch(file?.url ?? '')).text(), /\+export const cart = 2/)

  const stopped = await told(olivia, thread, '/session stop')
  assert.match(stopped.content, /uncommitted work.*\.omc-worktrees\/shop\/cart` on `omc\/cart`/)
  assert.equal(readFileSync(join(folder, 'new file.txt'), 'utf8'), 'new\n')
  assert.equal(git(shop, 'status', '--porcelain', '--untracked-files=no'), '')

  const again = await told(olivia, thread, '/session start', { name: 'cart', runtime: 'echo', workdir: 'shop' })
  assert.match(again.content, /earlier session of this name had left/)
  git(folder, 'add', '-A')
  git(folder, 'commit', '--quiet', '-m', 'work')
  git(shop, 'merge', '--quiet', 'omc/cart')
  const merged = await told(olivia, thread, '/session stop')
  assert.match(merged.content, /worktree and branch were removed/)
  assert.ok(!existsSync(folder))
  assert.equal(git(shop, 'branch', '--list', 'omc/*'), '')
})

test('two sessions in one repository, one in the folder itself; a third is sent away', async () => {
  await using stage = await Stage.open()
  repository(stage)
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  await starts(olivia, 'one', { workdir: 'shop' })
  const plain = await starts(olivia, 'two', { workdir: 'shop', worktree: false })
  assert.match(plain.reply.content, /projects\/shop`\n/)
  const third = await starts(olivia, 'three', { workdir: 'shop', worktree: false })
  assert.match(third.reply.content, /\*\*two\*\* works in/)
  assert.ok(third.reply.ephemeral)
  const listed = await told(olivia, plain.thread, '/session list')
  assert.match(listed.content, /omc\/one/)
})

test('killed between a worktree and its session, the next start of that name finds its place', async () => {
  await using stage = await Stage.open()
  const shop = repository(stage)
  const first = await stage.startBot({ dieAt: 'worktree-made' })
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await olivia.opensThread('general', 'cart')
  await olivia.runs(thread, '/session start', { name: 'cart', runtime: 'echo', workdir: 'shop' })
  await first.died()
  assert.ok(existsSync(folderOf(stage, 'shop', 'cart')))
  const second = await stage.startBot()
  const left = await second.logged('worktrees.left')
  assert.equal(left['count'], 1)
  assert.ok(Number(left['bytes']) > 0)
  const reply = await told(olivia, thread, '/session start', { name: 'cart', runtime: 'echo', workdir: 'shop' })
  assert.match(reply.content, /on `omc\/cart`/)
  assert.match((await told(olivia, thread, '/session stop')).content, /were removed/)
  assert.equal(git(shop, 'worktree', 'list').split('\n').length, 1)
})

test('killed between the end of a session and its runs, the next life stops them', async () => {
  await using stage = await Stage.open()
  const first = await stage.startBot({ dieAt: 'session-ended' })
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  await olivia.says(thread, '!slow 60s never to be finished by anybody')
  await stage.botShows(olivia, thread, 'never')
  await olivia.says(thread, '!say this one waits')
  await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 1)
  await olivia.runs(thread, '/session stop')
  await first.died()
  await stage.startBot()
  const isOver = (): boolean => stage.query("select 1 from runs where state <> 'over'").length === 0
  await until(isOver, 20_000, 'every run to be over')
  await until(async () => (await stage.agents()).length === 0, 20_000, 'no agent to be left')
  assert.equal(stage.query("select 1 from run_events where type = 'stopped'").length, 2)
  const messages = await stage.botMessages(olivia, thread)
  assert.ok(!messages.some(({ content }) => content.includes('this one waits')))
})

test('/cd and /model hold from the next turn on, and are refused while a run is open', async () => {
  await using stage = await Stage.open()
  const shop = repository(stage)
  repository(stage, 'other')
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const { thread } = await starts(olivia, 'cart', { workdir: 'shop' })
  const folder = folderOf(stage, 'shop', 'cart')
  for (const typed of ['src', join(shop, 'src')]) {
    const moved = await told(olivia, thread, '/cd', { path: typed })
    assert.match(moved.content, /projects\/shop\/src` on `omc\/cart` from the next message on/, typed)
    assert.ok(!moved.ephemeral)
    const [row] = stage.query<{ workdir: string }>('select workdir from omc_sessions')
    assert.equal(row?.workdir, join(folder, 'src'))
    assert.match((await told(olivia, thread, '/cd', { path: '..' })).content, /projects\/shop` on/)
  }
  const refused = await told(olivia, thread, '/cd', { path: '/etc' })
  assert.ok(refused.ephemeral)
  assert.match(refused.content, /not under a folder/)

  const model = await told(olivia, thread, '/model', { name: 'opus' })
  assert.match(model.content, /uses `opus` from the next message on/)
  assert.deepEqual(stage.query<{ model: string }>('select model from omc_sessions')[0]?.model, 'opus')

  await olivia.says(thread, '!slow 60s never to be finished')
  await stage.botShows(olivia, thread, 'never')
  for (const [command, options] of [
    ['/cd', { path: 'src' }],
    ['/model', { name: 'haiku' }],
    ['/resume', {}],
  ] as const) {
    const busy = await told(olivia, thread, command, options)
    assert.match(busy.content, /\*\*cart\*\* is at work/)
    assert.ok(busy.ephemeral)
  }
  await told(olivia, thread, '/cancel')
  await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)

  const other = await told(olivia, thread, '/cd', { path: join(dirname(shop), 'other') })
  assert.match(other.content, /projects\/other` on `omc\/cart`.*\n.*were removed/)
  assert.ok(!existsSync(folder))
  await olivia.says(thread, '!read src/cart.ts')
  await stage.botShows(olivia, thread, 'export const cart = 1')
})

test('/resume goes on after a stop, and says so when there is nothing to go on with', async () => {
  await using stage = await Stage.open()
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  assert.match((await told(olivia, thread, '/resume')).content, /nothing to go on with/)
  await olivia.says(thread, '!slow 60s never to be finished')
  const growing = await stage.botShows(olivia, thread, 'never')
  await olivia.clicks(growing, 'Stop')
  await stage.botShows(olivia, thread, /■/)
  const resumed = await told(olivia, thread, '/resume')
  assert.match(resumed.content, /goes on where it was/)
  await until(() => stage.query("select 1 from runs where state = 'over'").length === 2)
  const [asked] = stage.query<{ json: string }>(
    "select json from run_events where type = 'asked' order by seq desc limit 1",
  )
  assert.match((JSON.parse(asked?.json ?? '{}') as { prompt: { text: string } }).prompt.text, /interrupted/)
})

test('a conversation that the CLI no longer has is replaced by itself, with a hand-over, and the place is told', async () => {
  await using stage = await Stage.open()
  await stage.startBot({ env: { OMC_IDLE_CLI_MS: '1000' } })
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  await olivia.says(thread, '!say the secret word is heron')
  await stage.botShows(olivia, thread, 'heron')
  await until(async () => (await stage.agents()).length === 0, 20_000, 'the idle agent to end')
  rmSync(join(stage.data, 'echo'), { recursive: true })
  await olivia.says(thread, '!recall')
  const answer = await stage.botShows(olivia, thread, 'Before this you said: olivia: !say the secret word', 20_000)
  assert.match(answer.content, /You: the secret word is heron/)
  await stage.botShows(olivia, thread, /lost its earlier conversation/)
  const forgotten = (): number => stage.query("select 1 from run_events where type = 'forgotten'").length
  assert.equal(forgotten(), 1)
  await olivia.says(thread, '!say and on it goes')
  await stage.botShows(olivia, thread, 'and on it goes')
  assert.equal(forgotten(), 1)
})

test('what was said is written down once a turn, also over a kill -9, and /session export gives it', async () => {
  await using stage = await Stage.open()
  const first = await stage.startBot({ dieAt: 'transcribed:2' })
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  assert.match((await told(olivia, thread, '/session export')).content, /Nothing was said here/)
  await olivia.says(thread, '!tool Bash npm test\n!say the first answer')
  await stage.botShows(olivia, thread, 'the first answer')
  await olivia.says(thread, '!say the second answer')
  await first.died()
  await stage.startBot()
  await olivia.says(thread, '!fail on purpose')
  await stage.botShows(olivia, thread, /on purpose/)
  const file = join(stage.data, 'transcripts', `${thread.id}.jsonl`)
  const lines = await until(() => {
    const all = readFileSync(file, 'utf8').trimEnd().split('\n')
    return all.length >= 3 && all.map((line) => JSON.parse(line) as Record<string, unknown>)
  })
  assert.deepEqual(
    lines.map(({ answer, outcome }) => [answer, (outcome as { kind: string }).kind]),
    [
      ['the first answer', 'done'],
      ['the second answer', 'done'],
      ['', 'failed'],
    ],
  )
  assert.deepEqual(lines[0]?.['tools'], [{ tool: 'Bash', title: 'npm test', phase: 'done' }])
  const [{ by } = {}] = lines
  assert.equal((by as { name: string }).name, 'olivia')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const exported = await told(olivia, thread, '/session export')
  assert.match(exported.content, /3 turns/)
  assert.equal(await (await fetch(exported.attachments[0]?.url ?? '')).text(), readFileSync(file, 'utf8'))
})

test('a place attached to the session of another talks to it, by both rules, until it is detached', async () => {
  await using stage = await Stage.open()
  const first = await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const bob = await stage.sandbox.actor('bob')
  const thread = await stage.session(olivia, 'shop')
  const aside = await olivia.opensThread('general', 'aside')
  const offered = await olivia.completes(aside, '/attach', { session: 'sh' }, 'session')
  assert.deepEqual(
    offered.map(({ value }) => value),
    ['shop'],
  )
  assert.match((await told(olivia, aside, '/attach', { session: 'nobody' })).content, /no session `nobody`/)
  assert.ok((await told(bob, aside, '/attach', { session: 'shop' })).ephemeral)
  const attached = await told(olivia, aside, '/attach', { session: 'shop' })
  assert.match(attached.content, /goes to \*\*shop\*\*/)

  await olivia.says(aside, '!say asked from aside')
  await stage.botShows(olivia, aside, 'asked from aside')
  await olivia.says(thread, '!recall')
  await stage.botShows(olivia, thread, /Before this you said: !say asked from aside/)
  const there = await stage.botMessages(olivia, thread)
  assert.ok(!there.some(({ content }) => content.startsWith('asked from aside')), 'answers come where they were asked')

  // What is written while the bot is down is read in the attached place as well.
  await first.kill()
  await olivia.says(aside, '!say written in the dark')
  await stage.startBot()
  await stage.botShows(olivia, aside, 'written in the dark')
  assert.match((await told(olivia, aside, '/session start', { name: 'more', runtime: 'echo' })).content, /shop/)

  assert.match((await told(olivia, aside, '/session stop')).content, /no longer attached/)
  assert.equal(stage.query('select 1 from omc_sessions where ended_at is null').length, 1)
  await told(olivia, aside, '/attach', { session: `<#${thread.id}>` })
  await told(olivia, thread, '/session stop')
  await olivia.says(aside, '!say is anybody there')
  await stage.botShows(olivia, aside, /has ended. `\/attach` another/)
  await until(() => stage.query('select 1 from attached_places').length === 0)
})

test('trust is shown, and is nothing that a start asks for by itself', async () => {
  await using stage = await Stage.open({ env: { OMC_TRUSTED_ROOTS: '' } })
  repository(stage)
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const usual = await starts(olivia, 'usual', { workdir: 'shop' })
  assert.doesNotMatch(usual.reply.content, /trusted/)
  const trusted = await starts(olivia, 'trusted', { workdir: 'shop', trust: true })
  assert.match(trusted.reply.content, /is trusted/)
  const rows = stage.query<{ trusted: number }>('select trusted from omc_sessions order by seq')
  assert.deepEqual(
    rows.map((row) => row.trusted),
    [0, 1],
  )
})

test('trust is for the folder it was given for: moved elsewhere, a session has it only under trusted roots', async () => {
  await using stage = await Stage.open()
  for (const name of ['shop', 'other', 'ours']) repository(stage, name)
  const roots = dirname(stage.project)
  await stage.startBot({ env: { OMC_TRUSTED_ROOTS: join(roots, 'ours') } })
  const olivia = await stage.sandbox.actor('olivia')
  const { thread } = await starts(olivia, 'cart', { workdir: 'shop', trust: true })
  const trusted = () => stage.query<{ trusted: number }>('select trusted from omc_sessions')[0]?.trusted
  for (const [path, expected, says] of [
    ['.', 1, /cart/],
    // What lies there may have been written by the agent itself.
    ['src', 0, /not trusted there/],
    [join(roots, 'other'), 0, /cart/],
    [join(roots, 'ours'), 1, /cart/],
    [join(roots, 'shop'), 0, /not trusted there/],
  ] as const) {
    assert.match((await told(olivia, thread, '/cd', { path })).content, says, path)
    assert.equal(trusted(), expected, path)
  }
})

test('an archived thread comes back with the next message', async () => {
  await using stage = await Stage.open()
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  await olivia.says(thread, '!say before it was archived')
  await stage.botShows(olivia, thread, 'before it was archived')
  await olivia.archives(thread)
  await olivia.says(thread, '!say after it was archived')
  await stage.botShows(olivia, thread, 'after it was archived')
})
