import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call, Command, OptionValue } from '../../src/core/command.ts'
import type { Desk, SessionWish } from '../../src/core/desk.ts'
import type { Refusal } from '../../src/core/failure.ts'
import type { PersonId, PromptKey } from '../../src/core/ids.ts'
import { home, overview, session, someDiff } from '../locales/samples.ts'
import { languages, product } from './product.ts'

const all = product.commands
const say = languages(home).en

/** A desk that agrees to everything and remembers what was wished for, or refuses everything. */
function scripted(refusal?: Refusal): Desk & { readonly wishes: SessionWish[] } {
  const wishes: SessionWish[] = []
  const give = <Value>(value: Value) =>
    Promise.resolve(refusal === undefined ? { ok: true as const, value } : { ok: false as const, refusal })
  return {
    wishes,
    judge: () => Promise.resolve({ allowed: true, tier: 'owner', ground: { kind: 'owner-user' }, needs: 'owner' }),
    ask: () => Promise.reject(new Error('no command asks')),
    stop: () => give({ run: 'run' as never, waiting: false, afterMs: 42_000 }),
    stopRun: () => Promise.reject(new Error('no command stops by a button')),
    approval: () => Promise.reject(new Error('no command looks at an approval')),
    answer: () => Promise.reject(new Error('no command answers an approval')),
    startSession(_by, _place, wish) {
      wishes.push(wish)
      return give({ session: session({ name: wish.name }), takenUp: false })
    },
    stopSession: () => give({ session: session(), remains: null, detached: false }),
    changeSession: (_by, _place, change) =>
      give({
        session: session(change.what === 'model' ? { model: change.model } : { workdir: change.typed }),
        left: null,
        trustEnded: false,
      }),
    attach: (_by, _place, _key, to) => give(session({ name: to })),
    resume: () => give(session()),
    diff: () => give({ session: session(), diff: someDiff }),
    transcript: () => give({ name: 'shop', text: '{"run":"1"}\n{"run":"2"}\n', cut: false }),
    suggestModels: (_by, _place, typed, runtime) => Promise.resolve([`${runtime ?? 'its'} ${typed}us`]),
    suggestSessions: (_by, _place, typed) => Promise.resolve([`${typed}op`]),
    sessions: () => give([overview()]),
    suggestFolders: (_by, _place, typed) => Promise.resolve([`${typed}op`]),
    runtimes: () => [
      { name: 'claude', title: 'Claude Code' },
      { name: 'echo', title: 'Echo' },
    ],
    steer: (_by, _place, { text }) => give({ how: 'steered', text }),
  }
}

function call(desk: Desk, options: Record<string, OptionValue> = {}): Call {
  return {
    key: '1' as PromptKey,
    person: { id: '2' as PersonId, name: 'alice', locale: 'en', roles: [] },
    place: session().place,
    options: new Map(Object.entries(options)),
    desk,
    say,
  }
}

function command(...path: string[]): Command {
  const found = all.find((each) => each.path.join(' ') === path.join(' '))
  assert.ok(found, `there is no /${path.join(' ')}`)
  return found
}

const filled = {
  name: 'shop',
  runtime: 'claude',
  text: 'and quickly',
  path: 'src',
  session: 'other',
}

describe('the list of commands', () => {
  it('has each path once, with words for it and for each of its options in every language', () => {
    assert.equal(new Set(all.map((each) => each.path.join(' '))).size, all.length)
    for (const { text, options } of all) {
      for (const { description, options: words } of Object.values(text)) {
        assert.ok(description.length > 0)
        assert.deepEqual(
          Object.keys(words),
          options.map((option) => option.name),
        )
      }
    }
  })

  it('asks for required options first, as Discord demands', () => {
    for (const { options } of all) {
      const required = options.map((option) => option.required)
      assert.deepEqual(
        required,
        [...required].sort((a, b) => Number(b) - Number(a)),
      )
    }
  })
})

describe('answers', () => {
  const changing = ['session start', 'session stop', 'cancel', 'resume', 'attach', 'cd', 'model']
  const visible = new Set([...changing, 'skill', 'permission set', 'steer'])
  const asking = new Set([...changing, 'session list', 'session export', 'diff', 'steer'])
  for (const each of all) {
    const name = each.path.join(' ')
    it(`/${name} is seen by ${visible.has(name) ? 'all' : 'the person alone'}`, () => {
      assert.equal(each.hidden, !visible.has(name))
    })
  }

  // Whether anybody may at all is asked before any command (e2e/gate); these ask for more than that.
  for (const each of [...all].filter(({ path }) => asking.has(path.join(' ')))) {
    const name = each.path.join(' ')
    it(`/${name} tells a refusal to the person alone`, async () => {
      const refusal: Refusal = { code: 'not-allowed', action: each.right, tier: 'guest', needs: 'member' }
      const reply = await each.run(call(scripted(refusal), filled))
      assert.deepEqual(reply, { text: say.refusal(refusal), hidden: true })
    })
  }
})

describe('/session start', () => {
  const start = command('session', 'start')

  it('hands over what was filled in, without blanks around it', async () => {
    const desk = scripted()
    await start.run(call(desk, { name: ' shop ', runtime: 'claude', workdir: ' ~/x ', model: '  ' }))
    assert.deepEqual(desk.wishes, [
      { key: '1', name: 'shop', runtime: 'claude', workdir: '~/x', model: null, worktree: true, trust: false },
    ])
    await start.run(call(desk, { ...filled, worktree: false, trust: true }))
    assert.deepEqual(desk.wishes[1], {
      key: '1',
      name: 'shop',
      runtime: 'claude',
      workdir: null,
      model: null,
      worktree: false,
      trust: true,
    })
  })

  it('says which option is missing', async () => {
    for (const [option, options] of [
      ['name', { runtime: 'claude' }],
      ['runtime', { name: 'shop', runtime: ' ' }],
    ] as const) {
      const desk = scripted()
      const reply = await start.run(call(desk, options))
      assert.deepEqual(reply, { text: say.refusal({ code: 'option-missing', option }), hidden: true })
      assert.deepEqual(desk.wishes, [])
    }
  })

  it('calls the agent by its title', async () => {
    assert.match((await start.run(call(scripted(), filled))).text, /^\*\*shop\*\* · Claude Code · /)
  })

  it('offers the runtimes and completes folders', async () => {
    const choices = start.options.find((option) => option.name === 'runtime')?.choices?.(scripted())
    assert.deepEqual(choices, [
      { name: 'Claude Code', value: 'claude' },
      { name: 'Echo', value: 'echo' },
    ])
    assert.deepEqual(await start.complete?.(call(scripted()), 'workdir', 'sh'), ['shop'])
    assert.deepEqual(await start.complete?.(call(scripted(), { runtime: 'echo' }), 'model', 'op'), ['echo opus'])
    assert.deepEqual(await start.complete?.(call(scripted()), 'name', 'sh'), [])
  })
})
