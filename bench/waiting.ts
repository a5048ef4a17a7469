import { admit, line, refuseByNumbers } from '../src/core/admission.ts'
import { openStore } from '../src/stores/open.ts'
import { hostClock } from '../src/system/host.ts'
import {
  events,
  person,
  placeId,
  prompt,
  quietLog,
  runId,
  scratchFolder,
  session,
  thread,
} from '../test/stores/cast.ts'
import { repeat, took, type Figure, type Measurement, type Size } from './figure.ts'
import { fillQueue } from './queue.ts'

const caps = { active: 1, waiting: 20_000, personActive: 2, personWaiting: 10_000 }

/** What a long queue costs whoever asks, whoever's run ends, and the bot when it works out where everybody stands. */
export const waitingMany: Measurement = {
  name: 'A long queue',
  async run(size: Size): Promise<readonly Figure[]> {
    const [times, ms, many] = size === 'full' ? [30, 4000, 10_000] : [10, 1500, 10_000]
    const [few, long] = [await measured(20, times, ms), await measured(many, times, ms)]
    const beside = (values: readonly number[]) => ({ what: '20 waiting', values })
    return [
      { what: `ask, ${many} waiting`, unit: 'ms', values: long.ask, against: beside(few.ask), below: 10 },
      { what: `a wake, every place taken`, unit: 'ms', values: long.wake, against: beside(few.wake), below: 5 },
      { what: `a run ends and the next begins`, unit: 'ms', values: long.next, against: beside(few.next), below: 5 },
      { what: `where everybody stands`, unit: 'ms', values: long.places, against: beside(few.places) },
    ]
  },
}

async function measured(waiting: number, times: number, ms: number) {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
  let live = await fillQueue(store, folder.path, waiting)
  const { journal } = store
  const here = session('s0', thread('20000'))
  const asker = person('800000')
  const ask = await repeat(times, ms, (nth) =>
    took(() =>
      journal.ask(runId(`new-${nth}`), prompt(String(900_000 + nth), here, asker), 1, ({ crowd, hold, board }) =>
        refuseByNumbers(crowd, { person: asker.id, channel: placeId('100'), session: here.id, hold }, caps, board),
      ),
    ),
  )
  const claim = () => journal.claim((board) => admit(board, caps), hostClock.now(), caps.active)
  const wake = await repeat(times, ms, () => took(claim))
  const next = await repeat(Math.min(times, waiting - 1), ms, async () => {
    await journal.append(live, [events.done], hostClock.now())
    return took(async () => {
      const [claimed] = await claim()
      if (claimed !== undefined) live = claimed.run
    })
  })
  const places = await repeat(times, ms, () => took(async () => line(await journal.board(hostClock.now()), caps)))
  return { ask, wake, next, places }
}
