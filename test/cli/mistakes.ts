import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Sandbox, SandboxOptions } from 'loopback-discord'

/** Where a mistake is made. */
export interface Ground {
  readonly sandbox: Sandbox
  /** The folder the bot is started in, which is its home as well. */
  readonly folder: string
  readonly olivia: string
  readonly role: string
  /** Ended with the story. */
  open(server: Server): void
}

/** What an operator got wrong, and what they are told. */
export interface Mistake {
  readonly what: string
  /** Variables beside the right ones; undefined takes one away. */
  readonly env?: (ground: Ground) => Readonly<Record<string, string | undefined>> | Promise<Record<string, string>>
  readonly world?: SandboxOptions['world']
}

/** It ends with 78, and the terminal says this. */
export interface Fatal extends Mistake {
  readonly terminal: RegExp
  /** The line of the log that names it, when it came as far as that. */
  readonly logged?: string
}

/** It runs; log, doctor and /healthz say this. */
export interface Found extends Mistake {
  readonly id: string
  readonly says: RegExp
  /** Nobody can use the bot: /healthz is 503, and the owner has it in a direct message. */
  readonly stopsAll: boolean
}

/** A program that stands where the claude CLI is expected. */
export function fakeClaude({ folder }: Pick<Ground, 'folder'>, version: string, loggedIn: boolean): string {
  const file = join(folder, 'claude')
  const status = `{"loggedIn":${loggedIn},"authMethod":"claude.ai"}`
  const text = `#!/bin/sh\ncase "$1" in\n--version) echo "${version} (Claude Code)";;\n*) echo '${status}'; ${loggedIn ? '' : 'exit 1'};;\nesac\n`
  writeFileSync(file, text, { mode: 0o755 })
  return file
}

/** The sandbox as somebody sees it whose clock is wrong by so much. */
async function skewed(ground: Ground, minutes: number): Promise<string> {
  const server = createServer((request, response) => {
    fetch(`${ground.sandbox.api}${(request.url ?? '').replace(/^\/api/, '')}`, {
      headers: { authorization: request.headers.authorization ?? '' },
    })
      .then(async (answer) => {
        response.setHeader('date', new Date(Date.now() - minutes * 60_000).toUTCString())
        response.setHeader('content-type', 'application/json')
        response.writeHead(answer.status).end(await answer.text())
      })
      .catch(() => response.destroy())
  })
  return `http://127.0.0.1:${await listen(ground, server)}/api`
}

async function listen(ground: Ground, server: Server): Promise<number> {
  ground.open(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function dotEnv({ folder }: Ground, text: string, mode = 0o600): Record<string, string> {
  writeFileSync(join(folder, '.env'), text, { mode })
  return {}
}

const nobody = '999999999999999999'

/** What ends the start: trying again would end the same way. */
export const fatal: readonly Fatal[] = [
  {
    what: 'the token is called DISCORD_TOKEN',
    env: ({ sandbox }) => ({ DISCORD_BOT_TOKEN: undefined, DISCORD_TOKEN: sandbox.bot.token }),
    terminal: /DISCORD_TOKEN is, and looks like the bot's token\. Rename it to DISCORD_BOT_TOKEN.*npm run demo/,
  },
  {
    what: 'the token is called bot_token in .env',
    env: (ground) => ({ DISCORD_BOT_TOKEN: undefined, ...dotEnv(ground, 'bot_token=abc.def\n') }),
    terminal: /bot_token is, and looks like/,
  },
  {
    what: 'the token is forgotten, the rest is there',
    env: () => ({ DISCORD_BOT_TOKEN: undefined }),
    terminal: /DISCORD_GUILD_ID is set, but DISCORD_BOT_TOKEN is not/,
  },
  {
    what: 'the token is one that Discord does not know',
    env: () => ({ DISCORD_BOT_TOKEN: 'this-is-not.the.token' }),
    terminal: /Discord does not know this token/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the token is the id of the application',
    env: () => ({ DISCORD_BOT_TOKEN: nobody }),
    terminal: /DISCORD_BOT_TOKEN: its value is no bot token but an id/,
  },
  {
    what: 'the Message Content Intent is off',
    world: { bot: { privilegedIntents: 0 } },
    terminal: /Switch on "Message Content Intent"/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the address of the API has a letter too many',
    env: ({ sandbox }) => ({ OMC_DISCORD_API: `${sandbox.api}s` }),
    terminal: /There is no Discord at OMC_DISCORD_API \(http:\/\/127\.0\.0\.1:\d+\/apis\): it answers 404/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the address of the API is none',
    env: () => ({ OMC_DISCORD_API: '127.0.0.1:8080/api' }),
    terminal: /OMC_DISCORD_API: "127\.0\.0\.1:8080\/api" is no address that begins with http/,
  },
  {
    what: 'the server is given by its name',
    env: () => ({ DISCORD_GUILD_ID: 'My Team' }),
    terminal: /DISCORD_GUILD_ID: "My Team" is no Discord id/,
  },
  {
    what: 'the login is the operator’s own',
    env: ({ folder }) => ({ CLAUDE_CONFIG_DIR: join(folder, '.claude') }),
    terminal: /CLAUDE_CONFIG_DIR: .* the bot must not share/,
  },
  {
    what: 'the port of the health page is taken',
    env: async (ground) => ({ OMC_HEALTHZ_PORT: String(await listen(ground, createServer())) }),
    terminal: /cannot listen on 127\.0\.0\.1:\d+: another program has it\. Choose another port with OMC_HEALTHZ_PORT/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the data folder is a file',
    env: ({ folder }) => {
      writeFileSync(join(folder, 'notes'), '')
      return { OMC_DATA_DIR: 'notes' }
    },
    terminal: /The data folder .*notes could not be made; make it yourself or set OMC_DATA_DIR\.\n {2}\(EEXIST/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the data folder is a link that leads nowhere',
    env: ({ folder }) => {
      symlinkSync(join(folder, 'unplugged'), join(folder, 'disk'))
      return { OMC_DATA_DIR: 'disk' }
    },
    terminal: /The data folder .*disk could not be made; make it yourself or set OMC_DATA_DIR\.\n {2}\(EEXIST/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the database is another file',
    env: ({ folder }) => {
      mkdirSync(join(folder, 'kept'))
      writeFileSync(join(folder, 'kept', 'orchestrator.sqlite'), 'my diary. '.repeat(500))
      return { OMC_DATA_DIR: 'kept' }
    },
    terminal: /is not an SQLite database; move it away or choose another OMC_DATA_DIR/,
    logged: 'bot.start-failed',
  },
  {
    what: 'the clock is off by more than half an hour',
    env: async (ground) => ({ OMC_DISCORD_API: await skewed(ground, 40) }),
    terminal: /clock is 40 min ahead of Discord's\. Set it/,
    logged: 'clock-skew.refuse-start',
  },
]

/** What the bot runs with, and tells. */
export const found: readonly Found[] = [
  {
    what: 'another server',
    env: () => ({ DISCORD_GUILD_ID: nobody }),
    id: 'discord.guild',
    says: /not on the server 999999999999999999 \(DISCORD_GUILD_ID\)\. It is on Team \(\d+\)\. .*Invite it: https:/,
    stopsAll: true,
  },
  {
    what: 'no owner',
    env: () => ({ OMC_OWNER_USER_ID: undefined }),
    id: 'config.owner',
    says: /No owner is configured.*Set OMC_OWNER_ROLE_ID or OMC_OWNER_USER_ID/,
    stopsAll: true,
  },
  {
    what: 'a role that is not there',
    env: () => ({ OMC_OWNER_USER_ID: undefined, OMC_OWNER_ROLE_ID: nobody }),
    id: 'discord.owner-role',
    says: /Team has no role 999999999999999999 \(OMC_OWNER_ROLE_ID\)\. Its roles: owner \(\d+\)/,
    stopsAll: true,
  },
  {
    what: 'the server’s id as the role',
    env: ({ sandbox }) => ({ OMC_OWNER_USER_ID: undefined, OMC_OWNER_ROLE_ID: sandbox.guildId }),
    id: 'discord.owner-role',
    says: /which is @everyone: it makes nobody an owner/,
    stopsAll: true,
  },
  {
    what: 'the role’s id as the person',
    env: ({ role }) => ({ OMC_OWNER_USER_ID: role }),
    id: 'discord.owner-user',
    says: /OMC_OWNER_USER_ID is the id of a role\. Put it into OMC_OWNER_ROLE_ID/,
    stopsAll: true,
  },
  {
    what: 'the id of a person where the role belongs',
    env: ({ olivia }) => ({ OMC_OWNER_USER_ID: undefined, OMC_OWNER_ROLE_ID: olivia }),
    id: 'discord.owner-role',
    says: /OMC_OWNER_ROLE_ID is the id of a person: olivia\. Put it into OMC_OWNER_USER_ID/,
    stopsAll: true,
  },
  {
    what: 'the id of the server where the person belongs',
    env: ({ sandbox }) => ({ OMC_OWNER_USER_ID: sandbox.guildId }),
    id: 'discord.owner-user',
    says: /OMC_OWNER_USER_ID is the server's own id\..*Copy User ID/,
    stopsAll: true,
  },
  {
    what: 'a person who is not there, beside a role that is',
    env: ({ role }) => ({ OMC_OWNER_USER_ID: nobody, OMC_OWNER_ROLE_ID: role }),
    id: 'discord.owner-user',
    says: /Nobody on the server Team has the id 999999999999999999/,
    stopsAll: false,
  },
  {
    what: 'the bot sees no channel',
    world: {
      guild: {
        name: 'Team',
        channels: [{ name: 'general', onlyFor: ['owner'], hiddenFromBot: true }],
        roles: [{ name: 'owner' }],
        people: [{ name: 'olivia', roles: ['owner'], owner: true }],
      },
    },
    id: 'discord.permissions',
    says: /no channel on Team in which the bot may read and write\. Give its role there: /,
    stopsAll: true,
  },
  {
    what: 'an audit channel that is not there',
    env: () => ({ OMC_AUDIT_CHANNEL_ID: nobody }),
    id: 'discord.audit',
    says: /no channel 999999999999999999 on the server \(OMC_AUDIT_CHANNEL_ID\)/,
    stopsAll: false,
  },
  {
    what: 'a root that is not there',
    env: () => ({ OMC_PROJECT_ROOTS: '/nowhere/at/all' }),
    id: 'root./nowhere/at/all',
    says: /There is no folder \/nowhere\/at\/all\. Make it \(mkdir -p \/nowhere\/at\/all\) or correct OMC_PROJECT_ROOTS/,
    stopsAll: true,
  },
  {
    what: 'no CLI',
    env: () => ({ OMC_CLAUDE_BIN: '/nowhere/claude' }),
    id: 'agents',
    says: /No agent can work: Claude Code was not found; Codex CLI was not found\. One is enough/,
    stopsAll: true,
  },
  {
    what: 'a CLI that is too old',
    env: (ground) => ({ OMC_CLAUDE_BIN: fakeClaude(ground, '1.0.3', true) }),
    id: 'claude.version',
    says: /Claude Code 1\.0\.3 is older than [\d.]+\. Upgrade it: npm install -g/,
    stopsAll: false,
  },
  {
    what: 'a CLI without a login',
    env: (ground) => ({ OMC_CLAUDE_BIN: fakeClaude(ground, '2.1.197', false) }),
    id: 'claude.login',
    says: /Claude Code has no login\. Log in once.*CLAUDE_CONFIG_DIR=.*\.claude-bot claude \/login/,
    stopsAll: false,
  },
  {
    what: 'a variable with a letter missing',
    env: () => ({ OMC_OWNER_ROLEID: '1187654321098765433' }),
    id: 'config.unknown.OMC_OWNER_ROLEID',
    says: /does not know OMC_OWNER_ROLEID: .* Did you mean OMC_OWNER_ROLE_ID\?/,
    stopsAll: false,
  },
  {
    what: 'a .env that everybody may read',
    env: (ground) => dotEnv(ground, 'ANTHROPIC_API_KEY=dummy-key-of-a-test\n', 0o644),
    id: 'config.open',
    says: /Other users of this machine can read \.env, with ANTHROPIC_API_KEY in it.* chmod 600/,
    stopsAll: false,
  },
  {
    what: 'a clock that is ten minutes off',
    env: async (ground) => ({ OMC_DISCORD_API: await skewed(ground, -10) }),
    id: 'clock',
    says: /clock is 10 min behind Discord's\. Set it/,
    stopsAll: false,
  },
]
