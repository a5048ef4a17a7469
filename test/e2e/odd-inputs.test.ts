import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type Watcher } from 'loopback-discord'
import type { Command } from '../../src/core/command.ts'
import type { Prompt } from '../../src/core/prompt.ts'
import { product } from '../features/product.ts'
import { asked } from './approving.ts'
import { Scene } from './scene.ts'
import { Stage, until } from './stage.ts'

/** As long as Discord lets an option be. */
const limit = 6_000
/** What turns around, joins, hides, closes a block, mentions everybody or ends a line. */
const nasty = [
  '\u202e',
  '\u200b',
  'e\u0301\u0316\u0489',
  '👩‍👩‍👧',
  '`',
  '```',
  '**',
  '|',
  '@everyone',
  '<@1>',
  '\n',
  '../',
  '-',
  '$(id)',
  '한',
]

function filled(length: number): string {
  return nasty.join('').repeat(length).slice(0, length)
}

/** Every option of a command with that text; what has choices, or names a person or a place, with what it may be. */
function everyOption({ options }: Command, text: string, person: string, place: string): Record<string, string> {
  const values = { text: () => text, user: () => person, place: () => place, flag: () => undefined }
  const given = options.map(({ name, type, choices }) => [name, choices?.()[0]?.value ?? values[type]()] as const)
  return Object.fromEntries(given.filter((each): each is [string, string] => each[1] !== undefined))
}

function promptsIn(scene: Scene): readonly Prompt[] {
  const rows = scene.stage.query<{ json: string }>("select json from run_events where type = 'asked' order by seq")
  return rows.map(({ json }) => (JSON.parse(json) as { prompt: Prompt }).prompt)
}

/** Keeps the last message that the bot was told of, to be told of others like it. */
class LastMessage implements Watcher {
  wire: { readonly id: string; readonly author?: object } | null = null

  dispatch(name: string, data: unknown, toBot: boolean): void {
    const message = data as {
      readonly id: string
      readonly author?: { readonly id: string; readonly username: string }
    }
    if (toBot && name === 'MESSAGE_CREATE' && message.author?.username === 'olivia')
      this.wire = structuredClone(message)
  }

  exchange(): void {}
  report(): object {
    return {}
  }
}

/** What Discord itself, an app or nobody wrote, and what only looks like a message of somebody. */
const nobodys: readonly (Readonly<Record<string, unknown>> & { readonly author?: object })[] = [
  // All that Discord describes, but for messages, replies and the answers of commands.
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, 32, 36, 37, 38]
    .concat([39, 46, 55])
    .map((type) => ({ type })),
  { webhook_id: '1' },
  { webhook_id: '1', flags: 2 },
  { author: { bot: true } },
  { author: { system: true } },
]

const url = 'https://cdn.discordapp.com/attachments/1/1/v.ogg'

/** What somebody wrote without a word, and what the agent is told of it. */
const wordless: readonly (readonly [object, string])[] = [
  [{ sticker_items: [{ id: '1', name: 'Ship\u202e it', format_type: 1 }] }, '[sticker Ship\u202e it]'],
  [
    { flags: 1 << 13, attachments: [{ id: '1', filename: 'v.ogg', size: 9, url, proxy_url: url, duration_secs: 6.6 }] },
    '[voice message of 7 s]',
  ],
]

describe('what people rarely send', { concurrency: true }, () => {
  test('what Discord and apps write is no prompt, whatever its type; what somebody sends without a word is one', async () => {
    const last = new LastMessage()
    await using stage = await Stage.open({ sandbox: { watchers: [last] } })
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!say the first')
    await stage.botShows(olivia, thread, 'the first')
    const { wire } = last
    assert.ok(wire !== null)
    let id = BigInt(wire.id)
    const tells = (parts: object): void =>
      stage.sandbox.world.emit({
        name: 'MESSAGE_CREATE',
        data: { ...wire, id: String(++id), content: '', ...parts },
        audience: { users: [stage.sandbox.bot.id] },
        intents: 0,
      })
    for (const { author, ...parts } of nobodys)
      tells({
        content: '!say NOBODY',
        ...parts,
        ...(author === undefined ? {} : { author: { ...wire.author, ...author } }),
      })
    for (const [parts] of wordless) tells(parts)
    tells({ content: '\u200b\u2060' })
    await olivia.sees(thread, /no text for the agent/)
    await olivia.says(thread, '!say the last')
    await stage.botShows(olivia, thread, 'the last')
    const rows = stage.query<{ json: string }>("select json from run_events where type = 'asked' order by seq")
    const asked = rows.map(({ json }) => (JSON.parse(json) as { prompt: Prompt }).prompt)
    assert.deepEqual(
      asked.map(({ text, quotes = [] }) => text + quotes.map((quote) => quote.text).join('')),
      ['!say the first', ...wordless.map(([, told]) => told), '!say the last'],
    )
    assert.deepEqual(
      bot.log.filter(({ msg }) => /malformed|failed/.test(String(msg))),
      [],
    )
  })

  test('files without a byte, of one name and with signs in it reach the agent; a prompt that is edited to nothing is taken back', async () => {
    await using scene = await Scene.open()
    const { olivia, thread, stage } = scene
    await olivia.says(thread, '!attached', {
      files: [
        { name: 'empty.txt', content: '' },
        { name: 'same.txt', content: 'one' },
        { name: 'same.txt', content: 'other' },
        { name: `${'한'.repeat(60)} a'b;c$(id).txt`, content: 'odd' },
      ],
    })
    const shown = await stage.botShows(olivia, thread, /same[^]*same/)
    assert.equal(shown.content.match(/same/g)?.length, 2, shown.content)
    await scene.says('!until emptied one two')
    await scene.grows('one')
    const waits = await scene.says('!say never said')
    await stage.botShows(olivia, thread, /place 1/i)
    await olivia.edits(waits, '\u200b')
    await until(() => stage.query("select 1 from run_events where type = 'stopped'").length === 1)
    await olivia.reacts(waits, '👍')
    scene.opens('emptied')
    await scene.settled()
    assert.ok(!scene.standing().includes('never said'))
  })

  test('every option of every command at its limit has an answer that helps', async () => {
    await using stage = await Stage.open()
    const bot = await stage.startBot()
    const [olivia, bob] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('bob')]
    const thread = await stage.session(olivia, 'shop')
    for (const command of product.commands.filter(({ opens }) => opens === undefined)) {
      const name = `/${command.path.join(' ')}`
      for (const text of ['x'.repeat(limit), filled(limit)]) {
        const values = everyOption(command, text, bob.id, thread.id)
        const said = await (await olivia.runs(thread, name, values)).settled()
        assert.ok(textOf(said).trim() !== '' || said.attachments.length > 0, name)
        assert.doesNotMatch(textOf(said), /That failed on my side|undefined|\[object/i, name)
      }
    }
    const ours = /^(command\.failed|inbox\.failed|discord\.interaction-failed|discord\.malformed|interaction\.unknown)$/
    const troubled = bot.log.filter(({ msg }) => ours.test(String(msg)))
    assert.deepEqual(troubled, [])
  })

  test('a message in which nothing can be seen is said to be empty; one that Discord makes a file of is read', async () => {
    await using scene = await Scene.open()
    const { olivia, thread, stage } = scene
    await olivia.says(thread, '\u200b')
    await olivia.sees(thread, /no text for the agent/)
    const content = 'a line of a long prompt\n'.repeat(4_200)
    await olivia.says(thread, '', { files: [{ name: 'message.txt', content }] })
    await stage.botShows(olivia, thread, /message\.txt.*read it as the prompt/)
    const [prompt, ...more] = promptsIn(scene)
    assert.deepEqual([prompt?.attachments.map(({ bytes }) => bytes), more.length], [[content.length], 0])
  })

  test('a thread that is renamed and put away, and a prompt that is deleted, while the agent works: the answer stands', async () => {
    await using scene = await Scene.open()
    const { olivia, thread, stage } = scene
    const prompt = await olivia.says(thread, '!until moved one two three')
    await stage.botShows(olivia, thread, 'one')
    await olivia.call('PATCH', `/channels/${thread.id}`, { name: filled(100) })
    await olivia.deletes(prompt)
    await olivia.archives(thread)
    stage.opens('moved')
    await stage.botShows(olivia, thread, 'one two three')
    await scene.settled()
    const listed = await (await olivia.runs('general', '/session list')).settled()
    assert.match(textOf(listed), new RegExp(`<#${thread.id}>`))
    assert.equal(stage.query("select 1 from run_events where type = 'stopped'").length, 0)
  })

  test('a form that is sent when its run is over is answered, to its sender alone', async () => {
    await using scene = await Scene.open()
    const { olivia, thread, stage } = scene
    await scene.says('!ask Bash npm test')
    const ask = await asked(olivia, thread, 'npm test')
    const opened = await olivia.clicks(ask, 'Deny…')
    assert.ok(opened.modal)
    await (await olivia.runs(thread, '/cancel')).settled()
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    const said = await (await olivia.submits(opened.modal, {})).settled()
    assert.ok(said.ephemeral)
    assert.match(said.content, /The run was stopped, so this needs no answer any more/)
  })
})
