import type { Config } from './config/load.ts'
import type { Clock } from './core/clock.ts'
import type { HostPort } from './core/egress.ts'
import type { Log } from './core/log.ts'
import { EgressProxy } from './egress/egress.ts'
import { hostsOf } from './egress/host-lists.ts'
import { registriesOf } from './egress/registries.ts'
import { modelLogins, type RuntimesOptions } from './runtimes/all.ts'

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
    logins: modelLogins({ environment, accountEnvironment: accountEnvironmentOf(config) }),
    hosts: {
      owner: hostsOf(owner, registries),
      member: hostsOf(member, registries),
      guest: hostsOf(guest, registries),
    },
    networks: config.egress.networks,
  })
}

/** What the operator's configuration adds to the environment of each agent's CLI. */
export function accountEnvironmentOf(config: Config): RuntimesOptions['accountEnvironment'] {
  const byRuntime = { claude: config.accountEnv, codex: { CODEX_HOME: config.codexHome } }
  return (runtime) => byRuntime[runtime as string as keyof typeof byRuntime] ?? {}
}
