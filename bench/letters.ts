import { until } from '../test/e2e/stage.ts'
import { moment, repeat, type Figure, type Measurement, type Size } from './figure.ts'
import { Stage } from './stage.ts'

/** From the moment a letter is kept, in ms. */
interface Timing {
  /** It is a prompt of the other session. */
  readonly asked: number
  /** The first word of the other agent is kept. */
  readonly said: number
  /** It stands in the person's client. */
  readonly visible: number
  /** What came of it is a prompt of whoever asked. */
  readonly back: number
}

/** What it costs that one agent asks another instead of a person: the scripted agent, warm. */
export const echoLetters: Measurement = {
  name: 'A letter, echo',
  async run(size: Size): Promise<readonly Figure[]> {
    await using stage = await Stage.open({ OMC_INTER_AGENT_COOLDOWN_MS: '0' })
    await stage.startBot()
    const person = await stage.person()
    const shop = await stage.session('shop', 'echo')
    const docs = await stage.session('docs', 'echo')
    const timings = await repeat(size === 'full' ? 20 : 6, 20_000, async (nth): Promise<Timing> => {
      const words = `word-${nth} is the answer`
      await person.says(shop, `!consult docs !say ${words}`)
      await person.sees(docs, ({ author, content }) => author.bot && content.startsWith(words), { within: 30_000 })
      const seen = moment()
      const runs = "select 1 from letters where state <> 'closed' union all select 1 from runs where state <> 'over'"
      await until(() => stage.query(runs).length === 0, 30_000, 'the end of the letter')
      await stage.allSettled()
      return { ...keptIn(stage), visible: seen - keptIn(stage).kept }
    })
    const of = (what: string, pick: (timing: Timing) => number): Figure => {
      return { what, unit: 'ms', values: timings.slice(1).map(pick) }
    }
    return [
      of('a letter is kept → it is a prompt of the other session', ({ asked }) => asked),
      of('a letter is kept → first word of the other agent kept', ({ said }) => said),
      of('a letter is kept → first word of the other agent visible', ({ visible }) => visible),
      of('a letter is kept → its answer is a prompt of whoever asked', ({ back }) => back),
    ]
  },
}

/** The times of the last letter and its answer, from the journal. */
function keptIn(stage: Stage): Omit<Timing, 'visible'> & { readonly kept: number } {
  const [request, answer] = stage
    .query<{ id: string; at: number }>('select id, at from letters order by seq desc limit 2')
    .toReversed()
  if (request === undefined || answer === undefined) throw new Error('No letter was written.')
  const told = (letter: string, type: string): number => {
    const events = `select at from run_events where type = '${type}' and run =
      (select id from runs where prompt_key = 'letter:${letter}') order by seq limit 1`
    return (stage.query<{ at: number }>(events)[0]?.at ?? Number.NaN) - request.at
  }
  return {
    kept: request.at,
    asked: told(request.id, 'asked'),
    said: told(request.id, 'said'),
    back: told(answer.id, 'asked'),
  }
}
