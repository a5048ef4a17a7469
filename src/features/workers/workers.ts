import type { Press } from '../../core/button.ts'
import type { Reply } from '../../core/chat.ts'
import type { Call } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature, type NamedButton } from '../../core/feature.ts'
import type { WorkerId } from '../../core/ids.ts'
import { isLive } from '../../core/lifecycle.ts'
import { textOf } from '../../core/option.ts'
import { toAll, toThem } from '../../core/reply.ts'
import { en, ko, type Load } from './words.ts'

type NeededDoors = Pick<Doors, 'vault' | 'journal' | 'log' | 'health' | 'agentsHere' | 'admitAgain' | 'dropMachine'>

/** The machines on which agents work beside the bot's own (SPEC F21). */
export function workers(doors: NeededDoors): Feature {
  const { vault, journal, log, agentsHere } = doors

  async function loads(): Promise<readonly Load[]> {
    const [machines, sessions, open] = [await vault.machines.all(), await vault.liveSessions(), await journal.open()]
    return machines.map((machine) => {
      const runs = open.filter(({ worker }) => worker === machine.id)
      const live = runs.filter(({ state }) => isLive(state)).length
      const own = sessions.filter(({ worker }) => worker === machine.id)
      return { machine, sessions: own.length, live, waiting: runs.length - live }
    })
  }

  async function suggested(typed: string): Promise<readonly string[]> {
    const names = (await vault.machines.all()).map(({ id }) => id as string)
    return names.filter((name) => name.toLowerCase().includes(typed.trim().toLowerCase())).slice(0, 25)
  }

  async function unknown(id: string, say: typeof en): Promise<Reply<never>> {
    const known = (await vault.machines.all()).map((each) => each.id)
    return { ...toThem(say.unknown(id, known)), refused: true }
  }

  async function drain(call: Call, say: typeof en, isDraining: boolean): Promise<Reply<never>> {
    const id = textOf(call, 'worker') ?? ''
    if (!(await vault.machines.drain(id as WorkerId, isDraining))) return unknown(id, say)
    log.info({ machine: id, draining: isDraining, by: call.person.id }, 'machine.drain')
    doors.admitAgain()
    return toThem(isDraining ? say.drained(id) : say.resumed(id))
  }

  /** Asks once more: nothing of it can be taken back. */
  async function askToDrop(call: Call, say: typeof en): Promise<Reply<NamedButton<'drop'>>> {
    const id = textOf(call, 'worker') ?? ''
    const load = (await loads()).find(({ machine }) => machine.id === id)
    if (load === undefined) return unknown(id, say)
    const button = { verb: 'drop', argument: id, label: say.drop, style: 'bad' } as const
    return { ...toThem(say.ask(id, load.sessions)), buttons: [button] }
  }

  async function drop(press: Press, say: typeof en): Promise<Reply<never>> {
    const id = press.argument as WorkerId
    const isThere = (await vault.machines.all()).some((machine) => machine.id === id)
    // A second try finds it given up, and goes on with what the first one had not ended.
    if (!isThere && press.memo.read() !== id) return unknown(id, say)
    await press.memo.keep(id)
    const { sessions, runs } = await doors.dropMachine(id, press.person.name)
    return toAll(say.dropped(id, sessions, runs))
  }

  return feature({
    name: 'workers',
    rights: { 'worker.list': 'member', 'worker.manage': 'owner everywhere' },
    words: { en, ko },
    commands: {
      workers: {
        right: 'worker.list',
        hidden: true,
        options: [],
        async run(_call, say) {
          const all = await loads()
          if (all.length === 0) return toThem(say.none(agentsHere))
          const head = [say.head(all.length, agentsHere), say.bot(await doors.health())]
          return toThem([...head, ...all.map((each) => say.line(each))].join('\n'))
        },
      },
      'worker drain': {
        right: 'worker.manage',
        hidden: true,
        options: [{ name: 'worker', type: 'text', required: true, suggests: true }],
        run: (call, say) => drain(call, say, true),
        complete: (_call, _option, typed) => suggested(typed),
      },
      'worker resume': {
        right: 'worker.manage',
        hidden: true,
        options: [{ name: 'worker', type: 'text', required: true, suggests: true }],
        run: (call, say) => drain(call, say, false),
        complete: (_call, _option, typed) => suggested(typed),
      },
      'worker drop': {
        right: 'worker.manage',
        hidden: true,
        options: [{ name: 'worker', type: 'text', required: true, suggests: true }],
        run: (call, say) => askToDrop(call, say),
        complete: (_call, _option, typed) => suggested(typed),
      },
    },
    buttons: {
      drop: { right: 'worker.manage', answer: 'for-all', act: (press, say) => drop(press, say) },
    },
  })
}
