import { join } from 'node:path'
import { nodeFlags, ownMark, type ServiceKind } from './kind.ts'

/** PM2, where it is what keeps programs running. */
export const pm2: ServiceKind = {
  name: 'pm2',
  about: 'PM2',
  needsRoot: false,
  file: ({ folder }) => join(folder, 'pm2.config.cjs'),
  text: ({ name, folder, script, command, node, path }) => {
    const app = {
      name,
      cwd: folder,
      script,
      args: command.join(' '),
      interpreter: node,
      node_args: nodeFlags,
      env: { PATH: path },
      exec_mode: 'fork',
      instances: 1,
      // The bot alone is told to end. Its agents work on, and the next start takes up what they have said.
      treekill: false,
      kill_timeout: 40_000,
      restart_delay: 2_000,
      // Something in the configuration is for a person to mend; starting again does not help.
      stop_exit_codes: [78],
    }
    return `// ${ownMark}\nmodule.exports = ${JSON.stringify({ apps: [app] }, null, 2)}\n`
  },
  install: (place) => [
    { words: ['pm2', 'startOrRestart', pm2.file(place), '--update-env'] },
    { words: ['pm2', 'save'] },
  ],
  status: ({ name }) => ({ words: ['pm2', 'describe', name] }),
  uninstall: ({ name }) => [
    { words: ['pm2', 'delete', name], mayFail: true },
    { words: ['pm2', 'save', '--force'], mayFail: true },
  ],
  advice: ({ name }) => ['So that it starts with the machine, once: pm2 startup', `Its log: pm2 logs ${name}`],
}
