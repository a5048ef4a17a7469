import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { Problem } from '../../src/core/failure.ts'
import { createMachineApp } from '../../src/machine-app.ts'
import { quietLog } from '../stores/cast.ts'

test('a machine without a database or a name is told what it needs, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roles-'))
  try {
    const needs = async (env: Readonly<Record<string, string>>): Promise<string> => {
      const config = loadConfig({ env, folder, home: folder })
      const app = createMachineApp({ config, log: quietLog, environment: env })
      const no = await app.start().then(
        () => assert.fail('it started'),
        (error: unknown) => error,
      )
      await app.stop('leave')
      assert.ok(no instanceof Problem && no.kind === 'refused')
      return no.message
    }
    assert.match(await needs({}), /needs OMC_DATABASE_URL and OMC_WORKER_ID/)
    assert.match(await needs({ OMC_WORKER_ID: 'w1' }), /needs OMC_DATABASE_URL:/)
    assert.match(await needs({ OMC_DATABASE_URL: 'postgres://bot@127.0.0.1/x' }), /needs OMC_WORKER_ID:/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
