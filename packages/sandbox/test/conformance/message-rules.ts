import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { ComponentType, MessageFlags, Routes, TextDisplayBuilder, type APIMessage } from 'discord.js'
import { code } from '../refusals.ts'
import { check, text, times, upTo } from './rules.ts'
import type { Stage } from '../stage.ts'
import type { Rule } from './rules.ts'
import type { Steps } from './steps.ts'

const embed = (one: object) => ({ embeds: [one] })
const field = (one: object) => embed({ fields: [{ name: 'n', value: 'v', ...one }] })
const button = (over: object = {}) => ({ type: 2, style: 1, label: 'b', custom_id: 'b', ...over })
const row = (...components: object[]) => ({ type: 1, components })
const under = (...components: object[]) => ({ content: 'x', components })
const buttons = (count: number) => row(...times(count, (index) => button({ custom_id: `b${index}` })))
const select = (over: object = {}) => ({ type: 3, custom_id: 's', options: [{ label: 'l', value: 'v' }], ...over })
const option = (index: number) => ({ label: `l${index}`, value: `v${index}` })
const display = (length: number) => ({ type: 10, content: text(length) })
const layout = (...components: object[]) => ({ flags: 1 << 15, components })
const poll = (over: object = {}) => ({
  poll: { question: { text: 'q' }, answers: [{ poll_media: { text: 'a' } }], ...over },
})
const inRow = 'components.0.components.0'
const LEGACY = 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2'

/** https://discord.com/developers/docs/resources/message and …/components/reference */
const RULES: readonly Rule[] = [
  upTo(2000, 'content', 'content', (size) => ({ content: text(size) })),
  upTo(10, 'embeds', 'embeds', (size) => ({ embeds: times(size, () => ({ title: 'x' })) })),
  upTo(256, 'embed title', 'embeds.0.title', (size) => embed({ title: text(size) })),
  upTo(4096, 'embed description', 'embeds.0.description', (size) => embed({ description: text(size) })),
  upTo(25, 'embed fields', 'embeds.0.fields', (size) =>
    embed({ fields: times(size, () => ({ name: 'n', value: 'v' })) }),
  ),
  upTo(256, 'field name', 'embeds.0.fields.0.name', (size) => field({ name: text(size) })),
  upTo(1024, 'field value', 'embeds.0.fields.0.value', (size) => field({ value: text(size) })),
  upTo(2048, 'footer', 'embeds.0.footer.text', (size) => embed({ footer: { text: text(size) } })),
  upTo(256, 'embed author', 'embeds.0.author.name', (size) => embed({ author: { name: text(size) } })),
  {
    what: 'embeds all together: 6000',
    fits: { embeds: times(2, () => ({ description: text(3000) })) },
    breaks: { embeds: [{ description: text(3000) }, { description: text(3001) }] },
    at: 'embeds',
    complaint: 'MAX_EMBED_SIZE_EXCEEDED',
  },
  {
    what: 'embed timestamp',
    fits: embed({ title: 'x', timestamp: '2026-01-01T00:00:00Z' }),
    breaks: embed({ title: 'x', timestamp: 'tomorrow' }),
    at: 'embeds.0.timestamp',
    complaint: 'DATE_TIME_TYPE_PARSE',
  },
  { what: 'nonce: 25', fits: { content: 'x', nonce: text(25) }, breaks: { content: 'x', nonce: text(26) } },
  upTo(5, 'rows', 'components', (size) => under(...times(size, (index) => row(button({ custom_id: `b${index}` }))))),
  upTo(5, 'buttons in a row', 'components.0.components', (size) => under(buttons(size))),
  {
    what: 'custom ids: each once',
    breaks: under(row(button(), button())),
    at: 'components.0.components.1.custom_id',
    complaint: 'COMPONENT_CUSTOM_ID_DUPLICATED',
  },
  upTo(100, 'custom id', `${inRow}.custom_id`, (size) => under(row(button({ custom_id: text(size) })))),
  {
    what: 'custom id: 1 at least',
    breaks: under(row(button({ custom_id: '' }))),
    at: `${inRow}.custom_id`,
    complaint: 'BASE_TYPE_MIN_LENGTH',
  },
  upTo(80, 'button label', `${inRow}.label`, (size) => under(row(button({ label: text(size) })))),
  upTo(512, 'button url', `${inRow}.url`, (size) =>
    under(row({ type: 2, style: 5, label: 'l', url: 'https://e.org/'.padEnd(size, 'x') })),
  ),
  upTo(25, 'select options', `${inRow}.options`, (size) => under(row(select({ options: times(size, option) })))),
  upTo(150, 'select placeholder', `${inRow}.placeholder`, (size) => under(row(select({ placeholder: text(size) })))),
  {
    what: 'select: alone in its row',
    fits: under(row(select())),
    breaks: under(row(select(), button())),
    at: 'components.0.components',
    complaint: 'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
  },
  { what: 'V2 components: only with their flag', breaks: under(display(1)) },
  {
    what: 'V2 components in all: 40',
    fits: layout(...times(40, () => display(1))),
    breaks: layout({ type: 17, components: times(20, () => display(1)) }, ...times(20, () => display(1))),
    at: 'components',
    complaint: 'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED',
  },
  {
    what: 'V2 text in all: 4000',
    fits: layout(display(2000), display(2000)),
    breaks: layout(display(2000), display(2001)),
    at: 'components',
    complaint: 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
  },
  { what: 'V2: no content', breaks: { ...layout(display(1)), content: 'x' }, at: 'content', complaint: LEGACY },
  {
    what: 'V2: no embeds',
    breaks: { ...layout(display(1)), ...embed({ title: 'x' }) },
    at: 'embeds',
    complaint: LEGACY,
  },
  { what: 'V2: no poll', breaks: { ...layout(display(1)), ...poll() }, at: 'poll', complaint: LEGACY },
  upTo(300, 'poll question', 'poll.question.text', (size) => poll({ question: { text: text(size) } })),
  upTo(10, 'poll answers', 'poll.answers', (size) =>
    poll({ answers: times(size, () => ({ poll_media: { text: 'a' } })) }),
  ),
  {
    what: 'poll: 32 days',
    fits: poll({ duration: 768 }),
    breaks: poll({ duration: 769 }),
    at: 'poll.duration',
    complaint: 'NUMBER_TYPE_MAX',
  },
  {
    what: 'allowed mentions: a kind or a list',
    breaks: { content: 'x', allowed_mentions: { parse: ['users'], users: ['1'] } },
  },
]

export function messageRules({ step, open, close }: Steps): void {
  describe('what a message may be', () => {
    let stage: Stage
    before(async () => {
      stage = await open()
    })
    after(() => close(stage))
    const post = (body: object) => stage.client.rest.post(Routes.channelMessages(stage.general.id), { body })

    for (const rule of RULES) step(rule.what, () => check(rule, post))
    step('nothing at all is refused with a code of its own', async () => {
      await assert.rejects(post({}), code(50006, 400))
    })
    step('the V2 flag stays, whatever an edit says', async () => {
      const display = (content: string) => new TextDisplayBuilder().setContent(content)
      const sent = await stage.general.send({ flags: MessageFlags.IsComponentsV2, components: [display('one')] })
      const edited = await sent.edit({ flags: [], components: [display('two')] })
      assert.equal(edited.flags.has(MessageFlags.IsComponentsV2), true)
    })
    step('a file among the parts is the attachment of that name; the people named in a text are called', async () => {
      const alice = await stage.sandbox.actor('alice')
      const file = { type: 13, file: { url: 'attachment://notes.txt' } }
      const words = { type: 10, content: `<@${alice.id}> look` }
      const form = { flags: MessageFlags.IsComponentsV2, components: [{ type: 17, components: [words, file] }] }
      const body = { ...form, allowed_mentions: { users: [alice.id] }, attachments: [{ id: '0' }] }
      const files = [{ name: 'notes.txt', data: 'twelve bytes' }]
      const route = Routes.channelMessages(stage.general.id)
      const sent = (await stage.client.rest.post(route, { body, files })) as APIMessage
      assert.deepEqual(
        sent.mentions.map(({ id }) => id),
        [alice.id],
      )
      const [panel] = sent.components ?? []
      assert.ok(panel?.type === ComponentType.Container)
      const shown = panel.components.find((part) => part.type === ComponentType.File)
      assert.equal(shown?.size, 12)
      assert.equal(shown.name, 'notes.txt')
      assert.equal(await (await fetch(shown.file.url)).text(), 'twelve bytes')
      await assert.rejects(post(form), code(50035, 400), 'a name that no attachment has')
    })
    step('a whole request is 25 MiB at most', async () => {
      const files = times(3, (index) => ({ attachment: Buffer.alloc(9 * 1024 * 1024), name: `${index}.bin` }))
      await assert.rejects(stage.general.send({ files }), code(40005, 413))
    })
    step('a deferral may not ask for V2', async () => {
      await stage.client.application.commands.set([{ name: 'plain', description: 'Plain' }])
      const alice = await stage.sandbox.actor('alice')
      const refused = new Promise<void>((resolve, reject) => {
        stage.client.once('interactionCreate', (interaction) => {
          const url = Routes.interactionCallback(interaction.id, interaction.token)
          const later = (flags: number) =>
            stage.client.rest.post(url, { body: { type: 5, data: { flags } }, auth: false })
          assert
            .rejects(later(1 << 15), code(50035, 400))
            .then(() => later(0))
            .then(() => resolve(), reject)
        })
      })
      const outcome = await alice.runs('general', '/plain')
      await refused
      assert.equal(outcome.message?.loading, true)
    })
  })
}
