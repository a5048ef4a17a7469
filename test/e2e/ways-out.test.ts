import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { secretScan } from '../../src/core/secret-scan.ts'
import { harmless, secrets } from '../core/made-up-secrets.ts'
import { asked, decided, idOf } from './approving.ts'
import { linkFor, PageVisitor } from './page-visitor.ts'
import { repository, starts, told } from './repositories.ts'
import { Stage, until } from './stage.ts'

/**
 * Every kind of secret that the scan knows, by every way on which words leave the machine (SPEC F6). Each way carries all of
 * them; what is looked at is everything that Discord was ever sent, what the page was told and what the log says.
 */

/** In one line each: what a command, a name and a prompt can hold. */
const inLines = secrets.map(([, secret]) => secret).filter((secret) => !secret.includes('\n'))
const asNames = inLines.filter((secret) => /^[\w.=-]{1,120}$/.test(secret))
const alone = secretScan(() => [])

/** What nobody may read: of each secret what is behind its fixed beginning, in parts that no chance makes. */
const parts = secrets.flatMap(([, secret]) =>
  alone
    .mask(secret)
    .hits.flatMap(({ value }) => value.slice(Math.floor(value.length * 0.4)).match(/[\w+/-]{10,40}/g) ?? []),
)

/** So many at once that a prompt holds them. */
function pieces(all: readonly string[], most: number): readonly (readonly string[])[] {
  const found: string[][] = [[]]
  for (const each of all) {
    const last = found.at(-1) ?? []
    if ([...last, each].join(' ; ').length > most) found.push([each])
    else last.push(each)
  }
  return found
}

/** Everything that Discord was sent, as it stood at any time, with the files. */
function sent(stage: Stage): string {
  const { world, bot } = stage.sandbox
  const own = [...world.messages.values()]
    .flatMap((all) => [...all.values()])
    .filter(({ authorId }) => authorId === bot.id)
  return own
    .flatMap((message) => [
      JSON.stringify(message, (_key, value: unknown) => (value instanceof Uint8Array ? null : value)),
      ...message.attachments.map(({ filename, bytes }) => `${filename}\n${new TextDecoder().decode(bytes)}`),
    ])
    .join('\n')
}

function assertNone(text: string, way: string): void {
  const shown = parts.find((part) => text.includes(part))
  const at = shown === undefined ? 0 : text.indexOf(shown)
  assert.equal(shown, undefined, `${way}: ${text.slice(Math.max(0, at - 120), at + 60)}`)
}

describe('a secret leaves by no way', { concurrency: true }, () => {
  test(`${secrets.length} of them by each way, and look-alikes pass`, async (t) => {
    assert.ok(secrets.length >= 40 && parts.length >= secrets.length)
    await using stage = await Stage.open({ timings: { checkAfterMs: 0, checkEveryMs: 1_000 } })
    const olivia = await stage.sandbox.actor('olivia')
    // A finding quotes what the operator has set: it is told to owners and where alerts go.
    const missing = asNames.slice(0, 4).map((name) => join(dirname(stage.project), name))
    const bot = await stage.startBot({
      env: {
        OMC_PROJECT_ROOTS: [dirname(stage.project), ...missing].join(','),
        OMC_ALERTS_CHANNEL_ID: olivia.place('work').id,
        OMC_OWNER_USER_ID: idOf(stage, 'olivia'),
      },
    })
    const visitor = await PageVisitor.at(bot)
    assert.equal((await visitor.enters(await linkFor(olivia))).status, 200)
    using ears = await visitor.listens()
    const shop = await stage.session(olivia, 'shop')
    writeFileSync(join(dirname(stage.project), 'all.txt'), secrets.map(([, secret]) => secret).join('\n'))
    writeFileSync(join(dirname(stage.project), 'harmless.txt'), harmless.join('\n'))

    const ways: Readonly<Record<string, () => Promise<void>>> = {
      async 'an answer that comes in pieces'() {
        await olivia.says(shop, '!read all.txt\n!say that was the file')
        await stage.botShows(olivia, shop, 'that was the file')
      },
      async 'a prompt, its steps and what is said to it'() {
        for (const [at, some] of pieces(inLines, 1_500).entries()) {
          const lines = some.map((secret) => `!tool Bash run ${secret}`)
          await olivia.says(shop, [...lines, `!say turn ${at} is over`].join('\n'))
          await stage.botShows(olivia, shop, `turn ${at} is over`)
        }
      },
      async 'an approval, short and as a file'() {
        for (const some of pieces(inLines, 1_800)) {
          await olivia.says(shop, `!ask Bash echo ${some.join(' ; ')}`)
          const ask = await asked(olivia, shop, 'Echo wants to run')
          await olivia.clicks(ask, 'Approve')
          await decided(olivia, ask, 'Approved')
        }
      },
      async 'a name, a failure and a word to agents'() {
        for (const [at, name] of asNames.slice(0, 3).entries()) {
          const thread = await olivia.opensThread('general', `of ${at}`)
          await told(olivia, thread, '/session start', { name, runtime: 'echo' })
          await olivia.says(thread, `!fail with ${name}`)
          await told(olivia, thread, '/steer', { text: `use ${name}` })
          await told(olivia, thread, '/why', { action: name })
          await olivia.completes(thread, '/cd', { path: '' }, 'path')
          await told(olivia, thread, '/model', { name })
        }
        await told(olivia, shop, '/session list')
      },
      async 'a diff, its files and their names'() {
        const folder = repository(stage, 'diffed')
        const { thread } = await starts(olivia, 'diffed', { workdir: folder, worktree: false })
        writeFileSync(join(folder, 'config.env'), secrets.map(([, secret]) => secret).join('\n\n'))
        for (const name of asNames) writeFileSync(join(folder, name), 'the name says it\n')
        const diff = await told(olivia, thread, '/diff')
        assert.ok(diff.attachments.length > 0, diff.content)
      },
      async 'a file that the agent attaches'() {
        // The tool scans a file as every text is; one of every third kind shows that it asks.
        const calls = secrets
          .filter((_secret, at) => at % 3 === 0)
          .map(([, secret], at) => {
            writeFileSync(join(dirname(stage.project), `a${at}.txt`), `as it is: ${secret}\n`)
            return `!call attach_file ${JSON.stringify({ path: `a${at}.txt`, text: '' })}`
          })
        await olivia.says(shop, [...calls, '!say none of them'].join('\n'))
        await stage.botShows(olivia, shop, 'none of them')
        const files = [...stage.sandbox.world.history(shop.id).values()].flatMap(({ attachments }) => attachments)
        assert.deepEqual(
          files.filter(({ filename }) => /^a\d+\.txt$/.test(filename)).map(({ filename }) => filename),
          [],
        )
      },
      async exports() {
        await told(olivia, shop, '/session export')
        await told(olivia, shop, '/audit export', { days: '1' })
      },
      async 'an alert'() {
        await olivia.sees('work', (message) => message.author.bot && /no folder/.test(message.content))
      },
      async 'the page'() {
        for (const path of ['transcripts', 'chains', 'grants', 'usage', 'search?words=turn'])
          assertNone((await visitor.asks(`/page/${path}`)).body, path)
        const { sessions } = (await visitor.asks('/page/transcripts')).json
        for (const { id } of sessions) assertNone((await visitor.asks(`/page/transcript?session=${id}`)).body, id)
        await until(() => ears.raw.includes('that was the file'))
        assertNone(ears.raw, 'the stream')
        assert.ok(ears.raw.includes('•'))
      },
      async 'the log'() {
        assertNone(bot.log.map((line) => JSON.stringify(line)).join('\n'), 'the log')
        assert.ok(bot.log.length > 100)
      },
    }
    for (const [way, go] of Object.entries(ways))
      await t.test(way, async () => {
        await go()
        assertNone(sent(stage), way)
      })

    await t.test('look-alikes are read as they are', async () => {
      await olivia.says(shop, '!read harmless.txt\n!say so much for that')
      await stage.botShows(olivia, shop, 'so much for that')
      const text = sent(stage)
      const whole = harmless.filter((each) => !/[<>*_`|~\\"\n$[\]]/.test(each))
      const gone = whole.filter((each) => !text.includes(each))
      assert.ok(whole.length >= 60, `${whole.length}`)
      assert.ok(gone.length <= 2, gone.join('\n'))
    })
  })
})
