import { randomUUID } from 'node:crypto'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Confinement } from '../core/confinement.ts'
import { tryOut } from './probe.ts'

/**
 * Says what it can read and write, then what it got at beyond that: `apart` is a folder that it is not shown, `shown` one that
 * it may read, $3 the bot itself. Where a connection is refused by its other end, somebody has let it out.
 */
const script = `apart=$1 shown=$2
read -r word < "$shown/word" && read -r word < word && echo there > written && echo there > "$HOME/written" && echo there > "$TMPDIR/written" || exit 3
git --version > /dev/null || exit 4
{
  cat "$apart/word" && word="$word reading"
  ls "$apart" && word="$word listing"
  { echo there > "$apart/written" || echo there > "$shown/written"; } && word="$word writing"
  { ln -f "$apart/word" linked || ln -f "$shown/word" linked; } && word="$word linking"
  kill -0 "$3" && word="$word signalling"
  ps -p "$3" && word="$word processes"
} > /dev/null 2>&1
/bin/bash -c 'echo > /dev/tcp/127.0.0.1/9' 2>&1 | grep -q 'not permitted' || word="$word network"
printf %s "$word"
`

/**
 * Nobody had a Mac to try the box of macOS on, so each bot does: with what it plants in a folder of its own, at its start. Gives
 * what is wrong with it, for people; null: everything inside worked, and nothing outside was got at.
 */
export function seatbeltHole(box: Confinement, folder: string): string | null {
  const made = (name: string): string => {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
    return realpathSync(join(folder, name))
  }
  const [home, work, tmp, apart, shown] = [made('home'), made('work'), made('tmp'), made('apart'), made('shown')]
  const word = randomUUID()
  for (const place of [work, apart, shown]) writeFileSync(join(place, 'word'), `${word}\n`)
  const { code, stdout, stderr } = tryOut(
    box.wrap(
      { file: '/bin/sh', args: ['-c', script, 'trial', apart, shown, String(process.pid)], cwd: '/', env: {} },
      {
        mounts: [
          { source: work, access: 'write' },
          { source: tmp, access: 'write' },
          { source: shown, access: 'read' },
        ],
        cwd: work,
        home: { at: home, folder: home },
        environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TMPDIR: tmp },
        egress: null,
      },
    ),
  )
  if (code === 0 && stdout === word) return null
  if (code === 0 && stdout.startsWith(`${word} `))
    return `The box that sandbox-exec makes here does not hold: ${stdout.slice(word.length + 1).replaceAll(' ', ', ')} got through. Please report it (docs/SECURITY.md).`
  return `sandbox-exec could not make a box that works: ${stderr.trim().slice(0, 300) || `exit code ${code ?? 'unknown'}`}`
}
