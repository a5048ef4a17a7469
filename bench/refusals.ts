import { setTimeout as delay } from 'node:timers/promises'
import type { Actor, SeenPlace } from 'loopback-discord'
import { asked } from '../test/e2e/approving.ts'
import { moment, type Figure, type Measurement, type Size } from './figure.ts'
import { Stage } from './stage.ts'

const windows = ['real', 'sliding'] as const
/** Within one place answers come one after the other, and a place takes a post in a second. */
const wordsMs = 1_500

/** How many of our requests Discord refuses for their number, whatever is written where; and how long a question waits. */
export const refusals: Measurement = {
  name: 'Discord’s limits, with a board, questions and commands mixed in',
  async run(size: Size, figures: Figure[]): Promise<readonly Figure[]> {
    const counts = size === 'full' ? [10, 50, 3, 1] : [10, 1]
    const many = String(Math.max(...counts) + 4)
    await using stage = await Stage.open({
      OMC_MAX_ACTIVE_CLIS: many,
      OMC_PER_USER_MAX_ACTIVE: many,
      OMC_PER_USER_MAX_QUEUED: many,
      OMC_MAX_QUEUED_SESSIONS: many,
    })
    await stage.startBot()
    const person = await stage.person()
    const threads: SeenPlace[] = []
    for (let nth = 0; nth < Math.max(...counts); nth++) threads.push(await stage.session(`limits-${nth}`, 'echo'))
    const asking = await stage.session('limits-asking', 'echo')
    await person.runs('general', '/board')
    for (const count of counts) {
      for (const mode of windows) {
        for (const [where, places] of [
          ['one place', threads.slice(0, 1)],
          ...(count === 1 ? [] : [[`${count} places`, threads.slice(0, count)] as const]),
        ] as const) {
          const side = { stage, person, asking, mode, name: `${mode}-${count}-${places.length}` }
          const { refused, question, busiest } = await mixed(side, places, count)
          const what = `${count} prompts in ${where}, ${mode === 'real' ? 'standing' : mode} windows`
          figures.push({ what: `refused for their number: ${what}`, unit: '', values: [refused], below: 1 })
          figures.push({ what: `asked → the question stands: ${what}`, unit: 'ms', values: question })
          figures.push({
            what: `the bot's calls in a second, meanwhile: ${what}`,
            unit: '',
            values: busiest,
            below: 46,
          })
        }
      }
    }
    return figures
  },
}

interface Mixed {
  readonly stage: Stage
  readonly person: Actor
  readonly asking: SeenPlace
  readonly mode: (typeof windows)[number]
  readonly name: string
}

async function mixed(side: Mixed, places: readonly SeenPlace[], count: number) {
  const { stage, person, asking, name } = side
  const { limits } = stage.sandbox
  limits.mode = side.mode
  const before = refusedBy(stage)
  const text = (nth: number): string =>
    places.length === 1 && count > 10
      ? `!say ${name}-${nth}.`
      : `!slow ${wordsMs / 1000}s ${name}-${nth}. some words that come one by one`
  // People write as fast as they are let; that is theirs, and no refusal of ours.
  const prompts = Array.from({ length: count }, async (_, nth) => {
    await person.says(places[nth % places.length] as SeenPlace, text(nth))
  })
  const question: number[] = []
  /** A question goes while five of the bot's fifty calls a second are left: below that it has waited for the machine. */
  const busiest: number[] = []
  await Promise.all(prompts)
  for (let nth = 0; nth < 3; nth++) {
    const from = moment()
    const before = stage.asked.length
    await person.says(asking, `!ask Bash rm -rf ${name}-${nth}`)
    const panel = await asked(person, asking, `rm -rf ${name}-${nth}`)
    question.push(moment() - from)
    busiest.push(busiestSecond(stage.asked.slice(before)))
    await person.runs('general', '/session list')
    await person.clicks(panel, 'Approve')
    // A question posts twice, and a place takes five posts in five seconds.
    await delay(2_500)
  }
  await stage.allSettled(180_000)
  const refused = refusedBy(stage) - before
  limits.mode = 'off'
  return { refused, question, busiest }
}

/** The most of these moments that lie within a second. */
function busiestSecond(moments: readonly number[]): number {
  const within = moments.map((at) => moments.filter((each) => each >= at && each < at + 1000).length)
  return Math.max(0, ...within)
}

function refusedBy({ sandbox: { limits } }: Stage): number {
  return limits.refusals.user + limits.refusals.global
}
