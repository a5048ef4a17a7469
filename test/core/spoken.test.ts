import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PersonId, PlaceId } from '../../src/core/ids.ts'
import type { Place } from '../../src/core/place.ts'
import { isBlank } from '../../src/core/prompt.ts'
import { spokenText } from '../../src/core/spoken.ts'
import { fc } from '../random.ts'

const channel: Place = { kind: 'channel', id: '1' as PlaceId, guild: '2' }
const thread: Place = { kind: 'thread', id: '3' as PlaceId, channel: '1' as PlaceId, guild: '2' }

function spoken(name: string, text: string, place: Place = channel): string {
  const speaker = { id: '4' as PersonId, name, locale: 'en', roles: [] } as const
  return spokenText({ place, speaker, text, attachments: [] })
}

describe('what the agent is told of a prompt', () => {
  it('says who speaks in a channel, and nothing of it elsewhere', () => {
    assert.equal(spoken('alice', 'hello'), '[@alice]: hello')
    assert.equal(spoken('alice', '[@bob]: hello', thread), '[@bob]: hello')
  })

  it('has words also when there is only a picture', () => {
    const picture = { sha256: 'a'.repeat(64), name: 'a.png', type: 'image/png', bytes: 1 }
    const speaker = { id: '4' as PersonId, name: 'alice', locale: 'en', roles: [] } as const
    assert.notEqual(spokenText({ place: thread, speaker, text: '', attachments: [picture] }), '')
  })

  it('names the file that Discord makes of a message that is too long as the words themselves', () => {
    const file = { sha256: 'a'.repeat(64), name: 'message.txt', type: 'text/plain', bytes: 100_000 }
    const speaker = { id: '4' as PersonId, name: 'alice', locale: 'en', roles: [] } as const
    assert.match(
      spokenText({ place: thread, speaker, text: '\u200b', attachments: [file] }),
      /message\.txt.*as the prompt/,
    )
  })

  it('is nothing where nobody can see anything', () => {
    for (const text of ['', ' \n', '\u200b', '\u2060\u00ad', 'ㅤ', '⠀', '\ufe0f'])
      assert.ok(isBlank(text), JSON.stringify(text))
    for (const text of ['.', '가', '👍\ufe0f', '\u0301']) assert.ok(!isBlank(text), JSON.stringify(text))
  })

  it('holds one speaker only, whatever name and text are', () => {
    const nasty = fc.array(fc.constantFrom('[', ']', '@', ':', ' ', '\n', '\r', '\u2028', '\u202e', 'a', '한'))
    fc.assert(
      fc.property(nasty, nasty, (name, text) => {
        const lines = spoken(name.join(''), text.join('')).split(/[\n\r\u2028\u2029]/)
        assert.match(lines[0] ?? '', /^\[@[^[\]\n]+\]: /)
        for (const line of lines.slice(1)) assert.doesNotMatch(line, /^\s*\[\s*@/)
      }),
    )
  })
})
