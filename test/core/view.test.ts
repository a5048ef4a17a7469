import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Entry, RunEvent } from '../../src/core/event.ts'
import { newRun, step, type Run } from '../../src/core/lifecycle.ts'
import { discreet, see, textOf, viewOf, type RunView } from '../../src/core/view.ts'
import { events, placeId, prompt, runId, session, thread } from '../stores/cast.ts'
import { fc } from '../random.ts'

const asked: RunEvent = { type: 'asked', prompt: prompt('501', session('one')) }
const underway = [asked, events.admitted, events.started]

const anyEvent = fc.oneof(
  fc.constantFrom<RunEvent>(
    events.admitted,
    events.started,
    events.wanted('q1'),
    events.answered('q1'),
    events.lost,
    events.stopped,
    events.done,
    events.refused,
  ),
  fc
    .record({ text: fc.string({ maxLength: 5 }), block: fc.constantFrom('b1', 'b2', 'b3'), whole: fc.boolean() })
    .map(({ text, block, whole }) => events.said(text, block, whole)),
  fc
    .record({ id: fc.constantFrom('t1', 't2'), phase: fc.constantFrom('begun', 'done', 'failed') })
    .map(({ id, phase }) => events.acted(id, phase)),
)
const anyStory = fc.array(anyEvent, { maxLength: 50 }).map((rest) => told([...underway, ...rest]))

suite('view', () => {
  test('seen in two parts, it is what it is seen at once', () => {
    fc.assert(
      fc.property(anyStory, fc.nat(53), (entries, at) => {
        const first = viewOf(entries.slice(0, at))
        const both = entries.slice(at).reduce<RunView | null>((view, entry) => see(view, entry), first)
        assert.deepEqual(both, viewOf(entries))
      }),
    )
  })

  test('its run is the fold of the lifecycle, and what cannot happen changes nothing', () => {
    fc.assert(
      fc.property(anyStory, (entries) => {
        let run: Run = newRun
        const possible = entries.filter(({ event }) => {
          const next = step(run, event)
          run = next ?? run
          return next !== null
        })
        const view = viewOf(entries)
        assert.deepEqual(view?.run, run)
        assert.deepEqual(view, viewOf(possible))
        assert.equal(view?.endedAt !== null, run.state === 'over')
      }),
    )
  })

  test('a view is never changed in place', () => {
    fc.assert(
      fc.property(anyStory, (entries) => {
        let view: RunView | null = null
        for (const entry of entries) {
          const before: RunView | null = structuredClone(view)
          const next: RunView | null = see(view, entry)
          assert.deepEqual(view, before)
          view = next
        }
      }),
    )
  })

  test('the text of a block is its pieces in order, or what completed it', () => {
    const said = fc.record({
      text: fc.string({ minLength: 1, maxLength: 5 }),
      block: fc.constantFrom('b1', 'b2', 'b3'),
      whole: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(said, { maxLength: 30 }), (pieces) => {
        const view = viewOf(
          told([...underway, ...pieces.map((each) => events.said(each.text, each.block, each.whole))]),
        )
        const order = [...new Set(pieces.map((each) => each.block))]
        assert.deepEqual(
          view?.blocks,
          order.map((id) => blockOf(id, pieces)),
        )
      }),
    )
  })

  test('blocks stand apart by an empty line, and empty ones leave none', () => {
    const view = viewOf(told([...underway, events.said('one'), events.said(' \n', 'b2'), events.said('three', 'b3')]))
    assert.equal(view === null ? '' : textOf(view), 'one\n\nthree')
  })

  test('a loss keeps ended steps only, and the next attempt says all of it', () => {
    const view = viewOf(
      told([
        ...underway,
        events.said('kept', 'b1', true),
        events.acted('t1', 'begun'),
        events.acted('t1', 'done'),
        events.acted('t2', 'begun'),
        events.said('half a sen', 'b2'),
        events.lost,
        events.admitted,
        events.started,
        events.said('the whole sentence', 'b2'),
      ]),
    )
    assert.equal(view === null ? '' : textOf(view), 'the whole sentence', 'the next attempt speaks for itself')
    assert.deepEqual(
      view?.steps.map((each) => [each.action.id, each.phase]),
      [['t1', 'done']],
    )
    assert.equal(view?.startedAt, 2, 'people wait since the first start')
    assert.equal(view?.run.attempts, 2)
  })

  test('what an attempt had said whole stands until another one begins', () => {
    const lost = [...underway, events.said('whole', 'b1', true), events.said('half', 'b2'), events.lost]
    const said = (more: readonly RunEvent[]): string => textOf(viewOf(told([...lost, ...more])) as RunView)
    assert.equal(said([]), 'whole')
    assert.equal(said([events.admitted]), 'whole')
    assert.equal(said([events.admitted, events.started]), '')
  })

  test('a loss, wherever it comes, leaves no unfinished block and no step under way', () => {
    fc.assert(
      fc.property(anyStory, (entries) => {
        for (const [at, entry] of entries.entries()) {
          if (entry.event.type !== 'lost') continue
          const before = viewOf(entries.slice(0, at))
          const after = viewOf(entries.slice(0, at + 1))
          if (before === null || step(before.run, entry.event) === null) continue
          assert.deepEqual(
            after?.blocks,
            before.blocks.filter((block) => block.whole),
          )
          assert.ok(after?.steps.every((each) => each.phase !== 'begun'))
        }
      }),
    )
  })

  test('in a channel a step is untitled until it is over and nobody was asked; elsewhere it never is', () => {
    const { acted, wanted, answered } = events
    const stories: readonly (readonly [string, readonly RunEvent[], readonly string[]])[] = [
      ['begun, perhaps to be asked about', [acted('tool-q1', 'begun')], ['']],
      ['asked about', [acted('tool-q1', 'begun'), wanted('q1')], ['']],
      ['answered', [acted('tool-q1', 'begun'), wanted('q1'), answered('q1')], ['']],
      ['done with leave', [acted('tool-q1', 'begun'), wanted('q1'), answered('q1'), acted('tool-q1', 'done')], ['']],
      ['denied', [acted('tool-q1', 'begun'), wanted('q1'), answered('q1'), acted('tool-q1', 'failed')], ['']],
      ['taken back', [acted('tool-q1', 'begun'), wanted('q1'), events.withdrawn('q1'), acted('tool-q1', 'done')], ['']],
      ['done without a question', [acted('t1', 'begun'), acted('t1', 'done')], ['ls']],
      ['failed without a question', [acted('t1', 'begun'), acted('t1', 'failed')], ['ls']],
      ['one over, one begun', [acted('t1', 'begun'), acted('t1', 'done'), acted('tool-q1', 'begun')], ['ls', '']],
    ]
    const hall = { kind: 'channel', id: placeId('100'), guild: '1' } as const
    for (const [name, story, inChannel] of stories) {
      for (const [place, expected] of [
        [hall, inChannel],
        [thread('200'), inChannel.map(() => 'ls')],
        [{ kind: 'dm', id: placeId('300') } as const, inChannel.map(() => 'ls')],
      ] as const) {
        const here: RunEvent = { type: 'asked', prompt: prompt('501', session('one', place)) }
        const view = viewOf(told([here, events.admitted, events.started, ...story]))
        assert.ok(view)
        const titles = discreet(view).steps.map(({ action }) => action.title)
        assert.deepEqual(titles, expected, `${name}, in a ${place.kind}`)
      }
    }
  })

  test('it says how it ended: refused, stopped by whom, or the outcome', () => {
    const refused = viewOf(told([asked, events.refused]))
    assert.deepEqual([refused?.refusal?.code, refused?.startedAt, refused?.endedAt], ['draining', null, 1])
    const stopped = viewOf(told([...underway, events.stopped, events.done]))
    assert.deepEqual([stopped?.stopped, stopped?.outcome?.kind, stopped?.endedAt], [{ by: 'ann' }, 'done', 4])
    assert.equal(viewOf(told([...underway]))?.endedAt, null)
  })

  test('without its prompt nothing is seen', () => {
    assert.equal(viewOf([]), null)
    assert.equal(viewOf(told([events.admitted, events.started])), null)
    assert.equal(viewOf(told([events.refused])), null)
  })
})

/** Entries of one run, one a millisecond. */
function told(story: readonly RunEvent[]): readonly Entry[] {
  return story.map((event, at) => ({ run: runId('r1'), seq: at + 1, at, event }))
}

function blockOf(
  id: string,
  all: readonly { readonly text: string; readonly block: string; readonly whole: boolean }[],
) {
  const pieces = all.filter((each) => each.block === id)
  const completed = pieces.findLast((each) => each.whole)
  return { id, text: completed?.text ?? pieces.map((each) => each.text).join(''), whole: completed !== undefined }
}
