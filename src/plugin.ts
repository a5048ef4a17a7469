/** The public door for packages that add to the product (`discord-orchestrator/plugin`): the words and doors of core. */
export type { Command, Call, CommandOption } from './core/command.ts'
export type { Runtime, Turn, Conduct, Piece, Cursor, Finding } from './core/runtime.ts'
export type { RunEvent, Entry, Outcome, Usage } from './core/event.ts'
export type { RunView } from './core/view.ts'
