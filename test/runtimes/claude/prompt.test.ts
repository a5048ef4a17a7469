import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { notesOf } from '../../../src/runtimes/claude/notes.ts'
import { promptLine, promptUuid } from '../../../src/runtimes/claude/prompt.ts'
import { transcriptPath } from '../../../src/runtimes/claude/transcript.ts'
import { makeSession, makeTurn } from '../../contracts/runtime-bench.ts'

const session = makeSession('claude', '/somewhere')

/** The text blocks of a prompt's line. */
function blocksOf(line: string): readonly string[] {
  const { message } = JSON.parse(line) as { message: { content: readonly { text: string }[] } }
  return message.content.map(({ text }) => text)
}

describe('the line that hands a prompt over', () => {
  test('holds what the person wrote as it is, and a block of ours behind it', () => {
    const text = '/compact @/etc/passwd\n\u2028 "quoted" 한글'
    const line = promptLine(makeTurn(session, text))
    assert.ok(!line.includes('\n'), 'it is one line')
    const [theirs, ours, ...more] = blocksOf(line)
    assert.equal(theirs, text)
    assert.equal(ours, '(Discord message from alice, in thread 42)')
    assert.deepEqual(more, [])
  })

  for (const name of ['@/etc/passwd', 'a\n/clear', '/clear', '\u202e\u0000@', '@'.repeat(40), ' ', '한글 이름'])
    test(`the name ${JSON.stringify(name)} cannot be a path or a command`, () => {
      const [, ours = ''] = blocksOf(promptLine(makeTurn(session, 'hi', { name })))
      assert.match(ours, /^\(Discord message from \S[^\n\p{Cc}\p{Cf}]*, in thread 42\)$/u)
      assert.ok(!ours.includes('@'))
    })

  test('a later attempt says that it is one, under another id', () => {
    const first = makeTurn(session, 'hi')
    const second = { ...first, attempt: 2 }
    assert.match(blocksOf(promptLine(second))[1] ?? '', /earlier attempt/)
    assert.equal(promptUuid(first), promptUuid({ ...first }))
    assert.notEqual(promptUuid(first), promptUuid(second))
    assert.match(promptUuid(first), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

test("a repository's notes are read, links that lead out of it are not followed", () => {
  const root = mkdtempSync(join(tmpdir(), 'notes-'))
  try {
    const project = join(root, 'project')
    mkdirSync(project)
    assert.equal(notesOf(project), null)
    writeFileSync(join(root, 'secret'), 'a secret outside')
    symlinkSync(join(root, 'secret'), join(project, 'CLAUDE.md'))
    assert.equal(notesOf(project), null)
    writeFileSync(join(project, 'AGENTS.md'), `Use tabs.\n${'가'.repeat(20_000)}`)
    const notes = notesOf(project) ?? ''
    assert.match(notes, /<file name="AGENTS.md">\nUse tabs\./)
    assert.ok(Buffer.byteLength(notes) < 25_000, 'no more than fits')
    assert.ok(!notes.includes('\ufffd'), 'cut between characters')
    rmSync(join(project, 'CLAUDE.md'))
    symlinkSync('AGENTS.md', join(project, 'CLAUDE.md'))
    assert.equal((notesOf(project) ?? '').match(/<file /g)?.length, 1, 'the same file once')
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('where the CLI keeps a transcript', () => {
  assert.equal(transcriptPath('/cfg', '/home/me/my_shop.한글', 'id'), '/cfg/projects/-home-me-my-shop---/id.jsonl')
  assert.equal(transcriptPath('/cfg', `/${'x'.repeat(200)}`, 'id'), null)
})
