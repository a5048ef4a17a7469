import type { LetterRules } from '../../src/core/chain.ts'
import type { Doors } from '../../src/core/doors.ts'
import type { Feature } from '../../src/core/feature.ts'
import type { Person } from '../../src/core/person.ts'
import type { Place } from '../../src/core/place.ts'
import { secretScan } from '../../src/core/secret-scan.ts'
import { sayEffects } from '../../src/engine/effects.ts'
import { stopRun } from '../../src/engine/stopping.ts'
import { ToolDesk } from '../../src/engine/tools.ts'
import { letters } from '../../src/features/letters/letters.ts'
import { tasks } from '../../src/features/tasks/tasks.ts'
import { call, commandOf, say } from '../features/call.ts'
import { promptKey } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine } from './scripted-runtime.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { WritingAgents } from './writing-agents.ts'

const caps = { active: 6, waiting: 40, personActive: 4, personWaiting: 12 }

/** One life of the bot with agents that write to each other, and tasks: everything but Discord. */
export async function writingLife(
  folder: string,
  clock: VirtualClock,
  agents: WritingAgents,
  options: {
    readonly rules: LetterRules
    /** Whether it dies at this moment. */
    readonly dies?: (name: string) => boolean
    /** What happens in the moment before a letter is asked. */
    readonly beforeAsking?: (request: Parameters<Doors['ask']>[0]) => Promise<unknown>
  },
) {
  const { rules, dies = () => false, beforeAsking = async () => {} } = options
  let isDead = false
  const checkpoint = (name: string, letGo: () => void): void => {
    if (isDead || !dies(name)) return
    isDead = true
    letGo()
  }
  const nothing = new Machine(clock, () => 0)
  const bot = await live(folder, clock, nothing, {
    caps,
    queueStaleMs: 36_000_000,
    runtime: agents.runtime(),
    checkpoint,
  })
  const { tools, store } = bot
  const outbox = { say: async () => {}, show: async () => {} } as never
  const listeners = new Set<() => void>()
  const doors = {
    ...tools,
    scan: secretScan(() => []),
    letterRules: rules,
    async ask(request: Parameters<Doors['ask']>[0]) {
      await beforeAsking(request)
      return bot.desk.ask(request)
    },
    hear: (listener: Parameters<Doors['hear']>[0]) => tools.bus.subscribe(listener),
    hearKept(listener: () => void) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    stopRun: (run: Parameters<Doors['stopRun']>[0], by: string | null) => stopRun(run, by, tools),
    async keep(effects: Parameters<Doors['keep']>[0]) {
      if (!(await store.vault.letters.keep(effects))) return false
      await sayEffects(effects, outbox, tools)
      for (const listener of listeners) listener()
      return true
    },
  }
  const writing = letters(doors)
  const giving = tasks(doors)
  const calls = new ToolDesk({ ...tools, outbox, tools: () => writing.tools })
  return {
    store,
    desk: bot.desk,
    tools,
    isDead: () => isDead,
    async wakeUp() {
      await bot.wakeUp()
      await writing.start?.()
      await giving.start?.()
      await calls.resume()
    },
    /** A person's button under what agents ask, or on a task's card. */
    press(feature: 'letters' | 'tasks', by: Person, place: Place, verb: string, argument: string, key = '1') {
      const button = ({ letters: writing, tasks: giving } satisfies Record<string, Feature>)[feature].buttons.get(verb)
      const press = { key: promptKey(key), person: by, place, argument, chosen: [], text: 'no', written: {}, say }
      return button?.act({ ...press, memo: { read: () => null, keep: async () => {} } })
    },
    /** `/task assign`, said twice with the same key, as after a death. */
    gives(by: Person, place: Place, key: string, thread: string, title: string) {
      const given = call({ thread, title }, { key: promptKey(key), person: by, place })
      return commandOf(giving, 'task assign').run(given)
    },
    async die() {
      isDead = true
      await bot.die()
      await calls.close()
    },
  }
}

/** See `writingLife`. */
export type WritingLife = Awaited<ReturnType<typeof writingLife>>
