/** What a kernel calls a processor, and where its calls for keyrings begin: add_key, request_key, keyctl, in a row. */
type Calls = readonly [processor: number, first: number]

/** By `process.arch`: its own, and those of the older kind that it runs as well (Linux, include/uapi/linux/audit.h). */
const known: Readonly<Partial<Record<string, readonly [Calls, Calls]>>> = {
  x64: [
    [0xc000003e, 248],
    [0x40000003, 286],
  ],
  arm64: [
    [0xc00000b7, 217],
    [0x40000028, 309],
  ],
}

/** Operations of the kernel's filter (seccomp with classic BPF). */
const [load, and, isEqual, isAbove, isAtLeast, answer] = [0x20, 0x54, 0x15, 0x25, 0x35, 0x06]
const [number, processor] = [0, 4]
const letThrough = 0x7fff0000
/** As where there are none: programs that would use one then do without. */
const noSuchCall = 0x00050000 + 38
/** x86 has the same calls once more, with this set. */
const withoutMark = 0xbfffffff

/**
 * A filter that takes the kernel's keyrings away: they are of no namespace, and a process has those of whoever started it, with
 * what a login put there (Kerberos, disk keys). Null where we do not know the processor's numbers. Pure.
 */
export function withoutKeyrings(arch: string): Uint8Array | null {
  const calls = known[arch]
  if (calls === undefined) return null
  const [[own, first], [older, olderFirst]] = calls
  const program: readonly (readonly [code: number, yes: number, no: number, value: number])[] = [
    [load, 0, 0, processor],
    [isEqual, 0, 4, own],
    [load, 0, 0, number],
    [and, 0, 0, withoutMark],
    [isAtLeast, 0, 5, first],
    [isAbove, 4, 5, first + 2],
    [isEqual, 0, 3, older],
    [load, 0, 0, number],
    [isAtLeast, 0, 1, olderFirst],
    [isAbove, 0, 1, olderFirst + 2],
    [answer, 0, 0, letThrough],
    [answer, 0, 0, noSuchCall],
  ]
  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [at, [code, yes, no, value]] of program.entries()) {
    view.setUint16(at * 8, code, true)
    view.setUint8(at * 8 + 2, yes)
    view.setUint8(at * 8 + 3, no)
    view.setUint32(at * 8 + 4, value, true)
  }
  return bytes
}
