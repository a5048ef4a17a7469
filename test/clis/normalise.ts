import type { Room } from './claude.ts'

/**
 * Makes a recording the same on every machine and in every run: folders, uuids, moments, durations and random ids
 * become stable placeholders. The rest stays as the CLI wrote it, byte for byte.
 */
export function normalise(raw: string, room: Room): string {
  const slug = (path: string) => path.replace(/[^a-zA-Z0-9]/g, '-')
  const uuids = numbered((count) => `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`)
  const tasks = numbered((count) => `task${count}`)
  let text = raw
    .replaceAll(slug(room.root), '-room')
    .replaceAll(room.root, '/room')
    .replace(/\/room\/claude-\d+\//g, '/room/claude-0/')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, uuids)
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-01-01T00:00:00.000Z')
    .replace(/"(\w*_ms|\w+Ms|end_time)":[\d.]+/g, '"$1":1')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:1')
    .replace(/\/plans\/[\w-]+\.md/g, '/plans/plan.md')
    .replace(/duration_ms: \d+/g, 'duration_ms: 1')
  for (const id of new Set(Array.from(text.matchAll(/"(?:task_id|agent_id)":"(\w+)"/g), (found) => found[1] ?? '')))
    text = text.replaceAll(id, tasks(id))
  return text
}

/** Gives every different value a number, in the order of their first appearance. */
export function numbered(name: (count: number) => string): (value: string) => string {
  const known = new Map<string, string>()
  return (value) => {
    const placeholder = known.get(value) ?? name(known.size + 1)
    known.set(value, placeholder)
    return placeholder
  }
}
