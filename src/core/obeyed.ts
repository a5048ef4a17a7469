import type { Approval, Risk } from './approval.ts'
import { commandsIn, nameOf, type Word } from './shell.ts'

/**
 * Files and folders, by name and wherever they lie, that are obeyed later by somebody else, so only owners consent (SPEC F7).
 * The one list: approvals, the CLIs' own rules, what comes over from a clone and what is told after a turn all go by it.
 *
 * What belongs here is obeyed **without anybody asking for it**: when a folder is opened or entered, a session of an agent
 * begins, something is committed, pushed or installed. What does no more than say what a command does when somebody gives it (a
 * `Makefile`, the scripts of `package.json`, a `Dockerfile`, tests, code) does not: it is the work itself, agents
 * rewrite it at will, and whoever runs it has asked for it. In patterns, `*` stands for anything; case does not count.
 */
export const obeyedNames: readonly string[] = [
  // What agents of other people are told, and what their CLIs run.
  '.agents .aider* .amazonq .claude .clinerules .codex .continue .cursor* .gemini .junie .kiro .mcp.json .opencode .roo*',
  '.windsurf* AGENTS.md AGENTS.override.md CLAUDE.md CLAUDE.local.md GEMINI.md opencode.json*',
  // Git and its hooks.
  '.git* .husky .lefthook* .lintstagedrc* .overcommit.yml .pre-commit-config.yaml .simple-git-hooks* lefthook.*',
  'simple-git-hooks.*',
  // CI.
  '.appveyor.yml .buildkite .ci .circleci .cirrus.* .drone.yml .forgejo .semaphore .teamcity .travis.yml .woodpecker*',
  '.zuul* appveyor.yml azure-pipelines* bitbucket-pipelines.yml buildspec.y*ml cloudbuild.yaml codemagic.yaml Jenkinsfile',
  // Editors: they run tasks and servers of a folder that is opened.
  '*.code-workspace .devcontainer .dir-locals.el .exrc .fleet .idea .nvim* .vim* .vscode .zed',
  // Shells, and what looks for such a file in a folder that is entered.
  '.bash* .envrc .mise* .profile .ssh .zlogin .zprofile .zsh* mise.toml',
  // Settings that have a tool run something else, or fetch it from elsewhere, whatever it is asked to do.
  '.bazelrc .bundle .cargo .mvn .npmrc .pnpmfile.* .yarnrc* nuget.config pip.conf rust-toolchain*',
].flatMap((names) => names.split(' '))

const named = new RegExp(
  `^(?:${obeyedNames.map((name) => name.toLowerCase().replaceAll('.', '\\.').replaceAll('*', '.*')).join('|')})$`,
)

/** Whether a path names such a file, or one in such a folder. `workdir`: the session's folder, which is passed over. */
export function isObeyed(path: string, workdir = ''): boolean {
  const inside = workdir !== '' && path.startsWith(`${workdir}/`) ? path.slice(workdir.length) : path
  return inside.split(/[/\\]/).some((part) => isName(spelled(part)))
}

/**
 * As file systems read a name that do not tell everything apart: `.Claude`, `.cl\u200Caude` and, on Windows, `.claude.` and
 * `.claude::$DATA` are `.claude` somewhere.
 */
function spelled(part: string): string {
  const plain = part.normalize('NFKC').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
  return plain.toLowerCase().replace(/^(.+?)(?:[. ]*|:.*)$/, '$1')
}

/** With what its own text tells of files that are obeyed later. Pure, and the same for whatever agent asks. */
export function risksWith(approval: Approval, workdir: string): readonly Risk[] {
  const { risks } = approval
  return risks.includes('obeyed') || !writesObeyed(approval, workdir) ? risks : [...risks, 'obeyed']
}

function writesObeyed({ subject, action, input }: Approval, workdir: string): boolean {
  switch (subject.kind) {
    case 'change':
      return subject.changes.some(({ path, diff }) => {
        const moved = /^rename to (.*)$/m.exec(diff)?.[1] ?? ''
        return isObeyed(path, workdir) || isObeyed(moved, workdir)
      })
    case 'command':
      return (
        isObeyed(subject.folder ?? '', workdir) ||
        commandWrites(subject.command.replaceAll(`${workdir}/`, '').slice(0, lengthLimit), 0)
      )
    case 'tool':
      return (
        action.kind !== 'read' && action.kind !== 'search' && stringsIn(input).some((each) => isObeyed(each, workdir))
      )
    case 'host':
    case 'questions':
    case 'plan':
      return false
  }
}

/** How deep scripts inside scripts are looked into, and how long they may be. */
const depthLimit = 6
const lengthLimit = 10_000

/** Programs that only read what they are given. What is written behind a `>` is written all the same. */
const readers = new Set(
  '[ bat cat cmp comm cut diff du echo egrep fgrep file grep head less ls md5sum more printf rg sha256sum stat tail test tree wc'.split(
    ' ',
  ),
)
const gitReaders = new Set('add blame commit diff grep log ls-files rev-parse shortlog show status'.split(' '))
/** Programs that write such files without naming them, by the words behind them. */
const writers: Readonly<Record<string, RegExp>> = {
  direnv: /^(allow|edit|permit|grant)\b/,
  git: /^(-\S+ (\S+ )?)*(config(?! (-l\b|--list|--get))|hook|lfs (install|(un)?track)|remote (add|set-\S+|rename|rm|remove)|submodule (add|set-\S+))\b/,
  husky: /./,
  lefthook: /^(install|add)\b/,
  npm: /^(pkg|config) (set|delete|fix)\b/,
  'pre-commit': /^(install|init-templatedir)\b/,
}

/** As far as its text tells, and rather too much than too little: whatever names such a file and does more than read it. */
function commandWrites(script: string, depth: number): boolean {
  return commandsIn(script).some((words) => {
    const first = words.findIndex(({ text }) => !/^\w+\+?=/.test(text))
    const rest = words.slice(first + 1)
    const reads = onlyReads(nameOf(words[first]?.text ?? ''), rest)
    const written = reads ? rest.filter(({ into }) => into) : words
    // Any word with blanks may be a script.
    const scripts = words.flatMap(({ text, inner }) => [...inner, ...(!reads && /\s/.test(text) ? [text] : [])])
    const deeper = scripts.some((each) => depth >= depthLimit || commandWrites(each, depth + 1))
    return deeper || written.some(({ text }) => namesObeyed(text)) || (!reads && writesUnnamed(words))
  })
}

function onlyReads(program: string, rest: readonly Word[]): boolean {
  return readers.has(program) || (program === 'git' && gitReaders.has(rest[0]?.text ?? ''))
}

function writesUnnamed(words: readonly Word[]): boolean {
  return words.some(({ text }, at) => {
    const program = nameOf(text)
    const rule = Object.hasOwn(writers, program) ? writers[program] : undefined
    return (
      rule?.test(
        words
          .slice(at + 1)
          .map((each) => each.text)
          .join(' '),
      ) === true
    )
  })
}

/** In any part of a word: `of=.envrc`, `{.claude,x}/y`, `.cl*`, `CLAU*.md`. */
function namesObeyed(word: string): boolean {
  const parts = word.split(/[/\\=:,;{}"'`$()\s]/)
  return parts.some((part) => isName(spelled(part)) || mayNameOne(part)) || /(^|[/=:,{])\.[^/]*[*?[{$]/.test(word)
}

/** A pattern of the shell's that begins like one of those names and fits it. */
function mayNameOne(part: string): boolean {
  if (!/^[^*?[]{2}.*[*?[]/.test(part)) return false
  const pattern = part
    .toLowerCase()
    .replaceAll(/\[[^\]]*\]|[*?]|[^\w*?]/g, (sign) =>
      sign === '*' ? '.*' : sign.length > 1 || sign === '?' ? '.' : `\\${sign}`,
    )
  const fits = new RegExp(`^${pattern}$`, 's')
  return obeyedNames.some((name) => fits.test(name.toLowerCase().replaceAll('*', '')))
}

function isName(part: string): boolean {
  return named.test(part)
}

/** The short texts in a tool's input: its paths are among them. */
function stringsIn(input: string): readonly string[] {
  const found: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.length <= 1000 && !value.includes('\n')) found.push(value)
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
  }
  try {
    walk(JSON.parse(input))
  } catch {
    // Not JSON: it names nothing that could be told.
  }
  return found
}
