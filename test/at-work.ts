import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** An agent that is still at work in its folder while the bot looks there; ends with what holds it. */
interface AtWork extends AsyncDisposable {}

/** Two names change places as fast as they can, for ever. */
export function exchanging(one: string, other: string): Promise<AtWork> {
  const [call] = process.arch === 'arm64' ? [276] : [316]
  // renameat2 with RENAME_EXCHANGE, from the current folder.
  return working(`my ($a, $b) = @ARGV; $| = 1; print "up"; syscall(${call}, -100, $a, -100, $b, 2) while 1`, one, other)
}

/** Whoever opens the file to read it is held up for as long as the system lets it (45 s). */
export function leasing(path: string): Promise<AtWork> {
  // F_SETLEASE, F_WRLCK
  const script = `$SIG{IO} = 'IGNORE'; open(my $f, '+<', $ARGV[0]); fcntl($f, 1024, 1) or die "$!"; $| = 1; print "up"; sleep`
  return working(script, path)
}

async function working(script: string, ...args: readonly string[]): Promise<AtWork> {
  const child = spawn('perl', ['-e', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('it has ended'))),
  ])
  return {
    async [Symbol.asyncDispose]() {
      const over = once(child, 'exit')
      child.kill('SIGKILL')
      await over
    },
  }
}
