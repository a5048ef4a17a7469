import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from '../../src/core/identity.ts'
import type { PersonId, WorkerId } from '../../src/core/ids.ts'
import type { OpenRun } from '../../src/core/journal.ts'
import type { Verdict } from '../../src/core/policy.ts'
import type { Tier } from '../../src/core/right.ts'
import { GitTokens } from '../../src/engine/git-tokens.ts'
import { person, prompt, quietLog, runId, session } from '../stores/cast.ts'

const origin = 'https://git.example'
const here = session('one')
const tokenOf = (name: string) => ({ username: name, secret: `token-of-${name}` })
const identityOf = (name: string): Identity => ({ name, email: `${name}@x.org`, tokens: { [origin]: tokenOf(name) } })

function run(name: string, state: OpenRun['state'], tier: Tier = 'member'): OpenRun {
  const asked = { ...prompt(name, here, person(name)), tier }
  return { run: runId(name), session: here.id, state, prompt: asked } as OpenRun
}

/** `open`: what is open at the first look and at each later one. */
async function lent(
  open: readonly (readonly OpenRun[])[],
  now: Tier = 'member',
  at: string | null = null,
): Promise<string | null> {
  const looks = [...open]
  const tokens = new GitTokens({
    journal: { openOf: async () => (looks.length > 1 ? looks.shift() : looks[0]) ?? [] },
    vault: {
      session: async () => here,
      identities: { of: async (id: PersonId) => (id === person('nobody').id ? null : identityOf(nameOf(id))) },
    },
    gate: { speakerNow: async () => ({ allowed: now !== 'blocked', tier: now }) as Verdict },
    log: quietLog,
  })
  return (await tokens.tokenFor(here.id, origin, at as WorkerId | null))?.username ?? null
}

const names = ['alice', 'bob', 'nobody']
const nameOf = (id: PersonId): string => names.find((name) => person(name).id === id) ?? assert.fail(id)

test('the token is that of the speaker whose prompt is at work now, and nobody’s otherwise', async () => {
  const table: readonly (readonly [string, Promise<string | null>, string | null])[] = [
    ['at work', lent([[run('alice', 'running'), run('bob', 'waiting')]]), 'alice'],
    ['asking a person', lent([[run('bob', 'asking')]]), 'bob'],
    ['nothing is open', lent([[]]), null],
    ['another machine asks', lent([[run('alice', 'running')]], 'member', 'w1'), null],
    ['it waits', lent([[run('alice', 'waiting')]]), null],
    ['it is parked', lent([[run('alice', 'parked')]]), null],
    ['it is being stopped', lent([[run('alice', 'stopping')]]), null],
    ['a guest asked', lent([[run('alice', 'running', 'guest')]], 'owner'), null],
    ['the speaker is less by now', lent([[run('alice', 'running')]], 'guest'), null],
    ['the speaker is blocked by now', lent([[run('alice', 'running')]], 'blocked'), null],
    ['nothing is linked', lent([[run('nobody', 'running')]]), null],
    ['the turn ended meanwhile', lent([[run('alice', 'running')], []]), null],
    ['another’s turn began meanwhile', lent([[run('alice', 'running')], [run('bob', 'running')]]), null],
  ]
  for (const [what, given, expected] of table) assert.equal(await given, expected, what)
})
