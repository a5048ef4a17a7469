import type { Risk } from './approval.ts'
import { commandsIn, nameOf } from './shell.ts'

type Reach = Extract<Risk, 'network' | 'push'>

/** Programs that reach out whatever they are told. */
const networked = new Set(
  (
    'aria2c aws az curl dig doctl firebase flyctl fly ftp gcloud gh glab heroku host http https hub lynx mosh nc ncat ' +
    'netcat netlify nmap npx nslookup oc ping pip pip3 pipx pnpx bunx rclone rsync scp sftp socat ssh ssh-copy-id ' +
    'telnet traceroute twine vercel w3m wget whois wrangler xh yt-dlp'
  ).split(' '),
)

/** Programs that reach out with some of their words, and publish with others. */
const worded: Readonly<Record<string, { readonly network?: RegExp; readonly push?: RegExp }>> = {
  apk: { network: /^(add|update|upgrade|fetch)$/ },
  apt: { network: /^(install|update|upgrade|full-upgrade|download)$/ },
  'apt-get': { network: /^(install|update|upgrade|dist-upgrade|download|source)$/ },
  aws: { push: /^(cp|sync|mv|rm|put-\S+|create-\S+|update-\S+|delete-\S+|deploy)$/ },
  brew: { network: /^(install|update|upgrade|fetch|tap|search)$/ },
  buildah: { network: /^(pull|from|bud|build|login)$/, push: /^push$/ },
  bun: { network: /^(install|i|add|update|upgrade|x|create|outdated)$/, push: /^publish$/ },
  bundle: { network: /^(install|update|add|outdated)$/ },
  cargo: { network: /^(install|update|fetch|search|add|login|info)$/, push: /^(publish|yank|owner)$/ },
  composer: { network: /^(install|update|require|create-project|outdated)$/ },
  deno: { network: /^(install|add|cache|upgrade|outdated)$/, push: /^(publish|deploy)$/ },
  dnf: { network: /^(install|update|upgrade|download)$/ },
  docker: { network: /^(pull|run|build|buildx|compose|create|login|search)$/, push: /^(push|--push)$/ },
  firebase: { push: /^deploy$/ },
  fly: { push: /^deploy$/ },
  flyctl: { push: /^deploy$/ },
  gem: { network: /^(install|update|fetch|search|outdated)$/, push: /^(push|yank)$/ },
  gh: { push: /^(api|create|close|comment|delete|edit|fork|merge|ready|reopen|review|run|secret|set|sync|upload)$/ },
  git: {
    network: /^(fetch|pull|clone|ls-remote|lfs|submodule|fetch-pack|--remote(=.*)?)$/,
    push: /^(push|send-email|send-pack|dcommit)$/,
  },
  glab: { push: /^(api|create|close|delete|merge|note|update|upload)$/ },
  go: { network: /^(get|install|mod|download)$/ },
  gradle: { push: /^publish/ },
  gradlew: { push: /^publish/ },
  helm: { network: /^(install|upgrade|pull|repo|search|dependency)$/, push: /^(push|install|upgrade|uninstall)$/ },
  hub: { push: /^(push|create|merge|release|pull-request)$/ },
  kubectl: { network: /^\w/, push: /^(apply|create|delete|edit|patch|replace|rollout|scale|set|exec)$/ },
  mvn: { network: /^(deploy|dependency:\S+)$/, push: /^deploy$/ },
  netlify: { push: /^deploy$/ },
  npm: {
    network:
      /^(install|i|in|ci|add|update|up|upgrade|audit|outdated|view|info|show|search|exec|x|create|init|login|whoami|ping)$/,
    push: /^(publish|unpublish|deprecate|dist-tag|owner|access|token)$/,
  },
  nerdctl: { network: /^(pull|run|build|compose|login)$/, push: /^push$/ },
  pnpm: {
    network: /^(install|i|add|update|up|upgrade|audit|outdated|view|info|dlx|create|fetch)$/,
    push: /^(publish|unpublish|dist-tag)$/,
  },
  podman: { network: /^(pull|run|build|login|search|compose)$/, push: /^push$/ },
  poetry: { network: /^(install|add|update|lock|search|self)$/, push: /^publish$/ },
  rclone: { push: /^(copy|copyto|sync|move|moveto|delete|purge)$/ },
  svn: { network: /^(checkout|co|update|up|export|switch)$/, push: /^(commit|ci|import)$/ },
  terraform: { network: /^(init|plan|apply|destroy|import|refresh|get)$/, push: /^(apply|destroy|import)$/ },
  twine: { push: /^upload$/ },
  uv: { network: /^(pip|add|sync|lock|tool|run|python|self)$/, push: /^publish$/ },
  vercel: { push: /^(deploy|--prod)$/ },
  wrangler: { push: /^(deploy|publish)$/ },
  yarn: {
    network: /^(install|add|up|upgrade|audit|outdated|info|dlx|create|global)$/,
    push: /^(publish|npm)$/,
  },
  yum: { network: /^(install|update|upgrade|download)$/ },
}

/** Programs and words of the shell that run what stands behind them, wherever it begins. */
const carriers = new Set(
  (
    '! { builtin busybox caffeinate chronic chroot command do doas elif else env eval exec find flock if ionice nice ' +
    'nohup nsenter parallel proxychains proxychains4 setsid stdbuf strace sudo su systemd-run then time timeout torsocks ' +
    'unbuffer unshare until watch while xargs'
  ).split(' '),
)
/** Shells and the like take a whole script as one word. */
const shells = /^(ba|z|da|k|a|fi)?sh$/
const scripted = new Set(['eval', 'env', 'parallel', 'ssh', 'su', 'watch', 'xargs'])
const interpreters = /^(python[\d.]*|py)$/

const address = /\b(https?|ftps?|sftp|ssh|git|rsync|wss?|s3|gs):\/\/|\/dev\/(tcp|udp)\/|\bgit@[\w.-]+:/i

/** How deep scripts inside scripts are looked into, and how long they may be; what goes beyond counts as reaching out. */
const depthLimit = 6
const lengthLimit = 10_000

/**
 * What a shell command reaches beyond the machine, as far as its text tells: `network`, `push`. No wall, only a word
 * for the person who is asked: a text can always hide what it does. It rather says too much than too little.
 */
export function risksOfCommand(command: string): readonly Risk[] {
  const found = new Set<Reach>()
  look(command.slice(0, lengthLimit), found, 0)
  if (command.length > lengthLimit) found.add('network')
  if (found.has('push')) found.add('network')
  return (['network', 'push'] as const).filter((risk) => found.has(risk))
}

function look(script: string, found: Set<Reach>, depth: number): void {
  if (address.test(script)) found.add('network')
  if (depth > depthLimit) {
    found.add('network')
    return
  }
  for (const words of commandsIn(script)) {
    for (const { inner } of words) for (const each of inner) look(each, found, depth + 1)
    weigh(
      words.map(({ text }) => text),
      found,
      depth,
    )
  }
}

/** One simple command: its program with its words, variables set before it passed over. */
function weigh(words: readonly string[], found: Set<Reach>, depth: number): void {
  const first = words.findIndex((word) => !/^\w+\+?=/.test(word))
  if (first === -1) return
  weighAt(words, first, found)
  const program = nameOf(words[first] ?? '')
  // What is carried begins behind options that may have values of their own: any place where a program could stand.
  if (carriers.has(program)) for (let at = first + 1; at < words.length; at++) weighAt(words, at, found)
  if (carriers.has(program) || shells.test(program) || scripted.has(program))
    for (const each of words.slice(first + 1)) if (/\s/.test(each)) look(each, found, depth + 1)
}

/** The program at this place of a command, with the words behind it. */
function weighAt(words: readonly string[], at: number, found: Set<Reach>): void {
  const program = nameOf(words[at] ?? '')
  if (networked.has(program)) found.add('network')
  // Bare, it installs.
  if (program === 'yarn' && !words.slice(at + 1).some((each) => /^[a-z]/i.test(each))) found.add('network')
  if (interpreters.test(program)) {
    const module = words.indexOf('-m', at) + 1
    if (module > 0) weighAt(words, module, found)
  }
  const rule = Object.hasOwn(worded, program) ? worded[program] : undefined
  if (rule === undefined) return
  const rest = words.slice(at + 1)
  if (rest.some((each) => rule.network?.test(each) === true)) found.add('network')
  if (rest.some((each) => rule.push?.test(each) === true)) found.add('push')
}
