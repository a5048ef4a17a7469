import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import type { ApprovalId, RunId } from '../../src/core/ids.ts'
import { createMetrics, type Metrics } from '../../src/web/metrics.ts'
import { wellHealth } from '../locales/samples.ts'

const ops = join(import.meta.dirname, '../../ops')

function counted(...events: readonly (readonly [at: number, event: object, run?: string])[]): Metrics {
  const metrics = createMetrics({ health: () => Promise.resolve(wellHealth) })
  for (const [seq, [at, event, run = 'r1']] of events.entries())
    metrics.take({ run: run as RunId, seq, at, event: event as RunEvent })
  return metrics
}

/** The lines of one metric, without the help. */
async function linesOf(metrics: Metrics, name: string): Promise<readonly string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(name))
}

function asked(person: string): object {
  return { type: 'asked', prompt: { speaker: { id: person }, askedAt: 1000 } }
}

describe('/metrics', () => {
  it('counts a run from its prompt to its end', async () => {
    const spend = { model: 'opus', tokens: { input: 5, cacheRead: 0, cacheWrite: 0, output: 7 }, costUsd: 0.5 }
    const metrics = counted(
      [1000, asked('12')],
      [3000, { type: 'admitted' }],
      [3100, { type: 'used', spend }],
      [3200, { type: 'lost', detail: '' }],
      [4000, { type: 'admitted' }],
      [4100, { type: 'used', spend }],
      [8000, { type: 'finished', outcome: { kind: 'failed', trouble: { code: 'gone' } } }],
    )
    assert.deepEqual(await linesOf(metrics, 'omc_prompts_total'), ['omc_prompts_total 1'])
    assert.deepEqual(await linesOf(metrics, 'omc_queue_wait_seconds_sum'), ['omc_queue_wait_seconds_sum 2'])
    assert.deepEqual(await linesOf(metrics, 'omc_run_seconds_sum'), ['omc_run_seconds_sum 5'])
    assert.deepEqual(await linesOf(metrics, 'omc_runs_ended_total'), ['omc_runs_ended_total{outcome="gone"} 1'])
    assert.deepEqual(await linesOf(metrics, 'omc_attempts_lost_total'), ['omc_attempts_lost_total{why="lost"} 1'])
    assert.deepEqual(await linesOf(metrics, 'omc_tokens_total'), [
      'omc_tokens_total{person="12",model="opus",kind="input"} 10',
      'omc_tokens_total{person="12",model="opus",kind="output"} 14',
    ])
    assert.deepEqual(await linesOf(metrics, 'omc_cost_dollars_total'), [
      'omc_cost_dollars_total{person="12",model="opus"} 1',
    ])
  })

  it('counts how long people take to answer, and not what a rule answered', async () => {
    const approval = (id: string): object => ({ type: 'wanted', approval: { id: id as ApprovalId } })
    const metrics = counted(
      [0, approval('a')],
      [0, approval('b')],
      [0, approval('c')],
      [9000, { type: 'answered', approval: 'a', decision: { verdict: 'approve' }, by: 'olivia' }],
      [9000, { type: 'answered', approval: 'b', decision: { verdict: 'approve' }, by: null }],
      [9000, { type: 'withdrawn', approval: 'c' }],
    )
    assert.deepEqual(await linesOf(metrics, 'omc_approval_wait_seconds_sum'), ['omc_approval_wait_seconds_sum 9'])
    assert.deepEqual((await linesOf(metrics, 'omc_approvals_total')).toSorted(), [
      'omc_approvals_total{state="approve"} 1',
      'omc_approvals_total{state="asked"} 3',
      'omc_approvals_total{state="by-rule"} 1',
      'omc_approvals_total{state="withdrawn"} 1',
    ])
  })

  it('has no more values of a label than it can bear, whoever calls themselves what', async () => {
    const spend = { model: 'm', tokens: { input: 1, cacheRead: 0, cacheWrite: 0, output: 0 }, costUsd: null }
    const many = Array.from({ length: 500 }, (_, at) => `p${at}`)
    const metrics = counted(
      ...many.flatMap((person) => [[0, asked(person), person] as const, [0, { type: 'used', spend }, person] as const]),
    )
    const lines = await linesOf(metrics, 'omc_tokens_total')
    assert.equal(lines.length, 201)
    assert.ok(lines.includes('omc_tokens_total{person="other",model="m",kind="input"} 300'))
  })

  it("counts Discord's calls, the store's commits and hidden secrets", async () => {
    const metrics = counted()
    const call = 'POST /channels/:id/messages'
    metrics.meter.count('discord_calls_total', { call, status: '200' })
    metrics.meter.count('discord_calls_total', { call, status: '429' })
    for (let nth = 0; nth < 300; nth++)
      metrics.meter.count('discord_calls_total', { call: `GET /unheard-of-${nth}`, status: '0' })
    metrics.meter.lasted('store_commit_seconds', 4)
    metrics.meter.lasted('store_commit_seconds', -4)
    metrics.meter.count('store_failures_total', {})
    metrics.meter.count('secrets_hidden_total', { rule: 'GitHub token' })
    const calls = await linesOf(metrics, 'omc_discord_calls_total')
    assert.ok(calls.includes('omc_discord_calls_total{call="POST /channels/:id/messages",status="429"} 1'))
    assert.equal(calls.length, 202, 'its label is bounded')
    assert.deepEqual(await linesOf(metrics, 'omc_store_commit_seconds_count'), ['omc_store_commit_seconds_count 2'])
    assert.deepEqual(await linesOf(metrics, 'omc_store_failures_total'), ['omc_store_failures_total 1'])
    assert.deepEqual(await linesOf(metrics, 'omc_secrets_hidden_total'), [
      'omc_secrets_hidden_total{rule="GitHub token"} 1',
    ])
  })

  it('has every name that the dashboard and the alerts read', async () => {
    const text = await counted().text()
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name))
    const alerts = readFileSync(join(ops, 'alerts.yml'), 'utf8')
    const { panels } = JSON.parse(readFileSync(join(ops, 'grafana.json'), 'utf8')) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[]
    }
    const read = [
      ...[...alerts.matchAll(/^ +expr: (.*)$/gm)].map(([, expr = '']) => expr),
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ]
    assert.ok(read.length > 20)
    for (const expr of read) {
      const names = expr.match(/\b(omc|nodejs|process)_\w+/g) ?? []
      assert.ok(names.length > 0, expr)
      for (const name of names) assert.ok(known.has(name.replace(/_bucket$/, '')), name)
    }
  })
})
