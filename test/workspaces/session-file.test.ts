import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, realpathSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSessionFile } from '../../src/workspaces/session-file.ts'

async function ground(): Promise<{ readonly work: string; readonly out: string } & AsyncDisposable> {
  const top = realpathSync(await mkdtemp(join(tmpdir(), 'omc-file-')))
  const [work, out] = [join(top, 'work'), join(top, 'out')]
  for (const folder of [join(work, 'sub'), out]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(work, 'sub', 'a.txt'), 'inside')
  writeFileSync(join(out, 'a.txt'), 'outside')
  return { work, out, [Symbol.asyncDispose]: () => rm(top, { recursive: true, force: true }) }
}

async function told(work: string, path: string, hidden: readonly string[] = []): Promise<string> {
  const read = await readSessionFile(work, path, 100, hidden)
  return typeof read === 'string' ? read : `read ${Buffer.from(read).toString()}`
}

test('a file is read by its path in the folder, and nothing else is', async () => {
  await using place = await ground()
  const { work, out } = place
  symlinkSync(join(out, 'a.txt'), join(work, 'link.txt'))
  symlinkSync(out, join(work, 'way'))
  symlinkSync('sub/a.txt', join(work, 'within.txt'))
  linkSync(join(out, 'a.txt'), join(work, 'second.txt'))
  execFileSync('mkfifo', [join(work, 'pipe')])
  writeFileSync(join(work, 'big'), '')
  truncateSync(join(work, 'big'), 101)
  writeFileSync(join(work, '.env'), 'TOKEN')
  for (const [path, wanted] of [
    ['sub/a.txt', 'read inside'],
    [join(work, 'sub', 'a.txt'), 'read inside'],
    ['sub/../sub/./a.txt', 'read inside'],
    ['../out/a.txt', 'outside'],
    [join(out, 'a.txt'), 'outside'],
    ['/proc/self/environ', 'outside'],
    ['', 'outside'],
    ['.', 'outside'],
    ['sub/a.txt\0', 'outside'],
    ['.env', 'outside'],
    ['link.txt', 'no-file'],
    ['within.txt', 'no-file'],
    ['way/a.txt', 'no-file'],
    ['second.txt', 'linked'],
    ['pipe', 'no-file'],
    ['sub', 'no-file'],
    ['big', 'too-large'],
    ['none', 'missing'],
    ['x'.repeat(300), 'missing'],
  ] as const)
    assert.equal(await told(work, path, [join(work, '.env')]), wanted, path)
})

test('a folder that becomes a link between two looks leads nowhere else', async () => {
  await using place = await ground()
  const { work, out } = place
  const [sub, aside, link] = [join(work, 'sub'), join(work, 'aside'), join(work, 'link')]
  symlinkSync(out, link)
  const seen = new Set([await told(work, 'sub/a.txt')])
  for (let round = 0; round < 300; round++) {
    const reading = told(work, 'sub/a.txt')
    // At another step of the reading each time.
    for (let steps = 0; steps < round % 12; steps++) await new Promise((resolve) => setImmediate(resolve))
    renameSync(sub, aside)
    renameSync(link, sub)
    seen.add(await reading)
    renameSync(sub, link)
    renameSync(aside, sub)
  }
  assert.ok(!seen.has('read outside'), [...seen].join())
  assert.ok(seen.has('read inside'), [...seen].join())
})
