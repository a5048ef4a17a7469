import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { told } from './repositories.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

describe('sessions', { concurrency: true }, () => {
  test('killed between the end of a session and its runs, the next life stops them', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const first = await stage.startBot({ dieAt: 'session-ended' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!until never this is never to be finished')
    await stage.botShows(olivia, thread, 'never')
    await olivia.says(thread, '!say this one waits')
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 1)
    await olivia.runs(thread, '/session stop')
    await first.died()
    await stage.startBot()
    const isOver = (): boolean => stage.query("select 1 from runs where state <> 'over'").length === 0
    await until(isOver, patienceMs, 'every run to be over')
    await until(async () => (await stage.agents()).length === 0, patienceMs, 'no agent to be left')
    assert.equal(stage.query("select 1 from run_events where type = 'stopped'").length, 2)
    const messages = await stage.botMessages(olivia, thread)
    assert.ok(!messages.some(({ content }) => content.includes('this one waits')))
  })

  test('/resume goes on after a stop, and says so when there is nothing to go on with', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    assert.match((await told(olivia, thread, '/resume')).content, /has nothing to resume/)
    await olivia.says(thread, '!until never this is never to be finished')
    const growing = await stage.botShows(olivia, thread, 'never')
    await olivia.clicks(growing, 'Stop')
    await stage.botShows(olivia, thread, /■ Stopped/)
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
    await until(async () => (await stage.agents()).length === 0, patienceMs, 'the idle agent to end')
    rmSync(join(stage.data, 'echo'), { recursive: true })
    await olivia.says(thread, '!recall')
    const answer = await stage.botShows(olivia, thread, 'Before this you said: olivia: !say the secret word')
    assert.match(answer.content, /You: the secret word is heron/)
    await stage.botShows(olivia, thread, /lost its earlier conversation/)
    const forgotten = (): number => stage.query("select 1 from run_events where type = 'forgotten'").length
    assert.equal(forgotten(), 1)
    await olivia.says(thread, '!say and on it goes')
    await stage.botShows(olivia, thread, 'and on it goes')
    assert.equal(forgotten(), 1)
  })

  test('what was said is written down once a turn, also over a kill -9, and /session export gives it', async () => {
    await using stage = await Stage.open({ ownProcess: true })
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
    await using stage = await Stage.open({ ownProcess: true })
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
    assert.match((await told(olivia, aside, '/attach', { session: 'nobody' })).content, /no session called `nobody`/)
    assert.ok((await told(bob, aside, '/attach', { session: 'shop' })).ephemeral)
    const attached = await told(olivia, aside, '/attach', { session: 'shop' })
    assert.match(attached.content, /goes to \*\*shop\*\*/)

    await olivia.says(aside, '!say asked from aside')
    await stage.botShows(olivia, aside, 'asked from aside')
    await olivia.says(thread, '!recall')
    await stage.botShows(olivia, thread, /Before this you said: !say asked from aside/)
    const there = await stage.botMessages(olivia, thread)
    assert.ok(
      !there.some(({ content }) => content.startsWith('asked from aside')),
      'answers come where they were asked',
    )

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
})
