import type { Workspaces } from '../../src/core/workspace.ts'

/** Everybody works in one folder that is no repository; nothing is written. */
export const oneFolder: Workspaces = {
  resolve: async () => ({ ok: true, value: '/work' }),
  suggest: async () => ['/work'],
  open: async ({ folder }) => ({
    ok: true,
    value: { workdir: folder, worktree: null, takenUp: false, emptySubmodules: [] },
  }),
  move: async () => ({ ok: true, value: { workdir: '/work', worktree: null, takenUp: false, emptySubmodules: [] } }),
  takeBack: async () => ({ kind: 'same' }),
  renew: async (worktree) => worktree,
  close: async () => ({ kind: 'kept', why: 'unknown' }),
  diff: () => Promise.reject(new Error('nobody looks at a diff')),
  runs: async () => ({ known: true, files: {} }),
  readFile: async () => 'missing',
  leftovers: async () => [],
  obeyedSince: () => Promise.resolve({ paths: [], cut: false }),
  isTrusted: async () => false,
}
