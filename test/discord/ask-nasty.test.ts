import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from '../../src/core/approval.ts'
import type { Ask } from '../../src/core/ask.ts'
import { postRoles } from '../../src/core/approval-record.ts'
import { drawAsk } from '../../src/discord/ask.ts'
import { drawAsks } from '../../src/discord/ask-list.ts'
import { messageLimit } from '../../src/discord/split.ts'
import { asks } from '../locales/samples.ts'
import { fc } from '../random.ts'
import { discordReads } from './discord-markdown.ts'
import { words } from './scene.ts'

/** What agents, files and people could be called so that it passes for something else, leads away or hides. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[https://a.example](https://b.example)',
        '[x](<https://b.example>)',
        'https://evil.example/?q=',
        '<@1>',
        '`',
        '```',
        '\n',
        '> ',
        '# ',
        '**',
        '@everyone',
        '\u202e',
        '\u200b',
        '\u2066',
        '\u{e0041}',
        '\u3164',
        '../',
        '.sh',
        ' ',
        '(',
        ')',
        '[',
        ']',
        '\\',
        '|',
        '-# ',
        'a',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constant('command' as const), command: nasty, folder: nasty, reason: nasty }),
  fc.record({
    kind: fc.constant('change' as const),
    changes: fc.array(fc.record({ path: nasty, diff: nasty }), { minLength: 1, maxLength: 2 }),
    reason: nasty,
  }),
  fc.record({ kind: fc.constant('host' as const), host: nasty, port: fc.nat(65_535) }),
  fc.constant({ kind: 'tool' as const }),
  fc.record({ kind: fc.constant('plan' as const), plan: nasty }),
  fc.record({
    kind: fc.constant('questions' as const),
    questions: fc.tuple(
      fc.record({
        id: fc.constant('q'),
        header: nasty,
        text: nasty,
        options: fc.array(fc.record({ label: nasty, description: nasty }), { maxLength: 3 }),
        several: fc.boolean(),
        free: fc.boolean(),
      }),
    ),
  }),
)

const [sample] = asks
const ask: fc.Arbitrary<Ask> = fc
  .record({ subject, tool: nasty, title: nasty, input: nasty, name: nasty, file: nasty, by: nasty, reason: nasty })
  .chain(({ subject: about, tool, title, input, name, file, by, reason }) => {
    assert.ok(sample !== undefined)
    const { approval, prompt } = sample
    const fates = [
      { kind: 'open' },
      { kind: 'answered', decision: { verdict: 'deny', reason }, by },
      { kind: 'stopped', by },
    ] as const
    const whole: Ask = {
      ...sample,
      prompt: { ...prompt, speaker: { ...prompt.speaker, name } },
      session: { ...sample.session, name },
      approval: { ...approval, subject: about, input, action: { ...approval.action, tool, title } },
      runs: { known: true, files: { [file]: '#' } },
      changed: [file],
      listed: { list: 'l', at: 0 },
    }
    return fc.constantFrom(...fates).map((fate) => ({ ...whole, fate }))
  })

test('nothing in an approval hides, leads away, is fetched for a preview or passes for words of ours', () => {
  const drawing = { reader: null, locale: 'en', mention: null, direct: false } as const
  const looked = fc.property(ask, fc.constantFrom('en', 'ko'), (each, locale) => {
    const say = words[locale].approvals
    const many = drawAsks({ ...drawing, list: 'l', asks: [each], role: 'ask' }, say)
    const drawn = postRoles.map((role) => drawAsk({ ...drawing, ask: each, role }, say))
    for (const { text } of [...drawn, many]) {
      assert.ok(text.length <= messageLimit)
      const { previews, masked, prose } = discordReads(text)
      assert.deepEqual([previews, masked], [[], []], text)
      // A plan is Markdown; no message of ours notifies anybody by its text.
      if (each.approval.subject.kind !== 'plan') assert.doesNotMatch(prose, /@(everyone|here)/, text)
      // A blank of no width is ours where it keeps marks and mentions apart, or a block from being empty, in a quotation of the plan, too.
      const seen = text
        .replaceAll(/`\u200b|@\u200b|^(> )*\u200b$/gm, '')
        .replaceAll(/\p{Extended_Pictographic}[\ufe0f\u200d]*/gu, '')
      assert.doesNotMatch(seen, /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]|(?![\n\t])\p{Cc}/u, text)
    }
  })
  fc.assert(looked, { numRuns: 300 })
})
