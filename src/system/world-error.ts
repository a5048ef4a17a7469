/** What no other try changes until a person does: rights, a file in the way, a place that takes none, a disk mounted read-only. */
const lasting = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT', 'ENAMETOOLONG', 'ELOOP'])

/** Whether an error of the file system needs a person's hand; the others (a full disk, trouble in reading) may pass. */
export function isForAPerson(error: unknown): boolean {
  return error instanceof Error && 'code' in error && lasting.has(String(error.code))
}
