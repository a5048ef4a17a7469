import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Listener, makeRuntime, makeTurn } from '../contracts/runtime-bench.ts'
import { ContractStage } from '../contracts/runtime-stage.ts'
import { echoBench } from './echo-bench.ts'

test('where boxes are required and there are none, owners have agents and nobody else; it says why', async () => {
  await using stage = await ContractStage.open('echo', echoBench)
  const { options, words } = stage.bench
  stage.runtime = makeRuntime({ ...options, ownersOnly: 'There are no namespaces.' })
  const heard = async (tier: 'owner' | 'member' | 'guest'): Promise<Listener> => {
    const listener = stage.begin(makeTurn(stage.session, words.say('hello'), { tier }))
    await listener.done
    return listener
  }
  const owner = await heard('owner')
  assert.deepEqual([stage.outcome(owner), owner.text], ['done', 'hello'])
  for (const tier of ['member', 'guest'] as const) {
    const listener = await heard(tier)
    assert.equal(stage.outcome(listener), 'failed')
    assert.match(JSON.stringify(listener.last), /Only owners may use agents here.*no namespaces/)
  }
})
