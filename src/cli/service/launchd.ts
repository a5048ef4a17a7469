import { join } from 'node:path'
import { nodeFlags, ownMark, type ServiceKind, type ServicePlace } from './kind.ts'

/** macOS, while its user is logged in. Written by its manual (launchd.plist(5)); no Mac has tried it yet. */
export const launchd: ServiceKind = {
  name: 'launchd',
  about: 'macOS, while this user is logged in',
  needsRoot: false,
  file: ({ home, name }) => join(home, 'Library', 'LaunchAgents', `${name}.plist`),
  text: plistOf,
  install: (place) => [
    { words: ['launchctl', 'bootout', targetOf(place)], mayFail: true },
    { words: ['launchctl', 'bootstrap', `gui/${place.uid}`, launchd.file(place)] },
  ],
  status: (place) => ({ words: ['launchctl', 'print', targetOf(place)] }),
  uninstall: (place) => [{ words: ['launchctl', 'bootout', targetOf(place)], mayFail: true }],
  advice: (place) => [
    `Its log: tail -f ${logOf(place)}`,
    'launchd knows no exit code that means "do not try again": a bot that cannot start is tried every 30 seconds.',
    'Agents have a box on macOS only with OMC_BOX=required, and no Mac has tried that one yet (docs/SECURITY.md).',
  ],
}

function targetOf({ uid, name }: ServicePlace): string {
  return `gui/${uid}/${name}`
}

function logOf({ data, name }: ServicePlace): string {
  return join(data, 'logs', `${name}.log`)
}

function plistOf(place: ServicePlace): string {
  const { name, node, script, command, folder, path } = place
  const words = [node, ...nodeFlags, script, ...command].map((each) => `    <string>${escaped(each)}</string>`)
  // What it says before its log is open goes where launchd keeps such things.
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${ownMark} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${escaped(name)}</string>
  <key>ProgramArguments</key>
  <array>
${words.join('\n')}
  </array>
  <key>WorkingDirectory</key>
  <string>${escaped(folder)}</string>
  <key>EnvironmentVariables</key>
  <dict>
    <key>PATH</key>
    <string>${escaped(path)}</string>
    <key>OMC_LOG_FILE</key>
    <string>${escaped(logOf(place))}</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <!-- The bot alone is told to end. Its agents work on. -->
  <key>AbandonProcessGroup</key>
  <true/>
  <key>ExitTimeOut</key>
  <integer>40</integer>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
