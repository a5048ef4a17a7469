import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { fine, type Finding } from '../core/finding.ts'

/** Looks at the folders that sessions may work under, and at git. `path`: where programs are looked for. */
export async function checkRoots(roots: readonly string[], path: string): Promise<readonly Finding[]> {
  const found = await Promise.all(roots.map(rootFinding))
  const isNone = found.every(({ level }) => level === 'error')
  return [
    ...found.map((finding) => (isNone ? { ...finding, stopsAll: true as const } : finding)),
    await gitFinding(path),
  ]
}

async function rootFinding(root: string): Promise<Finding> {
  const id = `root.${root}`
  const wrong = (text: string, mend: string): Finding => ({ id, level: 'error', text, mend })
  try {
    const { R_OK, W_OK, X_OK } = constants
    if (!(await stat(root)).isDirectory()) return wrong(`${root} is no folder.`, 'Correct OMC_PROJECT_ROOTS.')
    await access(root, R_OK | W_OK | X_OK)
    return fine(id, `Agents may work under ${root}.`)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return wrong(`There is no folder ${root}.`, `Make it (mkdir -p ${root}) or correct OMC_PROJECT_ROOTS.`)
    }
    return wrong(
      `The user the bot runs as may not write in ${root}.`,
      `Give it to that user, or correct OMC_PROJECT_ROOTS.`,
    )
  }
}

async function gitFinding(path: string): Promise<Finding> {
  const id = 'git'
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { env: { PATH: path }, timeout: 20_000 })
    return fine(id, stdout.trim())
  } catch {
    const text = 'git was not found, so sessions get no worktree of their own and there is no /diff.'
    return { id, level: 'warning', text, mend: 'Install git.' }
  }
}
