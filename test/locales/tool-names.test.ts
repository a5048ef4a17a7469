import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tiers } from '../../src/core/right.ts'
import { toolName } from '../../src/locales/tool-names.ts'
import { claudeRights } from '../../src/runtimes/claude/rights.ts'
import { itemReaders } from '../../src/runtimes/codex/action.ts'
import { product } from '../features/product.ts'

test('every tool that an agent can be seen to use has a name in people’s words', () => {
  const claude = tiers
    .filter((tier) => ['guest', 'member', 'owner'].includes(tier))
    .flatMap((tier) => [true, false].flatMap((boxed) => claudeRights(tier, boxed).tools))
  const codex = Object.values(itemReaders).map((read) => read({}, (_kind, tool) => ({ tool }) as never, '/work').tool)
  const ours = product.tools.map(({ name }) => name)
  assert.ok(claude.includes('Bash') && codex.includes('Shell') && ours.includes('whois'))
  for (const tool of [...claude, ...codex, ...ours, 'Question', 'network']) {
    for (const locale of ['en', 'ko'] as const) {
      const name = toolName(tool, locale)
      assert.doesNotMatch(name, /_|[a-z][A-Z]/, `${tool} in ${locale}: ${name}`)
      assert.ok(locale === 'en' || /\p{Script=Hangul}/u.test(name), `${tool} in ${locale}: ${name}`)
    }
  }
})

test('a tool of a server is named with it, and an unknown one as it is called', () => {
  assert.equal(toolName('mcp__tracker__create_issue', 'en'), 'tracker: create_issue')
  assert.equal(toolName('constructor', 'en'), 'constructor')
  assert.equal(toolName('SomethingNew', 'ko'), 'SomethingNew')
})
