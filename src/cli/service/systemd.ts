import { join } from 'node:path'
import { nodeFlags, ownMark, type ServiceCommand, type ServiceKind, type ServicePlace } from './kind.ts'

/** One user's own systemd. */
export const systemdUser: ServiceKind = {
  name: 'systemd',
  about: 'systemd, for this user',
  needsRoot: false,
  file: ({ home, name }) => join(home, '.config', 'systemd', 'user', `${name}.service`),
  text: (place) => unitOf(place, [], 'default.target'),
  install: (place) => [
    ...started(['systemctl', '--user'], place),
    // So that it also runs while nobody is logged in; where only an admin may, the advice says so.
    { words: ['loginctl', 'enable-linger', place.user], mayFail: true },
  ],
  status: ({ name }) => ({ words: ['systemctl', '--user', '--no-pager', 'status', `${name}.service`] }),
  uninstall: (place) => ended(['systemctl', '--user'], place),
  advice: ({ user, name }) => [
    `So that it runs while you are logged out, once: sudo loginctl enable-linger ${user}`,
    `Its log: journalctl --user -u ${name} -f`,
  ],
}

/** The machine's systemd. */
export const systemdSystem: ServiceKind = {
  name: 'systemd-system',
  about: "the machine's systemd, by root, for a user of the bot's own",
  needsRoot: true,
  file: ({ name }) => `/etc/systemd/system/${name}.service`,
  text: (place) => unitOf(place, [`User=${place.user}`], 'multi-user.target'),
  install: (place) => started(['systemctl'], place),
  status: ({ name }) => ({ words: ['systemctl', '--no-pager', 'status', `${name}.service`] }),
  uninstall: (place) => ended(['systemctl'], place),
  advice: ({ name }) => [`Its log: journalctl -u ${name} -f`],
}

function started(systemctl: readonly [string, ...string[]], { name }: ServicePlace): readonly ServiceCommand[] {
  return [
    { words: [...systemctl, 'daemon-reload'] },
    { words: [...systemctl, 'enable', `${name}.service`] },
    { words: [...systemctl, 'restart', `${name}.service`] },
  ]
}

function ended(systemctl: readonly [string, ...string[]], { name }: ServicePlace): readonly ServiceCommand[] {
  return [{ words: [...systemctl, 'disable', '--now', `${name}.service`], mayFail: true }]
}

/** No filter that a box or an agent's tools would meet: those that change mounts or /proc break boxes. */
function unitOf(place: ServicePlace, own: readonly string[], wantedBy: string): string {
  const { node, script, folder, path, setuidBox } = place
  const words = [...nodeFlags, script, ...place.command].map(word)
  const command = [quoted(noSpecifier(node)), ...words].join(' ')
  return `# ${ownMark}
[Unit]
Description=discord-orchestrator
After=network-online.target
# It tries again by itself when Discord is away. A bot that cannot start at all is left alone after ten tries.
StartLimitIntervalSec=600
StartLimitBurst=10

[Service]
Type=exec
${[...own, `WorkingDirectory=${noSpecifier(folder)}`].join('\n')}
# Where the agents' programs are found.
Environment=${quoted(noSpecifier(`PATH=${path}`))}
ExecStart=${command}
# The bot alone is told to end. Its agents work on, and the next start takes up what they have said.
KillMode=process
TimeoutStopSec=40
Restart=always
RestartSec=2
# 78: something in the configuration is for you to mend; starting again does not help.
RestartPreventExitStatus=78
# An agent that takes too much memory does not take the bot along.
OOMPolicy=continue
UMask=0077
${setuidBox ? '' : 'NoNewPrivileges=yes\n'}LockPersonality=yes
RestrictRealtime=yes

[Install]
WantedBy=${wantedBy}
`
}

function word(text: string): string {
  // Behind the program a dollar is a variable.
  return quoted(noSpecifier(text).replaceAll('$', '$$$$'))
}

function noSpecifier(text: string): string {
  return text.replaceAll('%', '%%')
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
