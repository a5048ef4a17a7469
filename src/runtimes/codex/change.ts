import type { Change } from '../../core/approval.ts'
import { relativeTo } from './action.ts'
import { arrayAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** Folders that the sandbox keeps read-only inside a writable one: what stands there is run or obeyed later. */
const kept = /(^|\/)\.(git|codex|agents|aws)(\/|$)/

/** What an item of type `fileChange` would do, file by file. */
export function changesOf(item: JsonObject, workdir: string): readonly Change[] {
  return arrayAt(item['changes']).map((each) => {
    const { path, kind, diff } = objectAt(each)
    const text = stringAt(diff)
    const to = stringAt(objectAt(kind)['move_path'])
    const change = { path: relativeTo(workdir, stringAt(path)), diff: text }
    if (objectAt(kind)['type'] === 'delete') return { ...change, diff: deletion(text) }
    return to === '' ? change : { ...change, diff: `rename to ${relativeTo(workdir, to)}\n${text}` }
  })
}

/** The server gives a deleted file as it was. */
function deletion(text: string): string {
  const lines = text.replace(/\n$/, '').split('\n')
  return [`@@ -1,${lines.length} +0,0 @@`, ...lines.map((line) => `-${line}`)].join('\n')
}

/** Whether one lies outside the session's folder, or where the sandbox lets nobody write. */
export function reachesOutside(changes: readonly Change[]): boolean {
  return changes.some(({ path, diff }) => {
    const [to = ''] = /(?<=^rename to ).*/.exec(diff) ?? []
    return [path, to].some((each) => each.startsWith('/') || each.split('/').includes('..') || kept.test(each))
  })
}
