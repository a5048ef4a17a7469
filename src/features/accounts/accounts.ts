import { holdOf, type AccountSlot } from '../../core/account.ts'
import { placedSlots, slotsAt, type PlacedSlot } from '../../core/account-places.ts'
import type { Reply } from '../../core/chat.ts'
import type { Call } from '../../core/command.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import type { AccountId, RuntimeName } from '../../core/ids.ts'
import { textOf } from '../../core/option.ts'
import { refused, toAll, toThem } from '../../core/reply.ts'
import type { Session } from '../../core/session.ts'
import { bindingAt, busyWith, sessionAllowed } from '../../core/session-lookup.ts'
import { Moving, type MovingDoors } from './moving.ts'
import { momentAfter, nameOfSlot, slotNamed } from './slots.ts'
import { en, ko } from './words.ts'

type NeededDoors = MovingDoors & Pick<Doors, 'gate' | 'agentsHere'>

/**
 * `/account list`, and `/account use`: a session goes on with another login of its agent (SPEC F9), where the operator says
 * of both that sessions may move. `/account rest` sets one aside: what works goes on, and nothing begins with it.
 */
export function accounts(doors: NeededDoors): Feature {
  const { journal, clock, log } = doors
  const moving = new Moving(doors)
  /** Those of all machines. */
  const everywhere = async (): Promise<readonly PlacedSlot[]> =>
    placedSlots(doors.accounts, await doors.vault.machines.all(), doors.agentsHere)
  /** Those that a session can have: its machine has their logins. */
  const at = async ({ worker, runtime }: Pick<Session, 'worker' | 'runtime'>): Promise<readonly AccountSlot[]> =>
    slotsOf(slotsAt(worker, doors.accounts, await doors.vault.machines.all()), runtime)
  return feature({
    name: 'accounts',
    rights: { 'account.list': 'member', 'account.use': 'member', 'account.rest': 'owner everywhere' },
    words: { en, ko },
    async start() {
      moving.start()
    },
    commands: {
      'account list': {
        right: 'account.list',
        hidden: true,
        options: [],
        async run(call, say) {
          const live = await doors.vault.liveSessions()
          const listed = await Promise.all(
            (await everywhere()).map(async ({ runtime, account, shared, machines }) => ({
              line: call.say.account(await doors.vault.accounts.of(runtime, account), clock.now()),
              name: account,
              sessions: live.filter((each) => each.runtime === runtime && each.account === account).length,
              shared,
              machines,
            })),
          )
          return toThem(say.list(listed))
        },
      },
      'account use': {
        right: 'account.use',
        hidden: false,
        options: [{ name: 'account', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const typed = textOf(call, 'account')
          if (typed === null) return refused(call, { code: 'option-missing', option: 'account' })
          const found = await sessionAllowed(doors, call.person, 'account.use', call.place)
          if (!found.ok) return refused(call, found.refusal)
          const session = found.value
          const slots = await at(session)
          const wanted = slots.find(({ account }) => account === typed)
          const known = slots.map(({ account }) => account)
          if (wanted === undefined) return { ...toThem(say.unknown(typed, known)), refused: true }
          const now = slots.find(({ account }) => account === session.account)
          // One that is configured no more is nobody's to stay with: any other takes its place.
          const alone = now === undefined ? undefined : [wanted, now].find(({ shared }) => !shared)
          if (wanted !== now && alone !== undefined) return { ...toThem(say.alone(alone.account)), refused: true }
          // What waits, or is parked, moves with it.
          const move = {
            kind: 'session-account',
            session: session.id,
            was: session.account,
            now: wanted.account,
          } as const
          if (!(await doors.keep([move]))) return refused(call, await busyWith(session, journal))
          doors.admitAgain()
          log.info({ session: session.id, account: wanted.account, by: call.person.id }, 'session.account-changed')
          return toAll(say.moved(session.name, wanted.account))
        },
        async complete({ place }, _option, typed) {
          const session = (await bindingAt(doors.vault, place))?.session
          const slots = session === undefined ? [] : await at(session)
          return slots.map(({ account }) => account as string).filter((name) => name.includes(typed.trim()))
        },
      },
      'account rest': {
        right: 'account.rest',
        hidden: false,
        options: [
          { name: 'account', type: 'text', required: true, suggests: true },
          { name: 'for', type: 'text', required: false },
        ],
        async run(call, say) {
          const slot = slotNamed(await everywhere(), textOf(call, 'account') ?? '')
          if (slot === null) return unknownSlot(call, say)
          const until = momentAfter(textOf(call, 'for'), clock.now())
          if (until === null) return { ...toThem(say.noTime(textOf(call, 'for') ?? '')), refused: true }
          await doors.vault.accounts.rest(slot.runtime, slot.account, until, call.person.id)
          log.info({ ...slot, until, by: call.person.id }, 'account.rested')
          moving.wake()
          doors.admitAgain()
          return toAll(say.rests(nameOfSlot(slot), until))
        },
        complete: async (_, _option, typed) => suggested(typed),
      },
      'account unrest': {
        right: 'account.rest',
        hidden: false,
        options: [{ name: 'account', type: 'text', required: true, suggests: true }],
        async run(call, say) {
          const slot = slotNamed(await everywhere(), textOf(call, 'account') ?? '')
          if (slot === null) return unknownSlot(call, say)
          const rested = await doors.vault.accounts.unrest(slot.runtime, slot.account)
          log.info({ ...slot, rested, by: call.person.id }, 'account.unrested')
          moving.wake()
          doors.admitAgain()
          const state = await doors.vault.accounts.of(slot.runtime, slot.account)
          const isFull = state.ended !== null || holdOf(state, null, clock.now()) !== null
          return toAll(
            isFull
              ? say.stillRests(nameOfSlot(slot), call.say.account(state, clock.now()))
              : say.serves(nameOfSlot(slot)),
          )
        },
        complete: async (_, _option, typed) => suggested(typed),
      },
    },
  })

  async function unknownSlot(call: Call, say: typeof en): Promise<Reply<never>> {
    const known = (await everywhere()).map(nameOfSlot)
    return { ...toThem(say.unknown(textOf(call, 'account') ?? '', known)), refused: true }
  }

  async function suggested(typed: string): Promise<readonly string[]> {
    return (await everywhere()).map(nameOfSlot).filter((name) => name.includes(typed.trim()))
  }
}

function slotsOf(all: readonly AccountSlot[], runtime: RuntimeName): readonly AccountSlot[] {
  const found = all.filter((slot) => slot.runtime === runtime)
  return found.length > 0 ? found : [{ runtime, account: 'default' as AccountId, shared: false }]
}
