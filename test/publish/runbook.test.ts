import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { product } from '../features/product.ts'

const root = join(import.meta.dirname, '../..')
const runbook = readFileSync(join(root, 'RUNBOOK.md'), 'utf8')
const sources = globSync('src/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))

function namesIn(pattern: RegExp): readonly string[] {
  const found = [...new Set([...runbook.matchAll(pattern)].map(([, name = '']) => name))]
  assert.ok(found.length > 0, pattern.source)
  return found
}

describe('the runbook', () => {
  it('names only commands of the program that there are', () => {
    const help = execFileSync(process.execPath, [join(root, 'bin', 'discord-orchestrator.js'), '--help'], {
      encoding: 'utf8',
    })
    for (const name of namesIn(/\bbot ([a-z]+)\b(?=[` ])/g)) {
      if (['alone', 'runs', 'goes'].includes(name)) continue
      if (new RegExp(`^  ${name}\\b`, 'm').test(help)) continue
      assert.doesNotMatch(runbook, new RegExp(`\`bot ${name}`), `bot ${name}`)
    }
  })

  it('names only commands of Discord that there are', () => {
    const known = new Set(product.commands.map(({ path }) => path.join(' ')))
    for (const name of namesIn(/`\/([a-z-]+(?: [a-z]+)?)(?= |`)/g)) {
      if (['metrics', 'healthz'].includes(name)) continue
      const [first = ''] = name.split(' ')
      assert.ok(known.has(name) || known.has(first), `/${name}`)
    }
  })

  it('names only variables, lines of the log and files that there are', () => {
    const example = readFileSync(join(root, '.env.example'), 'utf8')
    for (const name of namesIn(/`((?:OMC|DISCORD)_[A-Z_]+)`/g)) assert.ok(example.includes(name), name)
    for (const name of namesIn(/`([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)+|slash\.[a-z]+|egress\.[a-z]+)`/g))
      assert.ok(
        sources.some((text) => text.includes(`'${name}'`)),
        name,
      )
    for (const name of namesIn(/[`(]((?:ops|docs)\/[\w.-]+)[`)]/g)) assert.ok(existsSync(join(root, name)), name)
  })
})

describe('the container', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const compose = readFileSync(join(root, 'compose.yaml'), 'utf8')

  it('starts the bot itself, as somebody who is not root, with what boxes need', () => {
    const [, words = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? []
    const command = JSON.parse(words) as readonly string[]
    assert.ok(existsSync(join(root, command.find((word) => word.endsWith('.js')) ?? 'none')))
    assert.match(dockerfile, /^USER node$/m)
    for (const name of ['bubblewrap', 'git', 'socat']) assert.match(dockerfile, new RegExp(`^ .*\\b${name}\\b`, 'm'))
    const instructions = dockerfile
      .replaceAll(/\\\n/g, ' ')
      .split('\n')
      .filter((line) => /^\S/.test(line) && !line.startsWith('#'))
    const known = /^(FROM|RUN|WORKDIR|COPY|USER|ENV|VOLUME|HEALTHCHECK|STOPSIGNAL|CMD) /
    assert.deepEqual(
      instructions.filter((line) => !known.test(line)),
      [],
    )
  })

  it('takes no secret into its image, and keeps data, settings and logins outside', () => {
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
    for (const name of ['.env', 'data', 'backups']) assert.ok(ignored.includes(name), name)
    for (const mount of ['./.env:/app/.env:ro', './data:/app/data', '/.claude-bot:'])
      assert.ok(compose.includes(mount), mount)
    // As long as a stop may take.
    assert.match(compose, /^    stop_grace_period: 40s$/m)
  })
})
