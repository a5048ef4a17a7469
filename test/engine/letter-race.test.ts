import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { LetterRules } from '../../src/core/chain.ts'
import { letterKey, type Letter } from '../../src/core/letter.ts'
import type { ChainId } from '../../src/core/ids.ts'
import type { Session } from '../../src/core/session.ts'
import { newLetterId } from '../../src/system/letter-names.ts'
import { EngineDesk } from '../../src/engine/desk.ts'
import { oneFolder } from './one-folder.ts'
import { person, promptKey, scratchFolder, session, sessionId, thread } from '../stores/cast.ts'
import { VirtualClock } from './virtual-clock.ts'
import { WritingAgents } from './writing-agents.ts'
import { writingLife, type WritingLife } from './writing-life.ts'

const begin = Date.UTC(2026, 0, 5, 9)
const second = 1_000
const rules: LetterRules = {
  hops: 4,
  tokens: 50_000,
  cooldownMs: 0,
  consentMs: 60 * second,
  approverRole: null,
  auditChannel: null,
}
const ann = person('ann')

/** Two sessions whose agents work for a second and say nothing; `ends`: what happens before a letter is asked. */
class Room implements AsyncDisposable {
  readonly clock: VirtualClock
  readonly bot: WritingLife
  readonly shop: Session
  readonly docs: Session
  readonly #folder: AsyncDisposable

  private constructor(folder: AsyncDisposable, clock: VirtualClock, bot: WritingLife, shop: Session, docs: Session) {
    this.#folder = folder
    this.clock = clock
    this.bot = bot
    this.shop = shop
    this.docs = docs
  }

  static async open(beforeAsking: (room: Room) => Promise<unknown>): Promise<Room> {
    const folder = await scratchFolder()
    const clock = new VirtualClock(begin)
    const agents = new WritingAgents(clock, () => [{ does: 'works', ms: second, tokens: 10 }])
    let room: Room | null = null
    const before = async (): Promise<void> => void (room !== null && (await beforeAsking(room)))
    const bot = await writingLife(folder.path, clock, agents, { rules, beforeAsking: before })
    const [shop, docs] = [room1('shop', '200'), room1('docs', '201')]
    for (const each of [shop, docs]) await bot.store.vault.addSession(each)
    const scope = { kind: 'global' } as const
    await bot.store.vault.grants.set({ person: ann.id, scope, tier: 'owner', by: ann.id, at: begin })
    room = new Room(folder, clock, bot, shop, docs)
    await bot.wakeUp()
    return room
  }

  /** The session ends as by `/session stop`, and perhaps another one is started in its place. */
  async ends(next: Session | null = null): Promise<void> {
    const { vault } = this.bot.store
    await vault.endSession(this.docs.id, this.clock.now())
    if (next !== null) await vault.addSession(next)
  }

  async write(kind: 'consult' | 'task'): Promise<Letter> {
    const { bot, shop, docs, clock } = this
    const chain = `C-${kind}` as ChainId
    const from = kind === 'task' ? docs : shop
    const letter: Letter = {
      id: newLetterId(bot.tools.ids),
      chain,
      kind,
      from: { session: from.id, name: from.name },
      to: { session: docs.id, name: docs.name },
      run: null,
      parent: null,
      answers: null,
      hop: kind === 'task' ? 0 : 1,
      text: 'what colour?',
      speaker: ann,
      at: clock.now(),
      state: 'waiting',
      consent: null,
    }
    const begins = { id: chain, run: null, session: from.id, speaker: ann, at: clock.now() }
    await bot.store.vault.letters.keep([
      { kind: 'chain', chain: begins },
      { kind: 'letter', letter },
    ])
    return letter
  }

  /** As long as whoever looks now and then has looked. */
  async later(): Promise<void> {
    await this.clock.goTo(this.clock.now() + 30 * second)
  }

  async runsOf(letter: Letter): Promise<readonly string[]> {
    const run = await this.bot.store.journal.find(letterKey(letter.id))
    return run === null ? [] : [`${run.session} ${run.state}`]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bot.die()
    await this.#folder[Symbol.asyncDispose]()
  }
}

function room1(name: string, place: string, id = name): Session {
  return session(name, thread(place), { id: sessionId(`session-${id}`), runtime: 'writing' as Session['runtime'] })
}

suite('a session that ends in the moment in which its letter is delivered', () => {
  test('it waits, is told of once, and comes to the next session of that name, not to another in its place', async () => {
    let left = true
    const other = room1('notes', '201')
    await using room = await Room.open(async (the) => {
      if (left) await the.ends(other)
      left = false
    })
    const letter = await room.write('consult')
    await room.later()
    await room.later()
    const { vault } = room.bot.store
    assert.equal(left, false, 'it ended in that moment')
    assert.deepEqual(await room.runsOf(letter), [], 'another session in its place does not get it')
    assert.equal((await vault.letters.letter(letter.id))?.state, 'waiting')
    const all = await vault.letters.ofChain(letter.chain)
    const notices = all.filter(({ kind }) => kind === 'notice')
    assert.equal(notices.length, 1)
    assert.match(notices[0]?.text ?? '', /^The session docs has ended\. Your letter L\w+ waits/)

    await vault.endSession(other.id, room.clock.now())
    await vault.addSession(room1('docs', '201', 'docs-2'))
    await room.later()
    assert.deepEqual(await room.runsOf(letter), ['session-docs-2 over'])
    assert.equal((await vault.letters.letter(letter.id))?.state, 'closed')
  })

  test('a task in it waits, too, and is done when one of its name is started there: it does not come to nothing', async () => {
    let left = true
    await using room = await Room.open(async (the) => {
      if (left) await the.ends()
      left = false
    })
    const { bot, docs, shop } = room
    const { vault } = bot.store
    await bot.gives(ann, shop.place, '501', 'docs', 'Write it')
    const [given] = await vault.tasks.openAt(docs.place.id)
    assert.ok(given)
    await bot.press('tasks', ann, docs.place, 'accept', given.chain, '502')
    await room.later()
    assert.equal(left, false, 'it ended in that moment')
    const waits = await vault.tasks.task(given.chain)
    assert.deepEqual([waits?.status, waits?.trouble], ['accepted', null])
    await vault.addSession(room1('docs', '201', 'docs-2'))
    await room.later()
    assert.equal((await vault.tasks.task(given.chain))?.status, 'done')
    assert.equal((await bot.store.journal.open()).length, 0)
  })

  test('nor does an agent begin in it, whoever asked, however late it ends while that is kept', async () => {
    await using room = await Room.open(async () => {})
    const { bot, docs, clock } = room
    const { journal, vault } = bot.store
    // In the very last moment: after everything was looked at, and before it is written.
    const ends = async (): Promise<void> => vault.endSession(docs.id, clock.now())
    const late = {
      find: (...asked: Parameters<typeof journal.find>) => journal.find(...asked),
      crowd: async (...asked: Parameters<typeof journal.crowd>) => {
        await ends()
        return journal.crowd(...asked)
      },
      board: (...asked: Parameters<typeof journal.board>) => journal.board(...asked),
      ask: (...asked: Parameters<typeof journal.ask>) => journal.ask(...asked),
    }
    const desk = new EngineDesk({ ...bot.tools, journal: late, workspaces: oneFolder } as never)
    const letter = { id: 'L1', chain: 'C1', kind: 'consult', from: 'shop', hop: 1, serves: 'L1' } as never
    const wish = { place: docs.place, speaker: ann, text: 'now', message: null }
    const refused = { kind: 'refused', refusal: { code: 'no-session' } }
    assert.deepEqual(await desk.ask({ ...wish, key: promptKey('901'), letter }), refused)
    assert.equal(await journal.find(promptKey('901')), null, 'it can be asked again later')

    // A person's prompt that was on its way to the store when it ended.
    await vault.addSession(room1('docs', '201', 'docs-2'))
    const ending = vault.endSession(sessionId('session-docs-2'), clock.now())
    const asking = bot.desk.ask({ ...wish, key: promptKey('902') })
    await ending
    assert.deepEqual(await asking, refused)
    await room.later()
    assert.deepEqual(await journal.open(), [])
  })
})
