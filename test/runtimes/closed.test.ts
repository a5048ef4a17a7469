import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { closedTo, isClosed } from '../../src/runtimes/codex/closed.ts'

describe("what Codex's sandbox is told to close", () => {
  let root: string

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'closed-')))
    for (const folder of ['data/spools', 'data/codex', 'data/attachments', 'data/work/shop', 'home/.ssh'])
      mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, 'data/orchestrator.sqlite'), '')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const closed = (denied: readonly string[], open: readonly string[] = []): readonly string[] => {
    const rules = closedTo(
      denied.map((each) => join(root, each)),
      open.map((each) => join(root, each)),
    )
    return rules.map((rule) => rule.slice(root.length + 1)).toSorted()
  }

  it('closes the outermost folder as a whole', () => {
    assert.deepEqual(closed(['data/spools', 'data', 'data/codex', 'data/none.txt', 'home/.ssh']), ['data', 'home/.ssh'])
  })

  it('leaves open what agents work in, and nothing else', () => {
    assert.deepEqual(closed(['data', 'data/spools'], ['data/attachments', 'data/work/shop', 'elsewhere']), [
      'data/*',
      'data/codex',
      'data/spools',
      'data/work/*',
    ])
  })

  it('finds files by pattern, whether they are there or not', () => {
    assert.deepEqual(closed(['data/orchestrator.sqlite', '.env']), ['.en[v]', 'data/orchestrator.sqlit[e]'])
    assert.deepEqual(closed(['home/file!']), ['home/fil[e]!'])
  })

  it('follows links: the sandbox does not', () => {
    symlinkSync(join(root, 'data'), join(root, 'link'))
    assert.deepEqual(closed(['link', 'link/spools']), ['data'])
    assert.deepEqual(closed(['link/none']), ['data/non[e]'])
  })

  it('refuses a path that would be read as a pattern', () => {
    for (const name of ['a[b]', 'a*b', 'a?b', 'a{b}', 'a\\b'])
      assert.throws(
        () => closedTo([join(root, name, 'data')], []),
        (error) => error instanceof Problem && error.message.includes(name),
      )
  })

  it('knows where no session may work', () => {
    const at = (folder: string) =>
      isClosed(join(root, folder), [join(root, 'data')], [join(root, 'data/work/shop'), root])
    const isBelow = (folder: string) => isClosed(join(root, folder), [join(root, 'data')], [join(root, 'data/work')])
    assert.deepEqual(['data', 'data/spools', 'data/work/shop', 'data/work/shop/src', '.'].map(at), [
      true,
      true,
      false,
      false,
      false,
    ])
    assert.deepEqual(['data/work', 'data/workshop', 'home'].map(isBelow), [false, true, false])
  })
})
