import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Drawing, Rendering } from '../../src/core/chat.ts'
import type { RunEvent } from '../../src/core/event.ts'
import type { PlaceId } from '../../src/core/ids.ts'
import type { Place } from '../../src/core/place.ts'
import { usualTimings } from '../../src/core/timings.ts'
import type { RunView } from '../../src/core/view.ts'
import { secretScan } from '../../src/core/secret-scan.ts'
import { draw } from '../../src/discord/render.ts'
import { stopId } from '../../src/discord/custom-id.ts'
import { bodyOf } from '../../src/discord/rendering.ts'
import { drawing, viewAfter, words } from './scene.ts'
import { fc } from '../random.ts'

const place: Place = { kind: 'channel', id: '1' as PlaceId, guild: '2' }
const admitted: RunEvent = { type: 'admitted', account: 'default' as never }
const started: RunEvent = { type: 'started', pid: 1, warm: false, conversation: null }
const usage = { inputTokens: 10_000, outputTokens: 2400, costUsd: 0.08 }
const done: RunEvent = { type: 'finished', outcome: { kind: 'done', usage } }
const said = (text: string, block = 'a'): RunEvent => ({ type: 'said', block, text, whole: true })
const acted = (id: string, title: string): RunEvent => ({
  type: 'acted',
  phase: 'done',
  action: { id, kind: 'command', tool: 'Bash', title },
})

type Told = Parameters<typeof viewAfter>[1]

function view(...events: Told): RunView {
  return viewAfter(place, events)
}

function drawn(of: RunView, over: Partial<Drawing> = {}): readonly Rendering[] {
  return draw(
    drawing(of, over),
    words,
    secretScan(() => []),
    usualTimings,
  )
}

function card(rendering: Rendering | undefined): string | undefined {
  return rendering === undefined ? undefined : bodyOf(rendering).card?.text
}

test('a secret that is cut over two messages is hidden in both', () => {
  const secret = `ghp_${'k7Qw3Zr9Tn5Xb1Vd8Lm2'.repeat(2).slice(0, 36)}`
  for (const before of [1960, 1975, 1990]) {
    const text = `${'x'.repeat(before)} ${secret} and more`
    const renderings = drawn(view(admitted, started, said(text)))
    assert.ok(renderings.length > 1)
    const shown = renderings.map((rendering) => rendering.text).join('')
    assert.doesNotMatch(shown, /ghp_|k7Qw|Lm2k/)
    assert.match(shown, /and more/)
  }
})

describe('the card', () => {
  test('a waiting run shows its place and can be taken back', () => {
    const waiting = view()
    const line = { place: 3, expectedMs: 240_000, atWork: 2, cap: 2, held: null, frozen: false }
    const [rendering, ...more] = drawn(waiting, { line })
    assert.deepEqual(more, [])
    assert.equal(rendering?.text, '')
    assert.equal(card(rendering), words.en.waiting(line))
    const { button } = bodyOf(rendering)
    assert.equal(button?.label, words.en.buttons.withdraw)
    assert.equal(button?.id, stopId(`${waiting.id}.0`))
    assert.equal(rendering?.mark, `${waiting.id}.0`)
  })

  test('a run that is about to start has nothing to say', () => {
    assert.deepEqual(drawn(view()), [])
  })

  test('at work it shows the line, what is hidden, the last steps, and Stop', () => {
    const steps = Array.from({ length: 9 }, (_, index) => acted(`t${index}`, `npm run step-${index}`))
    const working = view(admitted, started, ...steps, said('hello'))
    const [rendering] = drawn(working)
    const lines = card(rendering)?.split('\n') ?? []
    assert.equal(lines[0], words.en.working(working, (working.startedAt ?? 0) + 8000))
    assert.equal(lines[1], words.en.moreSteps(5))
    assert.deepEqual(
      lines.slice(2),
      [5, 6, 7, 8].map((index) => words.en.step('Bash', `npm run step-${index}`, false)),
    )
    const [row] = bodyOf(rendering as Rendering).rows ?? []
    assert.deepEqual(row?.kind === 'buttons' && row.buttons.map(({ label }) => label), ['Stop', 'Steer'])
  })

  test('in a channel the tool in use is named, and what it does is not, before anybody knows whether it needs leave', () => {
    const begun: RunEvent = { ...(acted('t1', 'cat secret-plan.txt') as RunEvent & { type: 'acted' }), phase: 'begun' }
    const text = card(drawn(view(admitted, started, begun))[0]) ?? ''
    assert.match(text, /Bash/)
    assert.doesNotMatch(text, /secret/, 'neither in the line nor in the step')
  })

  test('what would hide in a title, or turn it around, is written out', () => {
    const text = card(drawn(view(admitted, started, acted('t1', 'invoice\u202efdp.exe\u200b')))[0]) ?? ''
    assert.ok(text.includes('invoice⟨U+202E⟩fdp.exe⟨U+200B⟩'), text)
  })

  test('seconds cost an edit each five seconds only', () => {
    const working = view(admitted, started, said('hello'))
    const base = working.startedAt ?? 0
    const hashes = Array.from({ length: 20 }, (_, second) => drawn(working, { now: base + second * 1000 })[0]?.hash)
    assert.equal(new Set(hashes).size, 4)
  })

  test('a run that is being stopped has no button any more', () => {
    const [rendering] = drawn(view(admitted, started, { type: 'stopped', by: 'alice' }))
    assert.equal(bodyOf(rendering as Rendering).button, null)
  })

  test('over: one line under the answer, no button', () => {
    const over = view(admitted, started, said('all done'), done)
    const [rendering, ...more] = drawn(over)
    assert.deepEqual(more, [])
    assert.equal(rendering?.text, 'all done')
    assert.equal(card(rendering), words.en.over(over))
    assert.equal(bodyOf(rendering).button, null)
  })

  test('an empty answer is only the line; a refusal and a failure are red', () => {
    const empty = view(admitted, started, done)
    assert.deepEqual(
      drawn(empty).map((rendering) => [rendering.text, card(rendering)]),
      [['', words.en.over(empty)]],
    )
    const refused = view({ type: 'refused', refusal: { code: 'queue-full', cap: 20, waiting: 20 } })
    const trouble = { code: 'process-died', detail: 'signal 9' } as const
    const failed = view(admitted, started, { type: 'finished', outcome: { kind: 'failed', trouble, usage } })
    for (const each of [refused, failed]) {
      const [rendering] = drawn(each)
      assert.equal(card(rendering), words.en.over(each))
      assert.equal(bodyOf(rendering as Rendering).card?.colour, 0xe74c3c)
    }
  })

  test('speaks the language of the person asked for', () => {
    const working = view(admitted, started)
    const korean = {
      ...working,
      prompt: { ...working.prompt, speaker: { ...working.prompt.speaker, locale: 'ko' as const } },
    }
    const [row] = bodyOf(drawn(korean)[0] as Rendering).rows ?? []
    assert.equal(row?.kind === 'buttons' && row.buttons[0]?.label, words.ko.buttons.stop)
  })
})

describe('the done line', () => {
  const late = { at: 31_000, event: done }

  test('a run of more than 30 s rings once at its end, in a message of its own', () => {
    const over = view(admitted, started, said('took a while'), late)
    const [answer, line, ...more] = drawn(over)
    assert.deepEqual(more, [])
    assert.equal(answer?.text, 'took a while')
    assert.equal(answer?.rings, false)
    assert.equal(card(answer), undefined)
    assert.equal(line?.text, words.en.over(over))
    assert.equal(line?.rings, true)
    assert.equal(line?.part, 1)
  })

  test('without a message to reply to it names the person', () => {
    const over = view(admitted, started, said('took a while'), late)
    const [, line] = drawn({ ...over, prompt: { ...over.prompt, message: null } })
    assert.equal(line?.text, `<@1> ${words.en.over(over)}`)
  })

  test('what the person took back before it began rings nobody; a refusal after a long wait does', () => {
    const withdrawn = view({ at: 60_000, event: { type: 'stopped', by: 'alice' } })
    assert.deepEqual(
      drawn(withdrawn).map((rendering) => rendering.rings),
      [false],
    )
    const expired = view({ at: 60_000, event: { type: 'refused', refusal: { code: 'draining' } } })
    assert.deepEqual(
      drawn(expired).map((rendering) => rendering.rings),
      [false, true],
    )
  })
})

describe('long answers', () => {
  const paragraph = (index: number): string => `Paragraph ${index}. ${'words and words '.repeat(50).trim()}`
  const long = (count: number): string => Array.from({ length: count }, (_, index) => paragraph(index)).join('\n\n')

  test('roll over into further messages; only the last has the card', () => {
    const renderings = drawn(view(admitted, started, said(long(6))))
    assert.ok(renderings.length > 1 && renderings.length <= 5)
    assert.deepEqual(
      renderings.map((rendering) => card(rendering) !== undefined),
      renderings.map((_, index) => index === renderings.length - 1),
    )
    assert.deepEqual(
      renderings.map((rendering) => rendering.part),
      renderings.map((_, index) => index),
    )
  })

  test('over five messages the last shows what is said right now, and the rest is a file in the end', () => {
    const text = long(40)
    const growing = drawn(view(admitted, started, said(text)))
    assert.equal(growing.length, 5)
    const tail = growing[4] as Rendering
    assert.ok(tail.text.includes(paragraph(39)))
    assert.ok(tail.text.endsWith(words.en.restInFile('answer.md')))
    assert.equal(tail.end, text.length)
    assert.equal(bodyOf(tail).file, null)

    const over = drawn(view(admitted, started, said(text), done))
    assert.equal(over.length, 5)
    assert.deepEqual(
      over.slice(0, 4).map((rendering) => rendering.text),
      growing.slice(0, 4).map((rendering) => rendering.text),
    )
    const last = bodyOf(over[4] as Rendering)
    assert.equal(last.file?.name, 'answer.md')
    const shown = last.content.slice(0, -words.en.restInFile('answer.md').length)
    const all = [...over.slice(0, 4).map((rendering) => rendering.text), shown, last.file?.text ?? ''].join('\n\n')
    assert.equal(squeezed(all), squeezed(text))
  })

  test('parts that are frozen stay, what is new goes into a new message', () => {
    const frozen = [20]
    const working = view(admitted, started, said('twenty characters ok and then some'))
    const renderings = drawn(working, { frozen })
    assert.deepEqual(
      renderings.map((rendering) => rendering.text),
      ['twenty characters ok', 'and then some'],
    )
    const silent = drawn(view(admitted, started, said('twenty characters ok')), { frozen })
    assert.equal(silent.length, 2)
    assert.equal(silent[1]?.text, '')
    assert.notEqual(card(silent[1]), undefined)
  })

  test('a frozen tail’s hidden text is in the file', () => {
    const text = long(40)
    const cut = drawn(view(admitted, started, said(text)))
    const frozen = cut.map((rendering) => rendering.end)
    const grown = `${text}\n\nand the end`
    const renderings = drawn(view(admitted, started, said(grown), done), { frozen })
    assert.equal(renderings.length, 6)
    const { file } = bodyOf(renderings[5] as Rendering)
    assert.equal(squeezed(file?.text ?? ''), squeezed(grown.slice(frozen[3])))
  })

  test('every rendering of every drawing is something that Discord takes', () => {
    const word = fc.stringMatching(/^[a-z|`\n #]{1,40}$/)
    const text = fc.array(word, { maxLength: 1500 }).map((parts) => parts.join(' '))
    fc.assert(
      fc.property(text, fc.boolean(), fc.array(fc.nat({ max: 30_000 }), { maxLength: 6 }), (answer, isOver, cuts) => {
        const events = [admitted, started, said(answer), ...(isOver ? [done] : [])]
        const frozen = cuts.map((cut) => Math.min(cut, answer.length)).sort((a, b) => a - b)
        const renderings = drawn(view(...events), { frozen })
        assert.ok(renderings.length > 0)
        for (const [index, rendering] of renderings.entries()) {
          // What was frozen without a word is not drawn any more, and keeps its number.
          assert.ok(rendering.part >= index && rendering.part > (renderings[index - 1]?.part ?? -1))
          assert.ok(rendering.text.length <= 2000)
          assert.equal(rendering.text, rendering.text.trim())
          const body = bodyOf(rendering)
          assert.ok(body.content !== '' || body.card !== null)
          assert.ok((body.card?.text.length ?? 0) <= 4096)
        }
      }),
      { numRuns: 300, interruptAfterTimeLimit: 20_000 },
    )
  })

  test('an answer that grows by a word leaves the finished messages alone', () => {
    const text = long(8)
    const before = drawn(view(admitted, started, said(text)))
    const after = drawn(view(admitted, started, said(`${text} more`)))
    assert.deepEqual(
      after.slice(0, before.length - 1).map((rendering) => rendering.text),
      before.slice(0, -1).map((rendering) => rendering.text),
    )
  })
})

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
