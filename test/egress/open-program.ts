// The process outside, for tests: every name is 127.0.0.1 but `private.example`, and loopback counts as public.
import { EgressServer } from '../../src/egress/proxy.ts'

const publicHere = (address: string): boolean => address === '127.0.0.1'

new EgressServer({
  version: process.argv[2] ?? '',
  resolve: async (host) => [host === 'private.example' ? '10.0.0.1' : '127.0.0.1'],
  ruleFor: () => publicHere,
}).start()
process.stdout.write('listening\n')
