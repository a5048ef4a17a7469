/** Everything that can be asked of the product. Each has exactly one gate: `judge`. */
export const actionNames = ['prompt', 'session.start', 'session.stop', 'session.list', 'run.stop', 'health'] as const
export type ActionName = (typeof actionNames)[number]
