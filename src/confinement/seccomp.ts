/** The numbers of calls, by what a kernel calls a processor (Linux, include/uapi/linux/audit.h). */
interface Calls {
  readonly processor: number
  /** add_key, request_key and keyctl, in a row. */
  readonly keyrings: number
  readonly socket: number
  readonly fcntl: readonly number[]
  /** One call for all that has to do with sockets, whose arguments no filter sees. */
  readonly allOfSockets?: number
}

/** By `process.arch`: its own, and those of the older kind that it runs as well. */
const known: Readonly<Partial<Record<string, readonly Calls[]>>> = {
  x64: [
    { processor: 0xc000003e, keyrings: 248, socket: 41, fcntl: [72] },
    { processor: 0x40000003, keyrings: 286, socket: 359, allOfSockets: 102, fcntl: [55, 221] },
  ],
  arm64: [
    { processor: 0xc00000b7, keyrings: 217, socket: 198, fcntl: [25] },
    { processor: 0x40000028, keyrings: 309, socket: 281, fcntl: [55, 221] },
  ],
}

/** io_uring_setup, of all processors: what is asked for through a ring goes past every filter, sockets too. */
const rings = 425

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: a box has these for itself. Others (AF_VSOCK) are the whole machine's. */
const families = [1, 2, 10, 16]

/**
 * What may be asked of a file that is open: flags, locks, whom to tell; then from F_GETLEASE on pipes, seals and hints. Not in
 * between, nor behind: by a lease (F_SETLEASE, F_SETDELEG) on what others share, a box could have each of them wait for
 * 45 s, as often as it wants.
 */
const askable = [
  [0, 38],
  [1025, 1038],
] as const

/** Operations of the kernel's filter (classic BPF). A test skips so many instructions when it says yes, so many when no. */
type Instruction = readonly [code: number, yes: number, no: number, value: number]

const load = (offset: number): Instruction => [0x20, 0, 0, offset]
const and = (value: number): Instruction => [0x54, 0, 0, value]
const answer = (value: number): Instruction => [0x06, 0, 0, value]
const [number, processor, firstArgument, secondArgument] = [0, 4, 16, 24]
const letThrough = answer(0x7fff0000)
/** As where there are none: programs do without then. */
const noSuchCall = answer(0x00050000 + 38)
const noSuchFamily = answer(0x00050000 + 97)
const noSuchRequest = answer(0x00050000 + 22)
/** x86 has the same calls once more, with this set. */
const withoutMark = and(0xbfffffff)

function when(value: number, then: readonly Instruction[]): readonly Instruction[] {
  return [[0x15, 0, then.length, value], ...then]
}

function between(first: number, last: number, then: Instruction): readonly Instruction[] {
  return [[0x35, 0, 2, first], [0x25, 1, 0, last], then]
}

/**
 * A filter for what no namespace divides: the kernel's keyrings, of which a process has those of whoever started it, with what
 * a login put there (Kerberos, disk keys); families of sockets beside those of a box's own network; leases on files; and rings,
 * by which a process would get past this filter. Null where we do not know the processor's numbers. Pure.
 */
export function seccompFilter(arch: string): Uint8Array | null {
  const calls = known[arch]
  if (calls === undefined) return null
  const program = [load(processor), ...calls.flatMap((each) => when(each.processor, refusals(each))), letThrough]
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

function refusals({ keyrings, socket, fcntl: calls, allOfSockets }: Calls): readonly Instruction[] {
  return [
    load(number),
    withoutMark,
    ...between(keyrings, keyrings + 2, noSuchCall),
    ...when(rings, [noSuchCall]),
    ...(allOfSockets === undefined ? [] : when(allOfSockets, [noSuchCall])),
    ...calls.flatMap((each) =>
      when(each, [
        load(secondArgument),
        ...askable.flatMap(([first, last]) => between(first, last, letThrough)),
        noSuchRequest,
      ]),
    ),
    ...when(socket, [load(firstArgument), ...families.flatMap((each) => when(each, [letThrough])), noSuchFamily]),
    letThrough,
  ]
}
