import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { GitMissing, type Git } from './git.ts'

/** What a configuration says, by lower-case section and key with the part between as it is written; the last one wins. */
export type GitConfig = ReadonlyMap<string, readonly string[]>

/** Bytes. */
const largestFile = 1024 * 1024

/**
 * A configuration file as data: git parses it, follows no include, and acts on nothing of it. Null: git cannot.
 * @throws {GitMissing}
 */
export async function readConfig(git: Git, file: string): Promise<GitConfig | null> {
  const text = await smallFile(file)
  if (text === null) return new Map()
  const answer = await git.run(['config', '--no-includes', '--file', '-', '--null', '--list'], { input: text })
  if (!answer.ok && answer.missing) throw new GitMissing(answer.detail)
  if (!answer.ok) return null
  const found = new Map<string, string[]>()
  for (const entry of answer.out.split('\0')) {
    const [name = '', ...rest] = Buffer.from(entry, 'latin1').toString('utf8').split('\n')
    // A key alone means yes.
    const value = entry.includes('\n') ? rest.join('\n') : 'true'
    if (name !== '') found.set(name, [...(found.get(name) ?? []), value])
  }
  return found
}

/** A regular file of a size that such a file has; null when it is none. Never through a link, and never waiting. */
export async function smallFile(path: string): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null)
  if (file === null) return null
  try {
    const facts = await file.stat()
    return facts.isFile() && facts.size <= largestFile ? await file.readFile('latin1') : null
  } catch {
    return null
  } finally {
    await file.close()
  }
}

const yesOrNo = /^(true|false|yes|no|on|off|0|1)$/i

/** What a repository may say of how it is kept and checked out: none of it names a program or a path. */
const form: Readonly<Record<string, RegExp>> = {
  'core.repositoryformatversion': /^[01]$/,
  'core.filemode': yesOrNo,
  'core.symlinks': yesOrNo,
  'core.ignorecase': yesOrNo,
  'core.precomposeunicode': yesOrNo,
  'core.logallrefupdates': /^(true|false|always)$/i,
  'core.sharedrepository': /^(\w+)$/,
  'core.autocrlf': /^(true|false|input)$/i,
  'core.eol': /^(lf|crlf|native)$/i,
  'core.bigfilethreshold': /^\d+[kmg]?$/i,
  'core.sparsecheckout': yesOrNo,
  'core.sparsecheckoutcone': yesOrNo,
  'extensions.objectformat': /^sha(1|256)$/,
  'extensions.refstorage': /^(files|reftable)$/,
}

const text = /^[^\0]*$/
/** A program for a transport of its own (`ext::`) is no address; nor is an option. */
const address = /^(https?:\/\/|ssh:\/\/|git:\/\/|file:\/\/|\/|[\w.-]+@[\w.-]+:)/
const ref = /^\+?[\w./*-]+(:[\w./*-]*)?$/

/** What a clone takes over besides: who commits, where from, and the one filter that everybody knows. */
const handedOn: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^user\.(name|email)$/, text],
  [/^remote\.[^\n]+\.(url|pushurl)$/s, address],
  [/^remote\.[^\n]+\.fetch$/s, ref],
  [/^branch\.[^\n]+\.(remote|merge)$/s, ref],
  [/^(pull|branch\.[^\n]+)\.rebase$/s, /^(true|false|merges)$/],
  [/^push\.default$/, /^\w+$/],
  [/^(merge\.conflictstyle|i18n\.commitencoding)$/, /^[\w-]+$/],
  [/^filter\.lfs\.clean$/, /^git-lfs clean -- %f$/],
  [/^filter\.lfs\.smudge$/, /^git-lfs smudge -- %f$/],
  [/^filter\.lfs\.process$/, /^git-lfs filter-process$/],
  [/^filter\.lfs\.required$/, yesOrNo],
  [/^lfs\.url$/, address],
]

/** The form of a repository, for a git folder that we write. */
export function formOf(config: GitConfig): GitConfig {
  return new Map(
    [...config].flatMap(([name, values]) => {
      const value = values.at(-1) ?? ''
      return form[name]?.test(value) === true ? [[name, [value]] as const] : []
    }),
  )
}

/**
 * What a session's clone takes over of its repository's configuration. Passwords in addresses are not: whatever lies in
 * the clone is the agent's. `top`: what addresses relative to the repository are relative to.
 */
export function handedOnOf(config: GitConfig, top: string): GitConfig {
  return new Map(
    [...config].flatMap(([name, all]) => {
      const isAddress = name.endsWith('url')
      const values = all.map((value) =>
        isAddress ? withoutPassword(/^\.\.?\//.test(value) ? resolve(top, value) : value) : value,
      )
      const rule = handedOn.find(([names]) => names.test(name))
      return rule !== undefined && values.every((value) => rule[1].test(value)) ? [[name, values] as const] : []
    }),
  )
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, '$1@')
}

/** As a file that git reads. */
export function configText(config: GitConfig): string {
  return [...config]
    .flatMap(([name, values]) => {
      const [section, key] = [name.slice(0, name.indexOf('.')), name.slice(name.lastIndexOf('.') + 1)]
      const between = name.slice(section.length + 1, -key.length - 1)
      const head = between === '' ? `[${section}]` : `[${section} ${quoted(between)}]`
      return values.map((value) => `${head}\n\t${key} = ${quoted(value)}\n`)
    })
    .join('')
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
}

/** The configuration of one working tree, over that of its repository, where the repository has such a thing. */
export async function configOf(git: Git, own: string, common: string): Promise<GitConfig | null> {
  const config = await readConfig(git, join(common, 'config'))
  if (config?.get('extensions.worktreeconfig')?.at(-1) !== 'true') return config
  const mine = await readConfig(git, join(own, 'config.worktree'))
  return mine === null ? null : new Map([...config, ...mine])
}
