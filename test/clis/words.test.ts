import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'
import { patienceMs } from '../patience.ts'

/** The same as the list that the tables of words are tested against, or a new list with UPDATE_GOLDEN=1. */
function holds(runtime: string, binary: string, env: NodeJS.ProcessEnv, words: readonly string[]): void {
  const version = /\d+\.\d+\.\d+/.exec(execFileSync(binary, ['--version'], { env, encoding: 'utf8' }))?.[0] ?? ''
  const golden = join(import.meta.dirname, '..', 'golden', runtime, version, 'words.txt')
  const lines = [...new Set(words)].sort()
  assert.ok(lines.length > 50, 'the words were found')
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, `${lines.join('\n')}\n`)
  assert.deepEqual(lines, readFileSync(golden, 'utf8').trim().split('\n'))
}

/** What stands in quotation marks behind a name, in all of a text. */
function all(text: string, pattern: RegExp, as: string): readonly string[] {
  return [...text.matchAll(pattern)].map(([, word = '']) => `${as} ${word}`)
}

/** The words in the list that has this one. */
function listWith(text: string, word: string, pattern: RegExp, as: string): readonly string[] {
  const list = [...text.matchAll(pattern)].map(([whole]) => whole).find((each) => each.includes(`"${word}"`)) ?? ''
  return all(list, /"([a-z_]+)"/g, as)
}

/** The types of the lines that it can write: of objects that name a session, beside other things. */
function lineTypes(text: string): readonly string[] {
  const types: string[] = []
  for (const { 1: type = '', index } of text.matchAll(/object\(\{type:[\w$]+\.literal\("([a-z_]+)"\)(?=[,}])/g)) {
    let [depth, own] = [0, '']
    for (let at = index + 'object'.length; at < index + 6_000; at++) {
      const sign = text[at] ?? ''
      if ('({['.includes(sign)) depth++
      if (depth === 2) own += sign
      if (')}]'.includes(sign) && --depth === 1) break
    }
    if (/,session_id:/.test(own)) types.push(`type ${type}`)
  }
  return types
}

test('what the real Claude CLI can say is what we know', { skip: claudeBinary() === null && howToInstall }, () => {
  const binary = claudeBinary() ?? ''
  const home = mkdtempSync(join(tmpdir(), 'claude-words-'))
  try {
    const text = readFileSync(binary, 'latin1')
    const lists = /(?:enum\(|=)\[(?:"[a-z_]+",?){4,40}\]/g
    holds('claude', binary, { PATH: '/usr/bin:/bin', HOME: home, CLAUDE_CONFIG_DIR: home }, [
      ...lineTypes(text),
      ...all(text, /type:"system",subtype:"([a-z_]+)"/g, 'system'),
      ...all(text, /literal\("system"\),subtype:[\w$]+\.literal\("([a-z_]+)"\)/g, 'system'),
      ...all(text, /(?<!literal\("system"\),)subtype:[\w$]+\.literal\("([a-z_]+)"\)/g, 'request').filter(
        (word) => word !== 'request success' && word !== 'request error',
      ),
      ...listWith(text, 'authentication_failed', lists, 'error'),
      ...listWith(text, 'prompt_too_long', lists, 'reason'),
      ...listWith(text, 'error_max_turns', lists, 'subtype'),
    ])
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

test('what the real Codex CLI can say is what we know', { skip: codexBinary() === null && howToInstallCodex }, () => {
  const binary = codexBinary() ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'codex-words-'))
  try {
    const env = { PATH: `${dirname(binary)}:/usr/bin:/bin`, HOME: folder, CODEX_HOME: folder }
    const options = { env, stdio: 'ignore', timeout: patienceMs } as const
    execFileSync(binary, ['app-server', 'generate-ts', '--experimental', '--out', join(folder, 'types')], options)
    const typesOf = (name: string): string => {
      const file = ['v2', '.'].map((part) => join(folder, 'types', part, `${name}.ts`)).find((each) => existsSync(each))
      return readFileSync(file ?? '', 'utf8')
    }
    holds('codex', binary, env, [
      ...all(typesOf('ServerNotification'), /"method": *"([^"]+)"/g, 'notice'),
      ...all(typesOf('ServerRequest'), /"method": *"([^"]+)"/g, 'request'),
      ...all(typesOf('ThreadItem'), /"type": *"([^"]+)"/g, 'item'),
      ...all(typesOf('CodexErrorInfo').replaceAll(/\/\*[\s\S]*?\*\//g, ''), /"(\w+)"/g, 'error').filter(
        (word) => word !== 'error httpStatusCode',
      ),
    ])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
