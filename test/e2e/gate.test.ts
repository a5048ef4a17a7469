import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandOption } from '../../src/core/command.ts'
import type { Actor, OptionValues, SeenMessage } from 'loopback-discord'
import { product } from '../features/product.ts'
import type { Bot } from './bots.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** SPEC F3: one gate, and every way in passes it. The ways in are taken from the product's own lists. */

const ways = product.commands

const actions: Readonly<Record<string, string>> = {
  queue: 'wait',
  sessions: 'session.list',
  letters: 'letter.decide',
  agents: 'agent.answer',
  identity: 'identity.link',
  panic: 'panic',
  workers: 'worker.manage',
  budgets: 'budget.decide',
  branches: 'branch.take',
}

/** What each button asks of the gate, and a prompt whose run carries it. A new button fails the test until it is here. */
const buttons: Readonly<
  Record<
    string,
    {
      readonly label: string
      readonly action: string
      readonly prompt: string
      readonly where?: 'hall'
      /** It stands where only one person sees it: somebody else presses a forged one, in the place of that label. */
      readonly forged?: true
      /** It is a select, of which this is chosen. */
      readonly chosen?: string
    }
  >
> = {
  'runs:stop': { label: 'Stop', action: 'run.stop', prompt: '!until never alpha at work for olivia alone' },
  'runs:steer': { label: 'Steer', action: 'run.steer', prompt: '!until never beta at work for olivia alone' },
  'approvals:yes': { label: 'Approve', action: 'approval.answer', prompt: '!ask Bash echo yes' },
  'approvals:session': {
    label: 'Approve for this session',
    action: 'approval.answer',
    prompt: '!ask Bash echo session',
  },
  'approvals:no': { label: 'Deny…', action: 'approval.answer', prompt: '!ask Bash echo no' },
  'approvals:change': { label: 'Change it…', action: 'approval.answer', prompt: '!plan first this' },
  'approvals:other': { label: 'Other…', action: 'approval.answer', prompt: '!question Which one? | this | that' },
  'approvals:pick': { label: 'round', action: 'approval.answer', prompt: '!question Which shape? | round | square' },
  'approvals:send': { label: 'Send', action: 'approval.answer', prompt: '!question* Colours? | red || Sizes? | S | M' },
  'queue:withdraw': {
    label: 'Stop',
    action: 'wait',
    prompt: '!until never gamma at work for olivia alone',
    forged: true,
  },
  ...Object.fromEntries(
    [
      'queue:page',
      'sessions:page',
      'letters:yes',
      'letters:pair',
      'letters:no',
      'letters:change',
      'agents:pick',
      'agents:other',
      'budgets:once',
      'budgets:raise',
      'budgets:stop',
      'identity:link',
      'panic:lift',
      'workers:drop',
      'branches:take',
    ].map((kind, at) => [
      kind,
      {
        label: 'Stop',
        action: actions[kind.split(':')[0] ?? ''] ?? '',
        prompt: `!until never ${'delta '.repeat(at + 1)}at work for olivia alone`,
        forged: true,
      } as const,
    ]),
  ),
  ...Object.fromEntries(
    ['accept', 'reject', 'done', 'cancel', 'more'].map((verb, at) => [
      `tasks:${verb}`,
      {
        label: 'Stop',
        action: verb === 'more' ? 'task.look' : 'task.answer',
        prompt: `!until never ${'eta '.repeat(at + 1)}at work for olivia alone`,
        forged: true,
      } as const,
    ]),
  ),
  'approvals:all': {
    label: 'Approve these 4',
    action: 'approval.answer',
    prompt: '!asks Bash echo a | Bash echo b | Bash echo c | Bash echo d',
  },
  'approvals:none': {
    label: 'Deny these 4…',
    action: 'approval.answer',
    prompt: '!asks Bash echo a | Bash echo b | Bash echo c | Bash echo d',
  },
  'approvals:one': {
    label: 'Look at one',
    action: 'approval.answer',
    prompt: '!asks Bash echo a | Bash echo b | Bash echo c | Bash echo d',
    chosen: '1. echo a',
  },
  'approvals:list': {
    label: 'Look',
    action: 'approval.answer',
    prompt: '!asks Bash echo a | Bash echo b | Bash echo c | Bash echo d',
    where: 'hall',
  },
  'approvals:look': { label: 'Look', action: 'approval.answer', prompt: '!ask Bash echo look', where: 'hall' },
}

/** A message of the bot that has another button in the place of its own. */
function forge(stage: Stage, message: SeenMessage, label: string, customId: string): SeenMessage {
  const record = stage.sandbox.world.history(message.channelId).get(message.id) ?? assert.fail('it is gone')
  const components = [{ type: 1, id: 1, components: [{ type: 2, id: 2, style: 2, label, custom_id: customId }] }]
  record.components = components
  return { ...message, components }
}

/** How often the gate was asked this about somebody, and what it said last. */
function asked(bot: Bot, actor: Actor, action: string): { readonly times: number; readonly allowed: unknown } {
  const lines = bot.log.filter(
    (line) => line['msg'] === 'gate.asked' && line['person'] === actor.id && line['action'] === action,
  )
  return { times: lines.length, allowed: lines.at(-1)?.['allowed'] }
}

function filledIn(options: readonly CommandOption[], actor: Actor): OptionValues {
  const values: OptionValues = {}
  for (const option of options.filter(({ required }) => required)) {
    values[option.name] =
      option.type === 'flag'
        ? true
        : option.type === 'user'
          ? actor.id
          : option.type === 'place'
            ? actor.place('general').id
            : (option.choices?.()[0]?.value ?? 'something')
  }
  return values
}

test('whoever is blocked is refused by every way in, and each of them asked the gate', async (t) => {
  await using stage = await Stage.open({
    env: { OMC_MAX_ACTIVE_CLIS: '20', OMC_PER_USER_MAX_ACTIVE: '20' },
    timings: { gatherAsksMs: 600_000 },
  })
  const bot = await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const bob = await stage.sandbox.actor('bob')
  const thread = await stage.session(olivia, 'shop')
  await (await olivia.runs('general', '/session start', { name: 'hall', runtime: 'echo' })).settled()
  await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'blocked', scope: 'global' })).settled()
  await olivia.says(thread, '!until never at work for olivia alone')
  const growing = await stage.botShows(bob, thread, 'at work')
  const grants = stage.query('select * from grants').length

  for (const way of ways) {
    const { path, right: action, options } = way
    const line = `/${path.join(' ')}`
    await t.test(line, async () => {
      const { times } = asked(bot, bob, action)
      const told = await (await bob.runs(thread, line, filledIn(options, bob))).settled()
      assert.ok(told.ephemeral, told.content)
      assert.match(told.content, /You are blocked here/)
      assert.ok(asked(bot, bob, action).times > times, 'the gate was asked')
      assert.equal(asked(bot, bob, action).allowed, false)
    })
    for (const option of options.filter(({ suggests }) => suggests === true)) {
      await t.test(`${line}: suggestions for ${option.name}`, async () => {
        assert.ok(way.complete !== undefined)
        const { times } = asked(bot, bob, action)
        assert.deepEqual(await bob.completes(thread, line, {}, option.name), [])
        assert.ok(asked(bot, bob, action).times > times, 'the gate was asked')
      })
    }
  }

  const known = product.all.flatMap(({ name, buttons: all }) => [...all.keys()].map((verb) => `${name}:${verb}`))
  // What explains a refusal answers the blocked as well, about nothing but their own: refusals.test.ts.
  assert.deepEqual(known.sort(), [...Object.keys(buttons), 'permissions:why'].sort())
  for (const [kind, { label, action, prompt, where: hall, forged, chosen }] of Object.entries(buttons)) {
    await t.test(`the button ${kind}`, async () => {
      const session = `for-${kind.replace(':', '-')}`
      const where = hall === undefined ? await stage.session(olivia, session) : bob.place('general')
      const { id } = await olivia.says(where, prompt)
      const carrier = await bob.sees(
        where,
        (message) =>
          message.author.bot && BigInt(message.id) > BigInt(id) && JSON.stringify(message.components).includes(label),
      )
      const { times } = asked(bot, bob, action)
      const pressed = forged === true ? forge(stage, carrier, label, `${kind}:x`) : carrier
      const outcome =
        chosen === undefined ? await bob.clicks(pressed, label) : await bob.chooses(pressed, label, [chosen])
      assert.equal(outcome.modal, null, 'no form is given')
      await bob.sees(
        where,
        (message) =>
          message.ephemeral &&
          BigInt(message.id) > BigInt(id) &&
          /You are blocked here|Only .* may answer this/.test(message.content),
      )
      assert.ok(asked(bot, bob, action).times > times, 'the gate was asked')
      await olivia.runs(where, '/cancel')
    })
  }

  const messages: Readonly<Record<string, () => Promise<unknown>>> = {
    'in a thread': () => bob.says(thread, '!say into the thread'),
    'a reply in a thread': () => bob.says(thread, '!say as a reply', { replyTo: growing }),
    'a mention in a channel': () => bob.says('general', `${bob.mentions()} !say into the channel`),
    'a mention where no session is': () => bob.says('work', `${bob.mentions()} !say into nowhere`),
    'in a direct message': async () => bob.says(await bob.opensDm(), '!say in private'),
  }
  for (const [way, write] of Object.entries(messages)) {
    await t.test(`a message: ${way}`, async () => {
      const { times } = asked(bot, bob, 'prompt')
      await write()
      await until(() => asked(bot, bob, 'prompt').times > times, patienceMs, 'the gate to be asked')
      assert.equal(asked(bot, bob, 'prompt').allowed, false)
    })
  }

  assert.deepEqual(stage.query(`select 1 from runs where person = '${bob.id}'`), [], 'nothing of it became a run')
  const ofOthers = stage
    .query<{ json: string }>('select json from run_events')
    .filter(({ json }) => json.includes(bob.id))
  assert.deepEqual(ofOthers, [], 'and nothing of it reached one')
  assert.equal(stage.query('select * from grants').length, grants)
  assert.equal(stage.query('select 1 from omc_sessions where ended_at is null').length, 35)
  // One word a day for each place, to them alone.
  await bob.says(thread, 'and again')
  await olivia.says(thread, '!say next in line')
  await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 1)
  const words = (await stage.botMessages(olivia, thread)).filter(({ content }) => content.includes('alone'))
  assert.equal(words.length, 0)
})
