import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPort } from '../core/egress.ts'

/** Where the operator's tools keep where packages come from; `home` first, then the machine's. */
const files = [
  '~/.npmrc',
  '~/.yarnrc.yml',
  '~/.config/pip/pip.conf',
  '~/.pip/pip.conf',
  '~/.config/uv/uv.toml',
  '~/.cargo/config.toml',
  '~/.cargo/config',
  '~/.config/go/env',
  '~/.m2/settings.xml',
  '~/.gradle/init.gradle',
  '/etc/npmrc',
  '/usr/etc/npmrc',
  '/usr/local/etc/npmrc',
  '/etc/pip.conf',
  '/etc/maven/settings.xml',
  '/etc/apt/sources.list',
] as const

const folders = ['/etc/apt/sources.list.d'] as const

/** Variables by which the same is said. */
const variables =
  /^(npm_config_(.*:)?registry|yarn_npm_registry_server|pip_(extra_)?index_url|uv_(default_|extra_)?index(_url)?|goproxy|gosumdb|cargo_registries_.*_index)$/i

/** Lines that say where something comes from, in whichever of these forms; a line about a proxy or a key is none. */
const telling = /registr|index|goproxy|gosumdb|<url>|^deb(-src)?\s|^uris:|mirror|source/i

/** Tools that say themselves what they are set to, also where that is what they have built in. */
const questions = [
  ['npm', 'config', 'get', 'registry'],
  ['go', 'env', 'GOPROXY'],
] as const
const answerWithinMs = 10_000

/**
 * The registries that the operator's own package tools (npm, yarn, pip, uv, cargo, go, maven, apt) are set to, read from
 * their configuration, and told by those that can tell. What else a tool has built in is asked about like any other host.
 */
export function registriesOf(
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
  root = '/',
): readonly HostPort[] {
  const set = Object.entries(environment).flatMap(([name, value]) => (variables.test(name) ? [value ?? ''] : []))
  const listed = folders.flatMap((folder) => namesIn(join(root, folder)).map((name) => join(root, folder, name)))
  const paths = files.map((file) => (file.startsWith('~') ? join(home, file.slice(1)) : join(root, file)))
  const lines = [...paths, ...listed].flatMap((path) =>
    textOf(path)
      .split('\n')
      .filter((line) => telling.test(line)),
  )
  const hosts = [...set, ...told(home, environment), ...lines].flatMap(addressesIn)
  return [...new Map(hosts.map((each) => [`${each.host}:${each.port}`, each])).values()]
}

/** What the tools on the operator's PATH say; nothing of one that is not there or does not answer. */
function told(home: string, { PATH }: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (PATH === undefined) return []
  return questions.flatMap(([program, ...args]) => {
    const options = { cwd: home, env: { PATH, HOME: home }, timeout: answerWithinMs, encoding: 'utf8' } as const
    const { status, stdout } = spawnSync(program, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] })
    return status === 0 ? [stdout] : []
  })
}

function addressesIn(text: string): readonly HostPort[] {
  // Behind a comment sign nothing is set; in an address it is a fragment.
  const live = text.replace(/^\s*([#;!]|\/\/).*$/, '')
  return [...live.matchAll(/\b(?:sparse\+)?(https?:\/\/[^\s'"<>,|\\]+)/g)].flatMap(([, address = '']) => {
    const url = URL.parse(address)
    if (url === null || url.hostname === '') return []
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    return [{ host: url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''), port }]
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
