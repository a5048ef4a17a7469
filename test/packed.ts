import { dirname, join } from 'node:path'

const bot = process.env['OMC_TEST_BOT']

/**
 * The command line as it is published: the runner has bundled it, and a start of it costs a third of one from the sources
 * (which `cli/demo` and `publish/node22` have). A file that is run without the runner takes the checkout's.
 */
export const launcher: string = join(
  bot === undefined ? join(import.meta.dirname, '..') : dirname(dirname(bot)),
  'bin',
  'discord-orchestrator.js',
)
