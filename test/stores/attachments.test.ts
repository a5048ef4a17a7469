import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { attachmentLimits, type Attachment } from '../../src/core/attachment.ts'
import { Problem } from '../../src/core/failure.ts'
import { FolderAttachments } from '../../src/stores/attachments.ts'
import { scratchFolder } from './cast.ts'

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100, 7)])

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}

async function opened(): Promise<{ store: FolderAttachments; folder: string } & AsyncDisposable> {
  const scratch = await scratchFolder()
  const folder = join(scratch.path, 'attachments')
  return { store: new FolderAttachments(folder), folder, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() }
}

describe('attachments', () => {
  it('are kept once by what they hold, only to be read, and found again', async () => {
    await using at = await opened()
    const both = await Promise.all([
      at.store.keep('a.png', pieces(png.subarray(0, 5), png.subarray(5))),
      at.store.keep('b.png', pieces(png)),
    ])
    const sha256 = createHash('sha256').update(png).digest('hex')
    assert.deepEqual(both, [
      { sha256, name: 'a.png', type: 'image/png', bytes: 108 },
      { sha256, name: 'b.png', type: 'image/png', bytes: 108 },
    ])
    assert.deepEqual(readdirSync(at.folder), [sha256])
    assert.equal(statSync(join(at.folder, sha256)).mode & 0o777, 0o400)
    const again = new FolderAttachments(at.folder)
    assert.deepEqual(await again.locate(both[0] as Attachment), {
      ...(both[0] as Attachment),
      path: join(at.folder, sha256),
    })
  })

  it('are typed by their bytes, whatever they are called', async () => {
    await using at = await opened()
    const type = async (...all: readonly Uint8Array[]): Promise<string> => {
      const kept = await at.store.keep('x.png', pieces(...all))
      return typeof kept === 'string' ? kept : kept.type
    }
    assert.equal(await type(Buffer.from('한글 text')), 'text/plain')
    // A letter may be cut in two by the wire.
    assert.equal(await type(Buffer.from('한').subarray(0, 1), Buffer.from('한').subarray(1)), 'text/plain')
    assert.equal(await type(Buffer.from('%PDF-1.7\n\0')), 'application/pdf')
    assert.equal(await type(Buffer.from('RIFF\0\0\0\0WEBPVP8 ')), 'image/webp')
    assert.equal(await type(Buffer.from('\x7fELF\0\0')), 'unsuitable')
    assert.equal(await type(Buffer.from('한').subarray(0, 2)), 'unsuitable')
    assert.equal(await type(), 'text/plain')
  })

  it('leave nothing behind when they are too large, unsuitable, or do not come whole', async () => {
    await using at = await opened()
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(attachmentLimits.bytes / 4, 'x')
    }
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield png
      throw new Error('the wire broke')
    }
    assert.equal(await at.store.keep('a', endless()), 'too-large')
    assert.equal(await at.store.keep('a', pieces(Buffer.from([0, 1, 2]))), 'unsuitable')
    await assert.rejects(at.store.keep('a', broken()), /the wire broke/)
    assert.deepEqual(readdirSync(at.folder), [])
  })

  it('that were coming in when the bot died are taken away', async () => {
    await using at = await opened()
    const kept = (await at.store.keep('a.png', pieces(png))) as Attachment
    writeFileSync(join(at.folder, '.incoming-1'), 'half')
    assert.ok(new FolderAttachments(at.folder) instanceof FolderAttachments)
    assert.deepEqual(readdirSync(at.folder), [kept.sha256])
  })

  it('that were changed, are gone or are no names are not handed out', async () => {
    await using at = await opened()
    const kept = (await at.store.keep('a.png', pieces(png))) as Attachment
    const path = join(at.folder, kept.sha256)
    chmodSync(path, 0o600)
    writeFileSync(path, readFileSync(path).fill(8, 50))
    assert.equal(await at.store.locate(kept), null)
    assert.equal(await at.store.locate({ ...kept, sha256: 'f'.repeat(64) }), null)
    assert.equal(await at.store.locate({ ...kept, sha256: '../../etc/passwd' }), null)
  })

  it('say so when the disk does not take them', async () => {
    await using at = await opened()
    writeFileSync(at.folder, 'no folder')
    await assert.rejects(
      at.store.keep('a.png', pieces(png)),
      (error) => error instanceof Problem && error.kind === 'wire',
    )
  })
})
