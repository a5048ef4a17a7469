// For PM2 in a checkout: `pm2 start ecosystem.config.cjs`, then `pm2 save` and `pm2 startup`. Elsewhere: `service install --kind pm2`.
const { join } = require('node:path')

const folder = __dirname

module.exports = {
  apps: [
    {
      name: 'discord-orchestrator',
      cwd: folder,
      script: join(folder, 'bin', 'discord-orchestrator.js'),
      args: 'start',
      interpreter: join(folder, 'node_modules', 'node', 'bin', 'node'),
      node_args: ['--disable-sigusr1', '--max-semi-space-size=2'],
      exec_mode: 'fork',
      instances: 1,
      // The bot alone is told to end. Its agents work on, and the next start takes up what they have said.
      treekill: false,
      kill_timeout: 40_000,
      restart_delay: 2_000,
      // 78: something in the configuration is for you to mend; starting again does not help.
      stop_exit_codes: [78],
    },
  ],
}
