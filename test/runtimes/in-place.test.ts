import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { holds, standInFor } from '../confinement/sandbox-exec.ts'
import { makeRuntime, makeTurn } from '../contracts/runtime-bench.ts'
import { ContractStage, type RuntimeBench } from '../contracts/runtime-stage.ts'
import { echoBench } from './echo-bench.ts'

/** A bench whose boxes are those of a Mac, by a `sandbox-exec` that stands in and holds nothing. */
async function macBench(): Promise<RuntimeBench> {
  const bench = await echoBench()
  const root = join(bench.options.dataDir, '..')
  for (const name of ['bin', 'egress']) mkdirSync(join(root, name))
  standInFor(root, `case "$*" in *trial*) ${holds} ;; *) exec "$@" ;; esac`)
  const box = { egress: join(root, 'egress'), standIn: join(root, 'bin') }
  return { ...bench, options: { ...bench.options, box } }
}

test('in a box in place an agent finds its home and /tmp where they lie, and what it leaves is ended with it', async () => {
  await using stage = await ContractStage.open('echo', macBench)
  const { dataDir } = stage.bench.options
  const own = join(dataDir, 'boxes', stage.session.id)
  const told = stage.begin(makeTurn(stage.session, '!env'))
  await told.done
  assert.equal(stage.outcome(told), 'done')
  for (const each of [`HOME=${own}/home`, `TMPDIR=${own}/tmp`]) assert.ok(told.text.includes(each), told.text)
  assert.ok(!/PROXY|3128|\/run\/omc|\/home\/agent/.test(told.text), told.text)

  const daemon = stage.begin(makeTurn(stage.after(told), stage.bench.words.daemon('started')))
  await daemon.done
  assert.equal((await stage.pids()).length, 2)
  await stage.runtime.release(stage.session.id)
  assert.deepEqual(await stage.pids(), [], 'nothing says that it ended with the first process, so it was looked for')
})

test('Codex, which needs mounts, says so and does not start there', async () => {
  await using stage = await ContractStage.open('codex', macBench)
  stage.runtime = makeRuntime({ ...stage.bench.options, runtime: 'codex' })
  const listener = stage.begin(makeTurn(stage.session, 'hello'))
  await listener.done
  assert.equal(stage.outcome(listener), 'failed')
  assert.match(JSON.stringify(listener.last), /cannot live in the boxes of macOS/)
  if (!stage.runtime.isInstalled()) return
  const [finding] = await stage.runtime.check()
  assert.match(finding?.text ?? '', /cannot live in the boxes of macOS/)
})
