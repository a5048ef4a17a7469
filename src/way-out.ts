import { join, resolve } from 'node:path'
import type { Config } from './config/config.ts'
import type { AccountSlot } from './core/account.ts'
import type { Clock } from './core/clock.ts'
import type { HostPort, ModelLogin } from './core/egress.ts'
import { Problem } from './core/failure.ts'
import type { AccountId, RuntimeName } from './core/ids.ts'
import type { Log } from './core/log.ts'
import { EgressProxy } from './egress/egress.ts'
import { hostsOf } from './egress/host-lists.ts'
import { LoginDaemon } from './egress/login-daemon.ts'
import { registriesOf } from './egress/registries.ts'
import { usualTokenServers, type RenewalRules } from './egress/renewal.ts'
import { modelLogins, type RuntimesOptions } from './runtimes/all.ts'
import { freeBytes } from './system/host.ts'

export interface WayOutOptions {
  readonly config: Config
  /** The bot's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Log
  /** See `AppOptions.egressProgram`. */
  readonly program: string | undefined
}

/** Where boxes get out: to the model with the accounts' logins, and to the hosts that the operator opened. */
export function wayOut({ config, environment, ...means }: WayOutOptions): EgressProxy {
  let known: readonly HostPort[] | null = null
  // Looked for once, and only where they are asked for: some tools are run for it.
  const registries = (): readonly HostPort[] => (known ??= registriesOf(config.home, environment))
  const { owner, member, guest } = config.egress.hosts
  return new EgressProxy({
    ...means,
    environment,
    dataFolder: config.dataFolder,
    logins: loginsOf(config, environment),
    renewing: renewingOf(config),
    hosts: {
      owner: hostsOf(owner, registries),
      member: hostsOf(member, registries),
      guest: hostsOf(guest, registries),
    },
    networks: config.egress.networks,
  })
}

/** Who looks after the logins, boxed or not. */
export function loginDaemon({
  config,
  environment,
  everyMs,
  ...means
}: Pick<WayOutOptions, 'config' | 'environment' | 'clock' | 'log'> & { readonly everyMs: number }): LoginDaemon {
  return new LoginDaemon({
    ...means,
    environment,
    everyMs,
    logins: loginsOf(config, environment),
    renewing: renewingOf(config),
    earlierRecord: resolve('.omc/state/token-refresh.json'),
    freeBytes,
  })
}

/** The accounts' logins, by `runtime:account`. */
export function loginsOf(
  config: Config,
  environment: WayOutOptions['environment'],
): Readonly<Record<string, ModelLogin>> {
  const accounts = accountSlotsOf(config)
  return modelLogins({ environment, accountEnvironment: accountEnvironmentOf(config), accounts })
}

function renewingOf({ renewing, dataFolder }: Config): RenewalRules {
  const { server, proxies } = renewing
  const servers = { ...usualTokenServers, ...(server === null ? {} : { claude: server }) }
  return { servers, proxies, record: join(dataFolder, 'token-refresh.json') }
}

/** What the operator's configuration adds to the environment of each agent's CLI. */
export function accountEnvironmentOf(config: Config): RuntimesOptions['accountEnvironment'] {
  const byRuntime = { claude: config.accountEnv, codex: { CODEX_HOME: config.codexHome } }
  // What accounts of Claude have in common: where it keeps its own, and where its model is. Never another's login.
  const common = Object.fromEntries(
    Object.entries(config.accountEnv).filter(([name]) => /^(CLAUDE_CONFIG_DIR|ANTHROPIC_BASE_URL)$/.test(name)),
  )
  return (runtime, account) => {
    if (!(runtime in byRuntime)) return {}
    const kind = runtime as string as keyof typeof byRuntime
    if ((account as string) === 'default') return byRuntime[kind]
    const found = config.accounts.find(({ slot, runtime: of }) => slot === account && of === kind)
    // With nothing, its CLI would take the login of the operator's own.
    if (found === undefined)
      throw new Problem('refused', `There is no account ${account} any more. Choose one with /account use.`)
    return kind === 'claude' ? { ...common, ...found.env } : found.env
  }
}

/** Every login that the operator has configured, without what is secret. */
export function accountSlotsOf({ accounts }: Config): readonly AccountSlot[] {
  const slot = (runtime: string, account: string, shared: boolean): AccountSlot => ({
    runtime: runtime as RuntimeName,
    account: account as AccountId,
    shared,
  })
  return (['claude', 'codex'] as const).flatMap((kind) => {
    const all = accounts.filter(({ runtime }) => runtime === kind)
    const usual = all.find(({ slot: name }) => name === 'default')
    const named = all.filter((each) => each !== usual)
    return [
      slot(kind, 'default', usual?.share ?? false),
      ...named.map(({ slot: name, share }) => slot(kind, name, share)),
    ]
  })
}
